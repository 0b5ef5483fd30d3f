// Opening, exporting and saving, and the lines that commands are typed into.

import Inputs
import Perceiver
import Tensors

extension CommandGroup {
  static let files = CommandGroup(
    "commands", "do",
    [
      Command(
        "open", takes: "FILE", "look at another picture or array, or at all those of a folder",
        Command.Action { state, arguments throws(CommandError) in
          let path = try arguments.path()
          state.message = .information("reading \(path)")
          return [.openInput(.file(path), demand: state.demand)]
        }),
      Command(
        "recent", takes: "", "offer the files that were opened last: Tab then goes through them",
        .change { $0.offerRecent() }),
      Command(
        "fit", takes: "", "prepare the photo like the pictures that the model was trained on",
        unless: \.reasonAgainstFitting, .start { $0.fitInput() }),
      Command(
        "next-input", keys: [.control("n")], "next of several inputs",
        footer: .init("input", keysOf: ["previous-input", "next-input"], .first),
        counting: .takesNumber, unless: \.reasonNoInputs,
        .start { $0.openInput(by: $0.countedSteps) }),
      Command(
        "previous-input", keys: [.control("p")], "previous of several inputs",
        counting: .takesNumber, unless: \.reasonNoInputs,
        .start { $0.openInput(by: -$0.countedSteps) }),
      Command(
        "window", takes: "N", "look at another part of a text or film longer than the model reads",
        unless: { $0.reasonNoWindows },
        Command.Action { state, arguments throws(CommandError) in
          let input = state.choices.input
          guard let window = input.window, let source = input.source else { return [] }
          let goal = try arguments.number("a window", in: 1...window.count) - 1
          return [.openInput(source, demand: state.windowDemand(goal))]
        }),
      Command(
        "next-window", keys: [.character("w")],
        "next part of a text or film that is longer than the model reads",
        footer: .init("part", keysOf: ["previous-window", "next-window"], .first),
        counting: .takesNumber, unless: { $0.reasonNoWindows },
        .start { $0.openWindow(by: $0.countedSteps) }),
      Command(
        "previous-window", keys: [.character("W")], "previous part of such a text or film",
        counting: .takesNumber, unless: { $0.reasonNoWindows },
        .start { $0.openWindow(by: -$0.countedSteps) }),
      Command(
        "export", keys: [.character("e")], takes: "[FILE [width=N]]",
        "export a map, table, picture, the screen or the model; the name's ending says how",
        footer: .init("export", .beginners),
        Command.Action { state, arguments throws(CommandError) in
          if arguments.rest.isEmpty {
            state.openExport()
            return []
          }
          return try state.export(arguments)
        }),
      Command(
        "view-figure", also: ["why-figure"], takes: "FILE [width=N]",
        "write what is seen as a figure: photo, map, bar of colours with numbers, caption; or a table "
          + "with bars; .png or .svg",
        unless: \.reasonAgainstViewFigure,
        Command.Action { state, arguments throws(CommandError) in
          try state.exportFigure(.viewFigure, arguments)
        }),
      Command(
        "save", takes: "FILE", "write the model's weights, safetensors, and its arguments as JSON",
        Command.Action { state, arguments throws(CommandError) in
          let path = try arguments.path()
          guard !path.hasSuffix(".json") else {
            throw CommandError("\(path): expected a name for safetensors, found one for JSON")
          }
          return state.export(ExportRequest(subject: .model, format: .weights, path: path))
        }),
      Command(
        "command-line", keys: [.character(":")],
        "command line; Tab completes, and lists files where a path is typed",
        footer: .init("command", brief: "cmd", .beginners),
        .change { $0.mode = .command(CommandLine()) }),
      Command(
        "search", keys: [.character("/")],
        "find a hyperparameter or a command; Tab and arrows choose among what is found",
        .change { $0.mode = .search(SearchLine()) }),
    ])
}

