// Names that files give, where a person reads them.

/// A name from a file as one line of a message: as it is if it can be, else quoted with escapes.
package func printable(_ name: String) -> String {
  let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
  return isPlain ? name : name.debugDescription
}
