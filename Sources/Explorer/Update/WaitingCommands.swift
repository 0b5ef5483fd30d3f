// Keys and lines that come while a model is being built and that need it: they wait, and are taken when
// it is there.

import Perceiver
import Screens

extension ExplorerState {
  /// Whether what a reason keeps from being done can be done as soon as the model is built.
  func passesWithBuilding(_ reason: String) -> Bool {
    run == nil && isBuilding && reason == reasonAgainstStages
  }

  /// Lets a command wait for the model, and says so. Who presses a key again because nothing happened
  /// means it once, unless it goes a step further each time.
  ///
  /// - Parameter name: What is said to wait.
  mutating func wait(with step: StartStep, of command: Command, called name: String) {
    if case .command(let id, _)? = startSteps.last, id == command.id, command.counting != .repeats {
      startSteps.removeLast()
    }
    startSteps.append(step)
    let words = reasonAgainstStages.map { "\($0): " } ?? ""
    message = .information(
      "\(words)\(name) waits for it, \(Key.escape.name(terminal.keyNames)) drops it")
    waitingNotice = message
  }

  /// Whether a key or a line waits for the model.
  var hasWaitingCommands: Bool { startSteps.contains(where: \.isWaitingCommand) }

  /// Drops all keys and lines that wait.
  mutating func dropWaitingCommands() { startSteps.removeAll(where: \.isWaitingCommand) }

  /// Drops them, and says so.
  mutating func leaveWaiting() {
    dropWaitingCommands()
    message = .information("nothing waits for the model any more")
  }

  /// Takes the notice away of what waited, once the model is there.
  mutating func endWaiting() {
    if message == waitingNotice { message = nil }
    waitingNotice = nil
  }

  /// Does what waited; it is a step of its own to undo, as it would have been when it was asked for.
  mutating func takeWaiting(
    _ body: (inout ExplorerState) -> [ExplorerEffect]
  ) -> [ExplorerEffect] {
    let point = undoPoint
    isHistoryKept = false
    let effects = body(&self)
    guard !isHistoryKept else { return effects }
    restoreValue(after: point.choices)
    if choices != point.choices || (target ?? position) != point.stage { remember(point) }
    return effects
  }
}

extension StartStep {
  /// Whether a person asked for it while the model was being built.
  fileprivate var isWaitingCommand: Bool {
    switch self {
    case .command, .typed: true
    case .line, .explore, .pin, .stage, .screen, .tourStep: false
    }
  }
}
