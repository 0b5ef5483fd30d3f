// One model on one input: what was chosen for it, what is computed of it, and what is asked.
// ExplorerState holds the open one and those that undo may come back to.

import Inputs
import Perceiver

/// A model on an input, as far as it is explored.
public struct Exploration: Sendable {
  /// A model on an input: what a run is of.
  struct Key: Sendable, Hashable {
    let settings: ModelSettings
    let input: Input
  }

  /// What a person has chosen; input and settings may be ahead of `run`.
  public internal(set) var choices: Choices
  /// Tells runs apart: answers to questions of another generation are dropped.
  public internal(set) var generation = 0
  /// The run with the stages computed so far; nil until the model is built.
  public internal(set) var run: PerceiverRun?
  /// The classes at each computed stage.
  public internal(set) var scores: [ClassScores?] = []
  /// What `run` is a run of.
  var key: Key?
  /// What is being built.
  var building: Key?
  /// Whether a stage is being computed.
  public internal(set) var isComputingStage = false
  /// The run with what is changed of it; nil while nothing is.
  public internal(set) var changed: ChangedRun?
  /// Whether all stages are wanted, whichever is shown.
  var needsAllStages = false
  /// Whether stages that nobody waits for were stopped; not computed again before the next key.
  var declinesStages = false
  /// The stage that is shown, from 0.
  public internal(set) var position = 0
  /// The stage to go to as soon as it is computed.
  public internal(set) var target: Int?

  /// Answers about stages of this generation.
  var answers = BoundedCache<MapRequest, MapAnswer>(limit: 256 << 20)
  /// Questions on their way.
  var pending: Set<MapRequest> = []
  /// How far questions on their way are, as far as they tell.
  var progress: [MapRequest: (done: Int, total: Int)] = [:]
  /// Questions that were cancelled or failed; not asked again before the next key.
  var declined: Set<MapRequest> = []
  /// How far the mean of a map that explains has gone.
  var refinement = WhyRefinement()
  /// The latest map that was there to be shown, while the next is being computed.
  var latestShown: MapRequest?

  /// An exploration of which nothing is computed.
  init(_ choices: Choices) { self.choices = choices }
}

// MARK: - What is shown

extension Exploration {
  /// The model on the input that the choices ask for.
  var wantedKey: Key { Key(settings: choices.settings, input: choices.input) }
  /// The stages of the run, computed or not; empty until the model is built.
  var stageIDs: [StageID] { run?.stageIDs ?? [] }
  /// The stage that is shown; nil until it is computed.
  var stage: Stage? {
    guard let run, run.stages.indices.contains(position) else { return nil }
    return run.stages[position]
  }
  /// The stages in blocks: those of one layer that follow one another. A decoder has the first layer's
  /// number, and is of no block but its own.
  var stageBlocks: [Range<Int>] {
    var blocks: [Range<Int>] = []
    for stageID in stageIDs {
      if stageID.kind != .decoderCrossAttention, let last = blocks.last,
        stageIDs[last.lowerBound].layer == stageID.layer
      {
        blocks[blocks.count - 1] = last.lowerBound..<stageID.index + 1
      } else {
        blocks.append(stageID.index..<stageID.index + 1)
      }
    }
    return blocks
  }
  /// The stage that is shown or waited for.
  var stageID: StageID? {
    let stageIDs = stageIDs
    return stageIDs.indices.contains(position) ? stageIDs[position] : nil
  }
  /// The classes at the shown stage.
  var shownScores: ClassScores? {
    scores.indices.contains(position) ? scores[position] : nil
  }
  /// The latents of the model that is asked for; at a linear attention its features, which have
  /// maps as latents do.
  var latentCount: Int {
    stageID?.kind == .linearAttention
      ? stage?.attention?.mapCount ?? 64 : choices.settings.configuration.numLatents
  }
  /// How the keys of the shown stage lie on the screen.
  var keyGrid: KeyGrid {
    if showsRow { return KeyGrid(shape: [stage?.attention?.mapCount ?? latentCount]) }
    return KeyGrid(
      shape: modality?.axes ?? stage?.attention?.mapShape ?? choices.tokenAxes)
  }
  /// Kinds of tokens of the input, where there are several.
  var modalities: [Modality] {
    choices.settings.configuration.modalities(inputAxes: choices.input.axes)
  }
  /// The kind over which the shown stage's maps are shown; nil where all tokens are of one.
  var modality: Modality? {
    stageID?.kind.mapGround == .tokens ? inputModality : nil
  }
  /// The kind over which maps of the input are shown, whatever the shown stage's maps lie over.
  var inputModality: Modality? {
    let kinds = modalities
    return kinds.first { $0.name == choices.view.modality ?? "frames" } ?? kinds.first
  }
  /// The axes of the tokens over which maps of the input are shown.
  var tokenAxes: [Int] { inputModality?.axes ?? choices.tokenAxes }
  /// Whether the shown stage's maps lie over latents, or outputs without a position in the input,
  /// and not over the input.
  var mapLiesOverLatents: Bool {
    guard let ground = stageID?.kind.mapGround else { return false }
    switch ground {
    case .tokens: return false
    case .latents: return true
    case .outputs: return showsRow || !outputsLieOverInput
    }
  }
  /// Whether a decoder is shown whose outputs are the input's tokens. A language model may be asked
  /// for more outputs than a text has tokens.
  var outputsLieOverInput: Bool {
    guard let shape = stage?.attention?.mapShape else { return false }
    let axes = choices.tokenAxes
    return shape == axes
      || choices.input.isText && shape.count == 1 && shape[0] >= axes.reduce(1, *)
  }
  /// Whether the shown map is what outputs of a decoder read of every latent.
  var showsRow: Bool {
    guard stageID?.kind == .decoderCrossAttention, choices.view.replacement == nil else {
      return false
    }
    return choices.view.decoderView.map { $0 == .row } ?? (outputCount == 1)
  }
  /// Outputs of the decoder; nil where there is none, or it is not known yet.
  var outputCount: Int? {
    guard stageIDs.last?.kind == .decoderCrossAttention else { return nil }
    if choices.settings.configuration.classCount != nil { return 1 }
    guard let run, run.isComplete else { return nil }
    return run.stages.last?.attention?.mapSize
  }
  /// The outputs whose reading of latents is shown: those that are chosen, or the first.
  var shownOutputs: [Int] {
    let chosen = chosenOutputs
    return chosen.isEmpty ? [0] : chosen
  }
  /// The outputs of the chosen tokens, the chosen one, or the masked ones.
  var chosenOutputs: [Int] {
    guard stageIDs.last?.kind == .decoderCrossAttention else { return [] }
    // How many there are is known behind the last stage.
    let last = outputCount.map { max(0, $0 - 1) } ?? .max
    let tokens = choices.selection.tokens.filter { $0 <= last }
    if last > 0, !tokens.isEmpty { return tokens }
    if let output = choices.selection.output { return [min(output, last)] }
    return choices.maskedTokens.filter { $0 <= last }
  }
  /// The request for the one map that the selection names.
  var wantedMap: MapRequest? {
    guard let stage, let attention = stage.attention else { return nil }
    if showsRow {
      return request(
        at: stage.id, .row(choices.selection.heads(at: stage.id), outputs: shownOutputs))
    }
    return request(
      at: stage.id,
      .map(
        choices.selection.heads(at: stage.id),
        choices.selection.queries(of: attention.mapCount), of: modality))
  }

