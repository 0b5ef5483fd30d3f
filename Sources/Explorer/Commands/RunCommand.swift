// Runs a command of the table, for a key or a typed line, or sets a hyperparameter by its name.

import Perceiver
import Screens
import Tensors

extension ExplorerState {
  /// Runs the command of a key, or says why it does nothing now.
  mutating func run(keyed command: Command) -> [ExplorerEffect] {
    if let reason = command.reason(self) {
      if passesWithBuilding(reason) {
        wait(
          with: .command(command.id, count: count), of: command, called: keyName(command.id))
      } else {
        message = .information(reason)
      }
      return []
    }
    do throws(CommandError) {
      var effects: [ExplorerEffect] = []
      for round in 0..<(command.counting == .repeats ? count ?? 1 : 1) {
        // Behind the last step there is none.
        if round > 0, command.reason(self) != nil { break }
        effects += try command.action.perform(
          &self, CommandArguments(name: "\(command.id)", rest: ""))
      }
      followTour(command.id)
      if command.counting == .ignores, command.reach == .mainScreen {
        sayNoCount(keyName(command.id))
      }
      return effects
    } catch {
      message = .error(error.description)
      return []
    }
  }

  /// How many steps a key goes on: the number that was typed before it, or one.
  var countedSteps: Int { count ?? 1 }

  /// Says that a key heeded no number, where one was typed before it, ahead of what the key says itself.
  mutating func sayNoCount(_ key: String) {
    guard count != nil, message?.kind != .error else { return }
    let said = message.map { "; \($0.text)" } ?? ""
    message = .information("\(key) takes no count\(said)")
  }

  /// Runs a line; what is wrong with it is said in the status line, and nothing changes.
  mutating func run(line: String) -> [ExplorerEffect] {
    let text = line.trimmed
    guard !text.isEmpty else { return [] }
    let name = String(text.prefix { $0 != " " })
    let rest = String(text.dropFirst(name.count)).trimmed
    do throws(CommandError) {
      if let command = CommandTable.command(name) {
        let arguments = CommandArguments(name: "\(command.id)", rest: rest)
        guard command.isListed || keyContexts.contains(command.context) else {
          throw CommandError("\(command.id): does something only \(command.context.title)")
        }
        if let reason = command.reason(self) {
          guard passesWithBuilding(reason) else { throw CommandError(reason) }
          wait(with: .typed(text), of: command, called: ":\(printable(text))")
          return []
        }
        return try command.action.perform(&self, arguments)
      }
      guard catalog.named(name) != nil else {
        let names =
          CommandTable.listed.flatMap { ["\($0.id)"] + $0.aliases } + catalog.map(\.name)
        let nearest = NearestWord.nearest(to: name, among: names)
        throw CommandError(
          "\(printable(name)) is no command and no hyperparameter; "
            + (nearest.map { "did you mean \($0)?" } ?? ":help lists them"))
      }
      try setAndApply([name] + CommandArguments(name: name, rest: rest).words)
    } catch {
      message = .error(error.description)
    }
    return []
  }

  /// A command's first key, as it is shown, or its name after `:` where it has none.
  func keyName(_ id: Command.ID) -> String {
    preferences.keys.keys(of: CommandTable[id]).first?.name(terminal.keyNames) ?? ":\(id)"
  }

  /// A command's first key that means nothing else where one is; its first key where all of them do.
  func reachableKeyName(_ id: Command.ID) -> String {
    reachableKey(of: CommandTable[id])?.name(terminal.keyNames) ?? keyName(id)
  }

  /// The first of a command's keys that no narrower context takes; nil where there is none.
  func reachableKey(of command: Command) -> Key? {
    preferences.keys.reachableKey(of: command, in: keyContexts)
  }

  /// The contexts that hold now, the narrowest first.
  package var keyContexts: [KeyContext] {
    var contexts: [KeyContext] = []
    if marking != nil { contexts.append(.marking) }
    if isProbing {
      if choices.input.isText, !isProbingLatents { contexts.append(.text) }
      contexts.append(.probe)
    }
    if isWhyShown { contexts.append(.why) }
    if isHeadTableShown, focus == .map {
      if areHeadTilesShown { contexts.append(.headTiles) }
      contexts.append(.heads)
    }
    if isNumberTableShown, focus == .map { contexts.append(.table) }
    if areReadersShown, focus == .map { contexts.append(.readers) }
    if isPatchShown, focus == .map { contexts.append(.patch) }
    if areChannelsShown, focus == .map { contexts.append(.channels) }
    if isGridShown, focus == .map { contexts.append(.grid) }
    if training != nil { contexts.append(.training) }
    if isBrowsingExamples { contexts.append(.examples) }
    if focus == .hyperparameters {
      contexts.append(.hyperparameters)
    } else if choices.changes.hidden != nil {
      // Among the hyperparameters their own keys hold.
      contexts.append(.marks)
    }
    if let step = tourStep {
      contexts.append(.tour)
      // The tour is left before what is open in it, but where the step's own key leaves that.
      let own = CommandTable[step.command].context
      let isFirst = marking == nil && (own == .everywhere || !contexts.contains(own))
      contexts.insert(.leavingTour, at: isFirst ? 0 : contexts.count)
    }
    return contexts + [.everywhere]
  }
}

extension String {
  var trimmed: String {
    var part = Substring(self)
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}
