// Numbers of tokens as rows of a table, with a learnt row for each position added.

import Tensors

/// An embedding of words and positions.
struct EmbeddedTokens: InputSide {
  /// The parameter with a row for each token, `[vocabulary, channels]`.
  let words: String
  let vocabulary: Int
  /// The parameter with a row for each position, `[longest, channels]`.
  let positions: String
  let longest: Int
  let channels: Int

  var learnsPositions: Bool { true }
  var parameters: [ParameterSpecification] {
    [
      .init(name: words, shape: [vocabulary, channels], initialisation: .normal),
      .init(name: positions, shape: [longest, channels], initialisation: .normal),
    ]
  }

  var keptChannels: Int { channels }

  func tokenSize(_ axes: [Int]) -> TokenSize {
    TokenSize(axes: axes, channels: channels, features: 0)
  }

  func axes(of shape: [Int]) -> [Int] { shape }
  func gradientShape(of shape: [Int]) -> [Int] { shape + [channels] }

  func read(_ input: PassInput, in pass: Pass) throws -> ReadInput<Variable> {
    let length = input.data.shape[1]
    let rows = pass.parameter(words).rows(input.data.values.map { Int($0) })
    let positions = pass.parameter(positions).rows((0..<input.items).flatMap { _ in 0..<length })
    let embedded = pass.differentiated(rows + positions, input)
    return ReadInput(
      tokens: Tokens(
        data: embedded.value.reshaped([input.items, length, embedded.value.shape[1]]),
        tables: [], masks: input.masks),
      data: embedded, queries: nil)
  }
}
