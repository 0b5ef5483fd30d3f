// The last, thin step to the terminal: writes what changed between screens and waits for events.
// ncurses lies below it in CTerminal; what may be asked of a terminal is in TerminalSettings.swift.

import CTerminal
import Foundation
import Screens

/// Something the program's loop waits for.
package enum TerminalEvent: Hashable, Sendable {
  /// A person did something, or the window changed its size.
  case input(InputEvent)
  /// A ``WakeHandle`` was used, once or more often.
  case woken
  /// The terminal said what its background is.
  case background(TerminalBackground)
  /// The program shall end: a signal came, or the terminal is gone (SIGHUP).
  case terminate(signal: Int32)
  /// The time to wait is over.
  case timeout
}

/// An open terminal, which it restores when it is closed, freed, or the program ends in any way.
///
/// One can be open at a time, and only the thread that opened it may use it.
package final class TerminalDriver {
  /// The terminal's columns.
  package private(set) var width: Int
  /// The terminal's rows.
  package private(set) var height: Int
  /// The colours it can show.
  package let depth: ColourDepth
  /// The glyphs it can show.
  package let symbols: Symbols
  /// Wakes ``waitForEvent(timeout:)`` from any thread.
  package let wakeHandle: WakeHandle

  private let settings: TerminalSettings
  private let signals: Pipe
  private let wakes: Pipe
  /// The screen that was asked for last, and how exactly it is shown; nil before the first and behind a
  /// resize.
  private var asked: (screen: Screen, fidelity: PictureFidelity)?
  /// The same in the form that was written; nil where nothing is known of what is shown.
  private var shown: Screen?
  private var parser: TerminalInputParser
  /// Until when the rest of a sequence is waited for that has begun.
  private var restDeadline: ContinuousClock.Instant?
  private var pending = ArraySlice<TerminalEvent>()
  private var isOpen = true
  /// Until when the answer is waited for that the terminal owes.
  private var answerDeadline: ContinuousClock.Instant?
  /// How long that is: longer than any network takes.
  private static let answerTime = Duration.seconds(10)

  /// Opens a terminal: clears it, hides its cursor, takes its keys and the program's signals.
  ///
  /// - Throws: ``TerminalError`` when the terminal cannot be used; it is then as it was.
  package init(_ settings: TerminalSettings) throws(TerminalError) {
    self.settings = settings
    signals = try Pipe()
    wakes = try Pipe()
    wakeHandle = WakeHandle(pipe: wakes)
    (width, height) = settings.currentSize

    // Handlers first: ncurses installs its own, which exit, wherever it finds none.
    guard ct_catch_signals(signals.writing) == 1 else { throw .alreadyOpen }
    let family = TerminalFamily(ofType: settings.type)
    let status = ct_open(
      settings.type, settings.input, settings.output, Int32(width), Int32(height),
      settings.colours.number, TerminalSettings.number(of: family),
      family?.isCarried == true ? 1 : 0)
    guard status == CT_OK.rawValue else {
      let reason = errno
      ct_release_signals()
      throw TerminalError(status: status, type: settings.type, reason: reason)
    }
    depth =
      switch ct_colour_count() {
      case 0x100_0000...: .direct
      case 256...: .indexed256
      case 8...: .indexed8
      default: .monochrome
      }
    symbols = ct_is_utf8() == 1 ? .unicode : .ascii
    parser = .ofOpenTerminal()
    if settings.asksBackground { askBackground() }
    if settings.errors == .held { ct_hold_errors() }
  }

  deinit { close() }

  /// Restores the terminal and the former signal handlers; does nothing when that is done.
  package func close() {
    guard isOpen else { return }
    isOpen = false
    takeLateAnswer()
    ct_close()
    ct_restore_now()
    ct_release_signals()
  }
}

// MARK: - The background

extension TerminalDriver {
  /// Asks the terminal for its background; the answer comes among the keys, or never.
  private func askBackground() {
    let bytes = TerminalBackground.question.map(CChar.init(bitPattern:))
    ct_send(bytes, bytes.count)
    parser.expectAnswer()
    answerDeadline = ContinuousClock.now + Self.answerTime
  }

  /// Takes in an answer that has come, or gives it up.
  private func noteAnswer() {
    if let colour = parser.takeBackground() {
      pending.append(.background(TerminalBackground(colour)))
      answerDeadline = nil
    } else if let deadline = answerDeadline, ContinuousClock.now >= deadline {
      parser.expectNoAnswer()
      answerDeadline = nil
    }
  }

