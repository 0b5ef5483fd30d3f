// The export dialog's keys, the names it proposes, and what an export is given.

import Inputs
import Perceiver
import Pictures
import Screens

extension ExplorerState {
  /// Writes what a dialog says; a width that is none leaves it open.
  fileprivate mutating func write(_ dialog: inout ExportDialog) -> AfterKey {
    var request = ExportRequest(
      subject: dialog.subject, format: dialog.format, path: TypedPath.parse(dialog.path.text))
    if dialog.subject.hasWidth {
      do {
        request.width = try CommandArguments.width(dialog.width.text, of: "export")
      } catch {
        message = .error(error.description)
        dialog.field = .width
        return .stays()
      }
    }
    return .closes(export(request))
  }

  /// Types into a dialog's width or file.
  fileprivate mutating func edit(_ dialog: inout ExportDialog, by key: Key) {
    switch dialog.field {
    case .width:
      // A width has digits alone.
      guard key.typed?.isWholeNumber != false else {
        message = .information(
          "a width has digits alone; \(Key.tab.name(terminal.keyNames)) goes on")
        return
      }
      _ = dialog.width.handle(key)
    case .path:
      change(&dialog) { dialog in
        if dialog.path.handle(key) { dialog.isPathTyped = true }
        // A typed ending chooses the format.
        let ending = dialog.path.text.split(separator: ".").last.map { $0.lowercased() }
        if let format = dialog.subject.formats.first(where: { $0.ending == ending }) {
          dialog.format = format
        }
      }
    case .subject, .format:
      // Letters go into the name, where that is chosen.
      guard key.typed != nil else { return }
      message = .information(
        "\(Key.tab.name(terminal.keyNames)) goes to the file, to type its name")
    }
  }

  /// Changes a dialog, and with it the file that it proposes.
  func change(_ dialog: inout ExportDialog, _ body: (inout ExportDialog) -> Void) {
    let before = (dialog.subject, dialog.format)
    body(&dialog)
    guard (dialog.subject, dialog.format) != before else { return }
    let proposed = proposedPath(dialog.subject, dialog.format)
    if dialog.isPathTyped {
      dialog.path.set(Self.path(dialog.path.text, endingAs: proposed))
    } else {
      dialog.path.set(proposed)
    }
  }

  /// A typed path with the ending that a proposed one has.
  private static func path(_ path: String, endingAs proposed: String) -> String {
    guard ExportFormat(fileName: path) != nil, let dot = path.lastIndex(of: "."),
      let ending = proposed.lastIndex(of: ".")
    else { return path }
    return String(path[..<dot]) + proposed[ending...]
  }

  /// A name that says what the file holds: `cat-cross-2-head-1-latent-17.png`.
  func proposedPath(_ subject: ExportSubject, _ format: ExportFormat) -> String {
    var parts = [Self.stem(of: choices.input.name)]
    let stageName = (stageID?.name ?? "photo").replacingSpaces
    switch subject {
    case .map where isExplanationShown, .overlay where isExplanationShown, .whyFigure:
      parts += whyFileNameParts
      if subject == .overlay { parts.append("overlay") }
      if subject == .whyFigure { parts.append("figure") }
    case .map, .overlay:
      parts.append(stageName)
      if let stageID {
        parts.append(choices.selection.heads(at: stageID).fileName)
        let isMatrix = subject == .map && isMatrixShown
        parts.append(
          isMatrix ? "matrix" : choices.selection.queries(of: latentCount).fileName)
      }
      if subject == .overlay { parts.append("overlay") }
    case .figure: parts.append("figure3")
    case .stage: parts += [stageName, "maps"]
    case .run: return parts[0] + "-maps"
    case .screen: parts.append("screen")
    case .reconstruction: parts += [stageName, "reconstruction"]
    case .model: parts = [Self.stem(of: modelName)]
    case .session: parts.append("session")
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "-") + "." + format.ending
  }

  /// Whether "this map" is the matrix of a self-attention stage.
  private var isMatrixShown: Bool {
    mapLiesOverLatents && mapView == .matrix && !isExplanationShown
  }

