// The options that say how a photo's values become a model's numbers.

import ArgumentParser
import Explorer
import Perceiver
import Pictures

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
    _ = try preprocessing(over: nil)
  }

  /// Whether one of them is given.
  var areGiven: Bool { mean != nil || std != nil }

  /// How values become numbers: as options say, else as the model was trained, else to [-1, 1].
  func preprocessing(over model: Preprocessing?) throws -> Preprocessing {
    var result = model ?? Preprocessing()
    result.mean = try numbers("--mean", mean, result.mean) { _ in true }
    result.deviation = try numbers("--std", std, result.deviation) {
      $0 >= Preprocessing.leastDeviation
    }
    return result
  }

  /// What options say in another way than the model, a sentence each.
  func overrides(of model: Preprocessing?) throws -> [String] {
    guard let model else { return [] }
    let own = try preprocessing(over: model)
    return [("--mean", own.mean, model.mean), ("--std", own.deviation, model.deviation)]
      .filter { !Self.areSame($0.1, $0.2) }
      .map { option, own, model in
        "\(option) \(Preprocessing.listing(own)) is used in place of the model's "
          + Preprocessing.listing(model)
      }
  }

  /// Refuses what is not as a training has it.
  ///
  /// - Throws: `CommandFailure`.
  func check(sameAs model: Preprocessing) throws {
    let own = try preprocessing(over: model)
    for (option, found, expected) in [
      ("--mean", own.mean, model.mean), ("--std", own.deviation, model.deviation),
    ] where !Self.areSame(found, expected) {
      throw CommandFailure.usage(
        "\(option): expected \(Preprocessing.listing(expected)) as the training has it, found "
          + Preprocessing.listing(found))
    }
  }

  /// Whether numbers are the same; one stands for as many as there are.
  private static func areSame(_ first: [Float], _ second: [Float]) -> Bool {
    if first.count == second.count { return first == second }
    guard first.count == 1 || second.count == 1 else { return false }
    return Set(first).union(second).count == 1
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
