// `verify`: holds a model's values against those that PyTorch computed.

import ArgumentParser
import Foundation
import Perceiver
import Screens

/// Prints, for each folder of reference values, how far this program is from them.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare with values that PyTorch computed, folder by folder.",
    discussion: """
      A folder holds config.json, model.safetensors (or .pt) and expected.safetensors; a folder of \
      such folders is searched. Errors are relative: ‖ours − theirs‖ / ‖theirs‖, the largest \
      over the batch. The exit status is 65 if one is above the tolerance.
      """)

  @Argument(help: ArgumentHelp("Folders of reference values.", valueName: "folder"))
  var folders: [String]

  @Option(help: ArgumentHelp("The largest relative error allowed.", valueName: "x"))
  var tolerance = 1e-5

  func validate() throws {
    guard tolerance >= 0, tolerance.isFinite else {
      throw ValidationError("--tolerance: expected a number from 0, found \(tolerance)")
    }
  }

  func run() throws {
    let cases = try folders.flatMap(Self.cases)
    guard !cases.isEmpty else {
      throw CommandFailure(
        .badData, folders.joined(separator: " "),
        "expected folders with config.json, a checkpoint and expected.safetensors, found none")
    }
    let width = cases.map { $0.name.displayWidth }.max() ?? 0
    let out = StandardOutput()
    try out.write(lines: [Self.line("case", Self.columns.map(\.rawValue), width: width)])
    var worst = 0.0
    for (folder, file, name) in cases {
      let comparisons = try CommandFailure.about(name) {
        try ReferenceCase(folder: folder, checkpoint: file).compare()
      }
      let errors = Self.columns.map { column in
        comparisons.filter { $0.quantity == column }.map(\.error).worst
      }
      worst = ([worst] + comparisons.map(\.error)).worst ?? 0
      let figures = errors.map { $0.map { String(format: "%.1e", $0) } ?? "-" }
      try out.write(lines: [Self.line(name, figures, width: width)])
    }
    try out.write(lines: ["largest of \(cases.count): \(String(format: "%.1e", worst))"])
    guard worst <= tolerance else {
      throw CommandFailure(
        .badData, nil, "expected relative errors of at most \(tolerance), found \(worst)")
    }
  }

  private static let columns: [ReferenceQuantity] = [
    .output, .embeddings, .attention, .residual, .linear,
  ]

  private static func line(_ name: String, _ cells: [String], width: Int) -> String {
    name.padded(toWidth: width)
      + cells.map { "  " + $0.padded(toWidth: 10, .trailing) }.joined()
  }

  /// The cases in a folder, or in the folders in it.
  private static func cases(
    in folder: String
  ) throws -> [(folder: String, file: String, name: String)] {
    let files = FileManager.default
    let names: [String]
    do {
      names = try files.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw CommandFailure(.noInput, folder, "expected a folder, found none that can be read")
    }
    if names.contains("expected.safetensors") {
      let title = URL(fileURLWithPath: folder).lastPathComponent
      return names.filter { $0.hasPrefix("model") }.map { (folder, $0, "\(title)/\($0)") }
    }
    return try names.flatMap { name -> [(folder: String, file: String, name: String)] in
      let inner = folder + "/" + name
      guard files.fileExists(atPath: inner + "/expected.safetensors") else { return [] }
      return try cases(in: inner)
    }
  }
}

extension [Double] {
  /// The largest; NaN where there is one, which no error can be worse than.
  fileprivate var worst: Double? { contains(where: \.isNaN) ? .nan : self.max() }
}
