// Why a key does nothing now, in words; the key table refers to these.

import Perceiver

extension ExplorerState {
  /// Why model and input stay as they are: one of them is being trained on the other.
  var reasonAgainstChange: String? {
    training == nil
      ? nil
      : "a training is open: \(keyName(.stopTraining)) stops it first, and its model stays"
  }

  var reasonAgainstStopping: String? {
    training == nil ? "there is no training; \(keyName(.train)) begins one" : nil
  }

  var reasonAgainstUndo: String? {
    guard !history.canUndo else { return nil }
    return history.hasForgotten
      ? "nothing more to undo: earlier steps were dropped to save memory" : "nothing to undo"
  }

  var reasonAgainstTrainingStep: String? {
    switch training?.phase {
    case nil: "there is no training; \(keyName(.train)) begins one"
    case .preparing: "the training is still being prepared"
    case .complete: "all steps are taken"
    case .running, .paused: nil
    }
  }

  var reasonAgainstSnapshots: String? {
    training?.trainer == nil ? "there is no training; \(keyName(.train)) begins one" : nil
  }

  var reasonAgainstReconstruction: String? {
    givenPicture == nil
      ? "this model reconstructs no picture; \(keyName(.train)) trains one that does" : nil
  }

  var reasonAgainstWhy: String? {
    guard let run else { return reasonAgainstStages }
    guard whyMethod == nil else { return nil }
    // What needs least of a model says best what it lacks.
    let problem = ExplanationMethod.named("rollout-residual").flatMap { $0.problem(run) }
    return "the model has no one answer to explain" + (problem.map { ", and \($0)" } ?? "")
  }

  var reasonAgainstThroughDecoder: String? {
    guard let run else { return reasonAgainstStages }
    return run.decoderProblem
  }

  var reasonAgainstWholePhoto: String? {
    if !choices.input.hasPictures { return "this input is no photo" }
    return choices.input.surroundings == nil ? "the model reads the whole photo" : nil
  }

  var reasonAgainstModalities: String? {
    open.modalities.isEmpty ? "all tokens of this input are of one kind" : nil
  }

  var reasonAgainstSelecting: String? {
    choices.input.isText ? nil : "only tokens of a text are selected"
  }

  var reasonAgainstOutput: String? {
    if let reason = reasonAgainstStages { return reason }
    return switch open.outputCount {
    case _ where stageIDs.last?.kind != .decoderCrossAttention: "the model has no decoder"
    case nil: "the decoder is not computed yet"
    case 1: "the decoder has one output"
    default: nil
    }
  }

  /// Where every latent is on the screen, there is none to be chosen.
  var reasonAgainstLatents: String? {
    if let reason = reasonAgainstMaps(for: "another latent", besides: [.reconstruction]) {
      return reason
    }
    return open.showsRow
      ? "every latent is shown; \(keyName(.toggleProbe)) puts the cursor on one" : nil
  }

  var reasonAgainstStages: String? {
    run == nil ? (isBuilding ? "the model is still being built" : "there is no model") : nil
  }

  /// A stage that mixes latents without attention has no maps to choose from or to show.
  var reasonAgainstMaps: String? {
    guard let stageID, stageID.kind.mapGround == nil else { return nil }
    return "\(stageID.name) has no maps: it mixes latents without attention"
  }

  /// Why something that is for maps does nothing now: something else is shown, or the stage has none.
  private func reasonAgainstMaps(for what: String, besides others: [InPlaceOfMaps]) -> String? {
    wayBackToMaps(for: what, besides: others) ?? reasonAgainstMaps
  }

  /// Why scores or probabilities make no difference to what is seen.
  var reasonAgainstValue: String? {
    reasonAgainstMaps(for: "what stands before the softmax", besides: [.heads, .reconstruction])
  }

  /// Why other colours change nothing that is seen.
  var reasonAgainstColours: String? { reasonAgainstMaps ?? reasonNoColours }

  /// What becomes of colours where the terminal shows none; nil where it shows some.
  var reasonNoColours: String? {
    terminal.depth == .monochrome
      ? "the terminal shows no colours; :colour NAME chooses those of pictures that are exported"
      : nil
  }

