// From what is open to what a session file says.

import Inputs
import Perceiver
import Tensors

extension ExplorerState {
  /// What a session file says of all that is open, and what it cannot say.
  ///
  /// - Throws: `CommandError` where there is something that no file holds.
  func savedSession() throws(CommandError) -> (session: SavedSession, gap: String?) {
    if let reason = reasonAgainstChange { throw CommandError("session: \(reason)") }
    var gaps: [String] = []
    var session = SavedSession()
    session.open = try saved(open, &gaps)
    if let pinned {
      session.pinned = try saved(pinned, &gaps)
      session.comparison = SavedComparison(comparison)
    }
    if let inputs { (session.inputs, session.inputIndex) = (inputs.paths, inputs.index) }
    var screen = SavedScreen()
    (screen.hints, screen.focus) = (preferences.hints, focus)
    if hyperparameterIndex > 0 { screen.hyperparameter = hyperparameter.name }
    if isProbing || areReadersShown {
      (screen.cursor, screen.latentCursor) = (probedKey, probedLatent)
    }
    (screen.sorting, screen.headForm) = (headTable.sorting, headTable.form)
    screen.headScale = headTable.scaleScope
    screen.channels = channelTable
    if isNumberTableShown {
      (screen.tableSorting, screen.tableRow) = (numberTable.sorting, numberTable.chosen)
    }
    if isHeadTableShown {
      screen.head = RunPart.head(headTable.chosen.head, stage: headTable.chosen.stage)
        .name(in: stageIDs)
    }
    screen.reader = readerIndex
    session.screen = screen
    return (session, gaps.isEmpty ? nil : gaps.joined(separator: "; "))
  }

  private func saved(
    _ exploration: Exploration, _ gaps: inout [String]
  ) throws(CommandError) -> SavedExploration {
    let choices = exploration.choices
    var saved = SavedExploration()
    saved.input = try savedInput(choices)
    saved.model = try model(of: choices, &gaps)
    saved.show = try savedView(exploration)
    if let marks = choices.changes.hidden {
      (saved.without.axes, saved.without.hidden) = (marks.axes, marks.rectangles)
    }
    let stages = exploration.namedStages
    saved.without.off = choices.changes.off.map { $0.name(in: stages) }
    saved.without.hiddenAt = choices.changes.hidingStages.compactMap {
      stages.indices.contains($0) ? stages[$0].name : nil
    }
    saved.show.object = choices.object?.rectangles ?? []
    return saved
  }

  private func savedInput(_ choices: Choices) throws(CommandError) -> SavedInput {
    let input = choices.input
    var saved = SavedInput()
    switch input.source {
    case .file(let path)?: saved.file = path
    case .files(let paths)?: saved.files = paths
    case .text(let text)?: saved.text = text
    case .kept?, nil:
      var name = input.name
      if case .kept(let kept)? = input.source { name = kept.pipes }
      throw CommandError(
        "session: \(name) is in no file that can be read again; :open FILE looks at one")
    }
    saved.window = input.window?.index ?? 0
    saved.reading = input.demand.reading ?? ReadingOptions()
    saved.isAsTrained = input.demand.isAsTrained
    saved.mask = try Self.path(choices.settings.mask.map { ("mask", $0.path) })
    saved.queries = try Self.path(choices.settings.queries.map { ("queries", $0.path) })
    return saved
  }

  /// The file of something; nil where there is nothing.
  private static func path(
    _ thing: (name: String, path: String?)?
  ) throws(CommandError) -> String? {
    guard let thing else { return nil }
    guard let path = thing.path, path != InputBytes.standardInput else {
      throw CommandError("session: the \(thing.name) is in no file that can be read again")
    }
    return path
  }