extension ExplorerState {
  /// Why the input cannot be prepared like the model's training data; nil if it can.
  fileprivate var reasonAgainstFitting: String? {
    if let reason = reasonAgainstChange { return reason }
    if choices.input.isText { return "only photos are prepared: this input is a text" }
    guard let weights = loadedWeights else {
      return "an untrained model has no training data to prepare a photo like"
    }
    let demand = InputDemand(weights.model.configuration)
    if demand.media != nil { return "films are prepared as the model was trained already" }
    guard demand.trainingPictures != nil else {
      return "\(weights.name) does not say what pictures it was trained on; --max-side, --mean and "
        + "--std prepare a photo"
    }
    return choices.input.hasPictures || choices.input.source != nil
      ? nil : "only photos are prepared: this input is none"
  }

  /// Prepares the input like the pictures that the model was trained on.
  fileprivate mutating func fitInput() -> [ExplorerEffect] {
    let input = choices.input
    if input.isPicture, input.isLikeTraining(of: demand) {
      message = .information(
        "\(input.name) is prepared like the training data already: \(demand.trainingPictures ?? "")"
      )
      return []
    }
    message = .information("preparing \(input.name)")
    return [.fitInput(input, demand: demand)]
  }

  /// What the title says where the photo is not as the model's training data, in full and briefly;
  /// nothing where it is.
  var trainingRemarks: [String] {
    guard training == nil, loadedWeights != nil, !choices.input.isLikeTraining(of: demand),
      let pictures = demand.trainingPictures
    else { return [] }
    // Where the size is known and the same, what differs is how samples became numbers.
    let isScaling =
      demand.preprocessing?.size != nil && choices.input.hasSize(ofTrainingIn: demand)
    let other = isScaling ? "other scaling" : pictures
    return ["not as in training (\(other)), :fit", "not as in training, :fit"]
  }

  /// Why there is no other part of the input to look at; nil if there is.
  fileprivate var reasonNoWindows: String? {
    if choices.input.window == nil { return "the model reads all of this input" }
    return choices.input.source == nil
      ? "it came through a pipe and was too long to be kept; a file can be read again" : nil
  }

  /// Opens a neighbouring part of what is open.
  fileprivate mutating func openWindow(by steps: Int) -> [ExplorerEffect] {
    guard let window = choices.input.window, let source = choices.input.source else { return [] }
    let goal = min(max(0, window.index + steps), window.count - 1)
    guard goal != window.index else {
      message = .information(
        "this is the \(steps > 0 ? "last" : "first") of \(window.count) parts")
      return []
    }
    message = .information("reading part \(goal + 1) of \(window.count)")
    return [.openInput(source, demand: windowDemand(goal))]
  }

  /// What the model wants of another part of what is open. An untrained one takes what an input has;
  /// without its axes the file would be read as at first sight: a film as its first picture.
  fileprivate func windowDemand(_ index: Int) -> InputDemand {
    var demand = demand
    demand.window = index
    if !choices.input.isText {
      demand.axes = demand.axes ?? choices.input.axes.count
      demand.channels = demand.channels ?? choices.input.channels
    }
    return demand
  }

  mutating func openExport() {
    let subjects = exportSubjects
    var dialog = ExportDialog(firstExportSubject(of: subjects), of: subjects)
    dialog.path.set(proposedPath(dialog.subject, dialog.format))
    mode = .export(dialog)
  }

  /// Exports what a file's name says by its ending.
  fileprivate mutating func export(
    _ arguments: CommandArguments
  ) throws(CommandError) -> [ExplorerEffect] {
    let (path, width) = try arguments.figurePath()
    guard let format = ExportFormat(fileName: path) else {
      throw CommandError(
        "\(path): expected a name that ends in "
          + ExportFormat.all.map { "." + $0.ending }.joined(separator: ", "))
    }
    let subject = try exportSubject(in: format, path: path)
    var request = ExportRequest(subject: subject, format: format, path: path)
    if let width {
      guard subject.hasWidth(as: format) else {
        throw CommandError(
          "\(arguments.name): expected no width with \(label(of: subject)): only figures have one")
      }
      request.width = width
    }
    return export(request)
  }
}
