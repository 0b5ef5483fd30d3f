// The table of commands: what may be typed after `:`, its help, and how it completes.

import Perceiver
import Pictures

/// One command of the command line.
package struct Command: Sendable {
  /// Its name.
  package let name: String
  /// What follows the name, as help says it.
  let arguments: String
  /// What it does, on one line.
  package let help: String
  /// What may be the word being typed, given the state.
  let choices: @Sendable (ExplorerState) -> [String]
  /// Does it with the words after the name.
  let perform:
    @Sendable (inout ExplorerState, CommandArguments) throws(CommandError) -> [ExplorerEffect]

  init(
    _ name: String, _ arguments: String = "", _ help: String,
    choices: @escaping @Sendable (ExplorerState) -> [String] = { _ in [] },
    perform:
      @escaping @Sendable (inout ExplorerState, CommandArguments) throws(CommandError)
      -> [ExplorerEffect]
  ) {
    self.name = name
    self.arguments = arguments
    self.help = help
    self.choices = choices
    self.perform = perform
  }

  /// Whether a path follows the name.
  var takesPath: Bool { arguments.contains("FILE") || arguments.contains("DATA") }

  /// The name and what follows it.
  var usage: String { arguments.isEmpty ? name : "\(name) \(arguments)" }
}

/// All commands, and what a line could become.
package enum CommandTable {
  package static let all: [Command] = [
    Command("stage", "N | NAME", "go to a stage: `stage 3`, `stage cross 2`") {
      $0.places.map(\.name)
    } perform: { state, arguments throws(CommandError) in
      try state.goToStage(named: arguments.rest)
      return []
    },
    Command("latent", "N", "show one latent, counted from 1") {
      state, arguments throws(CommandError) in
      state.choose(
        latent: try arguments.number("a latent", in: 1...max(1, state.latentCount)) - 1)
      return []
    },
    Command("head", "N | mean", "show one head, counted from 1, or the mean") { _ in
      ["mean"]
    } perform: { state, arguments throws(CommandError) in
      try state.chooseHead(arguments)
      return []
    },
    Command("aggregate", "one | mean | maximum", "one latent, or all of them") { _ in
      Selection.Aggregate.allCases.map(\.rawValue)
    } perform: { state, arguments throws(CommandError) in
      state.choices.selection.aggregate = try arguments.choice()
      return []
    },
    Command("value", "probabilities | scores", "after or before the softmax") { _ in
      AttentionValue.allCases.map(\.rawValue)
    } perform: { state, arguments throws(CommandError) in
      state.choices.selection.value = try arguments.choice()
      return []
    },
    Command("scale", "linear | log | percentile", "from numbers to shades") { _ in
      Transfer.allCases.map(\.rawValue)
    } perform: { state, arguments throws(CommandError) in
      state.choices.view.transfer = try arguments.choice()
      return []
    },
    Command("colour", "NAME", "from shades to colours") { _ in
      ColourMap.allCases.map(\.rawValue)
    } perform: { state, arguments throws(CommandError) in
      state.choices.view.colours = try arguments.choice()
      return []
    },
    Command("overlay", "off | half | full | alone", "how much of the map covers the photo") { _ in
      Overlay.allCases.map(\.rawValue)
    } perform: { state, arguments throws(CommandError) in
      state.choices.view.overlay = try arguments.choice()
      return []
    },
    Command("view", "one | grid | matrix | side", "what the large pane shows") {
      $0.availableViews.map(\.rawValue)
    } perform: { state, arguments throws(CommandError) in
      let view: MapView = try arguments.choice()
      guard state.availableViews.contains(view) else {
        throw CommandError(
          "view \(view.rawValue): \(state.place?.name ?? "this stage") has "
            + state.availableViews.map(\.rawValue).joined(separator: ", "))
      }
      state.show(view)
      return []
    },
    Command("zoom", "in | out | fit", "the size of the picture") { _ in
      ["in", "out", "fit"]
    } perform: { state, arguments throws(CommandError) in
      let intents: [String: Intent] = ["in": .zoomIn, "out": .zoomOut, "fit": .fit]
      guard let intent = intents[arguments.rest] else {
        throw CommandError("zoom: expected in, out or fit, found \(arguments.found)")
      }
      return state.perform(intent)
    },
    Command("frame", "N", "show a frame of a video, counted from 1") {
      state, arguments throws(CommandError) in
      let frames = KeyGrid(shape: state.choices.input.axes).frames
      state.choices.view.frame = try arguments.number("a frame", in: 1...max(1, frames)) - 1
      return []
    },
    Command("set", "NAME VALUE …", "change hyperparameters; `apply` builds the model") { _ in
      HyperparameterCatalog.all.map(\.name)
    } perform: { state, arguments throws(CommandError) in
      try state.set(arguments.words)
      return []
    },
    Command("apply", "", "build the model that the changes describe") {
      state, arguments throws(CommandError) in
      try arguments.expectNone()
      if let reason = state.reasonAgainstApplying { throw CommandError(reason) }
      state.applyDraft()
      return []
    },
    Command("seed", "N", "untrained weights of a seed") { state, arguments throws(CommandError) in
      guard arguments.words.count == 1, let seed = UInt64(arguments.rest) else {
        throw CommandError(
          "seed: expected a whole number from 0 to \(UInt64.max), found \(arguments.found)")
      }
      state.choices.settings.source = .seed(seed)
      return []
    },
    Command("weights", "FILE", "load trained weights: safetensors, .pt, .pth or .bin") {
      state, arguments throws(CommandError) in
      let path = try arguments.path()
      state.message = .information("reading \(path)")
      return [
        .loadWeights(path: path, input: state.choices.input)
      ]
    },
    Command("notes", "", "what was assumed or corrected in the loaded model") {
      state, arguments throws(CommandError) in
      try arguments.expectNone()
      let notes = state.modelNotes
      state.message = .information(
        notes.isEmpty ? "nothing was assumed" : notes.joined(separator: "; "))
      return []
    },
    Command("mask", "FILE | none", "let the model read only what a mask keeps") { _ in
      ["none"]
    } perform: { state, arguments throws(CommandError) in
      let path = try arguments.path()
      if path == "none" {
        state.choices.settings.mask = nil
        return []
      }
      return [.loadMask(path: path, axes: state.choices.input.axes)]
    },
    Command("open", "FILE", "look at another picture or array") {
      state, arguments throws(CommandError) in
      let path = try arguments.path()
      state.message = .information("reading \(path)")
      return [.openInput(path: path, demand: state.demand)]
    },
    Command("export", "FILE", "write the map; the ending says how, .txt the screen") {
      state, arguments throws(CommandError) in
      let path = try arguments.path()
      guard let format = ExportFormat(fileName: path) else {
        throw CommandError(
          "\(path): expected a name that ends in "
            + ExportFormat.allCases.map { "." + $0.rawValue }.joined(separator: ", "))
      }
      let subject: ExportSubject =
        switch format {
        case .text: .screen
        case .safetensors: .model
        case .csv: .map
        case _ where state.isReconstructionShown: .reconstruction
        case .npy: .map
        case .png, .ppm: state.drawsOverPhoto ? .overlay : .map
        }
      return state.export(ExportRequest(subject: subject, format: format, path: path))
    },
    Command("train", "[DATA] [steps=N]", "train on the picture, or on a file or folder of them") {
      state, arguments throws(CommandError) in
      try state.train(arguments)
    },
    Command("moment", "[N]", "go to a kept moment of the training; without a number, list them") {
      $0.training?.moments.all.map { "\($0.step)" } ?? []
    } perform: { state, arguments throws(CommandError) in
      try state.goToMoment(arguments)
    },
    Command("stop", "", "stop the training; the trained model stays open") {
      state, arguments throws(CommandError) in
      try arguments.expectNone()
      guard state.training != nil else { throw CommandError("stop: there is no training") }
      return state.perform(.stopTraining)
    },
    Command("save", "FILE", "write the model's weights, safetensors, and its arguments as JSON") {
      state, arguments throws(CommandError) in
      let path = try arguments.path()
      guard !path.hasSuffix(".json") else {
        throw CommandError("\(path): expected a name for safetensors, found one for JSON")
      }
      return state.export(ExportRequest(subject: .model, format: .safetensors, path: path))
    },
    Command("help", "", "all keys and commands") { state, arguments throws(CommandError) in
      try arguments.expectNone()
      return state.perform(.help)
    },
    Command("quit", "", "quit") { state, arguments throws(CommandError) in
      try arguments.expectNone()
      return state.perform(.quit)
    },
  ]

  /// The command of a name, or of a beginning that only one command has.
  static func command(_ name: String) -> Command? {
    if let exact = all.first(where: { $0.name == name }) { return exact }
    let matching = all.filter { $0.name.hasPrefix(name) }
    return matching.count == 1 ? matching[0] : nil
  }

  /// The lines that a line could become with its last word completed, in order.
  package static func completions(of line: String, in state: ExplorerState) -> [String] {
    var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let last = words.popLast() ?? ""
    let choices: [String]
    if words.isEmpty {
      choices = all.map(\.name) + HyperparameterCatalog.all.map(\.name)
      return choices.filter { $0.hasPrefix(last) }.map { $0 + " " }
    }
    if words[0] == "set" && words.count.isMultiple(of: 2) {
      // A value: what it is now is the best beginning.
      guard last.isEmpty, let hyperparameter = HyperparameterCatalog[words[words.count - 1]] else {
        return []
      }
      choices = ["\(hyperparameter.value(in: state.choices.draft))"]
    } else if let command = command(words[0]) {
      // Names of stages hold spaces: what was typed after the command is one beginning.
      let typed = (words.dropFirst() + [last]).joined(separator: " ")
      if command.name != "set" {
        return command.choices(state).filter { $0.hasPrefix(typed) }.map { words[0] + " " + $0 }
      }
      choices = command.choices(state)
    } else {
      guard last.isEmpty, words.count == 1, let hyperparameter = HyperparameterCatalog[words[0]]
      else { return [] }
      choices = ["\(hyperparameter.value(in: state.choices.draft))"]
    }
    let before = words.map { $0 + " " }.joined()
    return choices.filter { $0.hasPrefix(last) }.map { before + $0 }
  }
}
