// Keys while a line or a dialog is open: typing, choosing, closing.

import Perceiver
import Screens
import Tensors

extension ExplorerState {
  /// Takes a key for the line or dialog that is open.
  mutating func pressInMode(_ key: Key) -> [ExplorerEffect] {
    switch mode {
    case .normal: []
    case .command(let line):
      press(key, line, by: line.offersFiles ? CommandLine.fileKeys : CommandLine.keys)
    case .search(let line): press(key, line, by: SearchLine.keys)
    case .editing(let name, let line):
      press(key, TypedValue(name: name, line: line), by: TypedValue.keys)
    case .latentNumber(let line): press(key, line, by: LineEditor.latentKeys)
    case .export(let dialog):
      press(
        key, dialog,
        by: dialog.replacing == nil ? ExportDialog.keys : ExportDialog.replacingKeys)
    case .classes(let dialog): press(key, dialog, by: ClassDialog.keys)
    case .page(let reader):
      press(key, reader, by: reader.search == nil ? PageReader.keys : PageReader.searchKeys)
    }
  }

  /// Puts pasted text into the line that is open; where none is, a path is opened.
  mutating func paste(_ text: String) -> [ExplorerEffect] {
    func with(_ line: LineEditor) -> LineEditor {
      var line = line
      line.insert(text)
      return line
    }
    switch mode {
    case .classes(var dialog):
      find(dialog.typed + text, in: &dialog)
      mode = .classes(dialog)
    case .page(var reader) where reader.search != nil:
      reader.search = reader.search.map(with)
      mode = .page(reader)
    case .normal:
      guard let path = TypedPath.pasted(text) else {
        message = .information("pasted text goes into lines; : opens one, and a path is opened")
        break
      }
      let name = ModelFileNames.areWeights(path) ? "weights" : "open"
      return run(line: "\(name) \(TypedPath.typed(path))")
    case .page: message = .information("pasted text goes into lines; Esc leaves the page")
    case .command(var command):
      command.line = with(command.line)
      command.forgetCompletions()
      mode = .command(command)
    case .search(var search):
      search.insert(text)
      mode = .search(search)
    case .editing(let name, let line): mode = .editing(hyperparameter: name, with(line))
    case .latentNumber(let line): mode = .latentNumber(with(line))
    case .export(var dialog)
    where dialog.field == .width && text.trimmed.allSatisfy(\.isWholeNumber):
      dialog.width = with(dialog.width)
      mode = .export(dialog)
    case .export(var dialog):
      dialog.path = with(dialog.path)
      (dialog.field, dialog.isPathTyped) = (.path, true)
      mode = .export(dialog)
    }
    return []
  }

  /// Closes a command line and runs it.
  mutating func run(_ command: CommandLine) -> AfterKey {
    let text = command.line.text
    if !text.allSatisfy(\.isWhitespace) {
      commandHistory.removeAll { $0 == text }
      commandHistory.append(text)
    }
    return .closes(run(line: text))
  }

  /// Completes a line, or asks for what lies in the folder that it names.
  fileprivate func completing(_ command: inout CommandLine, by steps: Int) -> AfterKey {
    let text = command.line.text
    if command.completions.count < 2, let effects = listing(text),
      CommandTable.completions(of: text, in: self).isEmpty || text.last == " "
    {
      return .stays(effects)
    }
    complete(&command, by: steps)
    return .stays()
  }

  /// Goes round what the line could become.
  private func complete(_ command: inout CommandLine, by steps: Int) {
    if command.completionIndex == nil, command.completions.isEmpty {
      command.completions = CommandTable.completions(of: command.line.text, in: self)
    }
    command.complete(by: steps)
  }

  fileprivate func recall(_ command: inout CommandLine, by steps: Int) {
    let index = (command.pastIndex ?? -1) + steps
    guard index >= 0 else {
      command = CommandLine()
      return
    }
    guard index < commandHistory.count else { return }
    command = CommandLine(commandHistory[commandHistory.count - 1 - index])
    command.pastIndex = index
  }

  /// Goes to what is chosen of what was found.
  fileprivate mutating func goToFound(_ search: SearchLine) -> AfterKey {
    let found = search.found(in: catalog)
    guard found.indices.contains(search.chosen) else {
      message = .error("no command or hyperparameter matches \(printable(search.line.text))")
      return .closes()
    }
    go(toFound: found[search.chosen])
    return .closes()
  }

  private mutating func go(toFound entry: SearchResults.Entry) {
    switch entry {
    case .hyperparameter(let name):
      focus = .hyperparameters
      selectHyperparameter(named: name)
    case .command(let name): mode = .command(CommandLine(name + " "))
    }
  }

  /// Gives a hyperparameter the value that was typed.
  fileprivate mutating func setValue(_ value: TypedValue) -> AfterKey {
    guard let hyperparameter = catalog.named(value.name) else { return .closes() }
    do {
      set(hyperparameter, to: try hyperparameter.parse(value.line.text))
      return .closes()
    } catch {
      // The line stays open, so that nothing typed is lost.
      message = .error(error.description)
      return .stays()
    }
  }

  /// Chooses another line of the list that keys act on.
  ///
  /// - Parameter index: The line by the one that is chosen, nil for none, and how many there are.
  fileprivate func choose(
    in dialog: inout ClassDialog, _ index: (_ chosen: Int?, _ count: Int) -> Int
  ) -> AfterKey {
    let lines = lines(of: dialog, in: dialog.field)
    let chosen = chosenLine(of: dialog, in: dialog.field, lines)
    guard !lines.isEmpty else { return .stays() }
    dialog.choose(lines[min(max(0, index(chosen, lines.count)), lines.count - 1)])
    return .stays()
  }

