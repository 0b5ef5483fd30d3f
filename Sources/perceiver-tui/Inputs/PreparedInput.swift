// An input and the model that reads it, brought together: channels, axes, mask.

import Perceiver
import Tensors

/// An input with the description of the model that is to read it.
struct PreparedInput {
  /// The input.
  let input: LoadedInput
  /// What the model is.
  let description: ModelDescription
  /// Which tokens may be read; all if nil.
  let mask: TokenMask?
  /// What a decoder is asked; the places of the input if nil.
  let queries: Tensor?

  /// Reads the input and the mask, and says on standard error what a person should know.
  ///
  /// - Throws: `CommandFailure` with the file.
  init(_ options: InputOptions, for source: ModelSource) throws {
    let reader = try InputReader(options)
    if source.variant == .languageModel {
      description = try source.describe(inputChannels: 1, inputAxes: 1)
      input = try reader.readTokens(options.input, for: description.configuration)
      let unused = [
        ("--mean", options.values.mean), ("--std", options.values.std),
        ("--max-side", options.maxSide), ("--raw", options.raw ? "" : nil),
      ]
      for (name, value) in unused where value != nil {
        Messages.note("\(name) has no effect on text")
      }
    } else {
      (input, description) = try Self.matched(
        try reader.open(options.input, for: source.given.preprocessing), source, reader)
      let overrides = try options.values.overrides(of: source.given.preprocessing)
      if input.photo != nil { for note in overrides { Messages.note(note) } }
    }
    mask = try Self.mask(options.mask, reader, axes: input.axes)
    queries = try Self.queries(options.queries, reader, description.configuration)
    try check()
    for note in input.notes { Messages.note("\(input.name): \(note.brief) \(note.detail)") }
    for note in description.notes { Messages.note(note) }
  }

  /// Tokens of the input: the product of its axes.
  var tokenCount: Int { input.axes.reduce(1, *) }

  /// Makes the model and begins its run.
  ///
  /// - Throws: `CommandFailure`, `ComputationCancelled`.
  func begin(_ source: ModelSource, cancellation: Cancellation) throws -> PerceiverRun {
    let model = try source.model(description, cancellation: cancellation)
    return try CommandFailure.about(input.name) {
      try model.begin(
        input.tensor, mask: mask,
        queries: queries.map { .given($0) } ?? description.configuration.ownQueries)
    }
  }

  private func check() throws {
    guard input.text == nil else { return }
    let (axes, channels) = (
      description.configuration.inputAxes, description.configuration.inputChannels
    )
    guard input.axes.count == axes else {
      throw CommandFailure(
        .badData, input.name,
        "expected \(axes == 1 ? "1 axis" : "\(axes) axes") (input_axis) and channels, "
          + "found shape \(input.tensor.shape)")
    }
    guard input.channels == channels else {
      throw CommandFailure(
        .badData, input.name,
        "expected \(channels == 1 ? "1 channel" : "\(channels) channels") (input_channels), "
          + "found \(input.channels)")
    }
  }

  /// The input as the model reads it, and what the model is for it.
  private static func matched(
    _ input: OpenedInput, _ source: ModelSource, _ reader: InputReader
  ) throws -> (LoadedInput, ModelDescription) {
    let loaded = try reader.prepared(input, for: source.demand) { channels, axes in
      let description = try? source.describe(inputChannels: channels, inputAxes: axes)
      return description?.configuration.inputChannels == channels
        && description?.configuration.inputAxes == axes
    }
    return (
      loaded,
      try source.describe(inputChannels: loaded.channels, inputAxes: loaded.axes.count)
    )
  }

  private static func queries(
    _ path: String?, _ reader: InputReader, _ configuration: PerceiverConfiguration
  ) throws -> Tensor? {
    guard let path else { return nil }
    let queries = try reader.readQueries(path)
    guard configuration.variant == .io else {
      Messages.note("--queries has no effect on a \(configuration.variant.title)")
      return nil
    }
    guard queries.shape.count >= 2, queries.shape.last == configuration.queriesDim,
      queries.count > 0
    else {
      throw CommandFailure(
        .badData, InputBytes.name(path),
        "expected shape [queries, \(configuration.queriesDim)] (queries_dim), "
          + "found \(queries.shape)")
    }
    return queries
  }

  private static func mask(
    _ path: String?, _ reader: InputReader, axes: [Int]
  ) throws -> TokenMask? {
    try path.map { try reader.readMask($0, axes: axes) }
  }
}
