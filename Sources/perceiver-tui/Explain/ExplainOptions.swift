// What methods of explanation may be told, and what changes are asked about.

import ArgumentParser
import Inputs
import Perceiver
import Tensors

/// Settings of methods.
struct ExplainOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The value of every channel from which gradients along a line begin. (default: 0)",
      valueName: "x"))
  var baseline: Float?

  @Option(
    help: ArgumentHelp("Points on that line. (default: 16)", valueName: "n"))
  var nodes: Int?

  @Option(
    help: ArgumentHelp(
      "Half pictures or noisy copies that a mean is of. (default: 16; for rise 256)",
      valueName: "n"))
  var samples: Int?

  func validate() throws {
    for (name, value) in [("nodes", nodes), ("samples", samples)] {
      guard let value, !(1...100_000).contains(value) else { continue }
      throw ValidationError("--\(name): expected a whole number from 1 to 100000, found \(value)")
    }
    if let baseline, !baseline.isFinite {
      throw ValidationError("--baseline: expected a finite number, found \(baseline)")
    }
  }

  func values(seed: UInt64?) -> ExplanationSettings {
    var settings = ExplanationSettings()
    settings.baseline = baseline
    settings.nodes = nodes ?? settings.nodes
    settings.samples = samples
    settings.seed = seed ?? 0
    return settings
  }
}

/// Changes whose effects are told. Stages, heads and latents count from 1, as on screen.
struct ChangeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Hide pixels from the model: a picture or array of the input's size, nonzero hides; or a "
        + "rectangle from a row and a column, both from 0. May be repeated, as all of these.",
      valueName: "file|row,column,heightxwidth"))
  var hide: [String] = []

  @Option(
    help: ArgumentHelp("Let a head give nothing.", valueName: "stage:head"))
  var zeroHead: [String] = []

  @Option(help: ArgumentHelp("Take a latent away from the start.", valueName: "n"))
  var removeLatent: [Int] = []

  @Option(
    help: ArgumentHelp(
      "Leave out what a stage adds, or of it attention or feed-forward alone.",
      valueName: "stage[:attention|:feed-forward]"))
  var skip: [String] = []

  @Option(
    help: ArgumentHelp(
      "Put in the latents that another input has after a stage.", valueName: "input@stage"))
  var patch: [String] = []

  /// A change as it is said, and the run that it makes.
  struct Change {
    let what: String
    let run: PerceiverRun
  }

  /// Whether any is asked for.
  var isEmpty: Bool {
    hide.isEmpty && zeroHead.isEmpty && removeLatent.isEmpty && skip.isEmpty && patch.isEmpty
  }

  /// The runs of all changes, in the order of the options' list.
  ///
  /// - Parameter open: A run of the same model on another input.
  /// - Throws: `CommandFailure` for what the model has not.
  func changes(
    of run: PerceiverRun, axes: [Int], reader: InputReader,
    open: (String) throws -> PerceiverRun
  ) throws -> [Change] {
    var all = try hide.map {
      Change(
        what: "hide \($0)", run: try run.hiding(Self.region($0, axes: axes, reader: reader)))
    }
    all += try zeroHead.map { text in
      let (stage, rest) = try Self.stage(text, of: run, option: "--zero-head")
      guard let rest, let head = Int(rest), (1...max(1, stage.heads)).contains(head),
        stage.heads > 0
      else {
        throw CommandFailure(
          .usage, "--zero-head",
          "expected a head from 1 to \(stage.heads) of \(stage.name), found \(text)")
      }
      return Change(
        what: "zero head \(head) of \(stage.name)",
        run: try run.changed(
          by: [.edit(.headOutputs, .zero, head: head - 1, at: stage.index)]))
    }
    all += try removeLatent.map { latent in
      let count = run.initialLatents.shape[0]
      guard (1...count).contains(latent) else {
        throw CommandFailure(
          .usage, "--remove-latent", "expected 1 to \(count), found \(latent)")
      }
      return Change(
        what: "remove latent \(latent)",
        run: try run.changed(
          by: [.removeLatents([latent - 1], after: Intervention.beforeStages)]))
    }
    all += try skip.map { text in
      let (stage, rest) = try Self.stage(text, of: run, option: "--skip")
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
    all += try patch.map { text in
      guard let at = text.lastIndex(of: "@") else {
        throw CommandFailure(.usage, "--patch", "expected input@stage, found \(text)")
      }
      let (stage, _) = try Self.stage(
        String(text[text.index(after: at)...]), of: run, option: "--patch")
      let source = try open(String(text[..<at]))
      return Change(
        what: "patch \(text)",
        run: try run.changed(
          by: [.replace(.latents, by: source.completed(), at: stage.index)]))
    }
    return all
  }

  /// Which pixels a text hides.
  private static func region(
    _ text: String, axes: [Int], reader: InputReader
  ) throws -> [Bool] {
    guard PixelRectangle.isWritten(as: text) else {
      return try reader.readMask(text, axes: axes).keeps
    }
    guard axes.count == 2, let rectangle = PixelRectangle(text),
      rectangle.fits(rows: axes[0], columns: axes[1])
    else {
      throw CommandFailure(
        .usage, "--hide",
        "expected row,column,heightxwidth inside an input of two axes, found \(text) for one of "
          + axes.map(String.init).joined(separator: " × "))
    }
    return (0..<axes[0] * axes[1]).map { pixel in
      let (row, column) = pixel.quotientAndRemainder(dividingBy: axes[1])
      return rectangle.contains(row: row, column: column)
    }
  }

  /// A stage and what stands behind it after a colon.
  private static func stage(
    _ text: String, of run: PerceiverRun, option: String
  ) throws -> (StageID, String?) {
    let colon = text.lastIndex(of: ":")
    let name = colon.map { String(text[..<$0]) } ?? text
    let rest = colon.map { String(text[text.index(after: $0)...]) }
    guard let choice = try? StageChoice(name), let id = try? choice.id(among: run.stageIDs)
    else {
      throw CommandFailure(
        .usage, option,
        "expected a stage from 1 (cross 1) to \(run.stageIDs.count), found \(name)")
    }
    return (id, rest)
  }
}