  /// What a file of the shown map that explains is called after: its method, and what is explained.
  private var whyFileNameParts: [String] {
    if isThroughDecoderShown {
      return ["through-decoder"] + [throughDecoderWords.map(Self.nameSafe)].compactMap(\.self)
    }
    guard let why = shownWhy?.request else { return ["why"] }
    let asks = ExplanationMethod.named(why.method)?.asksForTarget ?? false
    return [why.method] + (asks ? [Self.nameSafe(whyWords(why.target))] : [])
  }

  /// What a file of the model is called after.
  var modelName: String {
    training?.lesson.name ?? loadedWeights?.name
      ?? choices.settings.configuration.word
  }

  static func stem(of name: String) -> String {
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let safe = nameSafe(stem)
    return safe.isEmpty ? "map" : safe
  }

  /// A text with `-` for what a file's name had better not have.
  private static func nameSafe(_ text: String) -> String {
    String(text.map { $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : "-" })
  }

  /// Asks for an export, or says why there is nothing to write.
  mutating func export(_ request: ExportRequest) -> [ExplorerEffect] {
    guard !request.path.allSatisfy(\.isWhitespace) else {
      message = .error("export: expected a file name, found nothing")
      return []
    }
    guard !isExporting else {
      message = .error("an export is still being written; Ctrl-C cancels it")
      return []
    }
    switch content(of: request.subject) {
    case .success(let content):
      var request = request
      if request.subject == .session { request.gap = try? savedSession().gap }
      request.trainedSteps = training?.step ?? loadedWeights?.trainedSteps
      isExporting = true
      message = .information("writing \(request.path)")
      return [.export(request, content)]
    case .failure(let reason):
      message = .error(reason.description)
      return []
    }
  }

  private struct NothingToExport: Error, CustomStringConvertible {
    let description: String
  }

  private func content(
    of subject: ExportSubject
  ) -> Result<ExportContent, NothingToExport> {
    switch subject {
    case .map where isMatrixShown:
      guard let stage else {
        return .failure(NothingToExport(description: "export: this stage is not computed yet"))
      }
      return .success(
        .matrix(
          stage, choices.view.appearance, choices.selection.value,
          choices.selection.heads(at: stage.id)))
    case .map, .overlay:
      guard let drawing = mapDrawing(subject == .overlay ? choices.view.overlay : .alone) else {
        return .failure(
          NothingToExport(
            description: "export: "
              + (isExplanationShown ? absentWhy : "this map is not computed yet")))
      }
      if subject == .overlay && drawing.photo == nil {
        return .failure(
          NothingToExport(description: "export: there is no photo under this map; export the map"))
      }
      return .success(
        .map(
          drawing,
          TextPage(
            width: terminal.width, depth: terminal.depth, symbols: terminal.symbols)))
    case .whyFigure:
      guard let figure = explanationFigure else {
        return .failure(NothingToExport(description: "export: " + absentWhy))
      }
      return .success(.madeFigure(figure))
    case .figure:
      guard let run, let ground = figureGround, !figureStages.isEmpty else {
        return .failure(
          NothingToExport(
            description: "export: " + (reasonAgainstFigure ?? "no cross-attention is computed yet"))
        )
      }
      let heads: HeadSelection =
        choices.selection.headsAreAveraged ? .mean : .one(choices.selection.crossHead)
      return .success(
        .figure(
          run, stages: figureStages, heads: heads, name: choices.input.name,
          over: ground, choices.view.appearance))
    case .stage, .run:
      guard let run, let stage else {
        return .failure(NothingToExport(description: "export: no stage is computed yet"))
      }
      let selection = choices.selection
      let heads = ExportContent.AllMaps(
        value: selection.value,
        crossHead: selection.headsAreAveraged ? .mean : .one(selection.crossHead),
        latentHead: selection.headsAreAveraged ? .mean : .one(selection.latentHead),
        stageCount: run.stageIDs.count)
      let stages = (subject == .stage ? [stage] : run.stages).filter { $0.attention != nil }
      guard !stages.isEmpty else {
        return .failure(NothingToExport(description: "export: no stage has maps yet"))
      }
      return .success(.stages(stages, choices.view.appearance, heads))
    case .screen:
      var state = self
      (state.mode, state.message) = (.normal, nil)
      var cache = RenderCache()
      return .success(.text(state.screen(cache: &cache).plainText))
    case .reconstruction:
      guard let given = shownReconstruction else {
        return .failure(NothingToExport(description: "export: this model reconstructs no picture"))
      }
      return .success(.reconstruction(given))
    case .model:
      guard let model = training?.trainer?.model ?? run?.model else {
        return .failure(NothingToExport(description: "export: there is no model yet"))
      }
      return .success(.model(model))
    case .session:
      do throws(CommandError) {
        return .success(.session(try savedSession().session))
      } catch {
        return .failure(NothingToExport(description: error.description))
      }
    }
  }
}