  private func model(
    of choices: Choices, _ gaps: inout [String]
  ) throws(CommandError) -> SavedModel {
    var saved = SavedModel()
    let configuration = choices.settings.configuration
    switch choices.settings.source {
    case .seed(let seed):
      saved.seed = seed
      let usual = ModelConfiguration(PerceiverConfiguration())
      for (entry, value) in configuration.differences(from: usual) {
        saved.given[entry.name] = "\(value)"
      }
      for (name, value) in choices.givenByFrames { saved.given[name] = "\(value)" }
      let demand = choices.input.demand
      if demand.preprocessing != nil || demand.photoProcessor != nil {
        gaps.append(
          "\(choices.input.name) is prepared for weights that are not open, and is opened as an "
            + "untrained model opens it")
      }
    case .weights(let weights):
      guard let request = request(of: weights), let path = request.weights else {
        throw CommandError(
          "session: \(weights.name) is in no file; :save FILE writes it first")
      }
      if HubCache.isMeant(by: path) {
        saved.hubName = path
      } else {
        saved.weights = path
      }
      (saved.stateDict, saved.prefix) = (request.stateDict, request.prefix)
      saved.configuration = request.configuration
      for (name, value) in request.given.values { saved.given[name] = "\(value)" }
      for (entry, value) in configuration.differences(from: weights.model.configuration) {
        saved.changed[entry.name] = "\(value)"
      }
    }
    for (entry, value) in choices.draft.differences(from: configuration) {
      saved.draft[entry.name] = "\(value)"
    }
    return saved
  }

  private func savedView(_ exploration: Exploration) throws(CommandError) -> SavedView {
    let choices = exploration.choices
    var saved = SavedView()
    let stages = exploration.namedStages
    let shown = exploration.target ?? exploration.position
    if shown > 0, stages.indices.contains(shown) { saved.stage = stages[shown].name }
    let last = (exploration.run?.stages.count ?? 0) - 1
    if last > shown, stages.indices.contains(last) { saved.computed = stages[last].name }
    (saved.selection, saved.options) = (choices.selection, choices.view)
    if case .patch(let input?)? = choices.view.replacement {
      guard let path = input.path else {
        throw CommandError(
          "session: \(input.name), whose latents are put in, is in no file that can be read again")
      }
      (saved.patchFile, saved.options.replacement) = (path, .patch(nil))
    }
    return saved
  }

  /// Writes a session into a file; without a path into the one that was opened or written last.
  mutating func saveSession(_ path: String?) throws(CommandError) -> [ExplorerEffect] {
    let (session, gap) = try savedSession()
    guard let path = path ?? sessionPath else {
      throw CommandError(
        "session save: expected a file name such as "
          + "\(proposedPath(.session, .session)), found nothing")
    }
    guard !isExporting else {
      throw CommandError("an export is still being written; Ctrl-C cancels it")
    }
    var request = ExportRequest(subject: .session, format: .session, path: path)
    // The program's own file of this session is written anew; any other is asked about.
    if path == sessionPath { request.existing = .replace }
    request.gap = gap
    isExporting = true
    message = .information("writing \(path)")
    return [.export(request, .session(session))]
  }
}

extension ExplorerState {
  /// What opens a model's weights again; nil where they are in no file.
  func request(of weights: LoadedWeights) -> ModelRequest? {
    if let request = weights.request { return request }
    guard savedModel === weights, let savedModelPath else { return nil }
    return ModelRequest(weights: savedModelPath)
  }
}

extension Exploration {
  /// The stages by which parts of the run are named, known before it is begun.
  var namedStages: [StageID] {
    run == nil ? choices.settings.configuration.stageIDs : stageIDs
  }
}

extension Choices {
  /// Hyperparameters that say that an input is frames, which an untrained model must be told.
  var givenByFrames: [String: Int] {
    guard case .seed = settings.source else { return [:] }
    switch input.content {
    case .frames, .film: break
    case .picture, .sound, .text, .array: return [:]
    }
    return [
      HyperparameterCatalog.Name.inputAxes: input.axes.count,
      HyperparameterCatalog.Name.inputChannels: input.channels,
    ]
  }
}

extension ModelConfiguration {
  /// The hyperparameters that a person chooses and whose values are not those of another
  /// configuration.
  func differences(from other: ModelConfiguration) -> [(Hyperparameter, HyperparameterValue)] {
    catalog.filter {
      $0.applies(to: self) && !HyperparameterCatalog.Name.ofInput.contains($0.name)
        && $0.value(in: other) != $0.value(in: self)
    }.map { ($0, $0.value(in: self)) }
  }
}
