// `convert`: writes a model as safetensors that PyTorch loads, with its configuration.

import ArgumentParser
import Inputs
import Perceiver
import Tensors

/// Writes a checkpoint in the layout of one release of its package, or as a model folder.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a checkpoint for PyTorch: a file for \(UntrainedModels.own.package), "
      + "or a model folder.",
    discussion: """
      For \(UntrainedModels.own.package) the file holds every name of the release's state dict, tied layers \
      repeated: load_state_dict(load_file(FILE), strict=True) takes it, and the class gives the same \
      output. In safetensors each name has bytes of its own, so that layers which share all weights take \
      them once each; --shared-once writes them once, and the other names as aliases. In PyTorch's \
      memory they are one in both cases, once the file is read. Its arguments are written beside it, as NAME.json for NAME.safetensors: "version", \
      "module", "cls" and "args". A model that the release computes otherwise is refused, with the \
      reason.

      A model of transformers or perceiver-io becomes a folder that from_pretrained of its class \
      opens, no tensor missing and none too many: config.json, model.safetensors, and the files of \
      the processor or tokenizer that came with it. --layout turns one package's model into the \
      other's where both have it.
      """)

  @Argument(
    help: ArgumentHelp(
      "A checkpoint: safetensors, torch.save or a model folder. Without one, the untrained model of the options.",
      valueName: "checkpoint"))
  var checkpoint: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The file to write, such as model.safetensors; of a model folder, the folder.",
      valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Whose names it has: \(Self.layouts). Without it \(ExportLayout.latest.rawValue), or the model folder's own.",
      valueName: "layout"))
  var layout: String?

  @Flag(
    help: ArgumentHelp(
      "Write tensors that layers share once, as safetensors.torch.save_model does, for "
        + "safetensors.torch.load_model instead of load_state_dict. Without it such a file is up to twice "
        + "as large."))
  var sharedOnce = false

  @Flag(help: "Replace the files if they are there.")
  var force = false

  @OptionGroup(title: "Model") var model: ModelOptions

  private static let layouts =
    (ExportLayout.allCases.map(\.rawValue) + FolderExport.layouts).joined(separator: ", ")

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output: expected a file, found nothing") }
    if output.hasSuffix(".json") {
      throw ValidationError("--output: expected a name for safetensors, found \(output)")
    }
    if checkpoint != nil && model.weights != nil {
      throw ValidationError("expected a checkpoint or --weights, found both")
    }
    if let layout, ExportLayout(rawValue: layout) == nil, !FolderExport.layouts.contains(layout) {
      throw ValidationError("--layout: expected \(Self.layouts), found \(layout)")
    }
  }

  func run() throws {
    var options = model
    options.weights = checkpoint ?? model.weights
    let source = try ModelSource(options.request())
    let existing: WholeFile.ExistingFile = force ? .replace : .refuse
    try CommandFailure.about(source.checkpoint?.path ?? output) {
      let description = try source.describeAlone()
      for note in description.notes { Messages.note(note) }
      let layout =
        layout ?? description.configuration.folderLayout ?? ExportLayout.latest.rawValue
      let model = try source.model(description)
      if let file = ExportLayout(rawValue: layout) {
        try write(model.exported(as: file, tied: sharedOnce ? .once : .repeated), existing)
      } else {
        guard !sharedOnce else {
          throw CommandFailure(
            .usage, "--shared-once",
            "expected a layout of \(UntrainedModels.own.package) with it, found \(layout)")
        }
        try write(
          model.exportedFolder(as: layout, from: source.checkpoint),
          beside: source.checkpoint?.folderPath, existing)
      }
    }
  }

  private func write(_ export: ModelExport, _ existing: WholeFile.ExistingFile) throws {
    let files = ModelFiles(path: output)
    try Interruption.cancelling { cancellation in
      try files.write(export, existing: existing, cancellation)
    }
    try files.report(export, smallerBy: "--shared-once")
  }

  private func write(
    _ export: FolderExport, beside source: String?, _ existing: WholeFile.ExistingFile
  ) throws {
    let files = ModelFolderFiles(path: output)
    let companions = try Interruption.cancelling { cancellation in
      try files.write(export, beside: source, existing: existing, cancellation)
    }
    try files.report(export, companions: companions)
  }
}
