// Numbers in the few digits that people read.

import Foundation

/// Figures as text.
enum FigureText {
  /// Three digits and a letter: `45.2M`, `34.1G`.
  static func short(_ number: Double) -> String {
    let steps: [(Double, String)] = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    // What rounds up to 1000 of a letter is 1 of the next.
    guard let (step, letter) = steps.first(where: { number >= 0.9995 * $0.0 }) else {
      return String(format: "%.0f", number)
    }
    return digits(number / step) + letter
  }

  /// Bytes in decimal units: `251 MB`.
  static func bytes(_ number: Double) -> String {
    let steps: [(Double, String)] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
    guard let (step, unit) = steps.first(where: { number >= 0.9995 * $0.0 }) else {
      return String(format: "%.0f bytes", number)
    }
    return digits(number / step) + " " + unit
  }

  /// A time: `12.3 ms`, `2.41 s`.
  static func time(_ seconds: Double) -> String {
    seconds < 0.9995 ? digits(seconds * 1000) + " ms" : digits(seconds) + " s"
  }

  /// A weight or score in three digits: `3.1e-05`, `0.25`.
  static func value(_ number: Float) -> String {
    String(format: "%.3g", Double(number))
  }

  private static func digits(_ number: Double) -> String {
    String(format: number < 9.995 ? "%.2f" : number < 99.95 ? "%.1f" : "%.0f", number)
  }
}
