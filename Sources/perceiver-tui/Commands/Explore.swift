// `explore`: the program in the terminal, on one input.

import ArgumentParser
import Datasets
import Explorer
import Foundation
import Perceiver
import Pictures
import Tensors

/// Opens the terminal program.
struct Explore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Open the terminal program on a photo or array.",
    discussion: """
      Press ? in the program for its keys. Keys, colours and symbols may be set in \
      $XDG_CONFIG_HOME/perceiver-tui/config.json; NO_COLOR is honoured.
      """)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func run() throws {
    guard StandardOutput().isTerminal else {
      throw CommandFailure.usage(
        "standard output is not a terminal, which explore needs; without one, "
          + "perceiver-tui trace writes what the model computes and perceiver-tui render draws it")
    }
    let preferences = try PreferencesFile.read()
    let source = try ModelSource(model)
    let prepared = try PreparedInput(input, for: source)
    let start = ExplorerStart(
      choices: Choices(
        input: prepared.input.explorerInput(file: input.input),
        settings: try settings(prepared, source)),
      preferences: preferences, files: try files)
    switch try end(of: start) {
    case .quit: return
    case .signal(let number, let kept):
      // A terminal that nobody reads would hold the program with its last line.
      guard Messages.areRead else { _exit(ExitStatus.signal(number).code) }
      throw CommandFailure(
        .signal(number), nil, "ended by a signal" + (kept.map { "; \($0)" } ?? ""))
    }
  }

  private func end(of start: ExplorerStart) throws -> ExplorerEnd {
    do {
      return try runExplorer(start, settings: .ofThisProcess())
    } catch let error as TerminalError {
      throw CommandFailure(.usage, nil, "\(error)")
    }
  }

  private func settings(_ prepared: PreparedInput, _ source: ModelSource) throws -> ModelSettings {
    let queries = zip(prepared.queries, input.queries).map {
      NamedQueries(tensor: $0, name: $1.fileName)
    }
    let mask = zip(prepared.mask, input.mask).map { NamedMask(mask: $0, name: $1.fileName) }
    guard let checkpoint = source.checkpoint else {
      return ModelSettings(
        configuration: prepared.description.configuration, source: .seed(source.seed), mask: mask,
        queries: queries)
    }
    let nonFinite = try CommandFailure.about(checkpoint.path) { try checkpoint.nonFiniteNote() }
    let weights = LoadedWeights(
      model: try source.model(prepared.description), name: checkpoint.path.fileName,
      facts: prepared.description.facts,
      notes: prepared.description.notes, warning: nonFinite)
    return ModelSettings(
      configuration: prepared.description.configuration, source: .weights(weights), mask: mask,
      queries: queries)
  }

  /// The files of this machine, read as the options say.
  private var files: ExplorerFiles {
    get throws {
      let reader = try InputReader(input)
      let values = input.values
      return ExplorerFiles.onDisk(
        openInput: { path, demand, cancellation in
          guard path != InputBytes.standardInput else {
            throw CommandFailure(.usage, path, "standard input can only be opened at the start")
          }
          return try reader.prepared(
            reader.open(path, for: demand.preprocessing, cancellation: cancellation), for: demand
          ).explorerInput(file: path)
        },
        prepare: { input, demand in try reader.prepared(input, for: demand) },
        openMask: { path, axes in
          NamedMask(mask: try reader.readMask(path, axes: axes), name: path.fileName)
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
          let scaling = PixelScaling(try values.preprocessing(over: demand.preprocessing))
          return TrainingData(
            name: path.fileName, examples: try ScaledExamples(pictures, scaling), scaling: scaling)
        },
        writeModel: { model, path, existing in
          try ModelFiles(path: path).write(
            model, existing: existing == .replace ? .replace : .refuse)
        })
    }
  }
}

extension InputReader {
  /// What is open as another model wants it: read again from its file, or, where it came from none,
  /// its pixels scaled anew.
  fileprivate func prepared(
    _ input: ExplorerInput, for demand: InputDemand
  ) throws -> ExplorerInput {
    let isFitting =
      demand.channels ?? input.channels == input.channels
      && demand.axes ?? input.axes.count == input.axes.count
    guard input.demand.preprocessing != demand.preprocessing || !isFitting else { return input }
    if let path = input.path, let opened = try? open(path, for: demand.preprocessing) {
      return try prepared(opened, for: demand).explorerInput(file: path)
    }
    guard input.axes.count == 2, input.frames.count == 1,
      PixelImage(input.tensor, scaledBy: input.scaling) != nil
    else { return input }
    let frame = input.frames[0]
    let opened = OpenedInput(
      name: input.name, content: .photo(frame, width: frame.width, height: frame.height))
    return try prepared(opened, for: demand).explorerInput(path: nil)
  }
}

extension LoadedInput {
  /// The input as the explorer has it; one from a file can be read again.
  fileprivate func explorerInput(file path: String) -> ExplorerInput {
    var status = stat()
    let isFile = stat(path.systemPath, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    return explorerInput(path: isFile ? path : nil)
  }

  fileprivate func explorerInput(path: String?) -> ExplorerInput {
    let name = name.fileName
    if let text {
      return ExplorerInput(name: name, tokens: tensor, text: text, notes: notes.map(\.brief))
    }
    guard let photo else {
      return ExplorerInput(
        array: tensor, name: name, notes: notes.map(\.brief), path: path, demand: demand)
    }
    return ExplorerInput(
      name: name, tensor: tensor, frames: [photo], notes: notes.map(\.brief), scaling: scaling,
      path: path, demand: demand)
  }
}

private func zip<First, Second>(_ first: First?, _ second: Second?) -> (First, Second)? {
  guard let first, let second else { return nil }
  return (first, second)
}
