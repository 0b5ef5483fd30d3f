// The command line that opens the very view on the screen, and the lines that bring it about.

import Inputs
import Perceiver
import Pictures
import Tensors

/// What must be said to see what is seen: options of `explore`, each of which is a line after `:`.
public struct ViewLink: Sendable, Hashable {
  /// An option of `explore` with what it stands for inside the program.
  public struct Part: Sendable, Hashable {
    /// The option's name without dashes.
    public let option: String
    /// Its value; nil for a flag.
    public let value: String?
    /// The command line that does it.
    public let line: String
  }

  /// A stage by number or name.
  public static func stage(_ name: String) -> Part {
    .init(option: "stage", value: name, line: "stage \(name)")
  }
  /// A head by number from 1, or `mean`.
  public static func head(_ name: String) -> Part {
    .init(option: "head", value: name, line: "head \(name)")
  }
  /// A latent by number from 1, or `mean` or `max`.
  public static func latent(_ name: String) -> Part {
    let line =
      switch name {
      case "mean": "reduction mean"
      case "max": "reduction maximum"
      default: "latent \(name)"
      }
    return .init(option: "latent", value: name, line: line)
  }
  /// Scores before the softmax.
  public static let scores = Part(option: "scores", value: nil, line: "value scores")
  /// How values become shades.
  public static func scale(_ scale: Transfer) -> Part {
    .init(option: "scale", value: scale.rawValue, line: "scale \(scale.rawValue)")
  }
  /// How shades become colours.
  public static func colourMap(_ map: ColourMap) -> Part {
    .init(option: "colour-map", value: map.rawValue, line: "colour \(map.rawValue)")
  }
  /// How much of the map covers the photo.
  public static func overlay(_ overlay: Overlay) -> Part {
    .init(option: "overlay", value: overlay.rawValue, line: "overlay \(overlay.rawValue)")
  }
  /// What the large pane shows.
  public static func view(_ view: MapView) -> Part {
    .init(option: "view", value: view.rawValue, line: "view \(view.rawValue)")
  }
  /// A frame from 1.
  public static func frame(_ number: Int) -> Part {
    .init(option: "frame", value: "\(number)", line: "frame \(number)")
  }
  /// A map that explains, by a method.
  public static func why(_ method: String) -> Part {
    .init(option: "why", value: method, line: "why \(method)")
  }
  /// What stands in place of the map.
  public static func show(_ shown: Shown) -> Part {
    .init(option: "show", value: shown.rawValue, line: shown.line)
  }

  /// A command as it is typed after `:`, for what has no option of its own.
  public static func command(_ line: String) -> Part {
    .init(option: "do", value: line, line: line)
  }

  /// What may stand in place of the map, beside maps that explain.
  public enum Shown: String, Sendable, Hashable, CaseIterable {
    /// What the decoder gives back.
    case reconstruction
    /// The paper's figure.
    case figure3
    /// The table of heads.
    case heads
    /// What the answer read, through the decoder.
    case decoder
    /// The whole photo.
    case photo
    /// The Fourier features of positions.
    case channels

    fileprivate var line: String {
      switch self {
      case .reconstruction: "toggle-reconstruction"
      case .figure3: "figure3"
      case .heads: "heads"
      case .decoder: "through-decoder"
      case .photo: "whole-photo"
      case .channels: "channels"
      }
    }
  }

  /// The parts, in the order in which they have to be done.
  public let parts: [Part]
  /// The input, model and their options, before the parts.
  public let opening: [String]
  /// What the link cannot say; nil if it says all.
  public let gap: String?

  /// The link to what a state shows.
  public init(_ state: ExplorerState) {
    (opening, gap) = Self.opening(state)
    parts = Self.parts(state)
  }

  /// The words of the command line.
  public var words: [String] {
    ["perceiver-tui"] + opening
      + parts.flatMap { ["--" + $0.option] + ($0.value.map { [$0] } ?? []) }
  }

  /// The command line, as a shell reads it.
  public var commandLine: String { words.map(Self.quoted).joined(separator: " ") }

