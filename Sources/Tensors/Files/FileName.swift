// Names of files as the system has them: bytes, which need not be UTF-8.
// A String carries any of them and gives the same bytes back; VisibleText says how they are shown.

import Foundation

extension String {
  /// A name or path from the system's bytes. What is UTF-8 is as it is; each other byte becomes a
  /// character of a private plane that stands for it alone, and so do the bytes of those characters
  /// themselves, so that every name has one String and every such String its name.
  package init(fileName bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    if let text = String(validating: bytes, as: UTF8.self), !text.hasUndecodedBytes {
      self = text
      return
    }
    var scalars = String.UnicodeScalarView()
    var start = 0
    while start < bytes.count {
      let length = Self.lengthOfScalar(bytes[start...])
      let text = String(validating: bytes[start..<start + length], as: UTF8.self)
      if let scalar = text?.unicodeScalars.first, !scalar.isUndecodedByte {
        scalars.append(scalar)
        start += length
      } else {
        // Bytes below 128 are UTF-8 alone, so that this one is not.
        if let scalar = Unicode.Scalar(Unicode.Scalar.undecodedStart + UInt32(bytes[start])) {
          scalars.append(scalar)
        }
        start += 1
      }
    }
    self.init(scalars)
  }

  /// The path as system calls take it: the bytes that it was made of, and a zero.
  package var systemPath: [CChar] {
    guard hasUndecodedBytes else { return Array(utf8CString) }
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if scalar.isUndecodedByte {
        bytes.append(UInt8(scalar.value - Unicode.Scalar.undecodedStart))
      } else {
        bytes += Array(String(scalar).utf8)
      }
    }
    return (bytes + [0]).map(CChar.init(bitPattern:))
  }

  /// The bytes of the path, without a zero.
  package var fileNameBytes: [UInt8] { systemPath.dropLast().map(UInt8.init(bitPattern:)) }

  private var hasUndecodedBytes: Bool { unicodeScalars.contains(where: \.isUndecodedByte) }

  /// How many bytes the first scalar takes, were it whole.
  private static func lengthOfScalar(_ bytes: ArraySlice<UInt8>) -> Int {
    let length =
      switch bytes.first ?? 0 {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    return Swift.min(length, bytes.count)
  }
}

extension Unicode.Scalar {
  /// Where the characters begin that stand for bytes; only those of 128 to 255 occur.
  fileprivate static let undecodedStart: UInt32 = 0x10FE00

  /// Whether the character stands for a byte of a name that is not UTF-8.
  fileprivate var isUndecodedByte: Bool {
    (Self.undecodedStart + 0x80...Self.undecodedStart + 0xFF).contains(value)
  }
}

/// Questions about what lies under a path, asked with the path's own bytes.
package enum FileNames {
  /// Whether there is something; a link leads to what it leads to.
  package static func exists(_ path: String) -> Bool { kind(of: path) != nil }

  /// Whether it is a folder, or a link to one.
  package static func isFolder(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

  /// Whether it is a file, or a link to one.
  package static func isRegular(_ path: String) -> Bool { kind(of: path) == S_IFREG }

  /// The names in a folder, without `.` and `..`, sorted by their bytes.
  ///
  /// - Throws: `FileAccessError`.
  package static func names(in folder: String) throws(FileAccessError) -> [String] {
    guard let directory = opendir(folder.systemPath) else {
      throw FileAccessError(path: folder, errno: errno)
    }
    defer { closedir(directory) }
    var names: [[UInt8]] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(fileName: $0) }
  }

  /// Takes away a file, or a folder with all that is in it; links are not followed. What cannot be
  /// taken away stays.
  package static func remove(_ path: String) {
    var status = stat()
    guard lstat(path.systemPath, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      unlink(path.systemPath)
      return
    }
    for name in (try? names(in: path)) ?? [] { remove(path + "/" + name) }
    rmdir(path.systemPath)
  }

  /// Makes a folder, and those above it; one that is there already stays.
  ///
  /// - Throws: `FileWriteError`.
  package static func makeFolders(_ path: String) throws(FileWriteError) {
    guard !isFolder(path) else { return }
    let bare = path.hasSuffix("/") ? String(path.dropLast()) : path
    if let slash = bare.lastIndex(of: "/"), slash > bare.startIndex {
      try makeFolders(String(bare[..<slash]))
    }
    guard mkdir(path.systemPath, 0o777) == 0 || errno == EEXIST else {
      throw FileWriteError(path: path, errno: errno)
    }
  }

  /// How many bytes a file has; nil for what is no file.
  package static func size(of path: String) -> Int? {
    var status = stat()
    guard stat(path.systemPath, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    return Int(status.st_size)
  }

  /// What lies under a path itself, a link not followed; nil for nothing.
  package static func ownKind(of path: String) -> mode_t? {
    var status = stat()
    return lstat(path.systemPath, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  private static func kind(of path: String) -> mode_t? {
    var status = stat()
    return stat(path.systemPath, &status) == 0 ? status.st_mode & S_IFMT : nil
  }
}
