// Files written whole or not at all, in a folder that is removed afterwards.

import Foundation
import Tensors
import Testing

@Suite("Files are written whole or not at all")
struct WholeFileTests {
  private struct Stop: Error {}

  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("A new file has the bytes, and nothing stays beside it")
  func new() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a").path
      try WholeFile.write([1, 2, 3], to: path)
      #expect(try WholeFile.read(path) == [1, 2, 3])
      #expect(try names(folder) == ["a"])
    }
  }

  @Test("A file that is there is refused or replaced, as asked")
  func existing() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a").path
      try WholeFile.write([1], to: path)
      let error = #expect(throws: FileWriteError.self) { try WholeFile.write([2], to: path) }
      #expect(error?.reason == .exists)
      #expect(try WholeFile.read(path) == [1])
      chmod(path, 0o640)
      try WholeFile.write([2], to: path, existing: .replace)
      #expect(try WholeFile.read(path) == [2])
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
      #expect(try names(folder) == ["a"])
    }
  }

  @Test("A producer that fails leaves what was there, and nothing beside it")
  func failure() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a").path
      try WholeFile.write([1], to: path)
      #expect(throws: Stop.self) {
        try WholeFile.write(to: path, existing: .replace) { append in
          try append([9, 9])
          throw Stop()
        }
      }
      #expect(try WholeFile.read(path) == [1])
      #expect(try names(folder) == ["a"])
    }
  }

  @Test("A link stays a link: what it leads to is replaced")
  func link() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a").path
      try WholeFile.write([1], to: path)
      let link = folder.appending(path: "link").path
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      try WholeFile.write([2], to: link, existing: .replace)
      #expect(try WholeFile.read(path) == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
    }
  }

  @Test("Devices are written through")
  func device() throws {
    try WholeFile.write([1, 2], to: "/dev/null")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test("What cannot be written or read says why")
  func reasons() throws {
    try inFolder { folder in
      let nowhere = folder.appending(path: "none/a").path
      #expect(throws: FileWriteError.self) { try WholeFile.write([1], to: nowhere) }
      let missing = #expect(throws: FileAccessError.self) { try WholeFile.read(nowhere) }
      #expect(missing?.reason == .missing)
      let isFolder = #expect(throws: FileAccessError.self) { try WholeFile.read(folder.path) }
      #expect(isFolder?.reason == .notAFile)
      let path = folder.appending(path: "a").path
      try WholeFile.write([1, 2, 3], to: path)
      let large = #expect(throws: FileAccessError.self) { try WholeFile.read(path, limit: 2) }
      #expect(large?.reason == .tooLarge(limit: 2))
    }
  }
}
