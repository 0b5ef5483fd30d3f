// An input and the model that reads it, brought together: channels, axes, mask, queries.

import Perceiver
import Pictures
import Tensors

/// Where an input is from.
public enum InputSource: Sendable, Hashable {
  /// A file or folder, or `-` for standard input.
  case file(String)
  /// Files that are one input together.
  case files([String])
  /// A text as it stands.
  case text(String)

  /// What it is called in messages.
  var name: String {
    switch self {
    case .file(let path): InputBytes.name(path)
    case .files(let paths): paths.map(InputBytes.name).joined(separator: " ")
    case .text: "--text"
    }
  }

  /// The file it can be read from again; nil where it cannot.
  var path: String? {
    guard case .file(let path) = self, path != InputBytes.standardInput,
      FileNames.isRegular(path)
    else { return nil }
    return path
  }
}

/// Which files are to be read for a run.
public struct InputRequest: Sendable {
  /// The input.
  public var input: InputSource
  /// Which tokens may be read: a picture or array; nil for all.
  public var mask: String?
  /// What a decoder is asked: an array; nil for the positions of the input.
  public var queries: String?
  /// How they are read.
  public var options: ReadingOptions

  /// A request.
  public init(
    input: InputSource, mask: String? = nil, queries: String? = nil,
    options: ReadingOptions = .init()
  ) {
    (self.input, self.mask, self.queries, self.options) = (input, mask, queries, options)
  }
}

/// An input with the description of the model that is to read it.
public struct PreparedInput: Sendable {
  /// The input.
  public let input: Input
  /// What the model is.
  public let description: ModelDescription
  /// The mask as it was read; nil where there is none.
  public let readMask: InputMask?
  /// What a decoder is asked; the positions of the input if nil.
  public let queries: Tensor?

  /// Reads the input, the mask and the queries.
  ///
  /// - Parameter say: Takes what a person should know, a sentence each, as it turns out.
  /// - Throws: `InputFailure` with the file.
  public init(
    _ request: InputRequest, for source: ModelSource, say: (String) -> Void
  ) throws {
    let reader = InputReader(request.options)
    if source.readsTokens {
      description = try source.describe(inputChannels: 1, inputAxes: 1)
      guard let demand = TextDemand(description.configuration) else {
        throw InputFailure(
          .usage, request.input.name, "expected data for a \(description.configuration.title)")
      }
      let read = try reader.readTokens(request.input, for: demand)
      try InputFailure.about(request.input.name) { [configuration = description.configuration] in
        try configuration.check(input: read.tensor, mask: nil)
      }
      input = read
      for name in request.options.usedForPictures { say("\(name) has no effect on text") }
    } else {
      let opened =
        switch request.input {
        case .file(let path): try reader.open(path, for: source.demand)
        case .files(let paths): try reader.open(paths, for: source.demand)
        case .text:
          throw InputFailure(.usage, request.input.name, "expected a model that reads text")
        }
      if request.options.isRaw, case .photo = opened.content {
        say("--raw has no effect on a photo")
      }
      (input, description) = try reader.matched(opened, to: source)
      if input.picture != nil {
        request.options.scaling.overrides(of: source.given.preprocessing).forEach(say)
      }
    }
    try Self.check(window: request.options.window, of: input)
    readMask = try request.mask.map { [input, description] in
      try reader.readMask(
        $0, of: input, tokens: description.configuration.tokenAxes(of: input.axes))
    }
    queries = try Self.queries(request.queries, reader, description.configuration, say)
    try check()
    for note in input.notes { say("\(input.fullName): \(note.sentence)") }
    description.notes.forEach(say)
  }

  /// Which tokens may be read; all if nil.
  public var mask: TokenMask? { readMask?.mask }

  /// Tokens of the input: the product of its axes.
  public var tokenCount: Int { input.axes.reduce(1, *) }

  /// Makes the model and begins its run.
  ///
  /// - Throws: `InputFailure`, `ComputationCancelled`.
  public func begin(_ source: ModelSource, cancellation: Cancellation) throws -> PerceiverRun {
    let model = try source.model(description, cancellation: cancellation)
    return try InputFailure.about(input.fullName) {
      try model.begin(
        input.tensor, sound: input.sound, mask: mask,
        queries: queries.map { .given($0) } ?? description.configuration.ownQueries)
    }
  }

