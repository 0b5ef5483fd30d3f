// Numbers as they are shown: few digits, one form for each kind.

import Foundation

/// Writes numbers for people.
package enum Figures {
  /// A number with about `digits` significant digits: `0.0312`, `1.8e-4`, `12`, `-3.25`.
  package static func number(_ value: Double, digits: Int = 3) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == 0 { return "0" }
    let magnitude = abs(value)
    if magnitude >= 0.001 && magnitude < 100_000 {
      let whole = Int(log10(magnitude).rounded(.down)) + 1
      return trimmed(String(format: "%.\(max(0, digits - whole))f", value))
    }
    let written = String(format: "%.\(max(0, digits - 1))e", value)
    guard let e = written.firstIndex(of: "e"), let power = Int(written[written.index(after: e)...])
    else { return written }
    return trimmed(String(written[..<e])) + "e\(power)"
  }

  /// A weight or score with about three significant digits.
  package static func number(_ value: Float) -> String { number(Double(value)) }

  /// A count in thousands, millions and so on: `45.2M`, `950`, `1.2k`.
  package static func count(_ value: Double) -> String {
    scaled(value, ["", "k", "M", "G", "T", "P"], 1000)
  }

  /// A whole number in groups of three digits: `50,176`.
  package static func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var end = digits.count - 3
    while end > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: end))
      end -= 3
    }
    return (value < 0 ? "-" : "") + digits
  }

  /// A number of operations: `34 GFLOP`.
  package static func flops(_ value: Double) -> String {
    scaled(value, [" FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP", " PFLOP"], 1000)
  }

  /// A number of bytes in powers of 1000: `251 MB`.
  package static func bytes(_ value: Double) -> String {
    scaled(value, [" B", " kB", " MB", " GB", " TB", " PB"], 1000)
  }

  /// A duration: `12 ms`, `1.3 s`.
  package static func seconds(_ value: Double) -> String {
    value < 0.9995
      ? "\(number(value * 1000, digits: value < 0.01 ? 2 : 3)) ms" : "\(number(value)) s"
  }

  private static func scaled(_ value: Double, _ units: [String], _ base: Double) -> String {
    var value = value
    var unit = 0
    while abs(value) >= base * 0.9995, unit + 1 < units.count {
      value /= base
      unit += 1
    }
    let text = unit == 0 ? trimmed(String(format: "%.0f", value)) : number(value)
    return text + units[unit]
  }

  /// Without zeros at the end of a fraction.
  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = Substring(text)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return String(text)
  }
}
