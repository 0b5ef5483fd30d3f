// The options that say what the model looks at, and how a photo becomes numbers.

import ArgumentParser
import Inputs
import Perceiver
import Pictures
import Tensors

/// The input and how it is prepared.
struct InputOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A photo (\(FileKind.pictureNames)), an array (.npy, .npz), or - for standard input. Whole numbers "
        + "of a picture's shape and range are scaled as a photo, other arrays are used as they are. "
        + "Two pictures for optical flow, frames and a sound for a multimodal model.",
      valueName: "input"))
  var inputs: [String] = []

  /// The first input; nil where there is none.
  var input: String? { inputs.first }

  @Option(
    help: ArgumentHelp(
      "A text in place of INPUT, for a model that reads text; [MASK] in it is the mask.",
      valueName: "text"))
  var text: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Which part of a text that is longer than the model reads. (default: 1)", valueName: "n"))
  var window: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Larger photos are scaled down until no side is longer, or none. (default: the "
        + "size of the model's own pictures, or 224)",
      valueName: "n|none"))
  var maxSide: String?

  @Option(
    help: ArgumentHelp(
      "Whether the middle of a photo is cut out where the model's folder says so: none leaves it "
        + "whole. (default: as the folder says)", valueName: "none"))
  var crop: String?

  @Flag(help: "Refuse a photo that is damaged or cut short, instead of saying so and going on.")
  var strict = false

  @Option(
    help: ArgumentHelp(
      "The array to read of an archive of several (.npz).", valueName: "name"))
  var array: String?

  @OptionGroup var values: ScalingOptions

  @Flag(help: "Use an array's numbers as they are, those of a picture's range too.")
  var raw = false

  @Option(
    help: ArgumentHelp(
      "Which tokens may be read: a picture or array of the input's size; nonzero keeps.",
      valueName: "file"))
  var mask: String?

  @Option(
    help: ArgumentHelp(
      "What Perceiver IO's decoder is asked: an array […, queries_dim] (.npy). "
        + "(default: the positions of the input, if their features have queries_dim channels)",
      valueName: "file"))
  var queries: String?

  func validate() throws {
    _ = try longestSide()
    if raw && (values.areGiven || (maxSide != nil && maxSide != "none")) {
      throw ValidationError(
        "--raw: expected none of --mean, --std and --max-side with it, found one")
    }
    if let crop, crop != "none" {
      throw ValidationError("--crop: expected none, found \(printable(crop))")
    }
    if input != nil, text != nil {
      throw ValidationError("--text: expected no INPUT with it, found both")
    }
    if let window, window < 1 {
      throw ValidationError("--window: expected a number from 1, found \(window)")
    }
    if inputs.contains(where: \.isEmpty) {
      throw ValidationError("expected an input, found an empty name")
    }
    if let (name, _) = [("--mask", mask), ("--queries", queries)].first(where: { $0.1 == "" }) {
      throw ValidationError("\(name): expected a file, found nothing")
    }
    if input == InputBytes.standardInput && mask == InputBytes.standardInput {
      throw ValidationError("--mask: expected a file, found - which is the input")
    }
    if input == InputBytes.standardInput && queries == InputBytes.standardInput {
      throw ValidationError("--queries: expected a file, found - which is the input")
    }
  }

  /// Refuses a command line without an input.
  ///
  /// - Throws: `ValidationError`.
  func checkIsGiven() throws {
    guard input != nil || text != nil else {
      throw ValidationError("Missing expected argument '<input>'")
    }
  }

  /// The first option that says how an input is read, as the command line calls it; nil for none.
  var firstGiven: String? {
    [
      ("INPUT", input != nil), ("--text", text != nil), ("--window", window != nil),
      ("--max-side", maxSide != nil), ("--crop", crop != nil), ("--strict", strict),
      ("--array", array != nil), ("--mean or --std", values.areGiven), ("--raw", raw),
      ("--mask", mask != nil), ("--queries", queries != nil),
    ].first(where: \.1)?.0
  }

  /// How inputs are read, as the command line says it; empty where it says nothing.
  var preparation: String {
    let options = [
      ("--window", window.map { "\($0)" }), ("--max-side", maxSide), ("--crop", crop),
      ("--array", array), ("--mean", values.mean), ("--std", values.std), ("--mask", mask),
      ("--queries", queries),
    ]
    let said = options.compactMap { name, value in value.map { "\(name) \($0)" } }
    return (said + (raw ? ["--raw"] : [])).joined(separator: " ")
  }

  /// What is to be read, and how.
  func request() throws -> InputRequest {
    var reading = ReadingOptions()
    reading.longestSide = try longestSide()
    reading.refusesFlaws = strict
    reading.cutsMiddle = crop == nil
    reading.arrayName = array
    reading.scaling = try values.choice()
    reading.isRaw = raw
    reading.window = (window ?? 1) - 1
    let source =
      text.map { InputSource.text($0) }
      ?? (inputs.count > 1 ? .files(inputs) : .file(input ?? ""))
    return InputRequest(input: source, mask: mask, queries: queries, options: reading)
  }

  /// Refuses several inputs where no model's files say that it reads them as one.
  func checkCount(_ model: ModelOptions) throws {
    if inputs.count > 1, model.weights == nil,
      model.hyperparameters[HyperparameterCatalog.Name.inputAxes] != "3", model.config == nil
    {
      throw CommandFailure.usage("Unexpected argument '\(printable(inputs[1]))'")
    }
  }

  private func longestSide() throws -> ReadingOptions.LongestSide {
    guard let maxSide else { return .customary }
    if maxSide == "none" { return .unlimited }
    guard let side = Int(maxSide), (1...Self.longestSide).contains(side) else {
      throw ValidationError(
        "--max-side: expected a whole number from 1 to \(Self.longestSide) or none, "
          + "found \(maxSide)")
    }
    return .pixels(side)
  }

  private static let longestSide = 65536
}
