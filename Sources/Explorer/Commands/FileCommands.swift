// Opening, exporting and saving, and the lines that commands are typed into.

import Perceiver
import Tensors

extension CommandGroup {
  static let files = CommandGroup(
    "commands", "do",
    [
      Command(
        "open", takes: "FILE", "look at another picture or array",
        Command.Action { state, arguments throws(CommandError) in
          let path = try arguments.path()
          state.message = .information("reading \(path)")
          return [.openInput(path: path, demand: state.demand)]
        }),
      Command(
        "window", takes: "N", "look at another part of a text or film longer than the model reads",
        unless: { $0.reasonNoWindows },
        Command.Action { state, arguments throws(CommandError) in
          let input = state.choices.input
          guard let window = input.window, let path = input.path else { return [] }
          var demand = state.demand
          demand.window = try arguments.number("a window", in: 1...window.count) - 1
          return [.openInput(path: path, demand: demand)]
        }),
      Command(
        "export", keys: [.character("e")], takes: "[FILE]",
        "export a map, picture, the screen or the model; the name's ending says how",
        footer: "export",
        Command.Action { state, arguments throws(CommandError) in
          if arguments.rest.isEmpty {
            state.openExport()
            return []
          }
          return try state.export(to: try arguments.path())
        }),
      Command(
        "save", takes: "FILE", "write the model's weights, safetensors, and its arguments as JSON",
        Command.Action { state, arguments throws(CommandError) in
          let path = try arguments.path()
          guard !path.hasSuffix(".json") else {
            throw CommandError("\(path): expected a name for safetensors, found one for JSON")
          }
          return state.export(ExportRequest(subject: .model, format: .safetensors, path: path))
        }),
      Command(
        "command-line", keys: [.character(":")], "command line; Tab completes",
        footer: "command", .change { $0.mode = .command(CommandLine()) }),
      Command(
        "search", keys: [.character("/")], "find a hyperparameter or a command",
        .change { $0.mode = .search(LineEditor()) }),
    ])
}

extension ExplorerState {
  /// Why there is no other part of the input to look at; nil if there is.
  fileprivate var reasonNoWindows: String? {
    if choices.input.window == nil { return "the model reads all of this input" }
    return choices.input.path == nil ? "only a file can be read again" : nil
  }

  mutating func openExport() {
    var dialog = ExportDialog(path: "")
    if choices.input.frames.isEmpty || mapLiesOverLatents { dialog.subject = .map }
    if isReconstructionShown { dialog.subject = .reconstruction }
    dialog.path.set(proposedPath(dialog.subject, dialog.format))
    mode = .export(dialog)
  }

  /// Exports what a file's name says by its ending.
  fileprivate mutating func export(to path: String) throws(CommandError) -> [ExplorerEffect] {
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
      case _ where isReconstructionShown: .reconstruction
      case .npy: .map
      case .png, .ppm: drawsOverPhoto ? .overlay : .map
      }
    return export(ExportRequest(subject: subject, format: format, path: path))
  }
}
