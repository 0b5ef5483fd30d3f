// The loop that joins terminal, state and effects; everything it decides stands in Explorer.

import Explorer
import Foundation
import Inputs
import Screens

/// What an exploration begins with.
struct ExplorerStart {
  /// The input and the model.
  var choices: Choices
  /// Keys, colours and glyphs.
  var preferences = ExplorerPreferences()
  /// The inputs that were given together; nil where one was.
  var inputs: InputSequence?
  /// The tour, where it is taken at once.
  var tour: Tour?
  /// Command lines to run at once.
  var lines: [String] = []
  /// The session to go to.
  var session: OpenedSession?
  /// The files that were opened last.
  var recent = RecentFiles()
  /// The files it may read and write.
  var files: ExplorerFiles
}

/// How an exploration ended.
enum ExplorerEnd: Equatable {
  /// A person left it.
  case quit
  /// A signal ended it, or the terminal is gone; a program that is ended so exits with 128 and the
  /// signal's number. What was trained and in no file is kept: a line says where.
  case signal(Int32, kept: String?)
}

/// What carries the bytes to the terminal.
enum TerminalLine {
  /// The same machine.
  case local
  /// A network, which may carry little: while a key repeats, pictures are coarse, and behind each key as
  /// exact as some bytes allow until nothing happens for a second.
  case remote

  /// What the environment says of it.
  static func of(_ environment: [String: String]) -> TerminalLine {
    ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].contains { environment[$0]?.isEmpty == false }
      ? .remote : .local
  }
}

/// Opens the terminal and explores until a person leaves or a signal comes.
///
/// - Throws: `TerminalError` if the terminal cannot be used.
func runExplorer(_ start: ExplorerStart, settings: TerminalSettings) throws -> ExplorerEnd {
  var settings = settings
  // Who has chosen a theme needs no answer.
  if start.preferences.themeChoice != .auto { settings.asksBackground = false }
  let driver = try TerminalDriver(settings)
  defer { driver.close() }
  let mailbox = Mailbox(wakeHandle: driver.wakeHandle)
  let runner = EffectRunner(performer: EffectPerformer(files: start.files)) { action in
    mailbox.post(action)
  }
  var loop = ExplorerLoop(
    start: start, driver: driver, background: settings.background ?? .dark, runner: runner,
    line: .of(ProcessInfo.processInfo.environment))
  let end = loop.run(mailbox)
  // The terminal first: nobody should look at a screen that answers no more.
  driver.close()
  guard case .signal(let number) = end else {
    runner.stop(within: .seconds(5))
    return .quit
  }
  // A second signal, as of a session that ends, must not break off what is kept now.
  for signal in [SIGHUP, SIGTERM, SIGINT] { Foundation.signal(signal, SIG_IGN) }
  runner.stop(within: .seconds(5))
  loop.takeLast(mailbox)
  return .signal(number, kept: loop.unsavedTraining.map { keep($0, start.files) })
}

/// Writes a training that no file has into the working folder, or else into the home folder, and
/// says in a line where it is.
private func keep(_ training: UnsavedTraining, _ files: ExplorerFiles) -> String {
  var problem = ""
  for folder in ["", NSHomeDirectory()] {
    do {
      let path = try training.write(into: folder, files)
      let more =
        training.trainer == nil
        ? "" : ", and train --resume --out \(path) goes on with the training"
      return "\(path) keeps the model after step \(training.steps); --weights opens it\(more)"
    } catch {
      problem = "\(error)"
    }
  }
  return "the model after step \(training.steps) is lost: \(problem)"
}

/// One exploration: the state, what draws it, and the terminal.
private struct ExplorerLoop {
  private var state: ExplorerState
  private var cache = RenderCache()
  private let driver: TerminalDriver
  private let runner: EffectRunner
  private let line: TerminalLine
  /// When the last two keys came.
  private var keyTimes: (last: ContinuousClock.Instant, before: ContinuousClock.Instant)?
  /// How well the shown pictures are shown.
  private var quality = Quality.whole
  private var isOver = false
  /// Since when the map is awaited that the latest key asked for.
  private var awaitedSince: ContinuousClock.Instant?
  /// Whether the latest map came within the patience; those of large photos do not.
  private var mapsComeSoon = true
  /// What may be sent over a network.
  private var allowance: LineAllowance
  /// Whether something has changed that is shown as soon as the allowance suffices for it.
  private var isDue = false

