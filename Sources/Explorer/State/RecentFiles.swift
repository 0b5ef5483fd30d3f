// The files that were opened last, so that they are the first that Tab offers.

import Inputs
import Perceiver
import Tensors

/// Paths of inputs and weights, the latest first.
public struct RecentFiles: Sendable, Hashable {
  /// What a file was opened as.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case inputs, weights

    /// The command that opens it.
    var command: String { self == .inputs ? "open" : "weights" }
  }

  /// A file that was opened.
  public struct File: Sendable, Hashable {
    /// What it was opened as.
    public let kind: Kind
    /// Its path.
    public let path: String

    /// A file that was opened; nil for standard input and for no path.
    public init?(_ path: String?, as kind: Kind) {
      guard let path, !path.isEmpty, path != InputBytes.standardInput else { return nil }
      (self.kind, self.path) = (kind, path)
    }
  }

  private var paths: [Kind: [String]] = [:]

  /// The most files of each kind that are kept.
  public static let most = 20

  /// None.
  public init() {}

  /// The files of an object such as `json` gives; what is something else in it is passed over.
  public init(_ json: JSONValue) {
    for kind in Kind.allCases {
      guard case .array(let values)? = json[kind.rawValue] else { continue }
      let strings = values.compactMap { if case .string(let path) = $0 { path } else { nil } }
      if !strings.isEmpty { paths[kind] = Array(strings.prefix(Self.most)) }
    }
  }

  /// The files as an object of two lists.
  public var json: JSONValue {
    .object(
      Kind.allCases.map {
        .init(name: $0.rawValue, value: .array(self[$0].map(JSONValue.string)))
      })
  }

  /// The paths of a kind, the latest first.
  public subscript(kind: Kind) -> [String] { paths[kind] ?? [] }

  /// Puts a file first; one that is there already moves there.
  public mutating func add(_ file: File) {
    let others = self[file.kind].filter { $0 != file.path }
    paths[file.kind] = Array(([file.path] + others).prefix(Self.most))
  }

  /// The lines that open files of a kind.
  func lines(_ kind: Kind) -> [String] {
    self[kind].map { "\(kind.command) \(TypedPath.typed($0))" }
  }

  /// The lines that Tab offers before what lies in the folder: those of a line in which only the command
  /// stands.
  func lines(for line: String) -> [String] {
    guard let command = CommandTable.command(line.trimmed), line.last == " ",
      let kind = Kind.allCases.first(where: { "\(command.id)" == $0.command })
    else { return [] }
    // The command stays as it was typed.
    return self[kind].map { line.trimmed + " " + TypedPath.typed($0) }
  }
}

extension ExplorerState {
  /// The work of remembering what an action opened.
  func remembering(_ action: ExplorerAction, before: Choices) -> [ExplorerEffect] {
    var files: [RecentFiles.File?] = []
    switch action {
    case .start, .sessionOpened(.success): files = [openedWeights, openedInput]
    case .inputOpened(.success) where choices.input != before.input,
      .folderOpened(.success) where choices.input != before.input:
      files = [openedInput]
    case .weightsLoaded(.success) where choices.settings.source != before.settings.source:
      files = [openedWeights]
    default: break
    }
    let opened = files.compactMap { $0 }
    return opened.isEmpty ? [] : [.remember(opened)]
  }

  private var openedInput: RecentFiles.File? {
    RecentFiles.File(choices.input.path, as: .inputs)
  }

  private var openedWeights: RecentFiles.File? {
    guard case .weights(let weights) = choices.settings.source else { return nil }
    return RecentFiles.File(weights.request?.weights, as: .weights)
  }

  /// Opens a line in which Tab goes through the files that were opened last.
  mutating func offerRecent() {
    let lines = RecentFiles.Kind.allCases.flatMap { recent.lines($0) }
    guard !lines.isEmpty else {
      message = .information("no file has been opened yet")
      return
    }
    var command = CommandLine(lines[0])
    command.offerFiles(lines, chosen: 0)
    mode = .command(command)
  }
}