  /// A word that a shell reads as it stands.
  static func quoted(_ word: String) -> String {
    let isPlain = word.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0)
        || "_./=:,+@%-".unicodeScalars.contains($0)
    }
    guard !isPlain || word.isEmpty else { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  private static func opening(_ state: ExplorerState) -> ([String], String?) {
    let choices = state.choices
    var words: [String] = []
    var gaps: [String] = []
    switch choices.input.source {
    case .file(let path)?: words.append(path)
    case .files(let paths)?: words += paths
    case .text(let text)?: words += ["--text", text]
    case .kept(let kept)?:
      words += kept.paths
      gaps.append("\(kept.pipes) must be given again")
    case nil:
      words.append(choices.input.fullName)
      gaps.append("the input is from no file")
    }
    if let window = choices.input.window, window.index > 0 {
      words += ["--window", "\(window.index + 1)"]
    }
    words += choices.input.demand.reading?.arguments ?? []
    for (option, path) in [
      ("--mask", choices.settings.mask?.path), ("--queries", choices.settings.queries?.path),
    ] {
      if let path { words += [option, path] }
    }
    let configuration = choices.settings.configuration
    /// Says a hyperparameter.
    func say(_ name: String, _ value: HyperparameterValue) {
      let option = String(name.map { $0 == "_" ? "-" : $0 })
      switch value {
      case .toggle(let isOn): words.append((isOn ? "--" : "--no-") + option)
      default: words += ["--" + option, "\(value)"]
      }
    }
    switch choices.settings.source {
    case .seed(let seed):
      if seed != 0 { words += ["--seed", "\(seed)"] }
      let usual = ModelConfiguration(PerceiverConfiguration())
      for (entry, value) in configuration.differences(from: usual) { say(entry.name, value) }
      for (name, value) in choices.givenByFrames.sorted(by: { $0.key < $1.key }) {
        say(name, .integer(value))
      }
    case .weights(let weights):
      let request = state.request(of: weights)
      words += request?.options ?? []
      if request == nil { gaps.append("\(weights.name) is in no file; :save FILE writes it") }
      // What the weights were opened with, and what was changed since.
      var values = request?.given.values ?? [:]
      for (entry, value) in configuration.differences(from: weights.model.configuration) {
        values[entry.name] = value
      }
      for (name, value) in values.sorted(by: { $0.key < $1.key }) { say(name, value) }
    }
    if let mask = choices.settings.mask, mask.path == nil {
      gaps.append("the mask \(mask.name) is not in it")
    }
    let others = gaps.count
    if changeLines(state) == nil { gaps.append("what is hidden or off is not in it") }
    if choices.object != nil { gaps.append("the object is not in it") }
    if choices.view.replacement == .wholeFlow {
      gaps.append("\(state.keyName(.toggleReconstruction)) then shows the whole frames")
    }
    if case .patch? = choices.view.replacement {
      gaps.append(":patch FILE then shows where the answer is carried")
    }
    if state.pinned != nil {
      gaps.append(
        state.isDifferenceShown
          ? "the pinned view and its difference are not in it" : "the pinned view is not in it")
    }
    if choices.view.scaleScope == .locked {
      gaps.append("its scale is locked at what that view shows")
    }
    if state.isProbing, state.isProbingLatents { gaps.append("the cursor is not in it") }
    if choices.hasDraftChanges { gaps.append("changes that are not applied are not in it") }
    if gaps.count > others { gaps.append(":session save FILE keeps all of it") }
    return (words, gaps.isEmpty ? nil : gaps.joined(separator: "; "))
  }

  private static func parts(_ state: ExplorerState) -> [Part] {
    guard let stageID = state.stageID else { return [] }
    let (selection, view) = (state.choices.selection, state.choices.view)
    var parts = [stage(stageID.name)]
    if stageID.heads > 1 {
      parts.append(
        head(selection.headsAreAveraged ? "mean" : "\(selection.headIndex(at: stageID) + 1)"))
    }
    switch selection.latents {
    case .one: parts.append(latent("\(selection.latent + 1)"))
    // The latent that one comes back to is part of the view.
    case .mean: parts += [latent("\(selection.latent + 1)"), latent("mean")]
    case .maximum: parts += [latent("\(selection.latent + 1)"), latent("max")]
    }
    if selection.value == .scores { parts.append(scores) }
    if view.transfer != .linear { parts.append(scale(view.transfer)) }
    if view.colours != state.preferences.colourMap ?? .viridis {
      parts.append(colourMap(view.colours))
    }
    if view.overlay != .half { parts.append(overlay(view.overlay)) }
    if view.frame > 0 { parts.append(frame(view.frame + 1)) }
    switch view.replacement {
    case nil:
      let chosen = state.mapView
      if state.availableViews.contains(chosen), chosen != state.availableViews.first {
        parts.append(Self.view(chosen))
      }
    case .why?: if let method = state.whyMethod { parts.append(why(method.name)) }
    case .reconstruction?, .wholeFlow?: parts.append(show(.reconstruction))
    case .figure?: parts.append(show(.figure3))
    case .heads?: parts.append(show(.heads))
    case .throughDecoder(let target)?:
      // A class is said by the command, which shows the view too.
      if target == nil { parts.append(show(.decoder)) }
    case .wholePhoto?: parts.append(show(.photo))
    case .channels?: parts.append(show(.channels))
    // A command shows these.
    case .readers?, .patch?, .table?: break
    }
    return parts + lines(state).map(command)
  }

  /// The commands that say what no option says, in the order in which they have to be run.
  private static func lines(_ state: ExplorerState) -> [String] {
    let (selection, view) = (state.choices.selection, state.choices.view)
    var lines: [String] = []
    if let kind = view.modality, state.open.modalities.contains(where: { $0.name == kind }) {
      lines.append("modality \(kind)")
    }
    if let output = selection.output, state.reasonAgainstOutput == nil {
      lines.append("output \(output + 1)")
    }
    lines += changeLines(state) ?? []
    // Numbers of parts and heads are about what is explained too.
    let isTableOfTarget =
      state.isHeadTableShown || state.isPatchShown
      || state.shownNumberTable.map { $0.asksForTarget || $0.hasWhole || $0.isOfMap } ?? false
    if !selection.tokens.isEmpty, state.reasonAgainstSelecting == nil {
      lines.append("select " + selection.tokens.map { "\($0)" }.joined(separator: " "))
    }
    let question = state.isWhyShown || isTableOfTarget ? self.lines(view.why) : []
    lines += question
    // To choose a class is to ask why: what is shown in its place comes behind it.
    if state.isHeadTableShown, !question.isEmpty { lines.append("heads") }
    if state.isWhyShown, let latent = state.followedLatent {
      lines.append("why-latent \(latent + 1)")
    }
    if case .throughDecoder(let target?)? = view.replacement,
      case .number(let number) = target.choice
    {
      lines.append("through-decoder \(number)")
    }
    if let table = state.shownNumberTable { lines.append("table \(table.rawValue)") }
    if state.areHeadTilesShown { lines.append("head-maps") }
    if state.areChannelsShown { lines += channelLines(state) }
    // What is shown whole keeps the zoom for later, and refuses to be told of it.
    if view.zoom > 1, state.reasonAgainstZoom == nil {
      lines.append("zoom \(view.zoom) \(view.centre.x) \(view.centre.y)")
    }
    if (state.isProbing && !state.isProbingLatents) || state.areReadersShown {
      let at = KeyGrid(shape: state.open.tokenAxes).coordinate(of: state.probedKey)
      lines.append(
        state.choices.input.isText
          ? "cursor \(state.probedKey)" : "cursor \(at.column) \(at.row)")
    }
    if state.areReadersShown { lines.append("readers") }
    if view.scaleScope == .locked { lines.append("scale locked") }
    // A scale that is locked takes that of heads' maps away: theirs goes last.
    if state.areHeadTilesShown, let scope = state.headTable.scaleScope {
      lines.append("scale \(scope.rawValue)")
    }
    return lines
  }

  /// The most rectangles of hidden pixels that are said one by one.
  private static let mostRectangles = 8

  /// What is hidden or off, a line each; nil where that is too much for a link.
  private static func changeLines(_ state: ExplorerState) -> [String]? {
    let changes = state.choices.changes
    guard !changes.isEmpty else { return [] }
    var lines: [String] = []
    if let hidden = changes.hidden {
      let grid = KeyGrid(shape: hidden.axes)
      let rectangles = hidden.rectangles
      guard rectangles.count <= mostRectangles, grid.frames == 1 else { return nil }
      lines += rectangles.compactMap { text in
        guard hidden.axes.count == 1, let run = PixelRectangle(text) else { return "hide " + text }
        return "hide \(run.column)-\(run.column + run.width - 1)"
      }
      let stages = changes.hidingStages.filter { state.stageIDs.indices.contains($0) }
      if !stages.isEmpty {
        lines.append("hide-at " + stages.map { state.stageIDs[$0].name }.joined(separator: ", "))
      }
    }
    lines += changes.off.map { "off " + $0.name(in: state.stageIDs) }
    if state.choices.view.mappedRun == .unchanged { lines.append("toggle-changes without") }
    return lines
  }

  /// The chosen channel of positions: large, or in the grid, to which one goes back from it.
  private static func channelLines(_ state: ExplorerState) -> [String] {
    guard let channels = state.positionChannels else { return [] }
    let chosen = state.chosenChannel(of: channels)
    if state.channelTable.isOpen { return ["channels \(chosen + 1)"] }
    return chosen > 0 ? ["channels \(chosen + 1)", "open-channel"] : []
  }

  /// The class that is explained, and what it is compared with.
  private static func lines(_ question: WhyQuestion) -> [String] {
    var lines: [String] = []
    switch question.choice {
    case .answer: break
    case .second: lines.append("why-class second")
    case .number(let number): lines.append("why-class \(number)")
    }
    switch question.against {
    case .automatic, .choice(.answer): break
    case .nothing: lines.append("against nothing")
    case .choice(.second): lines.append("against second")
    case .choice(.number(let number)): lines.append("against \(number)")
    }
    return lines
  }
}

extension ExplorerState {
  /// Shows the link to what is on the screen, and copies it where the terminal lets programs do so.
  mutating func showLink() -> [ExplorerEffect] {
    let link = ViewLink(self)
    message = .information(
      link.commandLine + (link.gap.map { "  (but \($0))" } ?? ""))
    return [.copy(link.commandLine)]
  }
}
