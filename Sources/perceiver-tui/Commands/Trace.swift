// `trace`: one run without a terminal, everything it computes as files.

import ArgumentParser
import Explorer
import Inputs
import Perceiver
import Pictures
import Tensors

/// Runs a model on an input and writes logits, latents, stages and attention.
struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the model and write what it computes as .npy and JSON files.",
    discussion: """
      Into the folder of --output, all at the end or nothing:
        logits.npy             [classes]; not written without a classifier head
        outputs.npy            […queries, channels], of a model with a decoder alone
        flow.npy               [height, width, 2], of a model of optical flow alone: how far each \
      pixel moves to the right and down; of pictures larger than it reads, all tiles blended unless \
      --window chooses one
        latents.npy            [latents, dim], after the last stage
        stages.json            a list of stages: index, name, kind, layer, block (from 0), heads, \
      queries, keys, seconds
        trace.json             what the trace is of: program version, input and its preprocessing, \
      model, seed, hyperparameters, class names
        attention/NN-NAME.npy  [heads, queries, keys] float32; NN is the stage's index from 0, \
      NAME its name: 00-cross-1, 01-latent-1.1. Linear attention has its features for queries, \
      latent mixing no file
      One line of text for each stage goes to standard output.
      """)

  @OptionGroup(title: "Input") var input: InputOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The folder for the files; it is made if need be.", valueName: "dir"))
  var output: String

  @Flag(help: "Write scores, before the softmax, instead of probabilities.")
  var scores = false

  @Flag(name: .customLong("no-attention"), help: "Write no attention matrices.")
  var leavesAttentionOut = false

  @Flag(help: "Replace the files of an earlier trace in the folder.")
  var force = false

  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    try input.checkIsGiven()
    if output.isEmpty { throw ValidationError("--output: expected a folder, found nothing") }
    if scores && leavesAttentionOut {
      throw ValidationError("--scores and --no-attention: expected one of them, found both")
    }
  }

  func run() throws {
    try input.checkCount(model)
    let source = try ModelSource(model.request())
    let prepared = try PreparedInput(input.request(), for: source, say: Messages.note)
    let folder = try TraceFolder(path: output, existing: force ? .replace : .keep)
    try Interruption.cancelling { cancellation in
      let run = try finishedRun(prepared, source, folder, cancellation)
      try source.noteNonFiniteWeights(of: run, cancellation)
      try write(run, to: folder)
      try writeFlow(prepared, run, to: folder, cancellation)
      let value: AttentionValue = scores ? .scores : .probabilities
      let record = TraceRecord(
        prepared: prepared, source: source, attention: leavesAttentionOut ? nil : value)
      try folder.write("trace.json") { try $0(record.json) }
      try cancellation.check()
      try folder.commit()
      if !leavesAttentionOut { noteAttention(of: run) }
    }
  }

  /// Computes all stages; each one's attention is written as soon as it is there.
  private func finishedRun(
    _ prepared: PreparedInput, _ source: ModelSource, _ folder: TraceFolder,
    _ cancellation: Cancellation
  ) throws -> PerceiverRun {
    var run = try prepared.begin(source, cancellation: cancellation)
    if !leavesAttentionOut { try checkRoom(for: run, in: folder) }
    while let stage = try run.next(cancellation: cancellation) {
      if !leavesAttentionOut, let attention = stage.attention {
        let name = TraceFile.attentionName(stage.id, stages: run.stageIDs.count)
        try folder.write(name) { append in
          try TraceFile.pieces(
            attention, as: scores ? AttentionValue.scores : .probabilities,
            cancellation: cancellation, append: append)
        }
      }
      try StandardOutput().write(lines: [line(stage, of: run.stageIDs.count)])
    }
    return run
  }

  private func write(_ run: PerceiverRun, to folder: TraceFolder) throws {
    let latents = run.stages.last?.latents ?? run.initialLatents
    if let logits = run.logits(from: latents) {
      try folder.write("logits.npy") { try $0(NumPyFile.bytes(logits)) }
    }
    if run.stages.last?.outputs != nil, let outputs = run.output {
      try folder.write("outputs.npy") { try $0(NumPyFile.bytes(outputs)) }
    }
    try folder.write("latents.npy") { try $0(NumPyFile.bytes(latents)) }
    try folder.write("stages.json") { try $0(TraceFile.stagesJSON(run.stages)) }
  }

  /// The flow of whole frames, where the model gives one.
  private func writeFlow(
    _ prepared: PreparedInput, _ run: PerceiverRun, to folder: TraceFolder,
    _ cancellation: Cancellation
  ) throws {
    guard case .framePair? = run.model.configuration.media, let output = run.output else { return }
    var flow = Perceiver.pixels(ofFlow: output)
    if let whole = prepared.input.whole, input.window == nil {
      let progress = ProgressLine()
      defer { progress.clear() }
      flow = try run.model.opticalFlow(of: whole, cancellation: cancellation) { done, tiles in
        progress.draw(done: Double(done) / Double(tiles)) { "flow: tile \(done + 1) of \(tiles)" }
      }
    }
    try folder.write("flow.npy") { try $0(NumPyFile.bytes(flow)) }
  }

  /// Refuses matrices that the disk cannot hold.
  private func checkRoom(for run: PerceiverRun, in folder: TraceFolder) throws {
    let bytes = TraceFile.attentionBytes(of: run)
    guard let free = folder.freeBytes, bytes > free else { return }
    throw CommandFailure(
      .cannotWrite, output,
      "attention takes \(Figures.bytes(bytes)), free are \(Figures.bytes(free)); "
        + "--no-attention or a smaller --max-side takes less")
  }

  /// Says what was written, once it is in place.
  private func noteAttention(of run: PerceiverRun) {
    let count = run.stages.filter { $0.attention != nil }.count
    let files = count == 1 ? "1 attention file" : "\(count) attention files"
    Messages.note("\(files), \(Figures.bytes(TraceFile.attentionBytes(of: run))), to \(output)")
  }

  private func line(_ stage: Stage, of count: Int) -> String {
    "stage \(stage.id.index + 1) of \(count): \(stage.id.name), "
      + "\(stage.id.kind.rawValue), \(Self.sizes(stage)), \(Figures.seconds(stage.seconds))"
  }

  private static func sizes(_ stage: Stage) -> String {
    guard let attention = stage.attention else { return "\(stage.latents.shape[0]) latents" }
    let heads = attention.heads == 1 ? "1 head" : "\(attention.heads) heads"
    let (queries, keys) =
      switch stage.id.kind {
      case .crossAttention: ("latents", "tokens")
      case .latentSelfAttention, .latentMixing: ("latents", "latents")
      case .linearAttention: ("features", "tokens")
      case .reverseCrossAttention: ("tokens", "latents")
      case .decoderCrossAttention: ("outputs", "latents")
      }
    return "\(heads), \(attention.queries) \(queries) over \(attention.keys) \(keys)"
  }
}
