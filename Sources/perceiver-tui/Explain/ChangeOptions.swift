// What if: changes whose effects `explain` tells. The runs are the library's, by Intervention.

import ArgumentParser
import Inputs
import Perceiver
import Tensors

/// Changes whose effects are told. Stages, heads and latents count from 1, as on screen.
struct ChangeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Hide pixels from the model: a picture or array of the input's size, nonzero hides; or a "
        + "rectangle from a row and a column, both from 0. Where tokens are larger than pixels, those "
        + "that are mostly marked. May be repeated, as all of these.",
      valueName: "file|row,column,heightxwidth"))
  var hide: [String] = []

  @Option(
    help: ArgumentHelp(
      "Hide pixels from some stages alone, with commas between them.",
      valueName: "file|row,column,heightxwidth@stage,…"))
  var hideAt: [String] = []

  @Option(
    help: ArgumentHelp("Let a head give nothing.", valueName: "stage:head"))
  var zeroHead: [String] = []

  @Option(
    help: ArgumentHelp(
      "Let a head give every latent what it gives on average.", valueName: "stage:head"))
  var averageHead: [String] = []

  @Option(
    help: ArgumentHelp("Let a head read all alike.", valueName: "stage:head"))
  var flattenHead: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take a latent away, from the start or after a stage.", valueName: "n[@stage]"))
  var removeLatent: [String] = []

  @Option(
    help: ArgumentHelp(
      "Set a latent to zero, at the start or after a stage.", valueName: "n[@stage]"))
  var zeroLatent: [String] = []

  @Option(
    help: ArgumentHelp(
      "Set a latent to the mean of all, at the start or after a stage.", valueName: "n[@stage]"))
  var averageLatent: [String] = []

  @Option(
    help: ArgumentHelp(
      "Leave out what a stage adds, or of it attention or feed-forward alone.",
      valueName: "stage[:attention|:feed-forward]"))
  var skip: [String] = []

  @Option(
    help: ArgumentHelp(
      "Put in the latents that another input has after a stage, all or some, from 1, with commas "
        + "between them.", valueName: "input@stage[:n,…]"))
  var patch: [String] = []

  @Option(
    help: ArgumentHelp(
      "Let some cross-attentions read another input, with commas between them.",
      valueName: "input@stage,…"))
  var patchInput: [String] = []

  func validate() throws {
    let given = [
      ("--hide", hide), ("--hide-at", hideAt), ("--zero-head", zeroHead),
      ("--average-head", averageHead), ("--flatten-head", flattenHead),
      ("--remove-latent", removeLatent), ("--zero-latent", zeroLatent),
      ("--average-latent", averageLatent), ("--skip", skip), ("--patch", patch),
      ("--patch-input", patchInput),
    ]
    if let (name, _) = given.first(where: { $0.1.contains("") }) {
      throw ValidationError("\(name): expected what is changed, found nothing")
    }
  }

  /// A change as it is said, and the run that it makes.
  struct Change {
    let what: String
    var run: PerceiverRun
    /// The other input's run that something is put in from; nil where nothing is.
    var source: PerceiverRun?
  }

  /// What may be asked where no latent can be taken away.
  static let withoutRemoval = "; --zero-latent and --average-latent change one in its place"

  /// Whether any is asked for.
  var isEmpty: Bool {
    [
      hide, hideAt, zeroHead, averageHead, flattenHead, removeLatent, zeroLatent, averageLatent,
      skip, patch, patchInput,
    ].allSatisfy(\.isEmpty)
  }

  /// The runs of all changes, in the order of the options' list.
  ///
  /// - Parameter open: A run of the same model on another input, before its first stage.
  /// - Throws: `CommandFailure` for what the model has not.
  func changes(
    of run: PerceiverRun, axes: [Int], reader: InputReader,
    open: (String) throws -> PerceiverRun, cancellation: Cancellation
  ) throws -> [Change] {
    var all = try hide.map {
      Change(
        what: "hide \($0)",
        run: try run.hiding(
          PixelRegion.tokens($0, axes: axes, of: run, reader: reader, option: "--hide")))
    }
    all += try hideAt.map { try Self.hiding($0, of: run, axes: axes, reader: reader) }
    for edit in HeadEdit.all {
      all += try self[keyPath: edit.texts].map { try edit.change($0, of: run) }
    }
    for edit in LatentEdit.all {
      all += try self[keyPath: edit.texts].map { try edit.change($0, of: run) }
    }
    all += try skip.map { try Self.skipping($0, of: run) }
    all += try patch.map { try Self.patching($0, in: run, cancellation: cancellation, open: open) }
    all += try patchInput.map { try Self.reading($0, in: run, open: open) }
    return all
  }

  /// Stages that read another input's tokens; the others read the run's own.
  private static func reading(
    _ text: String, in run: PerceiverRun, open: (String) throws -> PerceiverRun
  ) throws -> Change {
    guard let (input, at) = parts(text, at: "@"), !input.isEmpty else {
      throw CommandFailure(
        .usage, "--patch-input", "expected input@stage, such as other.png@cross-2, found \(text)")
    }
    let stages = try readings(at, of: run, option: "--patch-input")
    let source = try open(input)
    do {
      return Change(
        what: "read \(input) at \(stages.map(\.name).joined(separator: ", "))",
        run: try run.changed(by: stages.map { .readTokens(of: source, at: $0.index) }),
        source: source)
    } catch is ConfigurationError where source.mapAxes != run.mapAxes {
      throw CommandFailure(
        .badData, input,
        InputMismatch.size(expected: run.mapAxes, found: source.mapAxes))
    }
  }

  /// Cross-attentions with commas between them.
  private static func readings(
    _ text: String, of run: PerceiverRun, option: String
  ) throws -> [StageID] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
      let stage = try wholeStage(String(name), of: run, option: option)
      guard stage.kind == .crossAttention else {
        throw CommandFailure(
          .usage, option, "expected a cross-attention, which reads pixels, found \(stage.name)")
      }
      return stage
    }
  }

  /// Pixels hidden from some stages: their attention does not read them, the others do.
  private static func hiding(
    _ text: String, of run: PerceiverRun, axes: [Int], reader: InputReader
  ) throws -> Change {
    guard let (what, at) = parts(text, at: "@"), !what.isEmpty else {
      throw CommandFailure(
        .usage, "--hide-at", "expected pixels@stage, such as 10,20,30x40@cross-2, found \(text)")
    }
    let stages = try readings(at, of: run, option: "--hide-at")
    let hidden = try PixelRegion.tokens(
      what, axes: axes, of: run, reader: reader, option: "--hide-at")
    guard hidden.contains(false) else {
      throw CommandFailure(.usage, "--hide-at", "expected pixels that are left, found none")
    }
    let keeps = hidden.map { !$0 }
    return Change(
      what: "hide \(what) at \(stages.map(\.name).joined(separator: ", "))",
      run: try run.changed(by: stages.map { .maskKeys(keeping: keeps, at: $0.index) }))
  }

  private static func skipping(_ text: String, of run: PerceiverRun) throws -> Change {
    let (stage, rest) = try stage(text, of: run, option: "--skip")
    let updates: [Intervention.Update] =
      switch rest {
      case nil: [.attention, .feedForward]
      case "attention": [.attention]
      case "feed-forward": [.feedForward]
      default:
        throw CommandFailure(
          .usage, "--skip", "expected attention or feed-forward behind the stage, found \(text)")
      }
    let what = rest.map { "\($0) of " } ?? ""
    let able = updates.filter { $0 == .attention || run.hasFeedForward(at: stage.index) }
    guard !able.isEmpty else {
      throw CommandFailure(.usage, "--skip", "\(stage.name) has no feed-forward")
    }
    return Change(
      what: "skip \(what)\(stage.name)",
      run: try run.changed(by: able.map { .skip($0, at: stage.index) }))
  }

  /// What stands before and behind the last of a sign.
  static func parts(_ text: String, at sign: Character) -> (String, String)? {
    guard let at = text.lastIndex(of: sign) else { return nil }
    return (String(text[..<at]), String(text[text.index(after: at)...]))
  }

  /// A stage and what stands behind it after a colon.
  static func stage(
    _ text: String, of run: PerceiverRun, option: String
  ) throws -> (StageID, String?) {
    let (name, rest) = parts(text, at: ":").map { ($0.0, Optional($0.1)) } ?? (text, nil)
    guard let id = run.stageIDs.stage(name) else {
      throw CommandFailure(
        .usage, option,
        "expected a stage from 1 (cross 1) to \(run.stageIDs.count), found \(name)")
    }
    return (id, rest)
  }

  /// A stage with nothing behind it.
  static func wholeStage(
    _ text: String, of run: PerceiverRun, option: String
  ) throws -> StageID {
    let (id, rest) = try stage(text, of: run, option: option)
    guard rest == nil else {
      throw CommandFailure(.usage, option, "expected a stage alone, found \(text)")
    }
    return id
  }
}

