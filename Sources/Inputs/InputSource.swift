// Where an input is from, so that it can be opened again: for another part of it, or for another model.

import Synchronization
import Tensors

/// Where an input is from.
public enum InputSource: Sendable, Hashable {
  /// A file or folder, or `-` for standard input.
  case file(String)
  /// Files that are one input together.
  case files([String])
  /// A text as it stands.
  case text(String)
  /// Files of which some can be read only once, with what those gave.
  case kept(KeptInput)

  /// What it is called in messages.
  package var name: String {
    switch self {
    case .file(let path): InputBytes.name(path)
    case .files(let paths): paths.map(InputBytes.name).joined(separator: " ")
    case .text: "--text"
    case .kept(let kept): kept.source.name
    }
  }

  /// The source as it was named.
  var named: InputSource { if case .kept(let kept) = self { kept.source } else { self } }
}

/// Standard input or pipes, whose bytes are held in memory. Equal only to itself.
public final class KeptInput: Sendable, Hashable {
  /// The files as they were named, pipes among them.
  public let source: InputSource
  /// What the pipes gave, by their names.
  let bytes: [String: [UInt8]]

  /// Files, with what the pipes among them gave.
  ///
  /// - Precondition: the source is a file or files.
  init(_ source: InputSource, _ bytes: [String: [UInt8]]) {
    (self.source, self.bytes) = (source, bytes)
  }

  /// The files as they were named.
  public var paths: [String] {
    switch source {
    case .file(let path): [path]
    case .files(let paths): paths
    case .text, .kept: []
    }
  }

  /// The pipes in words: `standard input`, or their paths.
  public var pipes: String {
    paths.filter { bytes[$0] != nil }.map(InputBytes.name).joined(separator: ", ")
  }

  public static func == (left: KeptInput, right: KeptInput) -> Bool { left === right }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// The files of one input while it is opened. What can be read only once is kept as it is read, and
/// comes from memory where it was kept before.
final class InputFiles: Sendable {
  private let held: [String: [UInt8]]
  private let read = Mutex<[String: KeptBytes]>([:])

  /// The most bytes of a pipe that are kept. A longer one is read but not kept, and cannot be opened
  /// again.
  private static let most = 1 << 28

  /// The files of a source; without one, files of which none was kept.
  init(_ source: InputSource? = nil) {
    held = if case .kept(let kept)? = source { kept.bytes } else { [:] }
  }

  /// Opens a file or pipe, or standard input if `path` is `-`.
  ///
  /// - Throws: `FileAccessError`.
  func stream(_ path: String) throws(FileAccessError) -> ByteStream {
    if let bytes = held[path] { return ByteStream(again: bytes) }
    let stream = try InputBytes.open(path)
    guard stream.size == nil else { return stream }
    let keeper = KeptBytes(most: Self.most)
    read.withLock { $0[path] = keeper }
    stream.keep(in: keeper)
    return stream
  }

  /// What opens again what was read of a source; nil where a pipe gave too much to be kept.
  func source(_ source: InputSource) -> InputSource? {
    let read = self.read.withLock { $0 }
    guard !read.isEmpty else { return source }
    var bytes = held
    for (path, keeper) in read {
      guard let own = keeper.bytes else { return nil }
      bytes[path] = own
    }
    return .kept(KeptInput(source.named, bytes))
  }
}
