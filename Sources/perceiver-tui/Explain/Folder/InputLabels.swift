// Which class each of several inputs is of: by a file, or by the names of their folders.

import Foundation
import Perceiver
import Tensors

/// Labels of inputs, as people wrote them.
struct InputLabels {
  private enum Origin {
    case folders
    case file(String, [String: String])
  }

  private let origin: Origin

  /// What `--labels` takes for the names of folders.
  static let folders = "folders"

  /// - Parameter text: `folders`, or a file with a line for each input: its name as in the folder, a
  ///   comma or a tab, its class. Lines without any are passed over, and a first one of names of
  ///   columns.
  /// - Throws: `CommandFailure` for a file that cannot be read or says two things of one input.
  init(_ text: String) throws {
    guard text != Self.folders else {
      origin = .folders
      return
    }
    let bytes = try CommandFailure.about(text) { try WholeFile.read(text, limit: 1 << 30) }
    var labels: [String: String] = [:]
    for (number, line) in String(fileName: bytes).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline
    ).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      guard !line.isEmpty else { continue }
      guard let end = Self.separator("\t", in: line) ?? Self.separator(",", in: line) else {
        throw CommandFailure(
          .badData, text, "line \(number + 1): expected a file, a comma or tab, and a class")
      }
      let name = Self.unquoted(line[..<end])
      let label = Self.unquoted(line[line.index(after: end)...])
      if number == 0, Self.titles.contains(label.lowercased()) { continue }
      if let other = labels.updateValue(label, forKey: name), other != label {
        throw CommandFailure(
          .badData, text, "line \(number + 1): \(name) is \(other) already, and now \(label)")
      }
    }
    guard !labels.isEmpty else {
      throw CommandFailure(.badData, text, "expected labels, found none")
    }
    origin = .file(text, labels)
  }

  /// What the second column may be called.
  private static let titles: Set = ["label", "class", "target"]

  /// Where the first column ends: at the first of a sign, behind the quotes where the line begins
  /// with one.
  private static func separator(_ sign: Character, in line: String) -> String.Index? {
    guard line.hasPrefix("\"") else { return line.firstIndex(of: sign) }
    var isQuoted = false
    for index in line.indices {
      if line[index] == "\"" { isQuoted.toggle() }
      if line[index] == sign, !isQuoted { return index }
    }
    return nil
  }

  private static func unquoted(_ text: Substring) -> String {
    let text = text.trimmingCharacters(in: .whitespaces)
    guard text.count > 1, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    return String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
  }

  /// An input's class as it is written.
  ///
  /// - Throws: `CommandFailure` where there is none.
  func label(of item: InputList.Item) throws -> String {
    switch origin {
    case .folders:
      // Of a file that is given by itself the name has no folders, the path has.
      let parts = item.path.split(separator: "/").filter { $0 != "." }
      guard parts.count > 1 else {
        throw CommandFailure(
          .usage, "--labels",
          "expected inputs in folders that are called as their classes, found \(item.path)")
      }
      return String(parts[parts.count - 2])
    case .file(let path, let labels):
      let last = item.name.split(separator: "/").last.map(String.init) ?? item.name
      guard let label = labels[item.name] ?? labels[item.path] ?? labels[last] else {
        throw CommandFailure(.badData, path, "expected a line for \(item.name), found none")
      }
      return label
    }
  }

  /// Refuses inputs whose label no class of a model has.
  ///
  /// - Throws: `CommandFailure`.
  func check(_ items: [InputList.Item], for model: ModelConfiguration) throws {
    guard let count = model.classCount else { return }
    for item in items {
      _ = try Self.number(label(of: item), names: model.classNames ?? [], count: count)
    }
  }

  /// The number of a class by its name or its number.
  ///
  /// - Throws: `CommandFailure` where the model has no such class.
  static func number(_ label: String, names: [String], count: Int) throws -> Int {
    let alike = names.indices.filter { names[$0].lowercased() == label.lowercased() }
    if let exact = names.firstIndex(of: label) ?? (alike.count == 1 ? alike[0] : nil) {
      return exact
    }
    if let number = Int(label), (0..<count).contains(number) { return number }
    throw CommandFailure(
      .badData, "--labels",
      names.isEmpty
        ? "expected the number of a class from 0 to \(count - 1), since the model's classes have no "
          + "names, found \(label)"
        : "expected a class from 0 to \(count - 1) or its name, such as \(names[0]), found \(label)"
    )
  }
}
