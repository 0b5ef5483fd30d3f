// What there is to export of what is seen, what it is called, and what a file's name asks for.

import Inputs
import Pictures

extension ExplorerState {
  /// What there is to export at the shown stage; the screen at least.
  var exportSubjects: [ExportSubject] {
    let table = shownTable
    return ExportSubject.allCases.filter { offers($0, table) }
  }

  /// Whether there is something of a kind to be written; it may still be on its way.
  ///
  /// - Parameter table: The table that is shown; nil where none is, or it is not there yet.
  private func offers(_ subject: ExportSubject, _ table: ShownTable?) -> Bool {
    switch subject {
    case .map: isMapSeen
    case .overlay: isMapSeen && seenMapPhoto != nil
    case .viewFigure:
      if isReconstructionShown {
        wholeReconstruction != nil
      } else {
        isMapSeen && !isWholePhotoShown || areHeadTilesShown || table?.hasFigure == true
      }
    case .table: table != nil
    case .stage: stage?.attention != nil
    case .figure: reasonAgainstFigure == nil && !figureStages.isEmpty
    case .run: run?.stages.contains { $0.attention != nil } ?? false
    case .screen: true
    case .reconstruction: wholeReconstruction != nil
    case .classes: classTable != nil
    case .model: run?.model.hasExportLayout ?? false
    case .session: (try? savedSession()) != nil
    }
  }

  /// Whether the large pane shows a map, alone or with others, and no table in its place.
  private var isMapSeen: Bool {
    if nameOfShownTable != nil { return false }
    if isDifferenceShown { return (try? comparedMaps()) != nil }
    return isExplanationShown || areChannelsShown || stage?.attention != nil
  }

  /// What is in the large pane where no file holds it as a map: one that is written then would be
  /// another than the one that is looked at. Nil where it is a map.
  private var viewWithoutMap: String? {
    if areHeadTilesShown { return "the maps of heads" }
    if let name = nameOfShownTable { return name }
    return isDifferenceShown && !isMapSeen ? "the difference of two views" : nil
  }

  /// How something is called in the dialog.
  func label(of subject: ExportSubject) -> String {
    switch subject {
    case .map where isDifferenceShown: "this difference"
    case .map where areChannelsShown: "this channel"
    case .overlay where isDifferenceShown: "the difference over the photo"
    case .overlay where areChannelsShown: "the channel over the photo"
    case .viewFigure where areHeadTilesShown: "a figure: maps of all heads"
    case .viewFigure where nameOfShownTable != nil: "a figure: the table with bars"
    case .viewFigure where isReconstructionShown: "a figure: photo and reconstruction, caption"
    case .viewFigure where isDifferenceShown: "a figure: photo, difference, scale, caption"
    case .table: nameOfShownTable ?? subject.label
    case .classes where predictsTokens: "the predicted bytes"
    default: subject.label
    }
  }

  /// What the dialog begins with of all that there is to export: what is looked at.
  func firstExportSubject(of subjects: [ExportSubject]) -> ExportSubject {
    if isReconstructionShown {
      return subjects.contains(.reconstruction) ? .reconstruction : .screen
    }
    if areHeadTilesShown { return .viewFigure }
    if nameOfShownTable != nil { return subjects.contains(.table) ? .table : .screen }
    if isDifferenceShown, !isMapSeen { return .screen }
    if isFigureShown { return .figure }
    return subjects.contains(.overlay) ? .overlay : subjects[0]
  }

  /// What is written to a file in a format: what is on the screen, as far as the format can hold it.
  ///
  /// - Throws: `CommandError` where the format holds nothing of it.
  func exportSubject(
    in format: ExportFormat, path: String
  ) throws(CommandError) -> ExportSubject {
    let hasOwnFigure =
      isDifferenceShown || areChannelsShown || isExplanationShown || isReconstructionShown
    let shown: [(ExportSubject, isShown: Bool)] = [
      (.screen, true), (.model, true), (.reconstruction, isReconstructionShown),
      (.table, nameOfShownTable != nil),
      (.viewFigure, viewWithoutMap != nil || hasOwnFigure && format == .svg),
      (.figure, isFigureShown || format == .svg), (.viewFigure, format == .svg),
      (.overlay, drawsSeenMapOverPhoto), (.map, true),
    ]
    let table = shownTable
    let fitting = shown.filter { $0.isShown && $0.0.formats.contains(format) }.map(\.0)
    if let view = viewWithoutMap {
      let written = [ExportSubject.table, .viewFigure, .screen].filter { offers($0, table) }
      guard let subject = fitting.first(where: { written.contains($0) || $0 == .model }) else {
        if nameOfShownTable == nil {
          throw CommandError("\(path): \(absentDifference ?? "there is no map")")
        }
        throw CommandError(
          "\(path): \(view) \(areHeadTilesShown ? "are" : "is") written as "
            + written.flatMap(\.formats).map { "." + $0.ending }.joined(separator: ", ")
            + (choices.view.replacement == nil ? "" : "; Esc shows the map"))
      }
      return subject
    }
    if isReconstructionShown, fitting.contains(.reconstruction) { return .reconstruction }
    // What is not there yet says why itself.
    return fitting.first { offers($0, table) } ?? fitting.first ?? .map
  }

  /// Why what is seen has no figure; nil if it has one.
  var reasonAgainstViewFigure: String? {
    let table = shownTable
    if offers(.viewFigure, table) { return nil }
    if let view = viewWithoutMap {
      return offers(.table, table)
        ? "\(view) has no figure; :export FILE.csv writes it" : "\(view) has no figure yet"
    }
    return reasonAgainstStages ?? "no map is shown that a figure could be of"
  }

  /// The picture that Figure 3 is of; nil where the input has none.
  var figureGround: CrossAttentionFigure.Ground? {
    CrossAttentionFigure.Ground(
      choices.input, frame: choices.view.frame, of: choices.settings.configuration)
  }

  /// The computed stages that Figure 3 shows.
  var figureStages: [Int] {
    guard let run else { return [] }
    let stages = CrossAttentionFigure.stages(of: run)
    return CrossAttentionFigure.usual(among: stages.filter { $0 < run.stages.count })
  }
}
