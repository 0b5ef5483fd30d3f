// The program in a real terminal: a tmux server of its own, into which a test types and whose
// screen it reads. Nothing sleeps for a fixed time; every wait has a deadline and says what it saw.

import Foundation

/// A program running in a private tmux server, which ends with this object.
final class TmuxSession {
  /// What went wrong, with the screen as it was.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What a captured screen holds.
  enum Capture {
    /// Characters alone.
    case text
    /// Characters with the SGR sequences that colour them.
    case colours
  }

  private let socket: String
  private let folder: URL
  private var isRunning = true

  /// Whether tmux can be run here.
  static var isAvailable: Bool { (try? run(["-V"]))?.status == 0 }

  /// Starts a command in a new terminal.
  ///
  /// - Parameters:
  ///   - command: The program's path and its arguments; no shell looks at them. Empty for an
  ///     interactive shell (`sh`), as for Ctrl-Z and `fg`.
  ///   - width: The terminal's columns.
  ///   - height: The terminal's rows.
  ///   - term: What the program sees as TERM.
  ///   - environment: Variables to add; nil values are removed. The locale is C.UTF-8, and
  ///     COLORTERM and NO_COLOR are not set, unless given.
  init(
    _ command: [String], width: Int = 120, height: Int = 40, term: String = "tmux-256color",
    environment: [String: String?] = [:]
  ) throws {
    let name = "ptui-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(name)
    // tmux refuses sockets in folders that others may enter.
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    socket = folder.appendingPathComponent("tmux").path

    // No key binding, status line or setting of the user may come between test and program;
    // what has ended stays to be read.
    let configuration = folder.appendingPathComponent("tmux.conf")
    try """
    set -g default-terminal "\(term)"
    set -g status off
    set -g prefix None
    set -g prefix2 None
    set -g escape-time 0
    set -g remain-on-exit on
    set -g remain-on-exit-format ""
    set -g history-limit 5000
    set -g default-size \(width)x\(height)
    set -g update-environment ""
    set -s exit-empty off
    """.write(to: configuration, atomically: true, encoding: .utf8)

    var variables: [String: String?] = [
      "LC_ALL": "C.UTF-8", "COLORTERM": nil, "NO_COLOR": nil, "LINES": nil, "COLUMNS": nil,
      "TERMINFO": nil, "TMUX": nil, "TMUX_PANE": nil, "PS1": "$ ", "ENV": nil,
    ]
    for (key, value) in environment { variables[key] = value }
    var launch = ["env"]
    for (key, value) in variables where value == nil { launch += ["-u", key] }
    for (key, value) in variables { if let value { launch.append("\(key)=\(value)") } }
    launch += command.isEmpty ? ["sh", "-i"] : command

    // tmux 3.3 sometimes loses how a program ended, so a shell around it writes it down.
    let around = folder.appendingPathComponent("around")
    try """
    folder=$1; shift
    exec 3>&2 2>/dev/null
    sh -c 'echo $$ > "$0/pid.new"; mv "$0/pid.new" "$0/pid"; exec "$@"' "$folder" "$@" 2>&3 3>&-
    echo $? > "$folder/status.new"; mv "$folder/status.new" "$folder/status"
    """.write(to: around, atomically: true, encoding: .utf8)
    launch = ["sh", around.path, folder.path] + launch

    let started = try Self.run(
      ["-S", socket, "-f", configuration.path, "new-session", "-d", "-x", "\(width)", "-y"]
        + ["\(height)", "--"] + launch)
    guard started.status == 0 else {
      throw Failure(description: "tmux did not start: \(started.output)")
    }
  }

  deinit { close() }

  /// Ends the server and everything in it.
  func close() {
    guard isRunning else { return }
    isRunning = false
    _ = try? tmux("kill-server")
    try? FileManager.default.removeItem(at: folder)
  }
}

// MARK: - What a person does

extension TmuxSession {
  /// Presses keys by tmux's names: `Right`, `C-r`, `BTab`, `Escape`, or single characters.
  func press(_ keys: String...) throws {
    try tmux(["send-keys", "--"] + keys)
  }

  /// Types text letter by letter.
  func type(_ text: String) throws {
    try tmux("send-keys", "-l", "--", text)
  }

  /// Pastes text as one, bracketed where the program asked for that.
  func paste(_ text: String) throws {
    try tmux("set-buffer", "-b", "paste", "--", text)
    try tmux("paste-buffer", "-p", "-d", "-b", "paste")
  }