  /// Waits a moment for an answer that is still on its way when the program ends or stops at once: the
  /// shell would take it for typing.
  private func takeLateAnswer() {
    guard parser.isAnswerAwaited else { return }
    let end = ContinuousClock.now + .milliseconds(150)
    while parser.isAnswerAwaited {
      var handle = pollfd(fd: settings.input, events: Int16(POLLIN), revents: 0)
      guard poll(&handle, 1, milliseconds(until: end)) > 0, handle.revents & Int16(POLLIN) != 0
      else { return }
      var bytes = [UInt8](repeating: 0, count: 1024)
      let count = read(settings.input, &bytes, bytes.count)
      guard count > 0 else { return }
      take(parser.take(bytes[..<count]))
    }
  }
}

// MARK: - Screens

extension TerminalDriver {
  /// Shows a screen by writing the cells that differ from what is shown; a screen of another size
  /// is cut to the terminal's, and its pictures take the form that needs the fewest bytes.
  ///
  /// - Returns: How exactly pictures are shown: as seen where a number of bytes suffices for that.
  @discardableResult
  package func present(
    _ screen: Screen, pictures fidelity: PictureFidelity = .exact
  ) -> PictureFidelity {
    guard isOpen else { return fidelity }
    var next = screen
    if screen.width != width || screen.height != height {
      next = Screen(width: width, height: height)
      next.copy(screen, to: Point(x: 0, y: 0))
      next.cursor = screen.cursor
    }
    if symbols.isASCII { next = next.spelledInASCII() }
    return show(next, fidelity)
  }

  /// Writes all of the screen anew that was asked for last, as Ctrl-L asks when something else wrote
  /// over it.
  package func redraw() {
    guard isOpen else { return }
    ct_repaint()
    guard let asked else { return }
    shown = nil
    show(asked.screen, asked.fidelity)
  }

  /// Writes the cells of a screen of the terminal's size that differ from what is shown.
  @discardableResult
  private func show(_ screen: Screen, _ fidelity: PictureFidelity) -> PictureFidelity {
    let former = asked.flatMap { shown != nil && $0.fidelity.covers(fidelity) ? $0 : nil }
    var economical = screen.economical(
      over: shown, of: former?.screen, depth: depth, symbols: symbols, fidelity)
    var difference = ScreenDifference(from: shown, to: economical.screen)
    if ct_begin_frame(Int32(difference.cellCount)) == 1 {
      // Every cell is written again: pictures in as few bytes as over nothing.
      economical = screen.economical(over: nil, depth: depth, symbols: symbols, fidelity)
      difference = ScreenDifference(from: nil, to: economical.screen)
    }
    let next = economical.screen
    for run in difference.runs { write(run, of: next) }
    let cursor = next.cursor.flatMap { next.bounds.contains($0) ? $0 : nil }
    ct_end_frame(Int32(cursor?.x ?? -1), Int32(cursor?.y ?? -1))
    // Rows that stayed are as they were before.
    let isLess = former.map { !$0.fidelity.covers(economical.fidelity) } ?? false
    let reached = isLess ? fidelity : economical.fidelity
    (asked, shown) = ((screen, reached), next)
    return reached
  }

  /// How many bytes the terminal has been given by this program.
  package var bytesGiven: Int { Int(clamping: ct_bytes_given()) }

  /// Gives a text to the terminal's clipboard (OSC 52); terminals without one pass it over.
  package func copy(_ text: String) {
    // More than this some terminals drop whole.
    guard isOpen, text.utf8.count <= 70_000 else { return }
    let sequence = "\u{1B}]52;c;\(Data(text.utf8).base64EncodedString())\u{7}"
    let bytes = Array(sequence.utf8).map(CChar.init(bitPattern:))
    ct_send(bytes, bytes.count)
  }

  private func write(_ run: ScreenDifference.Run, of screen: Screen) {
    var style = Style.plain
    var resolved = depth.resolve(style)
    var scalars: [UInt32] = []
    for x in run.columns {
      let cell = screen[x, run.y]
      if cell.span == .trailing { continue }
      if cell.style != style {
        style = cell.style
        resolved = depth.resolve(style)
      }
      scalars.removeAll(keepingCapacity: true)
      for scalar in cell.character.unicodeScalars { scalars.append(scalar.value) }
      ct_put(
        Int32(x), Int32(run.y), scalars, Int32(scalars.count), cell.span == .leading ? 2 : 1,
        // The attributes' bits are those of CTerminal.h.
        Int32(resolved.attributes.rawValue), Int32(resolved.foreground ?? -1),
        Int32(resolved.background ?? -1))
    }
  }
}