  /// How long answers are waited for before a screen without them is shown: shorter than a person
  /// sees, longer than a map takes. Over a network a screen takes longer than most maps do: they are
  /// waited for longer, so that the photo without its map is not sent first.
  private var mapPatience: Duration { .milliseconds(line == .remote ? 100 : 12) }

  /// How the loop ends.
  enum End {
    case quit
    case signal(Int32)
  }

  /// Keys that come faster than this are one key that repeats.
  private static let repeating = Duration.milliseconds(250)
  /// When nothing has happened for so long, a person looks.
  private static let rest = Duration.seconds(1)
  /// Between two parts of a picture that is improved: keys need not wait for all of it on a slow line.
  private static let pace = Duration.milliseconds(250)
  /// Bytes that a key may send over a network for each cell of the screen: 10 KB at 120 × 40. What follows
  /// the key, such as small maps, has a third of that.
  private static let bytesPerCell = 2.1

  /// How well pictures are shown.
  private enum Quality {
    /// In blocks, while a key repeats.
    case coarse
    /// As the bytes of a key allow.
    case passing
    /// As well as can be in the first rows, and so on down the screen.
    case improving
    /// As they were, what has changed much brought up to date in the first rows, and so on.
    case settling
    /// The same in all rows.
    case settled
    /// As well as the line and the terminal allow.
    case whole
  }

  init(
    start: ExplorerStart, driver: TerminalDriver, background: TerminalBackground,
    runner: EffectRunner, line: TerminalLine
  ) {
    let symbols: Symbols =
      switch start.preferences.symbols {
      case .automatic: driver.symbols
      case .ascii: .ascii
      case .unicode: .unicode
      }
    let facts = TerminalFacts(
      width: driver.width, height: driver.height, depth: driver.depth, symbols: symbols,
      background: background)
    state = ExplorerState(
      choices: start.choices, terminal: facts, preferences: start.preferences,
      inputs: start.inputs, tour: start.tour, lines: start.lines,
      session: start.session, recent: start.recent)
    self.driver = driver
    self.runner = runner
    self.line = line
    allowance = LineAllowance(bytes: Self.bytes(of: driver), at: .now)
  }

  /// Bytes that a key may send over a network.
  private static func bytes(of driver: TerminalDriver) -> Int {
    Int(bytesPerCell * Double(driver.width * driver.height))
  }

