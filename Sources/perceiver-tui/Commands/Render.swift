// `render`: one map over the input, as text or as a picture.

import ArgumentParser
import Explorer
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
  var stage: StageChoice?

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

  @Option(help: "How values become shades.")
  var scale: Transfer = .linear

  @Option(
    name: [.customLong("colour-map"), .customLong("color-map")], help: "How shades become colours.")
  var colourMap: ColourMap = .viridis

  @Option(
    help: "How much of a photo the map covers. (default: half; alone where there is no photo)")
  var overlay: Overlay?

  @Option(
    help: """
      The form. (default: by the name of --output, else ansi on a terminal with colours, else plain)
      """)
  var format: MapFormat?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Columns of text or pixels of a picture. (default: the terminal's, or 80; the input's)",
      valueName: "n"))
  var width: Int?

  @Option(
    name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String?

  @Flag(
    name: .customLong("figure"),
    help: """
      Draw the map as a figure for a paper or a slide: the photo, the map, a bar of colours with \
      numbers, and a caption that says stage, head, latent and model. --output ends in .png, .ppm or \
      .svg; --width is \(MapFigure.usualWidth) unless given.
      """)
  var isMapFigure = false

  @Flag(
    name: .customLong("figure3"),
    help: """
      Draw the paper's Figure 3 instead: the photo beside many latents' scores at the first, second \
      and last cross-attention, or that of --stage. --output ends in .png, .ppm or .svg.
      """)
  var isFigure = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --figure3, the frame of a film or of a pair of pictures. (default: 1)", valueName: "n"))
  var frame: Int?

  @Flag(help: "Replace the file of --output if it is there.")
  var force = false

  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    try input.checkIsGiven()
    if let figure, let width, !MapFigure.widths.contains(width) {
      throw ValidationError(
        "--width: expected a whole number from \(MapFigure.widths.lowerBound) to "
          + "\(MapFigure.widths.upperBound) with \(figure), found \(width)")
    }
    if let width, !(1...Self.widest).contains(width) {
      throw ValidationError(
        "--width: expected a whole number from 1 to \(Self.widest), found \(width)")
    }
    if let frame, !isFigure || frame < 1 {
      throw ValidationError(
        "--frame: expected --figure3 and a whole number from 1, found \(frame)"
          + (isFigure ? "" : " without it"))
    }
    if let figure {
      guard let output, Self.isFigureName(output) else {
        throw ValidationError(
          "\(figure): expected --output with a name that ends in .png, .ppm or .svg, found "
            + (output ?? "none"))
      }
      if isMapFigure, isFigure || format != nil {
        throw ValidationError(
          "--figure: expected no --figure3 or --format with it, found one")
      }
      if isFigure, latent != nil || scores || format != nil || overlay != nil {
        throw ValidationError(
          "--figure3: expected no --latent, --scores, --format or --overlay with it, found one")
      }
    } else if let output, format == nil, MapFormat(fileName: output) == nil {
      throw ValidationError(
        "--output: expected a name that ends in "
          + MapFormat.all.map { "." + $0.endings[0] }.joined(separator: ", ")
          + ", or --format, found \(output)")
    }
  }

  /// The option that asks for a figure; nil where none does.
  private var figure: String? { isMapFigure ? "--figure" : isFigure ? "--figure3" : nil }

  /// Whether a file's name ends as one of a figure does.
  private static func isFigureName(_ name: String) -> Bool {
    name.lowercased().hasSuffix(".svg") || MapFormat(fileName: name)?.isPicture == true
  }

  func run() throws {
    try input.checkCount(model)
    if isMapFigure { return try runMapFigure() }
    if isFigure { return try runFigure() }
    let format = try chosenFormat()
    let source = try ModelSource(model.request())
    let prepared = try PreparedInput(input.request(), for: source, say: Messages.note)
    try Interruption.cancelling { cancellation in
      let drawing = try drawing(prepared, source, cancellation).drawing
      let environment = ColourEnvironment()
      let page = TextPage(
        width: width ?? StandardOutput().terminalSize?.columns ?? 80, depth: environment.depth,
        symbols: environment.symbols)
      let bytes: [UInt8]
      do {
        bytes = try format.bytes(of: drawing, width: width, page: page)
      } catch let error as MapSizeError {
        throw CommandFailure(.usage, "--width", error.description)
      }
      try cancellation.check()
      try write(bytes)
    }
  }

  private func drawing(
    _ prepared: PreparedInput, _ source: ModelSource, _ cancellation: Cancellation
  ) throws -> (drawing: MapDrawing, stage: StageID, model: Perceiver) {
    var run = try prepared.begin(source, cancellation: cancellation)
    let id = try (stage ?? StageChoice("1")).id(among: run.stageIDs)
    // Refused before anything is computed for it.
    _ = try head.heads(of: id.heads)
    _ = try latent?.latents(of: run.model.configuration.numLatents)
    while run.stages.count <= id.index, try run.next(cancellation: cancellation) != nil {}
    try source.noteNonFiniteWeights(of: run, cancellation)
    let map = try ChosenMap(
      run.stages[id.index], head: head, latent: latent,
      as: scores ? .scores : .probabilities, place: place(in: prepared.input, of: run),
      cancellation: cancellation)
    let isOverPhoto = id.kind == .crossAttention && overlay != .alone
    let drawing = MapDrawing(
      map.values, photo: isOverPhoto ? prepared.input.picture : nil,
      appearance: MapAppearance(transfer: scale, colours: colourMap), overlay: overlay ?? .half,
      // A figure is looked at elsewhere, where folders say nothing.
      caption: map.caption(of: isMapFigure ? prepared.input.title : prepared.input.fullName))
    return (drawing, id, run.model)
  }

  /// What a place of the input is called; where several kinds of tokens are read together it is of any.
  private func place(in input: Input, of run: PerceiverRun) -> String {
    run.model.configuration.modalities(inputAxes: input.axes).isEmpty
      ? input.tokenWord(of: run.mapAxes) : "position"
  }

  /// Computes a map as without --figure, and writes it beside the photo with its scale and caption.
  private func runMapFigure() throws {
    let source = try ModelSource(model.request())
    let prepared = try PreparedInput(input.request(), for: source, say: Messages.note)
    try Interruption.cancelling { cancellation in
      let (drawing, id, model) = try self.drawing(prepared, source, cancellation)
      let figure = AttentionFigure.make(
        of: drawing.map, as: scores ? .scores : .probabilities, title: drawing.caption[0],
        photo: drawing.photo,
        text: id.kind.mapGround == .tokens ? prepared.input.text : nil,
        appearance: drawing.appearance,
        notes: Array(drawing.caption.dropFirst())
          + [AttentionFigure.note(ofModel: words(for: model))])
      try write(figure, cancellation)
    }
  }

  /// The model's class and where its weights are from.
  private func words(for model: Perceiver) -> String {
    let origin =
      switch model.origin {
      case .untrained(let seed): "untrained, seed \(seed)"
      case .checkpoint(let path, _): "weights \(path.split(separator: "/").last ?? "")"
      case .trained(let steps): "trained here, step \(steps)"
      }
    return "\(model.configuration.title), \(origin)"
  }

  /// Writes a figure as its file's name says.
  private func write(_ figure: MapFigure, _ cancellation: Cancellation) throws {
    let bytes: [UInt8]
    if let output, let format = MapFormat(fileName: output),
      case .picture(let encode) = format.encoding
    {
      do {
        bytes = try encode(figure.drawn(width: width ?? MapFigure.usualWidth))
      } catch let error as MapSizeError {
        throw CommandFailure(.usage, "--width", error.description)
      }
    } else {
      bytes = Array(try figure.svg(width: width ?? MapFigure.usualWidth).utf8)
    }
    try cancellation.check()
    try write(bytes)
  }

  /// Computes the cross-attentions of the figure, and no stage behind them, and writes it.
  private func runFigure() throws {
    let source = try ModelSource(model.request())
    let prepared = try PreparedInput(input.request(), for: source, say: Messages.note)
    try Interruption.cancelling { cancellation in
      var run = try prepared.begin(source, cancellation: cancellation)
      guard
        let ground = CrossAttentionFigure.Ground(
          prepared.input, frame: (frame ?? 1) - 1, of: run.model.configuration)
      else {
        throw CommandFailure.usage("--figure3: expected a picture or frames, found neither")
      }
      if let frame, frame > ground.frames {
        throw CommandFailure.usage(
          "--frame: expected a whole number from 1 to \(ground.frames), found \(frame)")
      }
      let all = CrossAttentionFigure.stages(of: run)
      let chosen =
        try stage.map { [try $0.id(among: run.stageIDs).index] }
        ?? CrossAttentionFigure.usual(among: all)
      guard let last = chosen.last, chosen.allSatisfy(all.contains) else {
        throw CommandFailure.usage(
          "--figure3: expected cross-attentions over a picture, found none")
      }
      while run.stages.count <= last, try run.next(cancellation: cancellation) != nil {}
      try source.noteNonFiniteWeights(of: run, cancellation)
      let figure = try CrossAttentionFigure.make(
        of: run, stages: chosen, heads: try head.heads(of: run.stageIDs[last].heads),
        name: prepared.input.name, over: ground,
        appearance: MapAppearance(transfer: scale, colours: colourMap), cancellation: cancellation)
      try write(figure, cancellation)
    }
  }

  private func chosenFormat() throws -> MapFormat {
    let isTerminal = StandardOutput().isTerminal
    if let format = format ?? output.flatMap(MapFormat.init(fileName:)) {
      if !format.isText && output == nil && isTerminal {
        throw CommandFailure.usage(
          "--format: \(format.name) is not for a terminal; give --output or a pipe")
      }
      return format
    }
    let name = isTerminal && !ColourEnvironment().isPlain ? "ansi" : "plain"
    guard let format = MapFormat(name) else { preconditionFailure("\(name): no such format") }
    return format
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
