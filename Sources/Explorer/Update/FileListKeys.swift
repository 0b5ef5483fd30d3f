// Keys of the list of files that Tab opens above a line.

import Screens

extension CommandLine {
  /// The keys while files are listed; all others are the line's.
  static let fileKeys = ModeKeyTable<CommandLine>(
    "while files are listed above it",
    [
      fileKey(.down, "choose the next file, round the end") { $0.complete(by: 1) },
      fileKey(.up, "choose the previous file, round the end") { $0.complete(by: -1) },
      fileKey(.pageDown, "choose a file a page further on") { $0.passFiles(filePage) },
      fileKey(.pageUp, "choose a file a page further back") { $0.passFiles(-filePage) },
      ModeKey([.enter], "open the chosen folder, or run the command") { state, command in
        guard command.chosenCompletion?.hasSuffix("/") == true else { return state.run(command) }
        command.forgetCompletions()
        return .stays(state.listing(command.line.text) ?? [])
      },
    ],
    others: keys.rows, mode: keys.mode, typing: keys.typing)

  private static func fileKey(
    _ key: Key, _ help: String, _ choose: @escaping @Sendable (inout CommandLine) -> Void
  ) -> ModeKey<CommandLine> {
    ModeKey([key], help) { _, command in
      choose(&command)
      return .stays()
    }
  }

  /// Files that a page key passes.
  private static let filePage = ListAboveLine.mostRows

  private mutating func passFiles(_ count: Int) {
    let chosen = completionIndex ?? (count > 0 ? -1 : 0)
    choose(min(max(0, chosen + count), completions.count - 1))
  }
}

extension ExplorerState {
  /// The work of listing what a line may become; nil where its command takes no path.
  func listing(_ line: String) -> [ExplorerEffect]? {
    completion(line).map { [.list($0, line: line)] }
  }

  private func completion(_ line: String) -> PathCompletion? {
    // A model of texts reads any file.
    PathCompletion(line, inputs: choices.input.isText ? .all : .inputs)
  }

  /// Completes a line by what lies in its folder, as far as all of that is the same; several are listed
  /// above the line.
  mutating func showCompletions(_ outcome: Outcome<[String]>, for line: String) {
    guard case .command(var command) = mode, command.line.text == line else { return }
    let recent = recent.lines(for: line)
    switch outcome {
    case .cancelled: return
    case .failure where recent.isEmpty: message = .information("there is no such folder")
    case .failure, .success:
      var lines = recent
      if case .success(let listed) = outcome { lines += listed }
      message = lines.isEmpty ? completion(line).map { .information($0.absence) } : nil
      let common = PathCompletion.common(lines)
      if common.count > line.count || lines.count == 1 { command.line.set(common) }
      // Of one, a further Tab looks into it.
      if lines.count > 1 { command.offerFiles(lines) } else { command.forgetCompletions() }
      mode = .command(command)
    }
  }
}

extension CommandLine {
  /// Whether files are listed above the line.
  var offersFiles: Bool { completionsAreFiles && completions.count > 1 }

  /// The completion that was chosen, which stands in the line; nil where none was.
  var chosenCompletion: String? {
    completionIndex.flatMap { completions.indices.contains($0) ? completions[$0] : nil }
  }

  /// Lists lines that open files.
  mutating func offerFiles(_ lines: [String], chosen: Int? = nil) {
    (completions, completionIndex, completionsAreFiles) = (lines, chosen, true)
  }

  /// Offers nothing.
  mutating func forgetCompletions() {
    (completions, completionIndex, completionsAreFiles) = ([], nil, false)
  }

  /// Goes on by so many completions, round the ends.
  mutating func complete(by steps: Int) {
    let count = completions.count
    guard count > 0 else { return }
    choose(completionIndex.map { ($0 + steps + count) % count } ?? (steps > 0 ? 0 : count - 1))
  }

  /// Puts a completion into the line.
  mutating func choose(_ index: Int) {
    completionIndex = index
    line.set(completions[index])
  }

  /// Follows what was typed: files that begin so stay in the list, other completions are forgotten.
  mutating func narrowCompletions() {
    guard completionsAreFiles else { return forgetCompletions() }
    let text = line.text
    offerFiles(completions.filter { $0.hasPrefix(text) })
  }
}