  /// Runs until a person leaves or a signal comes.
  mutating func run(_ mailbox: Mailbox) -> End {
    take(.start)
    present(.passing)
    while !isOver {
      // At rest pictures are shown as well as they can be.
      var event = driver.waitForEvent(timeout: patience)
      let improves = event == .timeout && !isDue
      let rested = qualityAtRest(isQuiet: improves || isLookedAt)
      var isAnswerToKey = false
      // Whatever is there already is taken in before anything is drawn.
      var deadline: ContinuousClock.Instant?
      taking: while true {
        switch event {
        case .input(let input):
          awaitedSince = nil
          isAnswerToKey = true
          allowance.fill(at: .now)
          if case .key = input {
            let now = ContinuousClock.now
            keyTimes = (now, keyTimes?.last ?? now - .seconds(60))
          }
          take(.input(input))
          deadline = deadline ?? ContinuousClock.now + mapPatience
        case .woken: for action in mailbox.takeAll() { take(action) }
        case .background(let background):
          var facts = state.terminal
          facts.background = background
          take(.terminal(facts))
        case .terminate(let signal): return .signal(signal)
        case .timeout: break taking
        }
        if isOver { return .quit }
        timeMap()
        if line == .remote, isWorthWaiting {
          deadline = deadline ?? ContinuousClock.now + mapPatience
        }
        // A flood of keys must not keep the screen from following.
        if let deadline, ContinuousClock.now > deadline + mapPatience { break }
        let wait = deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) } ?? .zero
        event = driver.waitForEvent(timeout: isWorthWaiting ? wait : .zero)
      }
      // What comes by itself waits until the line can carry it.
      isDue =
        line == .remote && !isAnswerToKey && !improves && allowance.wait(at: .now) != nil
      if isDue { continue }
      present(rested ?? (isKeyRepeating ? .coarse : .passing), isImproved: improves)
    }
    return .quit
  }

  /// What was trained and is in no file.
  var unsavedTraining: UnsavedTraining? { state.unsavedTraining }

  /// Takes in what has come since the loop ended, such as a last step or a file that was written;
  /// nothing more is begun.
  mutating func takeLast(_ mailbox: Mailbox) {
    for action in mailbox.takeAll() { _ = state.update(action) }
  }

  private mutating func take(_ action: ExplorerAction) {
    for effect in state.update(action) {
      switch effect {
      case .quit: isOver = true
      case .suspend: driver.suspend()
      case .redraw: driver.redraw()
      case .copy(let text): driver.copy(text)
      default: runner.run(effect)
      }
    }
  }

  private var isWorthWaiting: Bool { state.isAwaitingMap && mapsComeSoon }

  /// Learns from each map whether to wait for the next.
  private mutating func timeMap() {
    let now = ContinuousClock.now
    if state.isAwaitingMap {
      awaitedSince = awaitedSince ?? now
    } else if let since = awaitedSince {
      mapsComeSoon = since.duration(to: now) <= mapPatience
      awaitedSince = nil
    }
  }

  /// How long nothing may happen before something is shown that is due, or pictures better; nil where they
  /// are whole.
  private var patience: Duration? {
    if isDue { return allowance.wait(at: .now) ?? .zero }
    return switch quality {
    case .coarse: Self.repeating
    case .passing: Self.rest
    case .improving, .settling: Self.pace
    case .settled, .whole: nil
    }
  }

  /// - Parameter isImproved: Whether it is a picture that is improved while nothing happens, which has a
  ///   pace of its own.
  private mutating func present(_ wanted: Quality, isImproved: Bool = false) {
    let screen = state.screen(cache: &cache)
    guard line == .remote else {
      driver.present(screen)
      return
    }
    allowance.bytes = Self.bytes(of: driver)
    // What is seen until a map or the next stage is there leaves most of the bytes to that.
    let isPassing = state.isAwaitingMap || state.isComputingStage
    let bytes = isImproved ? allowance.bytes : allowance.left(at: .now) / (isPassing ? 3 : 1)
    let before = driver.bytesGiven
    defer { if !isImproved { allowance.spend(driver.bytesGiven - before, at: .now) } }
    let shown =
      switch wanted {
      case .coarse: driver.present(screen.withCoarsePictures(), pictures: .within(bytes: bytes))
      case .passing: driver.present(screen, pictures: .within(bytes: bytes))
      case .improving: driver.present(screen, pictures: .improving(bytes: bytes / 3))
      case .settling: driver.present(screen, pictures: .settling(bytes: bytes / 3))
      case .settled: driver.present(screen, pictures: .settled)
      case .whole: driver.present(screen, pictures: .asSeen)
      }
    quality =
      wanted != .coarse && shown.covers(.asSeen)
      ? .whole : wanted == .settling && shown.covers(.settled) ? .settled : wanted
  }

  /// How well pictures are to be shown where a person looks at them; nil while keys come, or where
  /// they are as good as they can be. A mean that goes on is brought up to date where it has changed:
  /// begun anew it would be worse for a moment, and take more bytes.
  ///
  /// - Parameter isQuiet: Whether nothing has happened for long enough.
  private func qualityAtRest(isQuiet: Bool) -> Quality? {
    switch quality {
    case .passing, .improving: return isQuiet ? .improving : nil
    case .settling, .settled, .whole: return isLookedAt && state.isWhyRefining ? .settling : nil
    case .coarse: return nil
    }
  }

  /// Whether no key has come for a while, where something is still computed: pictures then stay as they
  /// are, but for those of a training.
  private var isLookedAt: Bool {
    guard !state.isTraining, let last = keyTimes?.last else { return false }
    return last.duration(to: .now) > Self.rest
  }

  /// Whether a key is held, or pressed again and again.
  private var isKeyRepeating: Bool {
    guard let keyTimes else { return false }
    return keyTimes.before.duration(to: keyTimes.last) < Self.repeating
      && keyTimes.last.duration(to: .now) < Self.repeating
  }
}

/// Actions from other threads, taken out by the loop.
private final class Mailbox: @unchecked Sendable {
  // Unchecked: every access is under the lock.
  private let lock = NSLock()
  private var actions: [ExplorerAction] = []
  private let wakeHandle: WakeHandle

  init(wakeHandle: WakeHandle) { self.wakeHandle = wakeHandle }

  func post(_ action: ExplorerAction) {
    lock.withLock { actions.append(action) }
    wakeHandle.wake()
  }

  func takeAll() -> [ExplorerAction] {
    lock.withLock {
      defer { actions.removeAll() }
      return actions
    }
  }
}
