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
      var request = request
      let content: ExportContent
      (content, request.gap) = try contents(of: request.subject, as: request.format)
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

  /// What is written, and what of it is missing; nil for nothing.
  private func contents(
    of subject: ExportSubject, as format: ExportFormat
  ) throws(CommandError) -> (ExportContent, gap: String?) {
    switch subject {
    case .map where isMatrixShown && !isDifferenceShown:
      guard let stage, let maps = seenMaps else {
        throw CommandError("this stage is not computed yet")
      }
      let heads = choices.selection.heads(at: stage.id)
      return (.matrix(maps, choices.view.appearance, choices.selection.value, heads, page), nil)
    case .map, .overlay: return (try mapContent(subject), nil)
    case .viewFigure:
      let (figure, gap) = try viewFigure()
      return (.figure(figure), gap)
    case .figure: return (.figure(try crossAttentionFigure()), nil)
    case .table:
      let shown = try seenTable()
      return (.table(shown.table), shown.gap)
    case .classes:
      guard let table = classTable, let figure = classFigure else {
        throw CommandError("no classes are shown")
      }
      return (subject.hasWidth(as: format) ? .figure(FigureMaker(figure)) : .table(table), nil)
    case .stage, .run: return (try stagesContent(subject), nil)
    case .screen:
      var state = self
      (state.mode, state.message) = (.normal, nil)
      var cache = RenderCache()
      return (.text(state.screen(cache: &cache).plainText), nil)
    case .reconstruction:
      guard let given = wholeReconstruction else {
        throw CommandError(
          reasonAgainstReconstruction
            ?? "the reconstruction is not computed yet")
      }
      return (.reconstruction(given), nil)
    case .model:
      guard let model = training?.trainer?.model ?? run?.model else {
        throw CommandError("there is no model yet")
      }
      return (.model(model), nil)
    case .session:
      let (session, gap) = try savedSession()
      return (.session(session), gap)
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
    guard let run = open.explainedRun, let ground = figureGround, !figureStages.isEmpty else {
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
    guard let run, stage != nil else { throw CommandError("no stage is computed yet") }
    let selection = choices.selection
    let heads = ExportContent.AllMaps(
      value: selection.value,
      crossHead: selection.headsAreAveraged ? .mean : .one(selection.crossHead),
      latentHead: selection.headsAreAveraged ? .mean : .one(selection.latentHead),
      stageCount: run.stageIDs.count)
    // All of one run: of that with changes once it has computed all that the other has.
    let mapped = open.mappedRun(through: subject == .stage ? position : run.stages.count - 1)
    let stages = (subject == .stage ? [position] : Array(run.stages.indices)).compactMap { index in
      mapped.flatMap { LatentMaps($0, at: index) }
    }
    guard !stages.isEmpty else { throw CommandError("no stage has maps yet") }
    return .stages(stages, choices.view.appearance, heads)
  }
}
