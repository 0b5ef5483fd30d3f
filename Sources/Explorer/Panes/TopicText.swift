// Everything that is known of one word, from the tables that exist: words of the screen, commands,
// keys, hyperparameters, methods, stages.

import Perceiver
import Pictures
import Screens

/// The lines of `:help WORD`.
package struct TopicText: Sendable {
  /// The lines, wrapped.
  package let lines: [[StyledText]]

  /// Everything about a word; lines that say so where nothing is known of it.
  package init(_ word: String, _ state: ExplorerState, width: Int) {
    let word = word.trimmed
    let sections = HelpTopic.all(word, state)
    var lines: [[StyledText]] = []
    for section in sections {
      if !lines.isEmpty { lines.append([]) }
      lines.append([StyledText(section.title, .bold)])
      for sentence in section.sentences {
        lines += sentence.wrapped(toWidth: max(10, width - 2)).map { [StyledText("  " + $0)] }
      }
    }
    self.lines = lines
  }
}

/// One thing that a word is the name of.
struct HelpTopic: Sendable, Hashable {
  /// Its name and what kind of thing it is.
  let title: String
  /// What there is to say of it, a paragraph each.
  let sentences: [String]

  /// Everything that a word is the name of; if it is none, what has it in its name.
  static func all(_ word: String, _ state: ExplorerState) -> [HelpTopic] {
    let exact = named(word, state)
    return exact.isEmpty ? near(word, state) : exact
  }

  /// All words that there is help on, in order, for completion.
  static func words(_ state: ExplorerState) -> [String] {
    let names =
      terms + CommandTable.all.map { "\($0.id)" }
      + state.catalog.map(\.name) + ExplanationMethod.all.map(\.name)
    return Array(Set(names)).sorted()
  }

  private static func named(_ word: String, _ state: ExplorerState) -> [HelpTopic] {
    var topics: [HelpTopic] = []
    let entries = GlossaryEntry.named(word)
    topics += entries.map { .init(title: $0.word, sentences: [$0.meaning]) }
    if let column = column(word, besides: entries) { topics.append(column) }
    if let stageID = state.stageIDs.stage(named: word) {
      topics.append(stage(stageID, state))
    }
    if let hyperparameter = state.catalog.first(where: {
      $0.name.isSpelled(like: word) || $0.optionName.isSpelled(like: word)
    }) {
      topics.append(Self.hyperparameter(hyperparameter, state))
    }
    let name = word.hasPrefix(":") ? String(word.dropFirst()) : word
    if let command = CommandTable.all.first(where: {
      (["\($0.id)"] + $0.aliases).contains { $0.isSpelled(like: name) }
    }) {
      topics.append(Self.command(command, state))
    }
    topics += key(word, state)
    if let method = ExplanationMethod.all.first(where: { $0.name.isSpelled(like: word) }) {
      topics.append(
        .init(
          title: "\(method.name), a method of why",
          sentences: [method.summary(of: state.tokenWords), ":why \(method.name) shows its map."]))
    }
    return topics
  }

