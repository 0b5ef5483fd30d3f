// The configuration file: keys, colours and symbols as a person wants them.

import Explorer
import Foundation
import Tensors

/// `perceiver-tui/config.json` in the folder for configurations.
enum PreferencesFile {
  /// Reads the file; without one, the program's own preferences.
  ///
  /// - Parameter environment: Where XDG_CONFIG_HOME and HOME are looked up.
  /// - Throws: `CommandFailure` with the file.
  static func read(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> ExplorerPreferences {
    guard let file = file(environment) else { return ExplorerPreferences() }
    do {
      let bytes = try file.read()
      return try CommandFailure.about(file.path) { try ExplorerPreferences(json: bytes) }
    } catch let error as FileAccessError where error.reason == .missing {
      return ExplorerPreferences()
    } catch let error as FileAccessError where error.reason == .notAFile {
      Messages.note("\(file.path): passed over: it is no regular file")
      return ExplorerPreferences()
    }
  }

  /// Writes an entry into the file, beside those that are there, and makes the file where there is
  /// none.
  ///
  /// - Parameter environment: Where XDG_CONFIG_HOME and HOME are looked up.
  /// - Returns: The file's path.
  /// - Throws: `CommandFailure`, or an error of the file, one line with its path.
  static func keep(
    _ preference: KeptPreference,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> String {
    guard let file = file(environment) else {
      throw CommandFailure(.cannotWrite, nil, "there is no home folder to keep it in")
    }
    var present = JSONValue.object([])
    do {
      let bytes = try file.read()
      present = try CommandFailure.about(file.path) { try JSONValue(parsing: bytes) }
    } catch let error as FileAccessError where error.reason == .missing {
      // It is made below.
    }
    let text = preference.applied(to: present).indentedText + "\n"
    // What the program would refuse at its next start is not written.
    _ = try CommandFailure.about(file.path) { try ExplorerPreferences(json: Array(text.utf8)) }
    try file.write(text)
    return file.path
  }

  private static func file(_ environment: [String: String]) -> KeptFile? {
    KeptFile("config.json", for: .configuration, environment: environment)
  }
}