extension ExportDialog {
  private static let usualWidths = [400, 600, 800, 1200, 1600, 2400, 3200, 4800, 8000]

  /// Goes to the next or former choice of the chosen line.
  mutating func choose(by steps: Int) {
    func moved<Choice: Equatable>(_ choice: Choice, among all: [Choice]) -> Choice {
      let index = all.firstIndex(of: choice) ?? 0
      return all[(index + steps + all.count) % all.count]
    }
    switch field {
    case .subject:
      subject = moved(subject, among: subjects)
      format = subject.formats[0]
    case .format: format = moved(format, among: subject.formats)
    case .width:
      // The next of some usual widths in the direction, from whatever was typed.
      let width = Int(width.text) ?? MapFigure.usualWidth
      let next =
        steps > 0
        ? Self.usualWidths.first { $0 > width } : Self.usualWidths.last { $0 < width }
      if let next { self.width = .proposing("\(next)") }
    case .path: break
    }
  }
}

extension ExportDialog {
  static let keys = ModeKeyTable<ExportDialog>(
    "in the export dialog",
    [
      ModeKey([.enter], "write the file", footer: "writes") { state, dialog in
        state.write(&dialog)
      },
      ModeKey([.tab, .down], "go to the next line", footer: "next") { _, dialog in
        dialog.field = dialog.field.next(among: dialog.fields)
        return .stays()
      },
      ModeKey([.backTab, .up], "go to the line before") { _, dialog in
        dialog.field = dialog.field.next(among: dialog.fields.reversed())
        return .stays()
      },
      ModeKey(
        [.right, .space], "the line's next choice; in the file, Space is typed",
        footer: .init("choose", keys: [.left, .right])
      ) { state, dialog in
        state.change(&dialog) { $0.choose(by: 1) }
        return .stays()
      }.when { $0.field != .path },
      ModeKey([.left], "the line's choice before") { state, dialog in
        state.change(&dialog) { $0.choose(by: -1) }
        return .stays()
      }.when { $0.field != .path },
      ModeKey([.escape], "leave; nothing is written", footer: "leaves") { _, _ in .closes() },
    ],
    mode: { .export($0) }, typing: { state, dialog, key in state.edit(&dialog, by: key) })

  /// The keys of the question whether a file that is there is replaced.
  static let replacingKeys = ModeKeyTable<ExportDialog>(
    "where a file would be replaced",
    [
      ModeKey(
        [.character("y"), .character("Y")], "replace the file", footer: "replaces the file"
      ) { state, dialog in
        guard let request = dialog.replacing else { return .stays() }
        return .closes(state.export(request))
      },
      ModeKey(
        [.character("n"), .character("N"), .escape], "keep the file, and write none",
        footer: "keeps it"
      ) { state, dialog in
        dialog.replacing = nil
        dialog.field = .path
        state.message = .information("nothing was written")
        return .stays()
      },
    ],
    mode: { .export($0) }, typing: { _, _, _ in })
}

extension HeadSelection {
  var fileName: String {
    switch self {
    case .one(let head): "head-\(head + 1)"
    case .mean: "mean-of-heads"
    }
  }
}

extension QuerySelection {
  var fileName: String {
    switch self {
    case .one(let latent): "latent-\(latent + 1)"
    case .mean: "mean"
    case .maximum: "maximum"
    }
  }
}

extension String {
  /// With `-` for each space, as file names have it.
  var replacingSpaces: String { String(map { $0 == " " ? "-" : $0 }) }
}