  private func check() throws(InputFailure) {
    guard input.text == nil else { return }
    let (axes, channels) = (
      description.configuration.inputAxes, description.configuration.inputChannels
    )
    guard input.axes.count == axes else {
      throw InputFailure(
        .badData, input.fullName,
        "expected \(axes == 1 ? "1 axis" : "\(axes) axes") (input_axis) and channels, "
          + "found shape \(input.tensor.shape)")
    }
    guard input.channels == channels else {
      throw InputFailure(
        .badData, input.fullName,
        "expected \(channels == 1 ? "1 channel" : "\(channels) channels") (input_channels), "
          + "found \(input.channels)")
    }
  }

  /// Refuses a window that the input does not have.
  private static func check(window: Int, of input: Input) throws(InputFailure) {
    let count = input.window?.count ?? 1
    guard window >= count else { return }
    let expected =
      count == 1
      ? "1, since \(input.fullName) has one part"
      : "a number from 1 to \(count), the parts of \(input.fullName)"
    throw InputFailure(.usage, "--window", "expected \(expected), found \(window + 1)")
  }

  private static func queries(
    _ path: String?, _ reader: InputReader, _ configuration: ModelConfiguration,
    _ say: (String) -> Void
  ) throws -> Tensor? {
    guard let path else { return nil }
    let queries = try reader.readQueries(path)
    guard let channels = configuration.queryChannels else {
      say("--queries has no effect on a \(configuration.title)")
      return nil
    }
    guard queries.shape.count >= 2, queries.shape.last == channels, queries.count > 0 else {
      throw InputFailure(
        .badData, InputBytes.name(path),
        "expected shape [queries, \(channels)] (queries_dim), "
          + "found \(queries.shape)")
    }
    return queries
  }
}

extension InputReader {
  /// An input as the model of a source reads it, and what that model is for it.
  ///
  /// - Throws: `InputFailure` with the file.
  func matched(
    _ input: OpenedInput, to source: ModelSource
  ) throws -> (Input, ModelDescription) {
    let read = try prepared(input, for: source.demand) { channels, axes in
      let description = try? source.describe(inputChannels: channels, inputAxes: axes)
      return description?.configuration.inputChannels == channels
        && description?.configuration.inputAxes == axes
    }
    return (
      read, try source.describe(inputChannels: read.channels, inputAxes: read.axes.count)
    )
  }

  /// An input that is open as the model of a source wants it, and what that model is for it; the
  /// input itself where it fits already.
  ///
  /// - Throws: `InputFailure` with the file.
  public func rematched(
    _ input: Input, to source: ModelSource
  ) throws -> (Input, ModelDescription) {
    let description: ModelDescription
    do {
      description = try source.describe(
        inputChannels: input.channels, inputAxes: input.axes.count)
    } catch {
      // Photos have one channel or three as the model reads them, which shapes alone may say.
      guard input.axes.count == 2, !input.frames.isEmpty, [1, 3].contains(input.channels),
        let other = try? source.describe(inputChannels: 4 - input.channels, inputAxes: 2)
      else { throw error }
      description = other
    }
    guard input.text == nil, !source.readsTokens else { return (input, description) }
    var demand = InputDemand(description.configuration)
    demand.isAsTrained = input.demand.isAsTrained
    demand.reading = input.demand.reading
    return (try prepared(input, for: demand), description)
  }

  /// What is open as another model wants it: read again from its file, or, where it came from none,
  /// its pixels scaled anew.
  func prepared(_ input: Input, for demand: InputDemand) throws -> Input {
    let isFitting =
      demand.channels ?? input.channels == input.channels
      && demand.axes ?? input.axes.count == input.axes.count
    guard
      !isFitting || input.demand.preprocessing != demand.preprocessing
        || input.demand.photoProcessor != demand.photoProcessor
        || input.demand.isAsTrained != demand.isAsTrained
    else { return input }
    var demand = demand
    demand.window = demand.window ?? input.window?.index
    if let path = input.path, let opened = try? open(path, for: demand) {
      return try prepared(opened, for: demand)
    }
    guard input.axes.count == 2, input.frames.count == 1,
      PixelImage(input.tensor, scaledBy: input.scaling) != nil
    else { return input }
    let frame = input.frames[0]
    return try prepared(
      OpenedInput(
        name: input.fullName, content: .photo(frame, width: frame.width, height: frame.height)),
      for: demand)
  }
}
