// What clicks and the wheel do while a dialog, the list of `/` or one of files is open: a click chooses a
// line, a click on the chosen one is Enter, and the words about keys are the keys.

import Screens

extension ExplorerState {
  mutating func handleMouse(
    _ event: MouseEvent, inDialogOn layout: ScreenLayout
  ) -> [ExplorerEffect] {
    switch mode {
    case .search, .classes, .export: break
    case .command(let command) where command.offersFiles: break
    case .normal, .page, .command, .editing, .latentNumber: return []
    }
    switch event.action {
    case .scrollUp, .scrollDown:
      turnToList(at: event.position)
      return handle(.key(event.action == .scrollUp ? .up : .down))
    case .press(.left):
      if message == nil, let key = FooterPane.key(self, at: event.position, in: layout.footer) {
        return handle(.key(key))
      }
      message = nil
      switch mode {
      case .search(let search): return click(at: event.position, in: search, on: layout)
      case .command(let command): return click(at: event.position, in: command, on: layout)
      case .classes(let dialog): return click(at: event.position, in: dialog)
      case .export(let dialog): return click(at: event.position, in: dialog)
      case .normal, .page, .editing, .latentNumber: return []
      }
    case .press, .release, .drag, .move: return []
    }
  }

  /// The whole screen, in whose middle dialogs stand.
  private var screenArea: Rect {
    Rect(x: 0, y: 0, width: terminal.width, height: terminal.height)
  }

  private mutating func click(
    at point: Point, in search: SearchLine, on layout: ScreenLayout
  ) -> [ExplorerEffect] {
    let footer = FooterPane.area(self, growing: layout.footer)
    guard let list = SearchPane.list(self, search, above: footer),
      let index = list.index(at: point)
    else { return [] }
    guard index != search.chosen else { return handle(.key(.enter)) }
    var search = search
    search.choose(by: index - search.chosen, in: catalog)
    mode = .search(search)
    return []
  }

  private mutating func click(
    at point: Point, in command: CommandLine, on layout: ScreenLayout
  ) -> [ExplorerEffect] {
    let footer = FooterPane.area(self, growing: layout.footer)
    guard let index = FileListPane.list(command, above: footer)?.index(at: point) else { return [] }
    guard index != command.completionIndex else { return handle(.key(.enter)) }
    var command = command
    command.choose(index)
    mode = .command(command)
    return []
  }

  private mutating func click(at point: Point, in dialog: ClassDialog) -> [ExplorerEffect] {
    if let key = ClassDialogPane.key(self, dialog, at: point, in: screenArea) {
      return handle(.key(key))
    }
    guard let (field, line) = ClassDialogPane.line(self, dialog, at: point, in: screenArea) else {
      return []
    }
    let lines = lines(of: dialog, in: field)
    let isChosen = line != nil && line == chosenLine(of: dialog, in: field, lines)
    if isChosen, field == dialog.field { return handle(.key(.enter)) }
    var dialog = dialog
    if field != dialog.field { (dialog.field, dialog.typed) = (field, "") }
    if let line { dialog.choose(lines[line]) }
    mode = .classes(dialog)
    return []
  }

  private mutating func click(at point: Point, in dialog: ExportDialog) -> [ExplorerEffect] {
    switch ExportPane.target(self, dialog, at: point, in: screenArea) {
    case .key(let key)?: return handle(.key(key))
    case .field(let field)?:
      guard dialog.field != field else { return [] }
      var dialog = dialog
      dialog.field = field
      mode = .export(dialog)
    case nil: break
    }
    return []
  }

  /// Lets the wheel move in the list of classes that the mouse is over.
  private mutating func turnToList(at point: Point) {
    guard case .classes(var dialog) = mode,
      let (field, _) = ClassDialogPane.line(self, dialog, at: point, in: screenArea),
      field != dialog.field
    else { return }
    (dialog.field, dialog.typed) = (field, "")
    mode = .classes(dialog)
  }
}
