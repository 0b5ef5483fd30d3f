// `convert`: writes a model as safetensors that PyTorch loads, with its configuration.

import ArgumentParser
import Inputs
import Perceiver

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
    let source = try ModelSource(options.request())
    let export = try CommandFailure.about(source.checkpoint?.path ?? output) {
      let description = try source.describeAlone()
      for note in description.notes { Messages.note(note) }
      return try source.model(description).exported(
        as: ExportLayout(rawValue: layout) ?? .latest)
    }
    let files = ModelFiles(path: output)
    try Interruption.cancelling { cancellation in
      try files.write(export, existing: force ? .replace : .refuse, cancellation)
    }
    try files.report(export)
  }
}
