// Keys of the list of files that Tab opens above a line.

import Screens

extension ExplorerState {
  /// Takes a key of the list; nil for one that is the line's.
  ///
  /// Tab and arrows choose, round the ends. Enter looks into a chosen folder; what else is in the line
  /// is run.
  func press(_ key: Key, inFilesOf command: inout CommandLine) -> [ExplorerEffect]? {
    guard command.offersFiles else { return nil }
    let last = command.completions.count - 1
    switch key {
    case .tab, .down: command.complete(by: 1)
    case .backTab, .up: command.complete(by: -1)
    case .pageDown: command.choose(min(last, (command.completionIndex ?? -1) + Self.filePage))
    case .pageUp: command.choose(max(0, (command.completionIndex ?? 0) - Self.filePage))
    case .enter where command.chosenCompletion?.hasSuffix("/") == true:
      command.forgetCompletions()
      return listing(command.line.text)
    default: return nil
    }
    return []
  }

  /// Files that a page key passes.
  private static let filePage = ListAboveLine.mostRows

  /// The work of listing what a line may become; nil where its command takes no path.
  func listing(_ line: String) -> [ExplorerEffect]? {
    // A model of texts reads any file.
    let inputs: PathCompletion.Offered = choices.input.text == nil ? .inputs : .all
    return PathCompletion(line, inputs: inputs).map { [.list($0, line: line)] }
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
      message = lines.isEmpty ? .information("nothing there begins so") : nil
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
