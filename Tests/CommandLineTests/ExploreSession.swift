// The explorer in a terminal, and its screen taken apart, for the tests named Explore… beside this.

import Foundation
import Testing

/// Opens the explorer as a person does.
enum Explore {
  /// A model whose stages take a few milliseconds.
  static let small = ["--depth", "2", "--num-latents", "32", "--latent-dim", "64"]

  /// The photo of a cat, 224 × 224.
  static var cat: String {
    Program.repository.appendingPathComponent("Samples/cat.ppm").path
  }

  /// A checkpoint made by perceiver-pytorch: 3 layers, 5 latents, 7 classes, 3 channels.
  static var checkpoint: String {
    Program.repository.appendingPathComponent(
      "Tests/PerceiverTests/Fixtures/perceiver-pytorch/v0.11.0/model.safetensors"
    ).path
  }

  /// What the program is started with, beside what a test adds: no preferences of the user, and no
  /// place to keep what was opened.
  static let environment: [String: String?] = [
    "XDG_CONFIG_HOME": "/nonexistent", "XDG_STATE_HOME": "/dev/null",
  ]

  /// Opens the program and waits until the first stage is shown.
  ///
  /// - Parameter folder: The folder it starts in, for names without one.
  static func open(
    _ input: String = Explore.cat, _ options: [String] = Explore.small, width: Int = 120,
    height: Int = 40, term: String = "tmux-256color", environment: [String: String?] = [:],
    in folder: TemporaryFolder? = nil
  ) throws -> TmuxSession {
    let session = try start(
      input, options, width: width, height: height, term: term, environment: environment,
      in: folder)
    try session.waitForStage(1)
    return session
  }

  /// Starts the program and waits for nothing.
  static func start(
    _ input: String = Explore.cat, _ options: [String] = Explore.small, width: Int = 120,
    height: Int = 40, term: String = "tmux-256color", environment: [String: String?] = [:],
    in folder: TemporaryFolder? = nil
  ) throws -> TmuxSession {
    var command = [try Program.path, input] + options
    if let folder {
      command = ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder.url.path] + command
    }
    return try TmuxSession(
      command, width: width, height: height, term: term,
      environment: Explore.environment.merging(environment) { $1 })
  }
}

/// The parts of the explorer's screen, by what is drawn around them.
struct ExploreScreen {
  /// The rows from top to bottom.
  let rows: [String]

  init(_ text: String) {
    var rows = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if rows.last == "" { rows.removeLast() }
    self.rows = rows
  }

  /// The rows with blanks in place of half blocks: the same two pixels may be an upper or a lower one, or
  /// a blank in the colour of both.
  var looks: [String] {
    rows.map { row in String(row.map { "▀▄█".contains($0) ? " " : $0 }) }
  }

  /// Rows that show a picture: eight half blocks or more. Between them are cells of one colour, which
  /// are blank.
  var pictureRows: [Int] {
    rows.indices.filter { row in rows[row].count(where: "▀▄".contains) >= 8 }
  }

  /// The first row.
  var title: String { rows.first ?? "" }

  /// The row of stages.
  var timeline: String { rows.count > 2 ? rows[rows.count - 2] : "" }

  /// The last row: keys, a message, or what is typed.
  var footer: String { rows.last ?? "" }

