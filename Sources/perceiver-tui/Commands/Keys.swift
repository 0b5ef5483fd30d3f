// `keys`: the explorer's keys as text, from the table that the program itself uses.

import ArgumentParser
import Explorer

/// Lists the explorer's keys.
struct Keys: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the keys of explore, in Markdown.")

  func run() throws {
    try StandardOutput().write(text: try PreferencesFile.read().keys.markdown)
  }
}
