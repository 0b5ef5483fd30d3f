// The program itself: help, leaving it, cancelling, and the lines that keys open.

import Perceiver
import Screens

extension CommandGroup {
  static let program = CommandGroup(
    "program", "always",
    [
      Command(
        .help, keys: [.character("?"), Key(.function(1))], takes: "[WORD]",
        "help: what is here, all keys and commands; WORD: a term, a key, a command, a stage and so on",
        footer: .init("help", .first), choices: { HelpTopic.words($0) },
        .set { state, arguments throws(CommandError) in
          guard !arguments.rest.isEmpty else {
            state.mode = .page(PageReader(.help))
            return
          }
          guard !HelpTopic.all(arguments.rest, state).isEmpty else {
            throw CommandError("help: no entry for \(arguments.found); ? lists everything")
          }
          state.mode = .page(PageReader(.topic(arguments.rest)))
        }),
      Command(
        "link", takes: "",
        "the command line that opens this very view, copied where the terminal has a clipboard",
        .start { $0.showLink() }),
      Command(
        "session", takes: "save [FILE] | open FILE", pathAfter: ["save", "open"],
        "keep all that is open in a file, and come back to it; explore --session FILE does too",
        choices: { _ in ["save ", "open "] },
        Command.Action { state, arguments throws(CommandError) in
          try state.keepOrOpenSession(arguments)
        }),
      Command(
        .quit, keys: [.character("q")], takes: "", "quit the program",
        footer: .init("quit", .first),
        .start { $0.quit() }),
      Command(
        "cancel", keys: [.control("c")], "cancel what is being computed; twice quits",
        reach: .everyMode, .start { $0.cancelOrQuit() }),
      Command(
        "suspend", keys: [.control("z")], "suspend; the shell's fg resumes", reach: .everyMode,
        .start { _ in [.suspend] }),
      Command(
        "redraw", keys: [.control("l")], "redraw the screen", reach: .everyMode,
        .start { _ in [.redraw] }),
    ])
}

extension ExplorerState {
  /// Writes a session, or goes to one.
  fileprivate mutating func keepOrOpenSession(
    _ arguments: CommandArguments
  ) throws(CommandError) -> [ExplorerEffect] {
    let word = arguments.rest.prefix { $0 != " " }
    let path = CommandArguments(
      name: "session \(word)", rest: String(arguments.rest.dropFirst(word.count)).trimmed)
    switch word {
    case "save": return try saveSession(path.rest.isEmpty ? nil : path.path())
    case "open":
      if let reason = reasonAgainstChange { throw CommandError(reason) }
      let path = try path.path()
      message = .information("reading \(path)")
      return [.openSession(path: path)]
    default:
      throw CommandError("session: expected save [FILE] or open FILE, found \(arguments.found)")
    }
  }

  /// Quits; a trained model that no file has is mentioned first.
  mutating func quit() -> [ExplorerEffect] { quit(by: keyName(.quit)) }

  /// - Parameter key: The name of the key that was pressed.
  private mutating func quit(by key: String) -> [ExplorerEffect] {
    guard hasUnsavedTraining, !isLeavingArmed else { return [.cancel(.computations), .quit] }
    isLeavingArmed = true
    message = .information(
      "the trained model is not saved: :save FILE saves it, \(key) again quits")
    return []
  }

  mutating func cancelOrQuit() -> [ExplorerEffect] {
    if isQuitArmed { return quit(by: "Ctrl-C") }
    isQuitArmed = true
    dropWaitingCommands()
    if isTraining, !isExporting {
      return pauseTraining(saying: "Ctrl-C again quits") + [.cancel(.computations)]
    }
    let wasRefining = isWhyRefining
    if wasRefining {
      stopRefining()
      // What measures the map begins again at the next key.
      open.declined.formUnion(wantedWhy)
    }
    if isBusy || isPlaying || target != nil || wasRefining {
      // Maps are given up only where nothing else was there to cancel: those of the stage that is
      // shown are asked for again once the rest has stopped.
      let isOnlyMaps =
        !(isBuilding || isComputingStage || isExporting || isPlaying || isReading)
        && target == nil
      if isOnlyMaps {
        open.declined.formUnion(open.pending)
        if let pending = pinned?.pending { pinned?.declined.formUnion(pending) }
      }
      open.target = nil
      autoplay = nil
      message = .information("cancelled; Ctrl-C again quits")
      return [.cancel(.computations)]
    }
    if mode != .normal {
      mode = .normal
      message = .information("Ctrl-C again quits")
      return []
    }
    message = .information("nothing is being computed; Ctrl-C again quits")
    return []
  }
}