  /// A question about a stage's maps, before or after the softmax as chosen.
  func request(at stageID: StageID, _ subject: MapRequest.Subject) -> MapRequest {
    MapRequest(
      stage: stageID.index, value: choices.selection.value, subject: subject,
      changed: shownChanges(through: stageID.index)?.generation)
  }

  /// A map that explains, of the run that is explained.
  func request(_ explanation: ExplanationRequest) -> MapRequest {
    .why(explanation, changed: completeShownChanges?.generation)
  }
}

// MARK: - Moving and computing

extension Exploration {
  /// Shows a stage, or waits for it to be computed.
  ///
  /// - Parameter goal: The stage; nil for the one that is waited for, of a run of which more or less is
  ///   computed than before. Where none is waited for, the shown stage stays.
  mutating func go(to goal: Int? = nil) {
    guard let run else { return }
    let last = max(0, stageIDs.count - 1)
    guard let goal = (goal ?? target).map({ min(max(0, $0), last) }) else {
      position = min(position, last)
      return
    }
    if goal < run.stages.count {
      position = goal
      target = nil
    } else {
      // Each stage is shown as it comes.
      position = max(0, run.stages.count - 1)
      target = goal
    }
  }

  /// Takes over what is computed of a former exploration, and shows the stage that was to be shown.
  mutating func takeOver(_ former: Exploration) {
    (run, scores, key, building) = (former.run, former.scores, former.key, nil)
    go()
  }

  /// Forgets answers and questions; what is asked from here on is of another run.
  mutating func forgetAnswers() {
    answers.removeAll()
    pending.removeAll()
    progress.removeAll()
    declined.removeAll()
    refinement = WhyRefinement()
    latestShown = nil
  }

  /// The next stage, where one is waited for and none is on its way.
  mutating func stageEffects() -> [ExplorerEffect] {
    guard let run, !isComputingStage, !run.isComplete else { return [] }
    let isAwaited = target.map { $0 >= run.stages.count } ?? false
    guard isAwaited || (needsAllStages && !declinesStages) else { return [] }
    isComputingStage = true
    return [.computeStage(run, generation: generation)]
  }

  /// The questions that are wanted and not asked yet; those that are no longer wanted are cancelled.
  mutating func mapEffects(wanted: [MapRequest]) -> [ExplorerEffect] {
    let wanted = wanted.filter { !declined.contains($0) }
    let obsolete = pending.subtracting(wanted)
    pending.subtract(obsolete)
    for request in obsolete { progress[request] = nil }
    var effects: [ExplorerEffect] = obsolete.map { .cancel(.answer($0)) }
    for request in wanted {
      if answers[request] != nil {
        answers.touch(request)
      } else if let run = run(of: request), pending.insert(request).inserted {
        effects.append(
          .answer(
            request, run, given: request.basis.flatMap { answers[$0] }, generation: generation))
      }
    }
    if let request = wantedMap, answers[request] != nil { latestShown = request }
    return effects
  }

  /// Takes in a stage that was computed.
  ///
  /// - Returns: What went wrong.
  mutating func finishStage(_ outcome: Outcome<ComputedStage>) -> String? {
    isComputingStage = false
    switch outcome {
    case .success(let computed):
      run = computed.run
      scores.append(computed.scores)
      go()
      return nil
    case .cancelled:
      (target, declinesStages) = (nil, true)
      return nil
    case .failure(let reason):
      (target, declinesStages) = (nil, true)
      return reason
    }
  }

  /// Takes in an answer to a question that is on its way; another is dropped.
  ///
  /// - Returns: What went wrong.
  mutating func keepAnswer(_ outcome: Outcome<MapAnswer>, to request: MapRequest) -> String? {
    guard pending.remove(request) != nil else { return nil }
    progress[request] = nil
    switch outcome {
    case .success(let answer): answers.insert(answer, for: request, cost: answer.cost)
    case .cancelled: break
    case .failure(let reason):
      declined.insert(request)
      return reason
    }
    return nil
  }
}