/// What may be done to a head.
private struct HeadEdit {
  let option: String
  /// What is said of it, before the head: `zero`.
  let word: String
  let point: StagePoint
  let edit: Intervention.Edit
  let texts: KeyPath<ChangeOptions, [String]>

  /// All of them, in the order of options. A head reads all alike where its scores are zero.
  static var all: [HeadEdit] {
    [
      .init(
        option: "--zero-head", word: "zero", point: .headOutputs, edit: .zero, texts: \.zeroHead),
      .init(
        option: "--average-head", word: "average", point: .headOutputs, edit: .mean,
        texts: \.averageHead),
      .init(
        option: "--flatten-head", word: "flatten", point: .scores, edit: .zero,
        texts: \.flattenHead),
    ]
  }

  /// - Throws: `CommandFailure` for a head that the model has not.
  func change(_ text: String, of run: PerceiverRun) throws -> ChangeOptions.Change {
    let (stage, rest) = try ChangeOptions.stage(text, of: run, option: option)
    guard let rest, let head = Int(rest), (1...max(1, stage.heads)).contains(head), stage.heads > 0
    else {
      throw CommandFailure(
        .usage, option,
        "expected a head from 1 to \(stage.heads) of \(stage.name), found \(text)")
    }
    guard run.shape(of: point, at: stage.index) != nil else {
      throw CommandFailure(.usage, option, "\(stage.name) has no \(point.rawValue) to change")
    }
    return ChangeOptions.Change(
      what: "\(word) head \(head) of \(stage.name)",
      run: try run.changed(by: [.edit(point, edit, head: head - 1, at: stage.index)]))
  }
}

