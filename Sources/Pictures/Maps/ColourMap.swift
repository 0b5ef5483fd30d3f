// Colours for numbers from 0 to 1; each map grows evenly in brightness, so that grey shows it too.

/// A perceptually even, colour-blind-safe colour map.
public enum ColourMap: String, Sendable, Hashable, CaseIterable {
  /// Dark blue over green to yellow.
  case viridis
  /// Black over red to pale yellow.
  case inferno
  /// Dark blue over grey to yellow; alike to all kinds of colour vision.
  case cividis
  /// Black to white.
  case grey

  /// The colour of a shade; below 0 and above 1 as at the ends, NaN as 0.
  public func colour(_ shade: Float) -> RGB { table[Self.index(of: shade)] }

  /// The index of a shade in the table.
  static func index(of shade: Float) -> Int {
    shade > 0 ? Int((min(1, shade) * 255).rounded()) : 0
  }

  /// The colours of 256 shades from 0 to 1.
  var table: [RGB] {
    switch self {
    case .viridis: Self.viridisTable
    case .inferno: Self.infernoTable
    case .cividis: Self.cividisTable
    case .grey: Self.greyTable
    }
  }

  private static let viridisTable = table(viridisDigits)
  private static let infernoTable = table(infernoDigits)
  private static let cividisTable = table(cividisDigits)
  private static let greyTable = (0..<256).map { level -> RGB in
    let value = Float(level) / 255
    return RGB(red: value, green: value, blue: value)
  }

  private static func table(_ digits: String) -> [RGB] {
    let values = digits.utf8.map { Float($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
    return stride(from: 0, to: values.count - 5, by: 6).map { start in
      func sample(_ index: Int) -> Float { (values[index] * 16 + values[index + 1]) / 255 }
      return RGB(red: sample(start), green: sample(start + 2), blue: sample(start + 4))
    }
  }
}
