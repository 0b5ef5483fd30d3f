// What a key asks for. KeyBindings gives each its keys and words; Update/Intents does it.

/// What a person can ask for with a key; the raw value is its name in the configuration file.
public enum Intent: String, Sendable, Hashable, CaseIterable {
  case nextStage = "next-stage"
  case previousStage = "previous-stage"
  case firstStage = "first-stage"
  case lastStage = "last-stage"
  case autoplay

  case nextLatent = "next-latent"
  case previousLatent = "previous-latent"
  case tenLatentsOn = "ten-latents-on"
  case tenLatentsBack = "ten-latents-back"
  case typeLatent = "type-latent"
  case cycleAggregate = "cycle-aggregate"
  case nextHead = "next-head"
  case averageHeads = "average-heads"

  case toggleValue = "toggle-value"
  case cycleTransfer = "cycle-transfer"
  case cycleColours = "cycle-colours"
  case cycleOverlay = "cycle-overlay"
  case toggleReconstruction = "toggle-reconstruction"
  case cycleView = "cycle-view"
  case toggleGrid = "toggle-grid"
  case zoomIn = "zoom-in"
  case zoomOut = "zoom-out"
  case fit
  case nextFrame = "next-frame"
  case previousFrame = "previous-frame"

  case toggleProbe = "toggle-probe"
  case probeLeft = "probe-left"
  case probeRight = "probe-right"
  case probeUp = "probe-up"
  case probeDown = "probe-down"
  case probePixelLeft = "probe-pixel-left"
  case probePixelRight = "probe-pixel-right"
  case probePixelUp = "probe-pixel-up"
  case probePixelDown = "probe-pixel-down"
  case followProbe = "follow-probe"
  case leaveProbe = "leave-probe"

  case nextPane = "next-pane"
  case previousPane = "previous-pane"
  case listDown = "list-down"
  case listUp = "list-up"
  case increase
  case decrease
  case editValue = "edit-value"
  case applyDraft = "apply"
  case discardDraft = "discard"
  case undo
  case redo
  case newSeed = "new-seed"

  case train
  case trainingStep = "training-step"
  case keepMoment = "keep-moment"
  case backToMoment = "back-to-moment"
  case stopTraining = "stop-training"
  case nextExample = "next-example"
  case previousExample = "previous-example"

  case export
  case commandLine = "command-line"
  case search

  case help
  case quit
  case cancel
  case suspend
  case redraw
}
