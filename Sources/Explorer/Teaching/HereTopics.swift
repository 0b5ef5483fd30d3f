// What `?` begins with: what has the focus, the stage that is shown, and the words beside it, from the
// tables that :help WORD has too.

import Perceiver
import Pictures

extension HelpTopic {
  /// The pane with the focus; among the hyperparameters the chosen one, among heads the stage of the
  /// chosen one, elsewhere the shown stage.
  static func here(_ state: ExplorerState) -> [HelpTopic] {
    let word =
      switch state.focus {
      case .map: Panes.main(of: state).topic
      case .latents: LatentsPane.topic
      case .hyperparameters: HyperparametersPane.topic
      }
    let pane = GlossaryEntry.named(word).prefix(1).map {
      HelpTopic(title: "here: \($0.word)", sentences: [$0.meaning])
    }
    guard state.focus != .hyperparameters else {
      return pane + [hyperparameter(state.hyperparameter, state)]
    }
    return pane + (state.stageOfFocus.map { [stage($0, state)] } ?? [])
  }

  /// A stage: what its kind is, and on what this one does it.
  static func stage(_ stageID: StageID, _ state: ExplorerState) -> HelpTopic {
    let meaning = GlossaryEntry.named(stageID.kind.rawValue).first?.meaning
    let heads: String? =
      switch stageID.heads {
      case 0: nil
      case 1: "This one has one head."
      case let count: "This one has \(count) heads."
      }
    return HelpTopic(
      title: "\(stageID.name), stage \(stageID.index + 1) of \(state.stageIDs.count)",
      sentences: [[meaning, heads].compactMap(\.self).joined(separator: " ")]
        + shapes(stageID, state) + [":stage \(stageID.name) goes to it."])
  }

  /// How much reads how much, and in how many numbers; nothing before there is a model.
  private static func shapes(_ stageID: StageID, _ state: ExplorerState) -> [String] {
    guard let run = state.run, run.stageIDs.indices.contains(stageID.index) else { return [] }
    let latents = run.initialLatents.shape
    let wide = "\(counted(latents[0], "latent")) of \(Figures.grouped(latents[1])) numbers"
    guard let weights = run.shape(of: .weights, at: stageID.index),
      let queries = run.shape(of: .queries, at: stageID.index)
    else { return stageID.kind == .latentMixing ? ["Here it mixes \(wide)."] : [] }
    let (rows, keys) = (weights[1], weights[2])
    let words =
      switch stageID.kind {
      case .reverseCrossAttention: "\(counted(rows, "token")) read \(wide)"
      case .decoderCrossAttention: "\(counted(rows, "output")) read \(wide)"
      case .latentSelfAttention: "\(wide) read each other"
      default: "\(wide) read \(counted(keys, "token"))"
      }
    let sizes = weights.map { Figures.grouped($0) }
      .joined(separator: " \(state.terminal.symbols.times) ")
    return [
      "Here \(words). Each head compares \(Figures.grouped(queries[1] / max(1, weights[0]))) numbers of "
        + "a query and a key; the weights are \(sizes)."
    ]
  }

  private static func counted(_ count: Int, _ thing: String) -> String {
    "\(Figures.grouped(count)) \(thing)" + (count == 1 ? "" : "s")
  }
}

extension ExplorerState {
  /// The stage of what has the focus: of the chosen head in the table of heads and among their maps,
  /// else the one that is shown.
  fileprivate var stageOfFocus: StageID? {
    guard isHeadTableShown, focus == .map, let row = chosenRow else { return stageID }
    return stageIDs[row.stage]
  }

  /// The panes beside the one with the focus, and the words before their numbers.
  var entriesBeside: [GlossaryEntry] {
    var words: [String] = []
    for pane in (layout?.column ?? []).map(\.pane) {
      let isHere = focus == .hyperparameters && pane == HyperparametersPane.self
      if !isHere { words.append(pane.topic) }
      // What a model costs is explained where it is changed.
      guard isHere || pane != HyperparametersPane.self else { continue }
      words += pane.words(self).map(\.rawValue)
    }
    // A column's own word means there what the column does.
    var seen = Set(columnsHere.flatMap(\.names))
    return words.filter { !seen.contains($0) }.compactMap { GlossaryEntry.named($0).first }.filter {
      seen.insert($0.word).inserted
    }
  }

  /// The words over the columns of the large pane.
  var columnsHere: [ColumnWord] {
    Panes.main(of: self, butFor: ComparisonPane.self).columns(self)
  }
}
