// The export dialog's keys.

import Pictures
import Screens

extension ExplorerState {
  /// Writes what a dialog says; a width that is none leaves it open.
  fileprivate mutating func write(_ dialog: inout ExportDialog) -> AfterKey {
    var request = ExportRequest(
      subject: dialog.subject, format: dialog.format, path: TypedPath.parse(dialog.path.text))
    if dialog.subject.hasWidth(as: dialog.format) {
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
      ModeKey([.backTab, .up], "go to the previous line") { _, dialog in
        dialog.field = dialog.field.next(among: dialog.fields.reversed())
        return .stays()
      },
      ModeKey(
        [.right, .space], "the line's next choice; in the file's name, Space types a space",
        footer: .init("choose", keys: [.left, .right])
      ) { state, dialog in
        state.change(&dialog) { $0.choose(by: 1) }
        return .stays()
      }.when { $0.field != .path },
      ModeKey([.left], "the line's previous choice") { state, dialog in
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
        [.character("n"), .character("N")], "keep the file, and choose another name",
        footer: "another name"
      ) { state, dialog in
        dialog.replacing = nil
        dialog.field = .path
        state.message = .information("nothing was written")
        return .stays()
      },
      ModeKey([.escape], "keep the file, and leave", footer: "leaves") { state, _ in
        state.message = .information("nothing was written")
        return .closes()
      },
    ],
    mode: { .export($0) }, typing: { _, _, _ in })
}
