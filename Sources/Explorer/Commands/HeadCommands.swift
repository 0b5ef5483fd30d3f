// The table of heads, and switching heads and stages off.

import Perceiver
import Screens

extension CommandGroup {
  static let heads = CommandGroup(
    "heads", "all heads, and the answer without some",
    [
      Command(
        "heads", keys: [.character("L")], takes: "",
        "table of all heads: entropy, content, importance, and the answer without each",
        footer: "heads", unless: \.reasonAgainstHeadTable, .change { $0.toggleHeadTable() }),
      Command(
        "head-down", keys: [.down, .character("j")], "next head of the table", in: .heads,
        counting: .repeats,
        .change { $0.moveInHeadTable(by: 1) }),
      Command(
        "head-up", keys: [.up, .character("k")], "previous head of the table", in: .heads,
        counting: .repeats,
        .change { $0.moveInHeadTable(by: -1) }),
      Command(
        "head-page-down", keys: [.pageDown], "ten heads down", in: .heads, counting: .repeats,
        .change { $0.moveInHeadTable(by: 10) }),
      Command(
        "head-page-up", keys: [.pageUp], "ten heads up", in: .heads, counting: .repeats,
        .change { $0.moveInHeadTable(by: -10) }),
      Command(
        "sort-heads", keys: [.character("s")], "sort by the next column, then by stage",
        footer: "sort", in: .heads, unless: \.reasonAgainstSorting, .change { $0.sortHeadTable() }),
      Command(
        "head-maps", keys: [.character("v")],
        "numbers of all heads, or their maps: stages down, heads across",
        footer: "numbers or maps", in: .heads, .change { $0.toggleHeadTiles() }),
      Command(
        "head-map-down", keys: [.down, .character("j")], "the map of the next stage",
        in: .headTiles, counting: .repeats, .change { $0.moveInHeadTiles(stages: 1) }),
      Command(
        "head-map-up", keys: [.up, .character("k")], "the map of the previous stage",
        in: .headTiles, counting: .repeats, .change { $0.moveInHeadTiles(stages: -1) }),
      Command(
        "head-map-right", keys: [.right], "the map of the stage's next head",
        footer: .init(
          "move", keysOf: ["head-map-left", "head-map-right", "head-map-up", "head-map-down"]),
        in: .headTiles, counting: .repeats, .change { $0.moveInHeadTiles(heads: 1) }),
      Command(
        "head-map-left", keys: [.left], "the map of its previous head", in: .headTiles,
        counting: .repeats, .change { $0.moveInHeadTiles(heads: -1) }),
      Command(
        "show-head", keys: [.enter], "go to the map of this head", footer: "map", in: .heads,
        .change { $0.showChosenHead() }),
      Command(
        "leave-heads", keys: [.escape], "back to the map", footer: "leave", in: .heads,
        .change { $0.toggleHeadTable() }),
      Command(
        "switch-head", keys: [.character("z")], takes: "[zero | average | flat]",
        "switch the head off, or on: the classes show the answer without it",
        choices: { _ in RunPart.HeadLoss.allCases.map(\.rawValue) },
        unless: \.reasonAgainstSwitching,
        .set { state, arguments throws(CommandError) in try state.switchHead(arguments) }),
      Command(
        "switch-stage", keys: [.character("Z")], takes: "[attention | feed-forward]",
        "switch all that the stage adds off, or on",
        choices: { _ in switchedUpdates.map(\.word) },
        unless: \.reasonAgainstSwitchingStage,
        .set { state, arguments throws(CommandError) in try state.switchStage(arguments) }),
      Command(
        "switch-latent", keys: [.character("l")], takes: "[zero | remove | average]",
        "take the latent away from all stages, or bring it back",
        choices: { _ in RunPart.LatentLoss.allCases.map(\.rawValue) },
        unless: \.reasonAgainstSwitchingLatent,
        .set { state, arguments throws(CommandError) in try state.switchLatent(arguments) }),
      Command(
        "off", takes: "PART",
        "switch a part off by its name, or on: cross 1 head 2, latent 1.1 attention, latent 17 removed",
        unless: \.reasonAgainstSwitchingStage,
        .set { state, arguments throws(CommandError) in try state.switchPart(arguments) }),
      Command(
        "all-on", takes: "", "switch all latents, heads and stages on again",
        unless: { $0.choices.changes.off.isEmpty ? "nothing is off" : nil },
        .change { $0.choices.changes.off = [] }),
    ])

  /// What of a stage may be switched off by itself.
  fileprivate static let switchedUpdates: [Intervention.Update] = [.attention, .feedForward]
}

extension ExplorerState {
  var reasonAgainstSwitching: String? {
    if let reason = reasonAgainstSwitchingStage { return reason }
    guard let stageID = switchedStage else { return "no stage yet" }
    return stageID.kind.mapGround == nil
      ? "\(stageID.name) has no heads: it mixes latents without attention" : nil
  }

  fileprivate var reasonAgainstSwitchingStage: String? {
    if let reason = reasonAgainstStages ?? reasonAgainstChange { return reason }
    return switchedStage == nil ? "no stage yet" : nil
  }

  fileprivate var reasonAgainstSwitchingLatent: String? {
    if let reason = reasonAgainstStages ?? reasonAgainstChange { return reason }
    if choices.selection.latents != .one, !isNumberTableOfLatents {
      return "all latents are shown together; \(keyName("cycle-reduction")) chooses one"
    }
    return stageID?.kind == .linearAttention
      ? "features of \(stageID?.name ?? "this stage") are no latents" : nil
  }

