// An input and the model that reads it, brought together: channels, axes, mask, queries.

import Perceiver
import Pictures
import Tensors

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
      let opened = try reader.open(request.input, for: source.demand)
      if request.options.isRaw, case .photo = opened.content {
        say("--raw has no effect on a photo")
      }
      (input, description) = try reader.matched(opened, to: source)
      if input.isPicture {
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
    try begin(source.model(description, cancellation: cancellation))
  }

  /// Begins a run of a model that is there already.
  ///
  /// - Throws: `InputFailure` where the model cannot read the input.
  public func begin(_ model: Perceiver) throws -> PerceiverRun {
    try InputFailure.about(input.fullName) {
      try model.begin(
        input.tensor, sound: input.sound, mask: mask,
        queries: queries.map { .given($0) } ?? model.configuration.ownQueries)
    }
  }

  private func check() throws(InputFailure) {
    guard !input.isText else { return }
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
        InputMismatch.channels(expected: channels, found: input.channels))
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
      guard input.axes.count == 2, input.hasPictures, [1, 3].contains(input.channels),
        let other = try? source.describe(inputChannels: 4 - input.channels, inputAxes: 2)
      else { throw error }
      description = other
    }
    var demand = InputDemand(description.configuration)
    guard !input.isText, !source.readsTokens else {
      return (try retokenized(input, for: demand.text), description)
    }
    demand.isAsTrained = input.demand.isAsTrained
    demand.reading = input.demand.reading
    return (try prepared(input, for: demand), description)
  }

  /// A text that is open as another model wants it: read again, where that makes other tokens of it.
  private func retokenized(_ input: Input, for text: TextDemand?) throws -> Input {
    guard let text, let own = input.demand.text, let source = input.source,
      own.form != text.form || own != text && input.window != nil
        || input.tensor.count > text.longest
    else { return input }
    return try readTokens(source, for: text, window: input.window?.index)
  }

  /// What is open as another model wants it: read again from where it came from, or, where that is
  /// gone, its pixels scaled anew.
  func prepared(_ input: Input, for demand: InputDemand) throws -> Input {
    let isFitting =
      demand.channels ?? input.channels == input.channels
      && demand.axes ?? input.axes.count == input.axes.count
    guard
      !isFitting || input.demand.preprocessing != demand.preprocessing
        || input.demand.photoProcessor != demand.photoProcessor
        || input.demand.media != demand.media
        || input.demand.isAsTrained != demand.isAsTrained
    else { return input }
    var demand = demand
    demand.window = demand.window ?? input.window?.index
    let isPicture =
      input.axes.count == 2 && input.frames.count == 1
      && PixelImage(input.tensor, scaledBy: input.scaling) != nil
    if let source = input.source {
      do {
        return try prepared(open(source, for: demand), for: demand)
      } catch {
        // A picture is still there where its file is gone; nothing else can be prepared anew.
        guard isPicture else { throw error }
      }
    }
    guard isPicture else { return input }
    let frame = input.frames[0]
    return try prepared(
      OpenedInput(
        name: input.fullName, content: .photo(frame, width: frame.width, height: frame.height)),
      for: demand)
  }
}
