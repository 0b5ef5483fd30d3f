// The table of keys: footer, help screen and README's list are made from it.

import Perceiver
import Screens

/// Which key asks for what.
public struct KeyBindings: Sendable {
  /// The table, in the order in which help lists it.
  public private(set) var all: [KeyBinding]

  /// The keys that the program comes with.
  public static let standard = KeyBindings(all: table)

  private init(all: [KeyBinding]) { self.all = all }

  /// The binding of a key, in the narrowest of the contexts that hold; nil if it has none.
  public func binding(for key: Key, in contexts: [KeyContext]) -> KeyBinding? {
    for context in contexts {
      if let found = all.first(where: { $0.context == context && $0.keys.contains(key) }) {
        return found
      }
    }
    return nil
  }

  /// The binding of an intent. Every intent has one.
  public func binding(of intent: Intent) -> KeyBinding? { all.first { $0.intent == intent } }

  /// The table with other keys for an intent; where another intent of the same context had one of
  /// them, it loses it.
  public func rebinding(_ intent: Intent, to keys: [Key]) -> KeyBindings {
    guard let context = binding(of: intent)?.context else { return self }
    var result = self
    for index in result.all.indices where result.all[index].context == context {
      if result.all[index].intent == intent {
        result.all[index].keys = keys
      } else {
        result.all[index].keys.removeAll { keys.contains($0) }
      }
    }
    return result
  }

  /// The table as a list in Markdown, a table of its own for each section.
  public var markdown: String {
    KeySection.allCases.map { section in
      let rows = all.filter { $0.section == section }.map { binding in
        "| \(binding.keys.map { "`\($0.name(.unicode))`" }.joined(separator: " ")) "
          + "| \(binding.help) |"
      }
      return "| \(section.title) | |\n| --- | --- |\n" + rows.joined(separator: "\n") + "\n"
    }.joined(separator: "\n")
  }
}

// MARK: - The table

