// The options that say how a photo's values become a model's numbers.

import ArgumentParser
import Pictures

/// Means and deviations.
struct ScalingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Subtracted from a photo's values, which go from 0 to 1: one number, or one a channel. "
        + "(default: 0.5)", valueName: "x,…"))
  var mean: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What they are then divided by: one number, or one a channel. (default: 0.5)",
      valueName: "x,…"))
  var std: String?

  func validate() throws {
    _ = try scaling()
  }

  /// Whether one of them is given.
  var areGiven: Bool { mean != nil || std != nil }

  /// How values become numbers.
  func scaling() throws -> PixelScaling {
    PixelScaling(
      mean: try numbers("--mean", mean, PixelScaling.symmetric.mean) { _ in true },
      deviation: try numbers("--std", std, PixelScaling.symmetric.deviation) { $0 >= 1e-6 })
  }

  private func numbers(
    _ option: String, _ text: String?, _ standard: [Float], _ isAllowed: (Float) -> Bool
  ) throws -> [Float] {
    guard let text else { return standard }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    guard numbers.allSatisfy({ $0.map { $0.isFinite && abs($0) <= 1e6 && isAllowed($0) } ?? false })
    else {
      let kind = option == "--std" ? "numbers from 0.000001" : "numbers"
      throw ValidationError("\(option): expected \(kind), one or one a channel, found \(text)")
    }
    return numbers.compactMap { $0 }
  }
}
