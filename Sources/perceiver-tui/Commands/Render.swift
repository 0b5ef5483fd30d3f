// `render`: one map over the input, as text or as a picture.

import ArgumentParser
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors

extension Transfer: ExpressibleByArgument {}
extension ColourMap: ExpressibleByArgument {}
extension Overlay: ExpressibleByArgument {}

/// Runs a model up to a stage and draws one of its attention maps.
struct Render: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw one attention map over the input, as text or as a picture.",
    discussion: """
      Stages, heads and latents count from 1, as on screen. The text form "plain" says first, in \
      words, which map it is, what its scale is and where its largest value lies.
      """)

  @OptionGroup(title: "Input") var input: InputOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The stage: its number, or its name such as \"cross 2\" or latent-1.1. (default: 1)",
      valueName: "stage"), transform: StageChoice.init)
  var stage: StageChoice = .number(1)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The head, or mean over heads. (default: mean)", valueName: "n"),
    transform: MemberChoice.init)
  var head: MemberChoice = .mean

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The latent, or mean or max over latents. (default: mean; where tokens or outputs read "
        + "latents, max, since means are alike; at a latent self-attention stage the matrix of "
        + "all latents)", valueName: "n"), transform: MemberChoice.init)
  var latent: MemberChoice?

  @Flag(help: "Draw scores, before the softmax, instead of probabilities.")
  var scores = false

  @Option(help: "From numbers to brightness.")
  var scale: Transfer = .linear

  @Option(name: .customLong("colour-map"), help: "From brightness to colours.")
  var colourMap: ColourMap = .viridis

  @Option(
    help: "How much of a photo the map covers. (default: half; alone where there is no photo)")
  var overlay: Overlay?

  @Option(
    help: """
      The form. (default: by the name of --output, else ansi on a terminal with colours, else plain)
      """)
  var format: RenderFormat?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Columns of text or pixels of a picture. (default: the terminal's, or 80; the input's)",
      valueName: "n"))
  var width: Int?

  @Option(
    name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String?

  @Flag(help: "Replace the file of --output if it is there.")
  var force = false

  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if let width, !(1...Self.widest).contains(width) {
      throw ValidationError(
        "--width: expected a whole number from 1 to \(Self.widest), found \(width)")
    }
    if let output, format == nil, RenderFormat(fileName: output) == nil {
      throw ValidationError(
        "--output: expected a name that ends in .png, .ppm, .txt or .ansi, or --format, "
          + "found \(output)")
    }
  }

  func run() throws {
    let form = try chosenFormat()
    let source = try ModelSource(model.request())
    let prepared = try PreparedInput(input.request(), for: source, say: Messages.note)
    try source.noteNonFiniteWeights()
    try Interruption.cancelling { cancellation in
      let drawing = try drawing(prepared, source, cancellation)
      let bytes = try bytes(of: drawing, as: form, name: prepared.input.fullName)
      try cancellation.check()
      try write(bytes)
    }
  }

  private func drawing(
    _ prepared: PreparedInput, _ source: ModelSource, _ cancellation: Cancellation
  ) throws -> MapDrawing {
    var run = try prepared.begin(source, cancellation: cancellation)
    let place = try stage.place(among: run.places)
    // Refused before anything is computed for it.
    _ = try head.heads(of: place.heads)
    _ = try latent?.latents(of: run.model.configuration.numLatents)
    while run.stages.count <= place.index, try run.next(cancellation: cancellation) != nil {}
    let map = try ChosenMap(
      run.stages[place.index], head: head, latent: latent,
      as: scores ? .scores : .probabilities, cancellation: cancellation)
    let isOverPhoto = place.kind == .crossAttention && overlay != .alone
    return MapDrawing(
      map: map, photo: isOverPhoto ? prepared.input.picture : nil, transfer: scale,
      colours: colourMap, overlay: overlay ?? .half)
  }

  private func bytes(
    of drawing: MapDrawing, as form: RenderFormat, name: String
  ) throws -> [UInt8] {
    let environment = ColourEnvironment()
    let columns = width ?? StandardOutput().terminalSize?.columns ?? 80
    let caption = drawing.caption(of: name).map { $0.visible + "\n" }.joined()
    switch form {
    case .png: return try drawing.picture(width: width).png()
    case .ppm: return try drawing.picture(width: width).netpbm
    case .plain: return Array((caption + (try drawing.plainText(width: columns))).utf8)
    case .ansi:
      let text = try drawing.ansiText(
        width: columns, depth: environment.depth, symbols: environment.symbols)
      return Array((caption + text).utf8)
    }
  }

  private func chosenFormat() throws -> RenderFormat {
    let isTerminal = StandardOutput().isTerminal
    if let form = format ?? output.flatMap(RenderFormat.init(fileName:)) {
      if form.isPicture && output == nil && isTerminal {
        throw CommandFailure.usage(
          "--format: a \(form.rawValue) picture is not for a terminal; give --output or a pipe")
      }
      return form
    }
    return isTerminal && !ColourEnvironment().isPlain ? .ansi : .plain
  }

  private func write(_ bytes: [UInt8]) throws {
    guard let output else { return try StandardOutput().write(bytes: bytes) }
    do {
      try WholeFile.write(bytes, to: output, existing: force ? .replace : .refuse)
    } catch let error as FileWriteError {
      let hint = error.reason == .exists ? "; --force replaces it" : ""
      throw CommandFailure(.cannotWrite, output, error.description + hint)
    }
  }

  private static let widest = 16384
}
