// Opens what a session file names: inputs, models, and what of them is shown.

import Inputs
import Perceiver
import Tensors

/// A session whose files are read, ready to be explored.
public struct OpenedSession: Sendable {
  /// A model on an input, with what of it is to be shown.
  struct Opened: Sendable {
    let choices: Choices
    /// The stage that is to be shown, from 0.
    let stage: Int
    /// The last stage that is to be computed, from 0.
    let last: Int
  }

  /// The session's file.
  let path: String
  /// What is explored.
  let open: Opened
  /// What is pinned beside it.
  let pinned: Opened?
  /// What else is said.
  let saved: SavedSession

  /// What is explored first: the pinned view, where there is one.
  public var firstChoices: Choices { (pinned ?? open).choices }

  /// Reads a session file and all files that it names.
  ///
  /// - Parameters:
  ///   - path: The session's file.
  ///   - cancellation: Ends it early.
  ///   - say: Takes what a person should know of the inputs, a sentence each.
  /// - Throws: `InputFailure` with the file; `ComputationCancelled`.
  public init(
    _ path: String, cancellation: Cancellation? = nil, say: (String) -> Void = { _ in }
  ) throws {
    let path = HomeFolder.expanded(path)
    self.path = path
    let saved = try InputFailure.about(path) {
      try SessionFile.session(WholeFile.read(path, limit: SessionFile.largest), at: path)
    }
    try Self.check(saved, path)
    self.saved = saved
    let open = try Self.opened(saved.open, at: "", of: path, cancellation, say: say)
    self.open = open
    pinned = try saved.pinned.map {
      try Self.opened(
        $0, at: "pinned.", of: path, sharing: (saved.open, open), cancellation, say: say)
    }
  }

  /// Says by name which files are missing, all of them at once.
  private static func check(_ saved: SavedSession, _ path: String) throws(InputFailure) {
    let missing = saved.paths.filter { !FileNames.exists($0) }
    guard missing.isEmpty else {
      throw InputFailure(
        .unreadable, path,
        "it names what is not there: " + missing.map { printable($0) }.joined(separator: ", "))
    }
    guard saved.inputs.isEmpty || saved.inputs.indices.contains(saved.inputIndex) else {
      throw InputFailure(
        .badData, path,
        "input-number: expected 1 to \(saved.inputs.count), found \(saved.inputIndex + 1)")
    }
  }

  /// Opens one exploration.
  ///
  /// - Parameter other: One that is open already, whose input and model are taken where they are the
  ///   same: the program tells both by what they are, and not by their names.
  private static func opened(
    _ saved: SavedExploration, at start: String, of path: String,
    sharing other: (saved: SavedExploration, opened: Opened)? = nil,
    _ cancellation: Cancellation?, say: (String) -> Void
  ) throws -> Opened {
    guard let input = saved.input.source else {
      throw InputFailure(
        .badData, path, "\(start)input: expected a file, files or a text, found none")
    }
    let places = Places(start: start)
    let model = try InputFailure.about(path) { try saved.model.request(places) }
    let source = try InputFailure.about(path) { try ModelSource(model) }
    try cancellation?.check()
    var request = InputRequest(
      input: input, mask: saved.input.mask, queries: saved.input.queries,
      options: saved.input.reading)
    request.options.window = saved.input.window
    var read: (input: Input, settings: ModelSettings)
    if let other, other.saved.input == saved.input, other.saved.model.isSame(as: saved.model) {
      read = (other.opened.choices.input, other.opened.choices.settings)
    } else {
      // Hyperparameters that no model can have together are the session's fault.
      let prepared = try InputFailure.about(path) {
        try PreparedInput(request, for: source, say: say)
      }
      try cancellation?.check()
      read = (prepared.input, try ModelSettings(prepared, source, model, request))
      if saved.input.isAsTrained {
        read.input = try InputReader(saved.input.reading).likeTraining(
          prepared.input, of: InputDemand(prepared.description.configuration))
      }
      try InputFailure.about(path) { try saved.model.change(&read.settings, places) }
      if let other, other.saved.model.isSame(as: saved.model) {
        read.settings.source = other.opened.choices.settings.source
      }
    }
    let (opened, settings) = read
    return try InputFailure.about(path) {
      var choices = Choices(input: opened, settings: settings)
      try saved.model.changeDraft(&choices, places)
      (choices.selection, choices.view) = (saved.show.selection, saved.show.options)
      choices.limitZoom()
      let stages = settings.configuration.stageIDs
      choices.changes = try saved.without.changes(of: choices, stages, places)
      choices.object = try PixelMarks.of(
        saved.show.object, axes: choices.tokenAxes, at: places.start + "show.object")
      if let file = saved.show.patchFile {
        choices.view.replacement = .patch(
          try Self.patchSource(
            file, for: source, settings.configuration, like: opened, cancellation))
      }
      try saved.show.checkClasses(settings.configuration, places)
      let stage = try saved.show.stage(saved.show.stage, "stage", among: stages, places) ?? 0
      let last = try saved.show.stage(saved.show.computed, "computed", among: stages, places)
      return Opened(choices: choices, stage: stage, last: max(stage, last ?? 0))
    }
  }

  /// A picture whose latents are put in, read as what is open is.
  private static func patchSource(
    _ path: String, for source: ModelSource, _ configuration: ModelConfiguration, like input: Input,
    _ cancellation: Cancellation?
  ) throws -> Input {
    var demand = input.isText ? InputDemand(configuration) : source.demand
    demand.reading = input.demand.reading
    if !input.isText { (demand.channels, demand.axes) = (input.channels, input.axes.count) }
    let reader = InputReader(demand.reading ?? ReadingOptions())
    return try reader.prepared(
      reader.open(path, for: demand, cancellation: cancellation), for: demand)
  }

