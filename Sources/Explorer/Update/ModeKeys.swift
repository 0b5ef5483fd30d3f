// Keys while a line or a dialog is open: typing, choosing, closing.

import Perceiver
import Screens
import Tensors

extension ExplorerState {
  /// Takes a key for the line or dialog that is open.
  mutating func pressInMode(_ key: Key) -> [ExplorerEffect] {
    // A line leaves the state while a key changes it, and is put back: held once, it is changed
    // where it lies, however long it is.
    switch mode {
    case .normal: return []
    case .command(let line):
      mode = .normal
      return press(key, inCommandLine: line)
    case .search(let line):
      mode = .normal
      return press(key, inSearch: line)
    case .editing(let name, let line):
      mode = .normal
      return press(key, inValueOf: name, line)
    case .latentNumber(let line):
      mode = .normal
      return press(key, inLatentNumber: line)
    case .export(let dialog): return press(key, inExport: dialog)
    case .classes(let dialog): press(key, inClasses: dialog)
    case .page(let reader): press(key, in: reader)
    }
    return []
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

  private mutating func press(
    _ key: Key, inCommandLine command: consuming CommandLine
  ) -> [ExplorerEffect] {
    if let effects = press(key, inFilesOf: &command) {
      mode = .command(command)
      return effects
    }
    switch key {
    case .escape: mode = .normal
    case .backspace where command.line.characters.isEmpty: mode = .normal
    case .enter:
      mode = .normal
      let text = command.line.text
      if !text.allSatisfy(\.isWhitespace) {
        commandHistory.removeAll { $0 == text }
        commandHistory.append(text)
      }
      return run(line: text)
    case .tab, .backTab:
      let text = command.line.text
      if command.completions.count < 2, let effects = listing(text),
        CommandTable.completions(of: text, in: self).isEmpty || text.last == " "
      {
        mode = .command(command)
        return effects
      }
      complete(&command, by: key == .tab ? 1 : -1)
      mode = .command(command)
    case .up, .down:
      recall(&command, by: key == .up ? 1 : -1)
      mode = .command(command)
    default:
      if command.line.handle(key) {
        if key.typed == nil { command.forgetCompletions() } else { command.narrowCompletions() }
      }
      mode = .command(command)
    }
    return []
  }

  /// Goes round what the line could become.
  private func complete(_ command: inout CommandLine, by steps: Int) {
    if command.completionIndex == nil, command.completions.isEmpty {
      command.completions = CommandTable.completions(of: command.line.text, in: self)
    }
    command.complete(by: steps)
  }

  private func recall(_ command: inout CommandLine, by steps: Int) {
    let index = (command.pastIndex ?? -1) + steps
    guard index >= 0 else {
      command = CommandLine()
      return
    }
    guard index < commandHistory.count else { return }
    command = CommandLine(commandHistory[commandHistory.count - 1 - index])
    command.pastIndex = index
  }

  private mutating func press(_ key: Key, inSearch search: consuming SearchLine) -> [ExplorerEffect]
  {
    switch key {
    case .escape: mode = .normal
    case .enter:
      mode = .normal
      let found = search.found(in: catalog)
      guard found.indices.contains(search.chosen) else {
        message = .error("no command or hyperparameter matches \(printable(search.line.text))")
        return []
      }
      go(toFound: found[search.chosen])
    case .tab, .down, .control("n"):
      search.choose(by: 1, in: catalog)
      mode = .search(search)
    case .backTab, .up, .control("p"):
      search.choose(by: -1, in: catalog)
      mode = .search(search)
    default:
      search.handle(key)
      mode = .search(search)
    }
    return []
  }

  private mutating func go(toFound entry: SearchResults.Entry) {
    switch entry {
    case .hyperparameter(let name):
      focus = .hyperparameters
      selectHyperparameter(named: name)
    case .command(let name): mode = .command(CommandLine(name + " "))
    }
  }

  private mutating func press(
    _ key: Key, inValueOf name: String, _ line: consuming LineEditor
  ) -> [ExplorerEffect] {
    switch key {
    case .escape: mode = .normal
    case .enter:
      guard let hyperparameter = catalog.named(name) else { return [] }
      do {
        let value = try hyperparameter.parse(line.text)
        mode = .normal
        set(hyperparameter, to: value)
      } catch {
        // The line stays open, so that nothing typed is lost.
        message = .error(error.description)
        mode = .editing(hyperparameter: name, line)
      }
    default:
      _ = line.handle(key)
      mode = .editing(hyperparameter: name, line)
    }
    return []
  }

  private mutating func press(_ key: Key, inLatentNumber line: consuming LineEditor)
    -> [ExplorerEffect]
  {
    switch key {
    case .escape: mode = .normal
    case .enter:
      mode = .normal
      return run(line: "latent \(line.text)")
    default:
      _ = line.handle(key)
      mode = .latentNumber(line)
    }
    return []
  }

  private mutating func press(_ key: Key, inClasses dialog: ClassDialog) {
    var dialog = dialog
    let lines = lines(of: dialog, in: dialog.field)
    let chosen = chosenLine(of: dialog, in: dialog.field, lines)
    func move(to line: Int) {
      guard !lines.isEmpty else { return }
      dialog.choose(lines[min(max(0, line), lines.count - 1)])
    }
    switch key {
    case .escape:
      mode = .normal
      return
    case .enter:
      // What was typed is no class: the line says so, and a former choice is not what is meant.
      guard !lines.isEmpty else { return }
      mode = .normal
      return explain(dialog)
    case .tab, .backTab, .left, .right: (dialog.field, dialog.typed) = (dialog.field.next, "")
    case .up: move(to: (chosen ?? 1) - 1)
    case .down: move(to: (chosen ?? -1) + 1)
    case .pageUp: move(to: (chosen ?? 0) - 10)
    case .pageDown: move(to: (chosen ?? 0) + 10)
    case .home: move(to: 0)
    case .end: move(to: lines.count - 1)
    case .backspace: find(String(dialog.typed.dropLast()), in: &dialog)
    default:
      guard let typed = key.typed else { break }
      find(dialog.typed + String(typed), in: &dialog)
    }
    mode = .classes(dialog)
  }

  /// Looks for a class by what was typed; what is found first is chosen, so that a name and Enter are
  /// enough.
  private func find(_ text: String, in dialog: inout ClassDialog) {
    dialog.typed = String(text.filter { !$0.isNewline && $0 != "\t" }.prefix(64))
    if let first = lines(of: dialog, in: dialog.field).first { dialog.choose(first) }
  }
}
