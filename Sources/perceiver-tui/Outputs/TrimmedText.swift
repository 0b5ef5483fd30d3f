// Text without what is too much at its end.

extension StringProtocol {
  /// The text without any number of a character at its end.
  func trimmingSuffix(_ character: Character) -> String {
    var rest = self[...]
    while rest.last == character { rest.removeLast() }
    return String(rest)
  }
}