  /// Looks for a class by what was typed; what is found first is chosen, so that a name and Enter are
  /// enough.
  fileprivate func find(_ text: String, in dialog: inout ClassDialog) {
    dialog.typed = String(text.filter { !$0.isNewline && $0 != "\t" }.prefix(64))
    if let first = lines(of: dialog, in: dialog.field).first { dialog.choose(first) }
  }
}

// MARK: - The tables

extension CommandLine {
  static let keys = ModeKeyTable<CommandLine>(
    "in the line after :",
    [
      ModeKey([.enter], "run the command") { state, command in state.run(command) },
      ModeKey([.tab], "complete the word; again: the next completion") { state, command in
        state.completing(&command, by: 1)
      },
      ModeKey([.backTab], "the previous completion") { state, command in
        state.completing(&command, by: -1)
      },
      ModeKey([.up], "previous of the lines that were run") { state, command in
        state.recall(&command, by: 1)
        return .stays()
      },
      ModeKey([.down], "next of the lines that were run") { state, command in
        state.recall(&command, by: -1)
        return .stays()
      },
      ModeKey([.backspace], "leave an empty line") { _, _ in .closes() }
        .when { $0.line.characters.isEmpty },
      ModeKey([.escape], "leave the line") { _, _ in .closes() },
    ],
    mode: { .command($0) },
    typing: { _, command, key in
      guard command.line.handle(key) else { return }
      if key.typed == nil { command.forgetCompletions() } else { command.narrowCompletions() }
    })
}

extension SearchLine {
  static let keys = ModeKeyTable<SearchLine>(
    "in the line after /",
    [
      ModeKey([.tab, .down, .control("n")], "choose the next of what is found", footer: "chooses") {
        state, search in
        search.choose(by: 1, in: state.catalog)
        return .stays()
      },
      ModeKey([.backTab, .up, .control("p")], "choose the previous one") { state, search in
        search.choose(by: -1, in: state.catalog)
        return .stays()
      },
      ModeKey([.enter], "go to the chosen one", footer: "goes to") { state, search in
        state.goToFound(search)
      },
      ModeKey([.escape], "leave the line") { _, _ in .closes() },
    ],
    mode: { .search($0) }, typing: { _, search, key in search.handle(key) })
}

/// A value of a hyperparameter while it is typed.
struct TypedValue {
  /// The hyperparameter's name.
  let name: String
  /// The line.
  var line: LineEditor

  static let keys = ModeKeyTable<TypedValue>(
    "in the value of a hyperparameter",
    [
      ModeKey([.enter], "take the value") { state, value in state.setValue(value) },
      ModeKey([.escape], "leave the value as it was") { _, _ in .closes() },
    ],
    mode: { .editing(hyperparameter: $0.name, $0.line) },
    typing: { _, value, key in _ = value.line.handle(key) })
}

extension LineEditor {
  /// The keys of the line in which the number of a latent is typed.
  static let latentKeys = ModeKeyTable<LineEditor>(
    "in the number of a latent",
    [
      ModeKey([.enter], "show the latent") { state, line in
        .closes(state.run(line: "latent \(line.text)"))
      },
      ModeKey([.escape], "leave the line") { _, _ in .closes() },
    ],
    mode: { .latentNumber($0) }, typing: { _, line, key in _ = line.handle(key) })
}

extension ClassDialog {
  static let keys = ModeKeyTable<ClassDialog>(
    "in the choice of classes", typingWords: "type to find",
    [
      ModeKey([.down], "choose the next class", footer: .init("choose", keys: [.up, .down])) {
        state, dialog in
        state.choose(in: &dialog) { chosen, _ in (chosen ?? -1) + 1 }
      },
      ModeKey([.up], "choose the previous class") { state, dialog in
        state.choose(in: &dialog) { chosen, _ in (chosen ?? 1) - 1 }
      },
      ModeKey([.pageDown], "ten classes down") { state, dialog in
        state.choose(in: &dialog) { chosen, _ in (chosen ?? 0) + 10 }
      },
      ModeKey([.pageUp], "ten classes up") { state, dialog in
        state.choose(in: &dialog) { chosen, _ in (chosen ?? 0) - 10 }
      },
      ModeKey([.home], "choose the first class") { state, dialog in
        state.choose(in: &dialog) { _, _ in 0 }
      },
      ModeKey([.end], "choose the last class") { state, dialog in
        state.choose(in: &dialog) { _, count in count - 1 }
      },
      ModeKey([.tab, .backTab, .left, .right], "go to the other list", footer: "other list") {
        _, dialog in
        (dialog.field, dialog.typed) = (dialog.field.next, "")
        return .stays()
      },
      ModeKey([.backspace], "delete the character that was typed last") { state, dialog in
        state.find(String(dialog.typed.dropLast()), in: &dialog)
        return .stays()
      },
      ModeKey([.enter], "explain the class", footer: "explains") { state, dialog in
        // What was typed is no class: the line says so, and a former choice is not what is meant.
        guard !state.lines(of: dialog, in: dialog.field).isEmpty else { return .stays() }
        state.explain(dialog)
        return .closes()
      },
      ModeKey([.escape], "leave the choice as it was", footer: "leaves") { _, _ in .closes() },
    ],
    mode: { .classes($0) },
    typing: { state, dialog, key in
      guard let typed = key.typed else { return }
      state.find(dialog.typed + String(typed), in: &dialog)
    })
}
