// The options that say how a photo's values become a model's numbers.

import ArgumentParser
import Inputs
import Perceiver

/// Means and deviations.
struct ScalingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Subtracted from a photo's values, which go from 0 to 1: one number, or one a channel. "
        + "(default: the model's, or 0.5)", valueName: "x,…"))
  var mean: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What they are then divided by: one number, or one a channel. (default: the "
        + "model's, or 0.5)",
      valueName: "x,…"))
  var std: String?

  func validate() throws {
    _ = try choice()
  }

  /// Whether one of them is given.
  var areGiven: Bool { mean != nil || std != nil }

  /// What is given.
  func choice() throws -> ScalingChoice {
    ScalingChoice(
      mean: try numbers("--mean", mean) { _ in true },
      deviation: try numbers("--std", std) { $0 >= Preprocessing.leastDeviation })
  }

  /// Refuses what is not as a training has it.
  ///
  /// - Throws: `CommandFailure`.
  func check(sameAs model: Preprocessing) throws {
    for (option, found, expected) in try choice().differences(from: model) {
      throw CommandFailure.usage(
        "\(option): expected \(Preprocessing.listing(expected)) as the training has it, found "
          + Preprocessing.listing(found))
    }
  }

  private func numbers(
    _ option: String, _ text: String?, _ isAllowed: (Float) -> Bool
  ) throws -> [Float]? {
    guard let text else { return nil }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    guard numbers.allSatisfy({ $0.map { $0.isFinite && abs($0) <= 1e6 && isAllowed($0) } ?? false })
    else {
      let kind = option == "--std" ? "numbers from 0.000001" : "numbers"
      throw ValidationError("\(option): expected \(kind), one or one a channel, found \(text)")
    }
    return numbers.compactMap { $0 }
  }
}
