// What an export is given, gathered when it is asked for.

import Inputs
import Perceiver
import Pictures

extension ExplorerState {
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
    do throws(CommandError) {
      let content = try content(of: request.subject)
      var request = request
      switch request.subject {
      case .session: request.gap = try? savedSession().gap
      case .table: request.gap = shownTable?.gap
      case .viewFigure where !areHeadTilesShown: request.gap = shownTable?.gap
      default: break
      }
      request.trainedSteps = training?.step ?? loadedWeights?.trainedSteps
      isExporting = true
      message = .information("writing \(request.path)")
      return [.export(request, content)]
    } catch {
      message = .error(
        request.subject == .session ? error.description : "export: \(error.description)")
      return []
    }
  }

  private func content(of subject: ExportSubject) throws(CommandError) -> ExportContent {
    switch subject {
    case .map where isMatrixShown && !isDifferenceShown:
      guard let stage else { throw CommandError("this stage is not computed yet") }
      return .matrix(
        stage, choices.view.appearance, choices.selection.value,
        choices.selection.heads(at: stage.id), page)
    case .map, .overlay: return try mapContent(subject)
    case .viewFigure: return .figure(try viewFigure())
    case .figure: return .figure(try crossAttentionFigure())
    case .table:
      guard let shown = shownTable else {
        throw CommandError(
          nameOfShownTable.map { "\($0) is not computed yet" } ?? "no table is shown")
      }
      return .table(shown.table)
    case .classes:
      guard let table = classTable else { throw CommandError("no classes are shown") }
      return .table(table)
    case .stage, .run: return try stagesContent(subject)
    case .screen:
      var state = self
      (state.mode, state.message) = (.normal, nil)
      var cache = RenderCache()
      return .text(state.screen(cache: &cache).plainText)
    case .reconstruction:
      guard let given = wholeReconstruction else {
        throw CommandError(
          reasonAgainstReconstruction
            ?? "the reconstruction is not computed yet")
      }
      return .reconstruction(given)
    case .model:
      guard let model = training?.trainer?.model ?? run?.model else {
        throw CommandError("there is no model yet")
      }
      return .model(model)
    case .session: return .session(try savedSession().session)
    }
  }

  /// What texts are laid out for.
  private var page: TextPage {
    TextPage(width: terminal.width, depth: terminal.depth, symbols: terminal.symbols)
  }

  /// The map that is seen, alone or over its photo; over a text or a sound with its tokens.
  private func mapContent(_ subject: ExportSubject) throws(CommandError) -> ExportContent {
    let drawing = try seenMap(subject == .overlay ? choices.view.overlay : .alone)
    if subject == .overlay && drawing.photo == nil {
      throw CommandError("there is no photo under this map; export the map")
    }
    let liesOverInput = isExplanationShown || !mapLiesOverLatents
    let name =
      isDifferenceShown
      ? "present less pinned"
      : isExplanationShown
        ? explanationFacts?.method ?? "value" : choices.selection.value.rawValue
    return .map(
      drawing, page,
      tokens: liesOverInput && !areChannelsShown
        ? tokenTable(drawing.map.values, name: name) : nil)
  }

  private func crossAttentionFigure() throws(CommandError) -> FigureMaker {
    guard let run, let ground = figureGround, !figureStages.isEmpty else {
      throw CommandError(reasonAgainstFigure ?? "no cross-attention is computed yet")
    }
    let heads: HeadSelection =
      choices.selection.headsAreAveraged ? .mean : .one(choices.selection.crossHead)
    let (stages, name, appearance) = (figureStages, choices.input.name, choices.view.appearance)
    return FigureMaker { cancellation in
      try CrossAttentionFigure.make(
        of: run, stages: stages, heads: heads, name: name, over: ground, appearance: appearance,
        cancellation: cancellation)
    }
  }

  private func stagesContent(_ subject: ExportSubject) throws(CommandError) -> ExportContent {
    guard let run, let stage else { throw CommandError("no stage is computed yet") }
    let selection = choices.selection
    let heads = ExportContent.AllMaps(
      value: selection.value,
      crossHead: selection.headsAreAveraged ? .mean : .one(selection.crossHead),
      latentHead: selection.headsAreAveraged ? .mean : .one(selection.latentHead),
      stageCount: run.stageIDs.count)
    let stages = (subject == .stage ? [stage] : run.stages).filter { $0.attention != nil }
    guard !stages.isEmpty else { throw CommandError("no stage has maps yet") }
    return .stages(stages, choices.view.appearance, heads)
  }
}
