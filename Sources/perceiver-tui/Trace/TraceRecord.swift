// `trace.json`: what a trace is of, so that its arrays can be read without the command line that
// wrote them.

import Inputs
import Perceiver
import Screens
import Tensors

/// What a trace is of.
struct TraceRecord {
  /// The input as the model read it.
  let prepared: PreparedInput
  /// Where the model came from.
  let source: ModelSource
  /// What attention files hold; nil where there are none.
  let attention: AttentionValue?

  /// The file's text: program version, input, model, seed, class names.
  var json: [UInt8] {
    let value = JSONValue.object([
      .init(name: "program", value: .string("perceiver-tui \(PerceiverTUI.version)")),
      .init(name: "input", value: input),
      .init(name: "model", value: model),
      .init(name: "class_names", value: classNames),
      .init(
        name: "attention", value: attention.map { .string($0.rawValue) } ?? .null),
    ])
    return Array(value.text.utf8) + [UInt8(ascii: "\n")]
  }

  private var input: JSONValue {
    let input = prepared.input
    var members: [JSONValue.Member] = [
      .init(name: "name", value: .string(input.fullName.visible)),
      .init(name: "axes", value: .array(input.axes.map { .integer($0) })),
      .init(name: "channels", value: .integer(input.channels)),
      .init(
        name: "notes",
        value: .array(
          input.notes.map { .string($0.sentence) })),
    ]
    if input.isPicture {
      // Samples from 0 to 1, less the mean, divided by the deviation.
      let scaling = Preprocessing(input.scaling, shape: input.tensor.shape)
      members.append(.init(name: "preprocessing", value: scaling.json))
    }
    if let mask = prepared.mask {
      members.append(.init(name: "tokens_read", value: .integer(mask.keeps.count { $0 })))
    }
    return .object(members)
  }

  private var model: JSONValue {
    let configuration = prepared.description.configuration
    return .object([
      .init(name: "class", value: .string(configuration.title)),
      .init(
        name: "weights", value: source.checkpoint.map { .string($0.path.visible) } ?? .null),
      .init(
        name: "seed",
        value: source.checkpoint == nil ? .string("\(source.seed)") : .null),
      .init(
        name: "hyperparameters",
        value: .object(
          prepared.description.facts.map {
            .init(name: $0.name, value: .string("\($0.value)"))
          })),
    ])
  }

  private var classNames: JSONValue {
    let names = prepared.description.configuration.classNames
    return names.map { .array($0.map { .string($0) }) } ?? .null
  }
}
