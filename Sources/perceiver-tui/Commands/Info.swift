// `info`: what a checkpoint holds, or what an untrained model of the options would be.

import ArgumentParser
import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors

/// Describes a model: layout, hyperparameters and their sources, tensors, parameters, FLOPs.
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe a checkpoint, or the untrained model of the options.")

  @Argument(
    help: ArgumentHelp(
      "A checkpoint: safetensors or torch.save; without one, the untrained model of the options is described.",
      valueName: "checkpoint"))
  var checkpoint: String?

  @Option(
    help: ArgumentHelp(
      "Axes of the input that FLOPs and memory are counted for, such as 224x224.",
      valueName: "size"))
  var inputSize: String?

  @Flag(help: "List every tensor of the file.")
  var tensors = false

  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if checkpoint != nil && model.weights != nil {
      throw ValidationError("expected a checkpoint or --weights, found both")
    }
    if tensors && checkpoint == nil && model.weights == nil {
      throw ValidationError("--tensors: expected a checkpoint, found none")
    }
    _ = try axes()
  }

  func run() throws {
    var options = model
    options.weights = checkpoint ?? model.weights
    let source = try ModelSource(options.request())
    let description = try source.describeAlone(inputAxes: try axes()?.count)
    // Whether every tensor fits is known only once the model is made.
    try source.check(description)
    try StandardOutput().write(lines: report(source, description))
  }

  private func report(_ source: ModelSource, _ description: ModelDescription) throws -> [String] {
    let configuration = description.configuration
    let inputAxes = configuration.inputAxes
    let size = try axes() ?? Self.customarySize(configuration)
    guard size.count == inputAxes else {
      throw CommandFailure.usage("--input-size: expected \(inputAxes) axes, found \(size.count)")
    }
    let cost = try configuration.cost(inputAxes: size)
    let sheet = try source.sheet(description)
    var lines: [String] = []
    if let checkpoint = source.checkpoint {
      lines.append("file            \(checkpoint.path)")
      lines.append("format          \(checkpoint.format)")
      lines += Self.lines(["class": "layout"], of: sheet)
      if !checkpoint.modulePrefix.isEmpty {
        lines.append("module          \(printable(checkpoint.modulePrefix))")
      }
      let others = checkpoint.leftOut.isEmpty ? "" : ", \(checkpoint.leftOut.count) left out"
      lines.append("tensors         \(checkpoint.entries.count)\(others)")
    } else {
      lines.append("weights         untrained, seed \(source.seed)")
    }
    lines.append("model           \(configuration.title)")
    lines += Self.lines(["numbers": "numbers", "answers": "answers", "text": "text"], of: sheet)
    lines.append("parameters      \(cost.parameters)")
    lines.append("input           \(size.map(String.init).joined(separator: " × "))")
    let told = source.checkpoint == nil ? Self.told(configuration, by: source.given) : sheet
    lines += Self.lines(
      ["labels": "classes", "photos": "photos", "pictures": "pictures"], of: told)
    lines.append("FLOPs           \(Figures.count(cost.flops)) (\(Self.whole(cost.flops)))")
    lines += Self.methodLines(configuration, size)
    lines.append("memory of a run \(Figures.bytes(cost.bytes))")
    lines.append("")
    lines += Self.table(
      [["hyperparameter", "value", "source", "reason"]]
        + description.facts.map { Self.row($0, isRead: source.checkpoint != nil) })
    if tensors, let checkpoint = source.checkpoint {
      lines.append("")
      lines += Self.table(
        [["tensor", "type", "shape"]]
          + checkpoint.entries.map { [$0.name, $0.type.name, "\($0.shape)"] })
      if !checkpoint.leftOut.isEmpty {
        lines.append("")
        lines += Self.table(
          [["left out", "type", "shape"]]
            + checkpoint.leftOut.map { [printable($0.name), $0.type.name, "\($0.shape)"] })
      }
    }
    let notes = description.notes + [try source.smallFileNote()].compactMap { $0 }
    if !notes.isEmpty { lines.append("") }
    lines += notes.map { "note: \($0)" }
    return lines
  }

  /// A count in all its digits, however many they are.
  private static func whole(_ count: Double) -> String { String(format: "%.0f", count) }

  /// Rows of a sheet under the names that stand here, each with where it is known from.
  private static func lines(_ names: [String: String], of sheet: [ModelSheetRow]) -> [String] {
    sheet.compactMap { row in
      names[row.name].map { "\($0.padded(toWidth: 15)) \(row.value) (from \(row.origin))" }
    }
  }

  /// What a configuration says of an untrained model's classes and pictures.
  private static func told(
    _ configuration: ModelConfiguration, by given: GivenHyperparameters
  ) -> [ModelSheetRow] {
    guard let origin = given.origin else { return [] }
    let names = configuration.classCount == nil ? nil : configuration.classNames
    return [
      names.map { ModelSheetRow(name: "labels", value: ModelSheetRow.list($0), origin: origin) },
      configuration.preprocessing.map {
        ModelSheetRow(name: "pictures", value: "\($0)", origin: origin)
      },
    ].compactMap { $0 }
  }

  /// How the first cross-attention is computed, and what the other ways would cost.
  private static func methodLines(
    _ configuration: ModelConfiguration, _ size: [Int]
  ) -> [String] {
    guard let method = configuration.crossAttentionMethod(inputAxes: size) else { return [] }
    let ways = CrossAttentionMethod.allCases.compactMap { way in
      configuration.crossAttentionOperations(way, inputAxes: size).map { operations in
        // A way is chosen by both together.
        (
          way,
          Figures.flops(operations)
            + (way.start > 0 ? " and \(Figures.flops(way.start)) once" : "")
        )
      }
    }
    let own = ways.first { $0.0 == method }?.1 ?? ""
    let others = ways.filter { $0.0 != method }.map { "\($0.0.words) \($0.1)" }
    return [
      "cross-attention \(method.words): \(own)"
        + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
    ]
  }

  /// A fact's row; without a file, what an input would decide is assumed to be a colour photo's.
  private static func row(_ fact: ModelDescription.Fact, isRead: Bool) -> [String] {
    let (source, reason) =
      fact.source == .derived && !isRead
      ? (.assumed, "a colour photo's") : (fact.source, fact.reason)
    return [fact.name, "\(fact.value)", source.rawValue, reason]
  }

  private func axes() throws -> [Int]? {
    guard let inputSize else { return nil }
    let axes = inputSize.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(axes.count), axes.allSatisfy({ ($0 ?? 0) > 0 }),
      axes.reduce(1.0, { $0 * Double($1 ?? 0) }) <= Double(Int32.max)
    else {
      throw ValidationError(
        "--input-size: expected one to three lengths such as 224x224, found \(inputSize)")
    }
    return axes.compactMap { $0 }
  }

  /// The sizes that figures are given for where no input says otherwise.
  private static func customarySize(_ configuration: ModelConfiguration) -> [Int] {
    switch configuration.input {
    case .tokens(_, let longest): [longest]
    case .data(axes: 2, _): pictureSize(configuration)
    case .data(let axes, _): axes == 1 ? [50176] : [16, 224, 224]
    }
  }

  /// The size of the pictures that a model was trained on, where it says so.
  private static func pictureSize(_ configuration: ModelConfiguration) -> [Int] {
    configuration.preprocessing?.size.map { [$0.height, $0.width] } ?? [224, 224]
  }

  /// Columns as wide as their widest cell.
  private static func table(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].displayWidth }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0.padded(toWidth: $1) }.joined(separator: "  ").trimmingSuffix(" ")
    }
  }
}
