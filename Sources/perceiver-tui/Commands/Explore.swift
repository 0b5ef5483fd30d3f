// `explore`: the program in the terminal, on one input.

import ArgumentParser
import Datasets
import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Tensors

/// Opens the terminal program.
struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the terminal program on a photo or array.",
    discussion: """
      Press ? in the program for its keys. Keys, colours and symbols may be set in \
      $XDG_CONFIG_HOME/perceiver-tui/config.json; NO_COLOR is honoured. Which files were opened last \
      is kept in $XDG_STATE_HOME/perceiver-tui/recent.json, unless --keys prints a screen.
      """)

  @Option(
    help: ArgumentHelp(
      "Go back to what :session save wrote into this file, in place of INPUT and a model.",
      valueName: "file"))
  var session: String?

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "What is shown first") var view: ViewSelectionOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if session != nil {
      if let option = input.firstGiven ?? model.firstGiven() {
        throw ValidationError("--session: expected no \(option) with it, found both")
      }
      return
    }
    if !isBare { try input.checkIsGiven() }
  }

  /// Whether nothing is said of what to look at: the tour is what a person wants, at the terminal or in
  /// a script of keys.
  private var isBare: Bool {
    guard view.keys == nil else {
      return session == nil && (input.firstGiven ?? model.firstGiven()) == nil && view.lines.isEmpty
    }
    return [[], ["explore"]].contains(ProgramArguments.all) && StandardOutput().isTerminal
  }

  func run() throws {
    if let script = try view.script() { return try replay(script) }
    guard StandardOutput().isTerminal else {
      try input.checkCount(model)
      throw CommandFailure.usage(
        "standard output is not a terminal, which explore needs; without one, "
          + "perceiver-tui trace writes what the model computes and perceiver-tui render draws it")
    }
    let preferences = try PreferencesFile.read()
    var start = try isBare ? startOfTour() : startOnInput()
    start.preferences = preferences
    start.recent = RecentFilesFile.read()
    start.files.remember = { RecentFilesFile.add($0) }
    switch try end(of: start) {
    case .quit: return
    case .signal(let number, let kept):
      // A terminal that nobody reads would hold the program with its last line.
      guard Messages.areRead else { _exit(ExitStatus.signal(number).code) }
      throw CommandFailure(
        .signal(number), nil,
        "ended by \(Self.signalNames[number] ?? "signal \(number)")"
          + (kept.map { "; \($0)" } ?? ""))
    }
  }

  /// Prints the screen after some keys.
  private func replay(_ script: KeyScript) throws {
    var start = try isBare ? startOfTour() : startOnInput()
    start.preferences = try PreferencesFile.read()
    let size = try view.size()
    var replay = Replay(
      start, width: size.width, height: size.height, symbols: ColourEnvironment().symbols,
      form: view.screenColours ? .coloured : .plain)
    replay.press(script)
    // Names on the screen are spelled out already; the escape sequences are its colours.
    try StandardOutput().write(bytes: Array(replay.text.utf8))
  }

  /// The program on the inputs that are given, or on a session.
  private func startOnInput() throws -> ExplorerStart {
    if let session {
      let opened = try OpenedSession(session, say: Messages.note)
      return ExplorerStart(
        choices: opened.firstChoices, lines: view.lines, session: opened, files: try files)
    }
    let asked = try model.request()
    let source = try ModelSource(asked)
    var request = try input.request()
    var inputs: InputSequence?
    let takesFoldersApart = source.demand.takesFoldersApart && !source.readsTokens
    if input.text == nil, takesFoldersApart || input.inputs.count > 1,
      try !InputReader.areOne(input.inputs, for: source.demand)
    {
      let paths = try InputFolders.inNaturalOrder(input.inputs)
      inputs = InputSequence(paths)
      request.input = .file(paths[0])
    }
    let prepared = try PreparedInput(request, for: source, say: Messages.note)
    return ExplorerStart(
      choices: Choices(
        input: prepared.input,
        settings: try ModelSettings(prepared, source, asked, request)),
      inputs: inputs, lines: view.lines, files: try files)
  }

  /// The tour on the trained sample; without it on a picture that is made, and an untrained model.
  private func startOfTour() throws -> ExplorerStart {
    guard let sample = try SampleFiles.opened(say: Messages.note) else {
      let source = try ModelSource(ModelRequest())
      let description = try source.describe(inputChannels: 3, inputAxes: 2)
      return ExplorerStart(
        choices: Choices(
          input: try SampleFiles.made(),
          settings: ModelSettings(
            configuration: description.configuration, source: .seed(source.seed))),
        tour: Tour(), files: try files)
    }
    return ExplorerStart(
      choices: Choices(
        input: sample.prepared.input,
        settings: ModelSettings(
          configuration: sample.prepared.description.configuration,
          source: .weights(sample.weights))),
      tour: Tour(), files: try files)
  }

  private static let signalNames: [Int32: String] = [
    SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGTERM: "SIGTERM",
  ]

  private func end(of start: ExplorerStart) throws -> ExplorerEnd {
    do {
      return try runExplorer(start, settings: .ofThisProcess())
    } catch let error as TerminalError {
      throw CommandFailure(.usage, nil, "\(error)")
    }
  }

  /// The files of this machine, read as the options say.
  private var files: ExplorerFiles {
    get throws {
      let request = try input.request()
      let scaling = request.options.scaling
      var options = request.options
      // The part that was asked for is one of the first input.
      options.window = 0
      return ExplorerFiles.onDisk(
        reader: InputReader(options),
        openSample: { _ in
          guard let sample = try SampleFiles.opened(say: { _ in }) else {
            throw CommandFailure(
              .noInput, nil, "the sample is not installed; the tour goes on with what is open")
          }
          return OpenedWeights(weights: sample.weights, input: sample.prepared.input)
        },
        openData: { path, classes, demand in
          var request = DatasetRequest()
          request.customarySize = demand.preprocessing?.size.map {
            .init(height: $0.height, width: $0.width)
          }
          let pictures = try CommandFailure.about(path) {
            let pictures = try LabelledPictures(reading: path, request)
            guard let classes else { return pictures }
            do {
              return try pictures.matching(classes: classes, of: path)
            } catch let error as DatasetError {
              throw DatasetError(error.path, error.description + "; :seed 0 begins without them")
            }
          }
          let scaling = PixelScaling(
            (demand.reading?.scaling ?? scaling).preprocessing(over: demand.preprocessing))
          return TrainingData(
            name: path.fileName, examples: try ScaledExamples(pictures, scaling), scaling: scaling,
            notes: pictures.notes)
        },
        writeModel: { model, path, existing in
          try ModelFiles(path: path).write(
            model, existing: existing == .replace ? .replace : .refuse)
        },
        keep: { try PreferencesFile.keep($0) })
    }
  }
}