  private var switchedStage: StageID? {
    switchedRow.flatMap { stageIDs.indices.contains($0.stage) ? stageIDs[$0.stage] : nil }
  }

  /// Why heads stand in the order of stages.
  fileprivate var reasonAgainstSorting: String? {
    if areHeadTilesShown {
      return
        "maps stand by stage and head; \(keyName("head-maps")) shows numbers, which can be sorted"
    }
    return headRows.count > 1 ? nil : "there is one head"
  }

  /// The chosen head of the table, or its first where that one is gone.
  var chosenRow: HeadTable.Row? {
    let rows = headRows
    return rows.first { $0 == headTable.chosen } ?? rows.first
  }

  /// The head that is switched: that of the table, or of the shown map.
  private var switchedRow: HeadTable.Row? {
    if isHeadTableShown { return chosenRow }
    if let row = chosenNumberRow, let stage = row.stage {
      return HeadTable.Row(stage: stage, head: row.head ?? 0)
    }
    guard let stageID else { return nil }
    return HeadTable.Row(
      stage: stageID.index, head: choices.selection.headIndex(at: stageID))
  }

  fileprivate mutating func toggleHeadTable() {
    let shows = choices.view.replacement != .heads
    leaveCursorForTables()
    choices.view.replacement = shows ? .heads : nil
    guard shows, let stageID else {
      message = .information(mapView.name)
      return
    }
    headTable.chosen = HeadTable.Row(
      stage: stageID.index, head: choices.selection.headIndex(at: stageID))
    let sorting = reasonAgainstSorting == nil ? "\(keyName("sort-heads")) sorts, " : ""
    message = .information(
      sorting + "\(keyName("show-head")) goes to a head's map, "
        + "\(keyName("switch-head")) switches it off")
  }

  mutating func moveInHeadTable(by steps: Int) {
    let rows = headRows
    guard !rows.isEmpty else { return }
    let index = rows.firstIndex(of: headTable.chosen) ?? 0
    headTable.chosen = rows[min(max(0, index + steps), rows.count - 1)]
  }

  fileprivate mutating func sortHeadTable() {
    headTable.sorting = headTable.sorting.next(among: [nil] + headColumns.map { Optional($0) })
    // What is largest is looked at first.
    if headTable.sorting != nil, let first = headRows.first { headTable.chosen = first }
    message = .information(
      headTable.sorting.map { words(of: $0).meaning } ?? "in the order of stages")
  }

  fileprivate mutating func showChosenHead() {
    guard let row = chosenRow else { return }
    choices.view.replacement = nil
    choices.selection.setHead(row.head, for: stageIDs[row.stage].kind)
    go(to: row.stage)
  }

  /// Switches the head off or on, in the way that is named; one that is off in any way is on again by
  /// the key.
  fileprivate mutating func switchHead(_ arguments: CommandArguments) throws(CommandError) {
    guard let row = switchedRow else { return }
    let own = RunPart.head(row.head, stage: row.stage)
    if arguments.rest.isEmpty {
      return toggle(choices.changes.off.first { $0.isSamePart(as: own) } ?? own)
    }
    // As the command line's option is called.
    let isFlatten = arguments.rest == "flatten"
    toggle(.head(row.head, stage: row.stage, isFlatten ? .flat : try arguments.choice()))
  }

  fileprivate mutating func switchStage(_ arguments: CommandArguments) throws(CommandError) {
    guard let row = switchedRow else { return }
    guard !arguments.rest.isEmpty else { return toggle(.stage(row.stage)) }
    let word = try arguments.name(among: CommandGroup.switchedUpdates.map(\.word))
    let update: Intervention.Update =
      word == Intervention.Update.attention.word ? .attention : .feedForward
    guard update == .attention || run?.hasFeedForward(at: row.stage) == true else {
      throw CommandError("\(arguments.name): \(stageIDs[row.stage].name) has no feed-forward")
    }
    toggle(.update(update, stage: row.stage))
  }

  /// Takes the chosen latent away or brings it back, in the way that is named.
  fileprivate mutating func switchLatent(_ arguments: CommandArguments) throws(CommandError) {
    let latent = chosenNumberRow?.latent ?? choices.selection.latent
    let own = RunPart.latent(latent, .remove)
    if arguments.rest.isEmpty {
      return toggle(choices.changes.off.first { $0.isSamePart(as: own) } ?? own)
    }
    toggle(.latent(latent, try arguments.choice()))
  }

  /// Switches the part of a name off or on.
  fileprivate mutating func switchPart(_ arguments: CommandArguments) throws(CommandError) {
    let latents = run?.initialLatents.shape[0] ?? 0
    guard let part = RunPart.named(arguments.rest, in: stageIDs, latents: latents) else {
      let example = stageIDs.first.map { "\($0.name) or latent 1 removed" } ?? "latent 1 removed"
      throw CommandError(
        "\(arguments.name): expected a part such as \(example), found "
          + arguments.found)
    }
    if case .update(.feedForward, let stage) = part, run?.hasFeedForward(at: stage) != true {
      throw CommandError("\(arguments.name): \(stageIDs[stage].name) has no feed-forward")
    }
    toggle(part)
  }

  private mutating func toggle(_ part: RunPart) {
    choices.changes.off = choices.changes.off.toggling(part)
    let isOff = choices.changes.off.contains(part)
    let name = part.name(in: stageIDs)
    var said = "\(name) is \(isOff ? "off" : "on")"
    switch part {
    // How it is off stands in the name.
    case .head(_, _, .average), .head(_, _, .flat), .latent:
      said = isOff ? name : "\(name): no longer"
    default: break
    }
    if hasClasses { said += "; the classes show the answer before and after" }
    message = .information(said)
  }
}
