// What messages quote of files: names, numbers and lists, never more than a line has room for.

/// A name or a text from a file as one line of a message: as it is if it can be, else quoted with
/// escapes. Of a long one the first 80 characters are left, and an ellipsis.
package func printable(_ name: String) -> String {
  let most = 80
  let scalars = name.unicodeScalars
  let isShort =
    scalars.index(
      scalars.startIndex, offsetBy: most + 1, limitedBy: scalars.endIndex) == nil
  let shown = isShort ? name : String(scalars.prefix(most))
  let isPlain = shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
  let quoted = isPlain ? shown : shown.debugDescription
  guard isShort || quoted.unicodeScalars.count > most + 1 else { return quoted + "…" }
  return quoted.unicodeScalars.count > most + 1
    ? String(quoted.unicodeScalars.prefix(most)) + "…" : quoted
}

/// A shape or another list of whole numbers as a message quotes it; see ``printable(_:)-1``.
package func printable(_ numbers: [Int]) -> String {
  // More numbers than there is room for need not be written out.
  printable("\(Array(numbers.prefix(80)))")
}
