// What a gradient can be asked of beside parameters.

/// A value of a pass whose gradient is kept.
enum Mark: Sendable, Hashable {
  /// The input's data, `[items × tokens, channels]`; of a language model its embedded tokens.
  case input
}
