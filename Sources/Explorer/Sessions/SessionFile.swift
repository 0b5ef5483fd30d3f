// A session file: JSON with a version, read whole or refused in one line.

import Inputs
import Tensors

/// Session files as bytes.
public enum SessionFile {
  /// The name under which the version stands; it tells a session from other JSON.
  static let mark = "perceiver-tui-session"
  /// The version that this program writes and reads. It grows when an older program would
  /// misunderstand a file; a new field alone does not.
  static let version = 1
  /// More than any session takes.
  static let largest = 1 << 22

  /// The rows of all tables of fields, as README.md beside this file has them.
  package static var tableRows: [String] {
    func rows<Record: SessionRecord>(_: Record.Type) -> [String] {
      Record.fields.map { "| `\($0.name)` | \($0.help) |" }
    }
    return ["| `\(mark)` | the version: \(version) |"] + rows(SavedSession.self)
      + rows(SavedInput.self) + rows(SavedModel.self) + rows(SavedView.self)
      + rows(SavedChanges.self) + rows(SavedScreen.self)
  }

  /// The bytes of a session's file.
  ///
  /// - Parameter path: Where it is to stand; files in its folder are named from there.
  public static func bytes(of session: SavedSession, for path: String) -> [UInt8] {
    var members = [JSONValue.Member(name: mark, value: .integer(version))]
    if case .object(let fields) = session.written(in: SessionFolder(ofFile: path)) {
      members += fields
    }
    return Array((JSONValue.object(members).readableText + "\n").utf8)
  }

  /// Reads the bytes of a session's file.
  ///
  /// - Parameter path: Where they stand.
  /// - Throws: `SessionError`: where, what was expected, what was found.
  public static func session(
    _ bytes: [UInt8], at path: String
  ) throws(SessionError) -> SavedSession {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes)
    } catch {
      throw SessionError(
        location: "byte \(error.offset)", expected: error.expected, found: error.found)
    }
    let place = SessionPlace(name: "", folder: SessionFolder(ofFile: path))
    guard case .object(let members) = value else {
      throw place.wrong(expected: "an object", value)
    }
    guard let found = value[mark] else {
      throw SessionError(
        location: "the file", expected: "a session with \"\(mark)\": \(version)",
        found: "none of that name")
    }
    guard found == .integer(version) else {
      throw place.inner(mark).wrong(expected: "version \(version), which this program reads", found)
    }
    return try SavedSession(.object(members.filter { $0.name != mark }), at: place)
  }
}