  /// Why another scale changes nothing that is seen.
  var reasonAgainstTransfer: String? {
    if areChannelsShown {
      return "waves go from -1 to 1; the scale is for maps, \(keyName("channels")) shows them"
    }
    return reasonAgainstMaps(for: "the scale", besides: [.heads, .patch, .reconstruction])
  }

  var reasonAgainstFigure: String? {
    if let reason = reasonAgainstStages { return reason }
    if figureGround == nil { return "the figure is of pictures: this input has none" }
    if let kind = open.modality, kind.axes.count != 3 {
      return "the figure is of frames; :modality frames shows their maps"
    }
    return stageIDs.contains { $0.kind == .crossAttention }
      ? nil : "this model has no cross-attention over the picture"
  }

  var reasonAgainstHeads: String? {
    guard let stageID else { return reasonAgainstStages }
    if let reason = reasonAgainstMaps(for: "another head", besides: [.reconstruction]) {
      return reason
    }
    return stageID.heads == 1 ? "\(stageID.name) has one head" : nil
  }

  var reasonAgainstAllLatents: String? {
    if let reason = reasonAgainstLatents { return reason }
    return mapLiesOverLatents && mapView == .matrix
      ? "the matrix shows every latent; \(keyName(.cycleView)) shows one" : nil
  }

  var reasonAgainstOverlay: String? {
    if isExplanationShown, choices.input.hasPictures { return nil }
    if let reason = reasonAgainstMaps(for: "the overlay", besides: [.channels, .reconstruction]) {
      return reason
    }
    if !choices.input.hasPictures { return "this input has no picture to lay the map over" }
    return mapLiesOverLatents
      ? "latents have no position in the picture to be laid over" : nil
  }

  var reasonAgainstZoom: String? {
    if let way = wayBackToMaps(for: "zoom", besides: [.channels, .reconstruction]) { return way }
    if areChannelsShown, !channelTable.isOpen {
      return "the grid shows whole maps; \(keyName("open-channel")) opens one"
    }
    if isExplanationShown, choices.input.axes.count > 1 { return nil }
    if mapLiesOverLatents { return "latents are shown whole" }
    if mapView == .grid { return "the grid shows whole maps" }
    return choices.input.axes.count == 1 ? "this input has one axis" : nil
  }

  var reasonAgainstFrames: String? {
    choices.input.axes.count < 3 ? "this input has no frames" : nil
  }

  var reasonAgainstProbe: String? {
    if let way = wayBackToMaps(for: "the cursor") { return way }
    if isThroughDecoderShown, !choices.input.isText {
      return "the cursor is for attention; \(keyName(.throughDecoder)) shows it"
    }
    if stage == nil && !choices.input.hasPictures {
      return reasonAgainstStages ?? "no stage is computed yet"
    }
    return mapView == .grid || mapView == .shares
      ? "the cursor is for one map; \(keyName(.cycleView)) changes the view" : nil
  }

  /// Why no latent is known that reads most of what the cursor is at.
  var reasonAgainstFollowing: String? {
    isExplanationShown
      ? "this map is of no latent: attention has those that read a pixel" : reasonAgainstMaps
  }

  /// Why the cursor cannot go to the largest of the shown map's numbers.
  var reasonAgainstPeaks: String? {
    if let reason = reasonAgainstProbe { return reason }
    if !isExplanationShown, let reason = reasonAgainstMaps { return reason }
    return shownText != nil || mapLiesOverLatents && !isExplanationShown
      ? "only maps over pixels have largest ones to go to" : nil
  }

  var reasonAgainstEditing: String? {
    if let reason = reasonAgainstChange { return reason }
    let name = hyperparameter.name
    if HyperparameterCatalog.Name.ofInput.contains(name) { return "\(name) is what the input has" }
    return reasonFixed(hyperparameter).map { "\(name) is set by the loaded weights: \($0)" }
  }

  /// Why the loaded weights let a hyperparameter have no other value; nil if there are none, or
  /// they do.
  func reasonFixed(_ hyperparameter: Hyperparameter) -> String? {
    loadedWeights?.reasonFixed(hyperparameter)
  }

  var reasonAgainstApplying: String? {
    if let reason = reasonAgainstChange { return reason }
    return choices.hasDraftChanges ? nil : "no changes to apply; < and > change a hyperparameter"
  }
}