  /// A sentence on the last rows, which takes more than one where it is long.
  var message: String {
    let frame = rows.lastIndex { "└+".contains($0.first ?? " ") } ?? 0
    return rows.dropFirst(frame + 1).map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: " ")
  }

  /// The upper edge of the frames, behind the title and the hints.
  var upperEdge: String {
    rows.dropFirst().first { $0.hasPrefix("┌") || $0.hasPrefix("+") }
      ?? (rows.count > 1 ? rows[1] : "")
  }

  /// The rows between the upper and lower edges of the frames.
  var insideFrames: ArraySlice<String> {
    guard rows.count > 4, let edge = rows.firstIndex(of: upperEdge) else { return [] }
    return rows[edge + 1..<rows.count - 3]
  }

  /// The title of the large pane.
  var mapTitle: String {
    let end = upperEdge.range(of: "┐┌") ?? upperEdge.range(of: "++")
    return end.map { String(upperEdge[..<$0.lowerBound]) } ?? upperEdge
  }

  /// The rows of a part of the right column, without its frame; empty if it is not shown.
  func part(_ title: String) -> [String] {
    guard let first = rows.indices.first(where: { titleOfRight($0)?.hasPrefix(title) == true })
    else { return [] }
    let rest = rows[(first + 1)...].prefix {
      right($0).map { !"├└+".contains($0.first ?? "└") } ?? false
    }
    return rest.compactMap { row in
      right(row).map { text in
        String(text.dropFirst().dropLast()).trimmingCharacters(in: .whitespaces)
      }
    }
  }

  /// What the legend says.
  var legend: String { part("legend").joined(separator: "\n") }

  /// What the readout says.
  var readout: String { part("readout").joined(separator: "\n") }

  /// A hyperparameter's value as the list shows it; nil if the list does not.
  func hyperparameter(_ name: String) -> String? {
    let list = part("hyperparameters") + part("changes")
    for row in list {
      let words = row.split(whereSeparator: { " ▸◂>".contains($0) }).map(String.init)
      guard words.first == name, words.count > 1 else { continue }
      return words.last == "*" ? words[1] + "*" : words[1]
    }
    return nil
  }

  /// Where the right column begins: behind the corner that both columns share.
  private var rightStart: Int? {
    let edge = upperEdge
    guard let corner = edge.range(of: "┐┌") ?? edge.range(of: "++") else { return nil }
    return edge.distance(from: edge.startIndex, to: corner.lowerBound) + 1
  }

  private func right(_ row: String) -> Substring? {
    rightStart.flatMap { row.count > $0 ? row.dropFirst($0) : nil }
  }

  private func titleOfRight(_ row: Int) -> String? {
    guard let text = right(rows[row]), "┌├+".contains(text.first ?? " ") else { return nil }
    return text.dropFirst(2).drop { " ▸>".contains($0) }.description
  }
}

extension TmuxSession {
  /// The screen now, taken apart.
  func parts() throws -> ExploreScreen { ExploreScreen(try screen()) }

  /// Waits until a condition holds for the parts of the screen and returns them as a whole: a
  /// terminal may be looked at while it is half painted, so what is returned was seen twice, or,
  /// where a mark keeps turning, five times.
  @discardableResult
  func waitUntilParts(
    _ what: String, within limit: Duration = .seconds(60),
    _ condition: (ExploreScreen) throws -> Bool
  ) throws -> ExploreScreen {
    var last = ""
    var sightings = 0
    return ExploreScreen(
      try waitUntil(what, within: limit) { seen in
        guard try condition(ExploreScreen(seen)) else {
          sightings = 0
          return false
        }
        sightings += 1
        defer { last = seen }
        return sightings > 1 && seen == last || sightings > 4
      })
  }

  /// Waits until a stage, counted from 1, is shown with its map.
  @discardableResult
  func waitForStage(_ number: Int) throws -> ExploreScreen {
    try waitUntilParts("stage \(number) is shown with its map") {
      $0.title.contains(", \(number) of ") && $0.isSettled
    }
  }

  /// Waits until the last row says something and returns the screen.
  @discardableResult
  func waitForFooter(_ text: String) throws -> ExploreScreen {
    try waitUntilParts("the last row says \"\(text)\"") { $0.footer.contains(text) }
  }

  /// Waits until the last rows say something and returns the screen.
  @discardableResult
  func waitForMessage(_ text: String) throws -> ExploreScreen {
    try waitUntilParts("the last rows say \"\(text)\"") { $0.message.contains(text) }
  }

  /// Presses Escape until a condition holds. What follows an Escape at once would be read with it
  /// as one key with Alt, so nothing else may be typed before its effect is seen.
  func escape(until what: String, _ condition: (ExploreScreen) -> Bool) throws {
    for _ in 0..<20 {
      try press("Escape")
      let seen = try? waitUntilParts(what, within: .milliseconds(500), condition)
      if seen != nil { return }
    }
    try waitUntilParts(what, within: .zero, condition)
  }

  /// Leaves whatever line or dialog is open.
  func escape() throws {
    try escape(until: "the keys are listed again") {
      $0.footer.contains("q quit") && !$0.rows.contains { $0.contains("┌ export") }
        && !$0.rows.contains { $0.contains("┌ help") }
    }
  }

  /// Types a command and Enter.
  func command(_ text: String) throws {
    try press(":")
    try waitForFooter(":")
    try type(text)
    try press("Enter")
  }
}

extension ExploreScreen {
  /// Whether nothing is being computed and every map is shown.
  var isSettled: Bool {
    let busy = ["computing", "building"]
    // A mark turns in the place of each small map that is not there; the row of stages explains it.
    let isTurning = rows.dropLast(2).contains { $0.contains { "◐◓◑◒".contains($0) } }
    return !isTurning && !busy.contains { title.contains($0) || mapTitle.contains($0) }
      && !legend.isEmpty && !legend.contains("no map")
  }
}