// MARK: - Events

extension TerminalDriver {
  /// Waits for the next event, at most `timeout`; nil waits for as long as it takes.
  package func waitForEvent(timeout: Duration? = nil) -> TerminalEvent {
    guard isOpen else { return .timeout }
    let deadline = timeout.map { ContinuousClock.now + $0 }
    while true {
      if let event = pending.popFirst() { return event }
      var handles = [
        pollfd(fd: signals.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: wakes.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: settings.input, events: Int16(POLLIN), revents: 0),
      ]
      let soonest = [deadline, restDeadline].compactMap { $0 }.min()
      let count = poll(&handles, nfds_t(handles.count), milliseconds(until: soonest))
      if count < 0 && errno != EINTR { return .terminate(signal: SIGHUP) }
      if count > 0 {
        if handles[0].revents != 0 { take(signals: signals.drain()) }
        if handles[1].revents != 0 && !wakes.drain().isEmpty { pending.append(.woken) }
        if handles[2].revents != 0 { takeInput(polled: Int32(handles[2].revents)) }
      }
      // What has come meanwhile was taken in first: the wait counts only while nothing comes.
      if count >= 0, handles[2].revents == 0, let rest = restDeadline, ContinuousClock.now >= rest {
        take(parser.timeOut())
      }
      if pending.isEmpty, let deadline, ContinuousClock.now >= deadline { return .timeout }
    }
  }

  /// Gives the terminal to the shell and stops, as Ctrl-Z does; returns when the program goes on,
  /// with the screen shown again.
  package func suspend() {
    guard isOpen else { return }
    takeLateAnswer()
    ct_leave()
    ct_release_errors()
    ct_stop()
    if settings.errors == .held { ct_hold_errors() }
    ct_enter()
    resume()
  }

  private func resume() {
    takeSize()
    // The window may have another size, and a size event makes the program draw in any case.
    tellSize()
    redraw()
  }

  private func tellSize() {
    // Of a storm of sizes only the last is told.
    pending.removeAll { $0.isResize }
    pending.append(.input(.resize(width: width, height: height)))
  }

  /// Takes the terminal's size; returns whether it is another one.
  @discardableResult
  private func takeSize() -> Bool {
    let size = settings.currentSize
    guard size != (width, height) else { return false }
    (width, height) = size
    ct_resize(Int32(width), Int32(height))
    (asked, shown) = (nil, nil)
    return true
  }

  private func take(signals numbers: [UInt8]) {
    var hasResized = false
    for number in numbers {
      switch Int32(number) {
      case SIGWINCH: hasResized = true
      case SIGTSTP: suspend()
      case SIGCONT:
        ct_enter()
        resume()
      case let signal: pending.append(.terminate(signal: signal))
      }
    }
    guard hasResized else { return }
    // A window that came back to its size may have lost what was on it.
    if takeSize() { tellSize() } else { redraw() }
  }

  /// Takes in what has been typed. Only a terminal that is gone, or a file that has been read, ends
  /// the program: bytes without a meaning do nothing.
  private func takeInput(polled: Int32) {
    guard polled & Int32(POLLIN) != 0 else {
      let isGone = polled & (Int32(POLLHUP) | Int32(POLLERR) | Int32(POLLNVAL)) != 0
      if isGone { pending.append(.terminate(signal: SIGHUP)) }
      return
    }
    // A bound, so that a flood of input leaves room for signals and answers.
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = read(settings.input, &bytes, bytes.count)
    if count > 0 {
      take(parser.take(bytes[..<count]))
    } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
      pending.append(.terminate(signal: SIGHUP))
    }
  }

  private func take(_ inputs: [InputEvent]) {
    for input in inputs { pending.append(.input(input)) }
    noteAnswer()
    restDeadline = parser.patience.map { ContinuousClock.now + $0 }
  }

  private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let left = ContinuousClock.now.duration(to: deadline)
    guard left > .zero else { return 0 }
    let (seconds, attoseconds) = left.components
    // Rounded up, so that waiting does not end in turns of 0 ms.
    let milliseconds = Double(seconds) * 1000 + (Double(attoseconds) / 1e15).rounded(.up)
    return Int32(min(milliseconds, 1e9))
  }
}

extension TerminalEvent {
  fileprivate var isResize: Bool {
    if case .input(.resize) = self { true } else { false }
  }
}