/// What may be done to a latent, at the start or after a stage.
private struct LatentEdit {
  let option: String
  /// What is said of it, before the latent: `zero`.
  let word: String
  let intervention: @Sendable (_ latent: Int, _ stage: Int) -> Intervention
  let texts: KeyPath<ChangeOptions, [String]>
  /// Whether the latent is gone afterwards.
  var removes = false

  /// All of them, in the order of options.
  static var all: [LatentEdit] {
    [
      .init(
        option: "--remove-latent", word: "remove",
        intervention: { .removeLatents([$0], after: $1) }, texts: \.removeLatent, removes: true),
      .init(
        option: "--zero-latent", word: "zero",
        intervention: { .edit(.latents, .zero, row: $0, at: $1) }, texts: \.zeroLatent),
      .init(
        option: "--average-latent", word: "average",
        intervention: { .edit(.latents, .mean, row: $0, at: $1) }, texts: \.averageLatent),
    ]
  }

  /// - Throws: `CommandFailure` for a latent that the model has not.
  func change(_ text: String, of run: PerceiverRun) throws -> ChangeOptions.Change {
    let (number, at) =
      ChangeOptions.parts(text, at: "@").map { ($0.0, Optional($0.1)) } ?? (text, nil)
    let count = run.initialLatents.shape[0]
    guard let latent = Int(number), (1...count).contains(latent) else {
      throw CommandFailure(.usage, option, "expected 1 to \(count), found \(number)")
    }
    if removes, let problem = run.latentRemovalProblem {
      throw CommandFailure(.usage, option, problem + ChangeOptions.withoutRemoval)
    }
    let stage = try at.map { try ChangeOptions.wholeStage($0, of: run, option: option) }
    return ChangeOptions.Change(
      what: "\(word) latent \(latent)" + (stage.map { " after \($0.name)" } ?? ""),
      run: try run.changed(
        by: [intervention(latent - 1, stage?.index ?? Intervention.beforeStages)]))
  }
}
