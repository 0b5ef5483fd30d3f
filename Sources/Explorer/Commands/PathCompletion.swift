// Tab after a command that takes a file: what lies in the folder that is being typed.

import Tensors

/// A command line whose last part is the beginning of a path.
public struct PathCompletion: Sendable, Hashable {
  /// The command and the space behind it.
  private let command: String
  /// The path's folder as it is typed, with its slash; empty for the present one.
  private let folder: String
  /// The beginning of a name in it.
  private let start: String
  /// The quote that is open before the path; nil for none.
  private let quote: Character?
  /// Which files are offered.
  let offered: Offered

  /// Which files of a folder are offered; folders are always.
  enum Offered: Sendable, Hashable {
    /// All.
    case all
    /// Those whose names end as inputs do that are not text.
    case inputs
    /// Those whose names end as models do.
    case models
    /// Those whose names end as pictures and arrays do.
    case masks

    /// Whether a file of a name is offered.
    func has(_ name: String) -> Bool {
      switch self {
      case .all: true
      case .inputs: InputFileNames.areInputs(name)
      case .models: ModelFileNames.areModels(name)
      case .masks: InputFileNames.arePicturesOrArrays(name)
      }
    }

    /// What they are called.
    var words: String {
      switch self {
      case .all: "files"
      case .inputs: "inputs"
      case .models: "weights"
      case .masks: "pictures or arrays"
      }
    }
  }

  /// The completion of a line; nil where its command takes no path.
  ///
  /// - Parameter inputs: Which files are offered to be looked at.
  init?(_ line: String, inputs: Offered = .all) {
    guard let (known, space) = Self.command(of: line) else { return nil }
    let rest = String(line[line.index(after: space)...])
    let typed = String(rest.drop { $0 == " " })
    let opened = TypedPath.opened(typed)
    let path = opened?.path ?? TypedPath.parse(typed)
    quote = opened?.quote
    command = String(line[...space])
    offered =
      switch known.id {
      case "open": inputs
      case "weights": .models
      case "mask": .masks
      default: .all
      }
    let slash = path.lastIndex(of: "/")
    folder = slash.map { String(path[...$0]) } ?? ""
    start = slash.map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// The command of a line, and the space before its path; nil where the command takes no path.
  private static func command(of line: String) -> (known: Command, space: String.Index)? {
    guard let space = line.firstIndex(of: " "),
      let known = CommandTable.command(String(line[..<space])), known.takesPath
    else { return nil }
    guard !known.wordsBeforePath.isEmpty else { return (known, space) }
    // The path stands behind one more word.
    let rest = line[space...].drop { $0 == " " }
    guard let end = rest.firstIndex(of: " "), known.wordsBeforePath.contains(String(rest[..<end]))
    else { return nil }
    return (known, end)
  }

  /// Why there is nothing to choose from: the folder has nothing that is offered, or nothing that begins
  /// as the name that is typed.
  var absence: String {
    start.isEmpty
      ? "no folders and no \(offered.words) in \(folder.isEmpty ? "this folder" : printable(folder))"
      : "no file begins so" + (offered == .all ? "" : ", among \(offered.words)")
  }

  /// The folder that is to be listed.
  var listed: String { folder.isEmpty ? "." : folder }

  /// The lines that it may become, in order; folders end in a slash. Names that begin with a dot are
  /// there for those who type it.
  func lines(_ entries: [FolderEntry]) -> [String] {
    entries
      .filter { $0.name.hasPrefix(start) && ($0.name.first != "." || start.first == ".") }
      .filter { $0.isFolder || offered.has($0.name) }
      .map { command + typed(folder + $0.name + ($0.isFolder ? "/" : ""), isFolder: $0.isFolder) }
  }

  /// A path as it is typed here: behind the open quote, which a file's name closes.
  private func typed(_ path: String, isFolder: Bool) -> String {
    quote.map { TypedPath.typed(path, in: $0, staysOpen: isFolder) } ?? TypedPath.typed(path)
  }

  /// What lines are called in a list: names alone where all lie in one folder, else whole paths; with
  /// their commands where these differ.
  static func labels(_ lines: [String]) -> [String] {
    let folders = Set(lines.map { folder(of: $0) })
    if folders.count == 1, let folder = folders.first {
      return lines.map { String($0.dropFirst(folder.count)) }
    }
    let commands = lines.map { beforePath(of: $0) }
    return Set(commands).count > 1
      ? lines : zip(lines, commands).map { String($0.dropFirst($1.count)) }
  }

  /// A line up to its path.
  private static func beforePath(of line: String) -> Substring {
    let space = command(of: line)?.space ?? line.firstIndex(of: " ")
    return space.map { line[...$0] } ?? ""
  }

  /// A line up to the name at its end: its command, and the path's folder.
  private static func folder(of line: String) -> Substring {
    let isFolder = line.hasSuffix("/")
    let name = line.dropLast(isFolder ? 1 : 0).lastIndex(of: "/")
    return name.map { line[...$0] } ?? beforePath(of: line)
  }

  /// What all lines begin with.
  static func common(_ lines: [String]) -> String {
    guard var common = lines.first?[...] else { return "" }
    for line in lines.dropFirst() {
      while !line.hasPrefix(common) { common.removeLast() }
    }
    return String(common)
  }
}

/// A name in a folder.
public struct FolderEntry: Sendable, Hashable {
  /// The name.
  public let name: String
  /// Whether it is a folder.
  public let isFolder: Bool

  /// A name in a folder.
  public init(name: String, isFolder: Bool) { (self.name, self.isFolder) = (name, isFolder) }
}
