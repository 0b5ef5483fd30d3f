// Where the answer is carried: another picture's latents put in after each stage, and its pixels read
// by each cross-attention alone.

import Inputs
import Perceiver
import Pictures
import Tensors

/// What of another picture is put in.
public enum PatchedPart: Sendable, Hashable {
  /// All of its latents after a stage.
  case latents(after: Int)
  /// Its pixels, at one cross-attention alone.
  case reading(at: Int)

  /// The stage's index in the run.
  var stage: Int {
    switch self {
    case .latents(let stage), .reading(let stage): stage
    }
  }

  /// How far it brings the answer from the base's to the source's: 0 not at all, 1 all the way.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  func recovery(by patching: Patching, cancellation: Cancellation) throws -> Double {
    let run =
      switch self {
      case .latents(let stage): try patching.latents(after: stage, cancellation: cancellation)
      case .reading(let stage): try patching.input(at: stage, cancellation: cancellation)
      }
    return try patching.recovery(run)
  }
}

extension StageID {
  /// Whether something reads the latents behind it: what a decoder gives is no latent.
  var carriesLatents: Bool { kind != .decoderCrossAttention }
}

extension ExplorerState {
  /// Whether the large pane shows where the answer is carried.
  var isPatchShown: Bool {
    guard case .patch(let input)? = choices.view.replacement else { return false }
    return reasonAgainstPatching(from: input) == nil && !isDrawingPinned
  }

  /// The picture whose latents are put in; nil where there is none.
  package var patchSource: Input? {
    guard case .patch(let input)? = choices.view.replacement else { return nil }
    return input ?? pinned?.choices.input
  }

  /// Why there is nothing that a part could bring over, whatever it is of.
  var reasonAgainstRecovery: String? {
    guard let run else { return nil }
    guard run.hasOutput else { return ExplainedOutput.missing }
    return explainsNumber ? nil : missingOutput
  }

  /// Why nothing can be put in.
  ///
  /// - Parameter input: Where it comes from; the pinned view's picture if nil.
  func reasonAgainstPatching(from input: Input?) -> String? {
    if let reason = reasonAgainstStages ?? reasonAgainstChange { return reason }
    if let reasonAgainstRecovery { return reasonAgainstRecovery }
    if input == nil {
      guard let pinned else {
        return
          "there is no \(tokenWords.second): \(keyName("pin")) pins this one before another is "
          + "opened, or :patch FILE"
      }
      if pinned.choices.input == choices.input {
        return "the pinned view is of \(tokenWords.this): open another, or :patch FILE"
      }
      if pinned.choices.settings != choices.settings {
        return "the pinned view is of another model: :patch FILE takes an input for this one"
      }
    }
    guard let source = input ?? pinned?.choices.input else { return nil }
    let mismatch = source.mismatch(with: choices.input)
    return input == nil ? mismatch.map { "\(source.name): \($0)" } : mismatch
  }

  /// What is put in, from coarse to fine over the stages, and then at each cross-attention.
  private var patchedParts: [PatchedPart] {
    let carriers = stageIDs.filter(\.carriesLatents)
    let count = carriers.count
    guard count > 0 else { return [] }
    var seen: Set<Int> = []
    var order: [Int] = []
    var step = count
    while step >= 1 {
      for stage in stride(from: 0, to: count, by: step) where seen.insert(stage).inserted {
        order.append(stage)
      }
      step /= 2
    }
    let readings = stageIDs.filter { $0.kind == .crossAttention }
    return order.map { PatchedPart.latents(after: carriers[$0].index) }
      + readings.map { PatchedPart.reading(at: $0.index) }
  }

  private func patchRequest(_ part: PatchedPart, from source: Input) -> MapRequest {
    MapRequest(
      stage: part.stage, value: .probabilities, subject: .recovery(source, part, by: chosenLead))
  }

  /// Both runs, from which each number begins.
  private func patchingRequest(from source: Input) -> MapRequest {
    MapRequest(stage: 0, value: .probabilities, subject: .patching(source, by: chosenLead))
  }