  /// Names of places in the file, for what is found wrong only when it is opened.
  fileprivate struct Places {
    /// What stands before them: `pinned.`, or nothing.
    let start: String

    func wrong(_ name: String, expected: String, found: String) -> SessionError {
      SessionError(location: start + name, expected: expected, found: found)
    }
  }
}

// MARK: - Parts that only an opened model can be held against

extension SavedModel {
  /// Whether another is the same but for what is not applied.
  fileprivate func isSame(as other: SavedModel) -> Bool {
    var other = other
    other.draft = draft
    return other == self
  }

  /// What opens the model; hyperparameters that the command line has too are given with it.
  fileprivate func request(_ places: OpenedSession.Places) throws -> ModelRequest {
    var request = ModelRequest(weights: weights ?? hubName)
    (request.stateDict, request.prefix) = (stateDict, prefix)
    request.configuration = configuration
    for (name, text) in given {
      guard let entry = HyperparameterCatalog[name] else { continue }
      do {
        request.given.values[name] = try entry.parse(text)
      } catch {
        throw places.wrong(
          "model.hyperparameters.\(name)", expected: error.expected, found: error.found)
      }
    }
    if request.weights == nil { request.seed = seed }
    return request
  }

  /// Changes hyperparameters as they were changed in the program.
  fileprivate func change(
    _ settings: inout ModelSettings, _ places: OpenedSession.Places
  ) throws {
    let others = given.filter { HyperparameterCatalog[$0.key] == nil }
    try Self.set(others, in: &settings.configuration, places, "model.hyperparameters")
    guard !changed.isEmpty else { return }
    try Self.set(changed, in: &settings.configuration, places, "model.changed")
    try settings.configuration.validate()
    // What needs other parameters than the weights have is refused here, and not when it is built.
    if case .weights(let weights) = settings.source {
      _ = try weights.model.reconfigured(settings.configuration)
    }
  }

  fileprivate func changeDraft(
    _ choices: inout Choices, _ places: OpenedSession.Places
  ) throws(SessionError) {
    try Self.set(draft, in: &choices.draft, places, "model.draft")
  }

  private static func set(
    _ values: [String: String], in configuration: inout ModelConfiguration,
    _ places: OpenedSession.Places, _ name: String
  ) throws(SessionError) {
    // In the order of the catalog: the class of a model decides what others mean.
    let catalog = configuration.catalog
    for unknown in values.keys.sorted() where catalog.named(unknown) == nil {
      throw places.wrong(name, expected: "hyperparameters of the model", found: unknown)
    }
    for entry in catalog {
      guard let text = values[entry.name] else { continue }
      do {
        try entry.set(try entry.parse(text), in: &configuration)
      } catch {
        throw places.wrong("\(name).\(entry.name)", expected: error.expected, found: error.found)
      }
    }
  }
}

extension SavedView {
  /// The number of a stage by its name; nil where none is named.
  fileprivate func stage(
    _ name: String?, _ field: String, among stages: [StageID], _ places: OpenedSession.Places
  ) throws(SessionError) -> Int? {
    guard let name else { return nil }
    guard let stage = stages.stage(named: name) else {
      throw places.wrong(
        "show.\(field)",
        expected: "a stage from \(stages.first?.name ?? "none") to "
          + "\(stages.last?.name ?? "none")", found: name)
    }
    return stage.index
  }

  /// Refuses numbers of classes that a classifier does not have.
  fileprivate func checkClasses(
    _ configuration: ModelConfiguration, _ places: OpenedSession.Places
  ) throws(SessionError) {
    guard let count = configuration.classCount else { return }
    var choices: [(String, ExplanationTarget.Choice)] = [("class", options.why.choice)]
    if case .choice(let against) = options.why.against { choices.append(("against", against)) }
    if case .throughDecoder(let target?)? = options.replacement {
      choices.append(("decoder-class", target.choice))
    }
    for case (let field, .number(let number)) in choices where number >= count {
      throw places.wrong(
        "show.\(field)", expected: "a class from 0 to \(count - 1)", found: "\(number)")
    }
  }
}

extension SavedChanges {
  /// What is taken away from a run of these stages.
  fileprivate func changes(
    of choices: Choices, _ stages: [StageID], _ places: OpenedSession.Places
  ) throws(SessionError) -> RunChanges {
    var changes = RunChanges()
    if !hidden.isEmpty {
      guard axes == choices.tokenAxes else {
        throw places.wrong(
          "without.axes", expected: "\(choices.tokenAxes), as the input has", found: "\(axes)")
      }
      changes.hidden = try PixelMarks.of(hidden, axes: axes, at: places.start + "without.hidden")
    }
    for name in off {
      let latents = choices.settings.configuration.numLatents
      guard let part = RunPart.named(name, in: stages, latents: latents) else {
        throw places.wrong(
          "without.off", expected: "a stage or head such as \(stages.first?.name ?? "") head 1",
          found: name)
      }
      if !changes.off.contains(part) { changes.off = changes.off.toggling(part) }
    }
    for name in hiddenAt {
      let readings = stages.filter { $0.kind == .crossAttention }
      guard let stage = readings.stage(named: name) else {
        throw places.wrong(
          "without.hidden-at",
          expected: "a cross-attention such as \(readings.first?.name ?? "cross 1")", found: name)
      }
      if !changes.hidingStages.contains(stage.index) { changes.hidingStages.append(stage.index) }
    }
    changes.hidingStages.sort()
    return changes
  }
}

extension Choices {
  /// Brings the zoom into the range that the input has.
  fileprivate mutating func limitZoom() {
    let grid = KeyGrid(shape: tokenAxes)
    view.zoom = min(view.zoom, max(1, max(grid.columns, grid.rows) / 4))
  }
}
