// Why a key does nothing at the moment, in words; the key table refers to these.

import Perceiver

extension ExplorerState {
  var reasonAgainstStages: String? {
    run == nil ? (isBuilding ? "the model is still being built" : "there is no model") : nil
  }

  var reasonAgainstHeads: String? {
    guard let place else { return reasonAgainstStages }
    return place.heads == 1 ? "\(place.name) has one head" : nil
  }

  var reasonAgainstOverlay: String? {
    if choices.input.frames.isEmpty { return "this input has no picture to lay the map over" }
    return mapLiesOverLatents
      ? "latents have no place in the picture to be laid over" : nil
  }

  var reasonAgainstZoom: String? {
    if mapLiesOverLatents { return "latents are shown whole" }
    if mapView == .grid { return "the grid shows whole maps" }
    return choices.input.axes.count == 1 ? "this input has one axis" : nil
  }

  var reasonAgainstFrames: String? {
    choices.input.axes.count < 3 ? "this input has no frames" : nil
  }

  var reasonAgainstProbe: String? {
    if stage == nil && choices.input.frames.isEmpty { return "no stage is computed yet" }
    return mapView == .grid ? "the cursor is for one map; v changes the view" : nil
  }

  var reasonAgainstEditing: String? {
    let name = hyperparameter.name
    if Self.fixedByInput.contains(name) { return "\(name) is what the input has" }
    return reasonFixed(hyperparameter).map { "\(name) is fixed by the weights: \($0)" }
  }

  /// Why the loaded weights let a hyperparameter have no other value; nil if there are none, or
  /// they do.
  func reasonFixed(_ hyperparameter: Hyperparameter) -> String? {
    loadedWeights?.reasonFixed(hyperparameter)
  }

  /// Hyperparameters that the input decides.
  static let fixedByInput: Set<String> = ["input_channels", "input_axis"]

  var reasonAgainstApplying: String? {
    choices.hasDraftChanges ? nil : "no changes to apply; < and > change a hyperparameter"
  }
}
