// What of another input is put in: its latents after a stage, all or some, or its pixels.

import Perceiver
import Tensors

extension ChangeOptions {
  /// The other input's latents after a stage: `other.png@cross-2`, or of chosen ones
  /// `other.png@cross-2:3,7`, from 1.
  ///
  /// - Parameter open: A run of the same model on another input.
  /// - Throws: `CommandFailure` for what the model has not.
  static func patching(
    _ text: String, in run: PerceiverRun, cancellation: Cancellation,
    open: (String) throws -> PerceiverRun
  ) throws -> Change {
    guard let (input, at) = parts(text, at: "@"), !input.isEmpty else {
      throw CommandFailure(.usage, "--patch", "expected input@stage, found \(text)")
    }
    let (stage, rest) = try stage(at, of: run, option: "--patch")
    let rows = try rest.map { try latents($0, of: run) }
    // To its end: how much of its answer is recovered is told by that answer.
    let source = try open(input).completed(cancellation: cancellation)
    return Change(
      what: "patch \(text)",
      run: try run.changed(
        by: (rows?.map { Optional($0) } ?? [nil]).map {
          try .replace(.latents, by: source, row: $0, at: stage.index)
        }),
      source: source)
  }

  /// Latents with commas between them, from 1; here from 0, each once.
  private static func latents(_ text: String, of run: PerceiverRun) throws -> [Int] {
    let count = run.initialLatents.shape[0]
    var rows: [Int] = []
    for number in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let latent = Int(number), (1...count).contains(latent) else {
        throw CommandFailure(
          .usage, "--patch", "expected latents from 1 to \(count) behind the stage, found \(text)")
      }
      guard !rows.contains(latent - 1) else {
        throw CommandFailure(.usage, "--patch", "expected each latent once, found \(text)")
      }
      rows.append(latent - 1)
    }
    return rows
  }
}

extension ChangeOptions.Change {
  /// How far it brings the answer to the other input's, as the program's strip says it: by the target
  /// where that is one class against another, else by the other input's answer against the input's own.
  /// Nil where nothing of another input is put in, the model scores no classes, or both are answered
  /// alike.
  ///
  /// - Throws: `ComputationCancelled`.
  func recovery(
    into base: PerceiverRun, of target: ExplanationTarget, cancellation: Cancellation
  ) throws -> Explanation.Record.RecoveryRecord? {
    guard let source, base.scoresClasses else { return nil }
    do {
      let patching = try Patching(
        from: source, into: base, by: target.against == nil ? nil : base.fixed(target),
        cancellation: cancellation)
      let patched = try run.completed(cancellation: cancellation)
      return .init(value: try patching.recovery(patched), of: patching.target.title)
    } catch is ConfigurationError {
      return nil
    }
  }
}