private let table: [KeyBinding] = [
  KeyBinding(
    .nextStage, [.right, .character("n")], "next stage; computes it if need be", footer: "stage",
    in: .stages, disabled: { $0.reasonAgainstStages }),
  KeyBinding(
    .previousStage, [.left, .character("b")], "stage before", in: .stages,
    disabled: { $0.reasonAgainstStages }),
  KeyBinding(
    .firstStage, [.home], "first stage", in: .stages, disabled: { $0.reasonAgainstStages }),
  KeyBinding(
    .lastStage, [.end], "last stage; computes all up to it", in: .stages,
    disabled: { $0.reasonAgainstStages }),
  KeyBinding(
    .autoplay, [.space], "play the stages, or stop", footer: "play", in: .stages,
    disabled: { $0.reasonAgainstStages }),

  KeyBinding(
    .nextLatent, [.character("]")], "next latent", footer: "latent", in: .attention),
  KeyBinding(.previousLatent, [.character("[")], "latent before", in: .attention),
  KeyBinding(.tenLatentsOn, [.character("}")], "ten latents on", in: .attention),
  KeyBinding(.tenLatentsBack, [.character("{")], "ten latents back", in: .attention),
  KeyBinding(.typeLatent, [.character("J")], "type the number of a latent", in: .attention),
  KeyBinding(
    .cycleAggregate, [.character("m")], "one latent, mean over latents, maximum over latents",
    footer: "mean", in: .attention, disabled: { $0.reasonAgainstAggregate }),
  KeyBinding(
    .nextHead, [.character("h")], "next head", footer: "head", in: .attention,
    disabled: { $0.reasonAgainstHeads }),
  KeyBinding(
    .averageHeads, [.character("H")], "one head, or the mean over heads", in: .attention,
    disabled: { $0.reasonAgainstHeads }),

  KeyBinding(
    .toggleValue, [.character("p")], "probabilities, or scores before the softmax",
    footer: "scores", in: .view),
  KeyBinding(
    .cycleTransfer, [.character("s")], "scale: linear, log, percentile", footer: "scale",
    in: .view),
  KeyBinding(.cycleColours, [.character("c")], "colour map", in: .view),
  KeyBinding(
    .cycleOverlay, [.character("o")], "map over the photo: off, half, full, map alone",
    footer: "overlay", in: .view, disabled: { $0.reasonAgainstOverlay }),
  KeyBinding(
    .cycleView, [.character("v")], "one map, grid of latents, latent matrix, side by side",
    footer: "view", in: .view),
  KeyBinding(
    .toggleReconstruction, [.character("R")],
    "photo and map, or the picture that Perceiver IO gives back after the stage",
    footer: "given back", in: .view, disabled: { $0.reasonAgainstReconstruction }),
  KeyBinding(
    .toggleGrid, [.character("g")], "grid of latents, or one map", footer: "grid", in: .view),
  KeyBinding(
    .zoomIn, [.character("+"), .character("=")], "zoom in", in: .view,
    disabled: { $0.reasonAgainstZoom }),
  KeyBinding(
    .zoomOut, [.character("-")], "zoom out", in: .view, disabled: { $0.reasonAgainstZoom }),
  KeyBinding(.fit, [.character("f")], "fit the whole picture", in: .view),
  KeyBinding(
    .nextFrame, [.character(".")], "next frame of a video", in: .view,
    disabled: { $0.reasonAgainstFrames }),
  KeyBinding(
    .previousFrame, [.character(",")], "frame before", in: .view,
    disabled: { $0.reasonAgainstFrames }),

  KeyBinding(
    .toggleProbe, [.character("i")], "pixel cursor: read values off the picture",
    footer: "inspect", in: .probe, disabled: { $0.reasonAgainstProbe }),
  KeyBinding(.probeLeft, [.left], "move the cursor left", in: .probe, context: .probe),
  KeyBinding(
    .probeRight, [.right], "move the cursor right", footer: "move", in: .probe, context: .probe),
  KeyBinding(.probeUp, [.up], "move the cursor up", in: .probe, context: .probe),
  KeyBinding(.probeDown, [.down], "move the cursor down", in: .probe, context: .probe),
  KeyBinding(
    .probePixelLeft, [Key(.left, .shift)], "move it left by one pixel", in: .probe,
    context: .probe),
  KeyBinding(
    .probePixelRight, [Key(.right, .shift)], "move it right by one pixel", in: .probe,
    context: .probe),
  KeyBinding(
    .probePixelUp, [Key(.up, .shift)], "move it up by one pixel", in: .probe, context: .probe),
  KeyBinding(
    .probePixelDown, [Key(.down, .shift)], "move it down by one pixel", in: .probe,
    context: .probe),
  KeyBinding(
    .followProbe, [.enter], "go to the latent that reads this pixel most",
    footer: "its latent", in: .probe, context: .probe),
  KeyBinding(
    .leaveProbe, [.escape], "put the cursor away", footer: "leave", in: .probe, context: .probe),

  KeyBinding(.nextPane, [.tab], "next pane", footer: "pane", in: .hyperparameters),
  KeyBinding(.previousPane, [.backTab], "pane before", in: .hyperparameters),
  KeyBinding(
    .listDown, [.character("j"), .down], "down the list: hyperparameters, or latents",
    in: .hyperparameters),
  KeyBinding(
    .listUp, [.character("k"), .up], "up the list", in: .hyperparameters),
  KeyBinding(
    .increase, [.character(">")], "one step up", footer: "change", in: .hyperparameters,
    disabled: { $0.reasonAgainstEditing }),
  KeyBinding(
    .decrease, [.character("<")], "one step down", in: .hyperparameters,
    disabled: { $0.reasonAgainstEditing }),
  KeyBinding(
    .editValue, [.enter], "type a value", footer: "type", in: .hyperparameters,
    context: .hyperparameters, disabled: { $0.reasonAgainstEditing }),
  KeyBinding(
    .applyDraft, [.character("a")], "apply the changes: build the model they describe",
    footer: "apply", in: .hyperparameters, disabled: { $0.reasonAgainstApplying }),
  KeyBinding(
    .discardDraft, [.character("x")], "drop the changes", in: .hyperparameters,
    disabled: { $0.reasonAgainstApplying }),
  KeyBinding(
    .undo, [.character("u")], "undo", footer: "undo", in: .hyperparameters,
    disabled: { state in
      guard !state.history.canUndo else { return nil }
      return state.history.hasForgotten
        ? "nothing more to undo: earlier steps were let go, so that former models do not fill the "
          + "memory" : "nothing to undo"
    }),
  KeyBinding(
    .redo, [.control("r")], "redo", in: .hyperparameters,
    disabled: { $0.history.canRedo ? nil : "nothing to redo" }),
  KeyBinding(
    .newSeed, [.character("r")], "untrained weights of the next seed", footer: "seed",
    in: .hyperparameters),

  KeyBinding(
    .train, [.character("t")], "train on the picture; pause, and go on", footer: "train",
    in: .training),
  KeyBinding(
    .trainingStep, [.character("N")], "take one step; pauses a training that goes on",
    footer: "one step", in: .training, context: .training,
    disabled: { $0.reasonAgainstTrainingStep }),
  KeyBinding(
    .keepMoment, [.character("M")], "keep this moment of the training", footer: "keep",
    in: .training, context: .training, disabled: { $0.reasonAgainstMoments }),
  KeyBinding(
    .backToMoment, [.character("U")], "back to the moment before", footer: "back",
    in: .training, context: .training, disabled: { $0.reasonAgainstMoments }),
  KeyBinding(
    .stopTraining, [.character("T")], "stop; the trained model stays open", footer: "stop",
    in: .training, context: .training),
  KeyBinding(
    .nextExample, [.character(".")], "look at the next example of the data", footer: "example",
    in: .training, context: .training, disabled: { $0.reasonAgainstExamples }),
  KeyBinding(
    .previousExample, [.character(",")], "look at the example before", in: .training,
    context: .training, disabled: { $0.reasonAgainstExamples }),

  KeyBinding(.export, [.character("e")], "export", footer: "export", in: .commands),
  KeyBinding(
    .commandLine, [.character(":")], "command line; Tab completes", footer: "command",
    in: .commands),
  KeyBinding(
    .search, [.character("/")], "find a hyperparameter or a command", in: .commands),

  KeyBinding(.help, [.character("?"), Key(.function(1))], "help", footer: "help", in: .program),
  KeyBinding(.quit, [.character("q")], "quit", footer: "quit", in: .program),
  KeyBinding(
    .cancel, [.control("c")], "cancel what is being computed; twice quits", in: .program),
  KeyBinding(.suspend, [.control("z")], "suspend; fg comes back", in: .program),
  KeyBinding(.redraw, [.control("l")], "draw the screen anew", in: .program),
]