  /// Gives the window another size.
  func resize(width: Int, height: Int) throws {
    try tmux("resize-window", "-x", "\(width)", "-y", "\(height)")
  }

  /// Sends a signal to the program that was started (not to what a shell started).
  func signal(_ signal: Int32) throws {
    kill(try processIdentifier(), signal)
  }

  /// The program that was started.
  func processIdentifier() throws -> pid_t {
    try waitUntil("the program has started") { _ in number(inFile: "pid") != nil }
    guard let identifier = number(inFile: "pid") else { throw Failure(description: "no process") }
    return pid_t(identifier)
  }

  private func number(inFile name: String) -> Int? {
    let file = folder.appendingPathComponent(name)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

// MARK: - What a person sees

extension TmuxSession {
  /// The screen now, a line per row.
  func screen(_ capture: Capture = .text) throws -> String {
    try tmux(["capture-pane", "-p"] + (capture == .colours ? ["-e"] : []))
  }

  /// Where the cursor is, and whether it can be seen.
  func cursor() throws -> (x: Int, y: Int, isVisible: Bool) {
    let values = try show("#{cursor_x} #{cursor_y} #{cursor_flag}").split(separator: " ")
    let numbers = values.compactMap { Int($0) }
    guard numbers.count == 3 else { throw Failure(description: "no cursor: \(values)") }
    return (numbers[0], numbers[1], numbers[2] == 1)
  }

  /// Whether the program has the alternate screen, as full-screen programs do while they run.
  func isOnAlternateScreen() throws -> Bool { try show("#{alternate_on}") == "1" }

  /// Whether the program asks for the mouse.
  func hasMouse() throws -> Bool { try show("#{mouse_any_flag}") == "1" }

  /// The program's exit status, as a shell gives it: 128 and more for a signal that ended it; nil
  /// while it runs.
  func exitStatus() -> Int? { number(inFile: "status") }

  /// Waits until the screen shows `text` and returns the screen.
  @discardableResult
  func waitFor(_ text: String, within limit: Duration = .seconds(20)) throws -> String {
    try waitUntil("the screen shows \"\(text)\"", within: limit) { $0.contains(text) }
  }

  /// Waits until the screen no longer shows `text` and returns the screen.
  @discardableResult
  func waitForAbsence(of text: String, within limit: Duration = .seconds(20)) throws -> String {
    try waitUntil("the screen no longer shows \"\(text)\"", within: limit) { !$0.contains(text) }
  }

  /// Waits until `condition` holds for the screen and returns it.
  ///
  /// - Parameters:
  ///   - what: The condition in words, for the failure.
  ///   - limit: How long to wait at most.
  ///   - capture: What the condition is given.
  @discardableResult
  func waitUntil(
    _ what: String, within limit: Duration = .seconds(20), _ capture: Capture = .text,
    _ condition: (String) throws -> Bool
  ) throws -> String {
    let deadline = ContinuousClock.now + limit
    while true {
      let seen = try screen(capture)
      if try condition(seen) { return seen }
      guard ContinuousClock.now < deadline else {
        let ended = exitStatus().map { " (the program has ended with status \($0))" } ?? ""
        throw Failure(description: "waited \(limit) until \(what)\(ended); saw:\n\(seen)")
      }
      // A pause between looks, not a guess at how long something takes.
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  /// Waits until the program has ended and returns its status; see ``exitStatus()``.
  func waitForExit(within limit: Duration = .seconds(20)) throws -> Int {
    try waitUntil("the program ends", within: limit) { _ in exitStatus() != nil }
    return exitStatus() ?? 0
  }
}

// MARK: - tmux

extension TmuxSession {
  private func show(_ format: String) throws -> String {
    try tmux("display-message", "-p", format).trimmingCharacters(in: .newlines)
  }

  @discardableResult
  private func tmux(_ arguments: String...) throws -> String { try tmux(arguments) }

  @discardableResult
  private func tmux(_ arguments: [String]) throws -> String {
    let result = try Self.run(["-S", socket] + arguments)
    guard result.status == 0 else {
      throw Failure(description: "tmux \(arguments.joined(separator: " ")): \(result.output)")
    }
    return result.output
  }

  private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    // tmux draws lines and wide characters as they are only when it believes in UTF-8.
    try ChildProcess.run(["tmux", "-u"] + arguments)
  }
}