  /// What has a word in its name or its help, a line each.
  private static func near(_ word: String, _ state: ExplorerState) -> [HelpTopic] {
    let wanted = word.lowercased()
    let names = words(state).filter { !wanted.isEmpty && $0.lowercased().contains(wanted) }
    let found = SearchResults(word, in: state.catalog).entries.map(\.label)
    let all = Array(Set(names + found.map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 }))
    guard !all.isEmpty else { return [] }
    return [
      .init(
        title: "no such name; similar ones are",
        sentences: all.sorted().map { ":help \($0)" })
    ]
  }

  static func hyperparameter(
    _ hyperparameter: Hyperparameter, _ state: ExplorerState
  ) -> HelpTopic {
    var sentences = [
      "\(hyperparameter.help). It may be \(hyperparameter.domain); it is "
        + "\(hyperparameter.value(in: state.choices.draft)).",
      hyperparameter.redrawing(state).sentence,
    ]
    if !hyperparameter.applies(to: state.choices.draft) {
      sentences.append("A \(state.choices.draft.title) does not have it.")
    }
    if let reason = state.reasonFixed(hyperparameter) {
      sentences.append("It is set by the loaded weights: \(reason).")
    }
    sentences.append(
      ":\(hyperparameter.name) VALUE sets it; --\(hyperparameter.optionName) on the command line.")
    return .init(title: "\(hyperparameter.name), a hyperparameter", sentences: sentences)
  }

  private static func command(_ command: Command, _ state: ExplorerState) -> HelpTopic {
    let keys = state.preferences.keys.names(of: command, state.terminal.keyNames)
    var sentences = [command.help.sentence]
    if !keys.isEmpty {
      sentences.append(
        "Key: \(keys)" + (command.context == .everywhere ? "." : ", \(command.context.title)."))
    }
    if command.isListed { sentences.append("Typed: :\(command.usage)") }
    if let reason = command.reason(state) { sentences.append("Not now: \(reason).") }
    return .init(title: "\(command.id), a command", sentences: sentences)
  }

  /// What a key does, wherever it does something.
  private static func key(_ word: String, _ state: ExplorerState) -> [HelpTopic] {
    guard let key = Key(word) else { return [] }
    let commands = CommandTable.all.filter { state.preferences.keys.keys(of: $0).contains(key) }
    let modes = ModeKeyList.all.flatMap { list in
      list.rows.filter { $0.keys.contains(key) }.map { "\(list.title): \($0.help)" }
    }
    guard !commands.isEmpty || !modes.isEmpty else { return [] }
    return [
      .init(
        title: "\(key.name(state.terminal.keyNames)), a key",
        sentences: commands.map { "\($0.context.title): \($0.help) (\($0.id))" } + modes)
    ]
  }
}

/// What becomes of the weights where a hyperparameter is changed.
struct RedrawingWords: Sendable, Hashable {
  /// In a sentence.
  let sentence: String
  /// In a few words, for a line of its pane.
  let brief: String

  fileprivate static let keeping = RedrawingWords(
    sentence: "A change keeps the weights, and computes the stages anew.",
    brief: "a change keeps the weights")
}

extension Hyperparameter {
  /// What it is, and which values it may have.
  var meaning: String { "\(help); \(domain)" }

  /// What becomes of the weights where it is changed.
  func redrawing(_ state: ExplorerState) -> RedrawingWords {
    switch effect {
    case .rebuildsModel:
      guard case .weights = state.choices.settings.source else {
        let planned = state.costs.redrawing.flatMap { $0.name == name ? $0 : nil }
        return (planned.map(\.words) ?? drawing(state)) ?? .keeping
      }
      guard state.reasonFixed(self) != nil else { return .keeping }
      return .init(
        sentence: "A change needs weights of other shapes.", brief: "a change needs other weights")
    case .recomputesStages: return .keeping
    case .trainingOnly:
      return .init(sentence: "A change shows in training only.", brief: "it matters in training")
    }
  }

  /// How many random weights the change that is in the draft draws anew, or a step up or down where there
  /// is none; nil where it draws none, or cannot be.
  func drawing(_ state: ExplorerState) -> RedrawingWords? {
    let applied = state.choices.settings.configuration
    var changed = state.choices
    if value(in: changed.draft) == value(in: applied) {
      let present = value(in: applied)
      let stepped = [1, -1].lazy.map { value(present, steppedBy: $0) }.first { $0 != present }
      guard let stepped, (try? set(stepped, in: &changed.draft)) != nil else { return nil }
      changed.followInput(after: self)
    }
    guard let (kept, all) = try? changed.draft.parameters(keptFrom: applied), kept < all else {
      return nil
    }
    let (anew, whole) = (Figures.count(Double(all - kept)), Figures.count(Double(all)))
    let wanted = value(in: changed.draft)
    // Where both round alike, the others are counted.
    let others = anew == whole ? Figures.grouped(kept) : "the others"
    let drawn =
      kept == 0
      ? "all \(whole) parameters anew"
      : "\(anew) of \(whole) parameters anew; \(others) stay as they are"
    return .init(
      sentence: "A change to \(wanted) draws \(drawn).",
      brief: "to \(wanted): \(kept == 0 ? "all \(whole)" : anew) drawn anew")
  }
}

extension String {
  /// The text as a sentence: with a capital and a full stop.
  var sentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