  /// The class against another by which the strip measures, where a person chose one, or the number of an
  /// output; nil for the other picture's answer against this one's.
  var chosenLead: ExplanationTarget? {
    if run?.scoresClasses == false {
      return ExplanationTarget(numbered(choices.view.why.choice))
    }
    guard case .choice(let other) = choices.view.why.against else { return nil }
    return ExplanationTarget(choices.view.why.choice, against: other)
  }

  /// What the strip still lacks: one at a time, so that what is on the way is soon left behind.
  var wantedPatches: [MapRequest] {
    guard isPatchShown, let source = patchSource, run?.isComplete == true else { return [] }
    if let row = missingOutputRow(run?.scoresClasses == false) { return [row] }
    let both = patchingRequest(from: source)
    var wanted = [both]
    guard open.answers[both] != nil else { return wanted }
    for part in patchedParts {
      let request = patchRequest(part, from: source)
      wanted.append(request)
      if open.answers[request] == nil { return wanted }
    }
    return wanted
  }

  /// How far a part brings the answer to the other picture's; nil while it is not known.
  func recovery(_ part: PatchedPart) -> Double? {
    guard let source = patchSource,
      case .numbers(let numbers)? = open.answers[patchRequest(part, from: source)]
    else { return nil }
    return numbers.first
  }

  /// How many of the strip's numbers are there, of how many.
  var patchProgress: (done: Int, total: Int) {
    let parts = patchedParts
    return (parts.count { recovery($0) != nil }, parts.count)
  }

  /// Whether what the strip lacks was stopped, or failed.
  var isPatchDeclined: Bool {
    run?.isComplete == false && open.declinesStages
      || wantedPatches.contains { open.declined.contains($0) }
  }

  /// The class that the other picture brings, and the present one's; nil until they are known.
  var patchTarget: ResolvedTarget? {
    guard let source = patchSource,
      case .patching(let patching)? = open.answers[patchingRequest(from: source)]
    else { return nil }
    return patching.target
  }

  /// What the strip says, in a sentence; nil until all of it is there.
  var patchSentence: String? { patchSentences?.full }

  /// The same, and as short as it can be said.
  var patchSentences: (full: String, brief: String)? {
    let (done, total) = patchProgress
    guard done == total, total > 0 else { return nil }
    func words(_ recovery: Double) -> String { Figures.number(recovery, digits: 2) }
    let what = run?.scoresClasses == false ? "the difference" : "the answer"
    let carried = stageIDs.lazy.filter(\.carriesLatents).map {
      (id: $0, recovery: recovery(.latents(after: $0.index)) ?? 0)
    }
    .first { $0.recovery >= 0.5 }
    let most = stageIDs.filter { $0.kind == .crossAttention }.map {
      (id: $0, recovery: recovery(.reading(at: $0.index)) ?? 0)
    }.max { $0.recovery < $1.recovery }
    var (full, brief) =
      carried.map {
        (
          "Latents carry more than half of \(what) from \($0.id.name) on, "
            + "\(words($0.recovery)) there",
          "Carried from \($0.id.name) on, \(words($0.recovery))"
        )
      } ?? ("Latents of no stage carry half of \(what)", "Carried by no stage")
    if let most {
      let isRead = most.recovery > 0
      full +=
        isRead
        ? "; of single readings that of \(most.id.name) recovers the most, \(words(most.recovery))"
        : "; no single reading recovers any of it"
      brief +=
        isRead ? "; read by \(most.id.name), \(words(most.recovery))" : "; read by none alone"
    }
    return (full + ".", brief + ".")
  }

  /// Shows where the answer is carried, from the pinned view's picture or one that was opened for it.
  mutating func showPatches(from input: Input?) {
    leaveCursorForTables()
    choices.view.replacement = .patch(input)
    let source = (patchSource?.name).map { "\($0)'s " } ?? ""
    message = .information(
      "\(source)latents are put in after each stage; \(keyName("leave-patch")) goes back to the map"
    )
  }

  mutating func leavePatches() {
    choices.view.replacement = nil
    message = .information(mapView.name)
  }

  /// Takes a picture that was opened to be put in.
  mutating func patch(fromOpened outcome: Outcome<Input>) {
    switch outcome {
    case .success(let input):
      if let reason = reasonAgainstPatching(from: input) {
        message = .error("\(input.name): \(reason)")
      } else {
        showPatches(from: input)
      }
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }
}
