// `convert`: writes a model as safetensors that PyTorch loads, with its configuration.

import ArgumentParser
import Explorer
import Foundation
import Perceiver
import Tensors

/// Writes a checkpoint in the layout of one release of perceiver-pytorch.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a checkpoint as safetensors that perceiver-pytorch loads.",
    discussion: """
      The file holds every name of the release's state dict, tied layers repeated: \
      load_state_dict(load_file(FILE), strict=True) takes it, and the class gives the same output. \
      Its arguments are written beside it, as NAME.json for NAME.safetensors: "version", "module", \
      "cls" and "args". A model that the release computes otherwise is refused, with the reason.
      """)

  @Argument(
    help: ArgumentHelp(
      "A checkpoint: safetensors or torch.save. Without one, the untrained model of the options.",
      valueName: "checkpoint"))
  var checkpoint: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The file to write, such as model.safetensors.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp("Whose names it has: \(Self.layouts).", valueName: "release"))
  var layout = ExportLayout.latest.rawValue

  @Flag(help: "Replace the files if they are there.")
  var force = false

  @OptionGroup(title: "Model") var model: ModelOptions

  private static let layouts = ExportLayout.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output: expected a file, found nothing") }
    if output.hasSuffix(".json") {
      throw ValidationError("--output: expected a name for safetensors, found \(output)")
    }
    if checkpoint != nil && model.weights != nil {
      throw ValidationError("expected a checkpoint or --weights, found both")
    }
    if ExportLayout(rawValue: layout) == nil {
      throw ValidationError("--layout: expected \(Self.layouts), found \(layout)")
    }
  }

  func run() throws {
    var options = model
    options.weights = checkpoint ?? model.weights
    let source = try ModelSource(options)
    let export = try CommandFailure.about(source.checkpoint?.path ?? output) {
      let description = try source.describeAlone()
      for note in description.notes { Messages.note(note) }
      return try source.model(description).exported(
        as: ExportLayout(rawValue: layout) ?? .latest)
    }
    try write(export)
  }

  /// Writes both files, the larger first; if the other fails, it is as if nothing had been written.
  private func write(_ export: ModelExport) throws {
    let arguments = Self.configurationPath(output)
    if !force {
      for path in [output, arguments] where FileManager.default.fileExists(atPath: path) {
        throw CommandFailure(.cannotWrite, path, "it exists already; --force replaces it")
      }
    }
    for path in [output, arguments] { try Self.refuseWhatIsNoFile(path) }
    // Aside first, where nothing is replaced; then two renames.
    let staged = [output, arguments].map { $0 + ".partial-\(UUID().uuidString)" }
    defer { for path in staged { try? FileManager.default.removeItem(atPath: path) } }
    try Self.writing(output) {
      try SafetensorsWriter.write(export.tensors, to: staged[0], existing: .refuse)
    }
    try Self.writing(arguments) {
      try WholeFile.write(export.configuration, to: staged[1], existing: .refuse)
    }
    for (from, to) in zip(staged, [output, arguments]) {
      guard rename(from, to) == 0 else {
        throw CommandFailure(.cannotWrite, to, String(cString: strerror(errno)))
      }
    }
    let count = export.tensors.values.reduce(0) { $0 + $1.count }
    try StandardOutput().write(
      "\(output): \(export.tensors.count) tensors, \(Figures.bytes(4 * Double(count))), for "
        + "perceiver-pytorch \(export.release)\n\(arguments): its arguments\n")
  }

  /// Refuses folders, pipes, devices and links to nowhere, which no file can take the place of.
  private static func refuseWhatIsNoFile(_ path: String) throws {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let type = attributes?[.type] as? FileAttributeType, type != .typeRegular else { return }
    throw CommandFailure(
      .cannotWrite, path, "expected a file or nothing, found \(Self.word(for: type))")
  }

  private static func word(for type: FileAttributeType) -> String {
    switch type {
    case .typeDirectory: "a folder"
    case .typeSymbolicLink: "a link"
    default: "no file"
    }
  }

  private static func writing(_ path: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as FileWriteError {
      throw CommandFailure(.cannotWrite, path, error.description)
    }
  }

  /// `model.json` for `model.safetensors`.
  private static func configurationPath(_ path: String) -> String {
    let suffix = ".safetensors"
    return (path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path) + ".json"
  }
}
