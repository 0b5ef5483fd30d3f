// Files written whole or not at all, in a folder that is removed afterwards.

import Foundation
import Synchronization
import Tensors
import Testing

@Suite("Files are written whole or not at all", .timeLimit(.minutes(1)))
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

  @Test("A link that leads nowhere counts as a file")
  func danglingLink() throws {
    try inFolder { folder in
      let link = folder.appending(path: "link").path
      try FileManager.default.createSymbolicLink(
        atPath: link, withDestinationPath: folder.appending(path: "none").path)
      let error = #expect(throws: FileWriteError.self) { try WholeFile.write([1], to: link) }
      #expect(error?.reason == .exists)
      try WholeFile.write([2], to: link, existing: .replace)
      #expect(try WholeFile.read(link) == [2])
      #expect(try names(folder) == ["link"])
    }
  }

  @Test("A new file has the permissions that the umask leaves")
  func permissions() throws {
    try inFolder { folder in
      let (ours, plain) = (folder.appending(path: "a").path, folder.appending(path: "b").path)
      try WholeFile.write([1], to: ours)
      close(open(plain, O_WRONLY | O_CREAT, 0o666))
      var (status, expected) = (stat(), stat())
      #expect(stat(ours, &status) == 0 && stat(plain, &expected) == 0)
      #expect(status.st_mode == expected.st_mode)
    }
  }

  @Test("Of many writers at once exactly one gets the name, and the file is one's, whole")
  func race() throws {
    try inFolder { folder in
      for round in 0..<20 {
        let path = folder.appending(path: "a\(round)").path
        let written = Mutex<[UInt8]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { writer in
          let bytes = [UInt8](repeating: UInt8(writer), count: 5000)
          if (try? WholeFile.write(bytes, to: path)) != nil {
            written.withLock { $0.append(UInt8(writer)) }
          }
        }
        let winners = written.withLock { $0 }
        #expect(winners.count == 1)
        let bytes = try WholeFile.read(path)
        #expect(bytes == [UInt8](repeating: winners.first ?? 255, count: 5000))
      }
      #expect(try names(folder).count == 20)
    }
  }

  @Test("Names as long as the system allows are written, longer ones leave nothing behind")
  func longNames() throws {
    try inFolder { folder in
      // 80 characters of three bytes each.
      let long = String(repeating: "\u{732B}", count: 80)
      try WholeFile.write([1], to: folder.appending(path: long).path)
      try WholeFile.write([2], to: folder.appending(path: long).path, existing: .replace)
      #expect(try names(folder) == [long])
      for existing in [WholeFile.ExistingFile.refuse, .replace] {
        let error = #expect(throws: FileWriteError.self) {
          try WholeFile.write(
            [1], to: folder.appending(path: long + "cat cat cat cat cat").path, existing: existing)
        }
        #expect(error?.description == "cannot be written: File name too long")
      }
      #expect(try names(folder) == [long])
    }
  }

  @Test("A folder is neither written nor replaced")
  func folders() throws {
    try inFolder { folder in
      for existing in [WholeFile.ExistingFile.refuse, .replace] {
        let error = #expect(throws: FileWriteError.self) {
          try WholeFile.write([1], to: folder.path, existing: existing)
        }
        #expect(error?.description == "cannot be written: Is a directory")
      }
      let left = try names(folder)
      #expect(left.isEmpty)
    }
  }

  @Test("A pipe is read to its end and written through, and stays a pipe")
  func pipe() throws {
    try inFolder { folder in
      let path = folder.appending(path: "pipe").path
      #expect(mkfifo(path, 0o600) == 0)
      let bytes = (0..<200_000).map { UInt8($0 % 251) }
      let writer = Thread { try? WholeFile.write(bytes, to: path, existing: .replace) }
      writer.start()
      let read = try WholeFile.read(path)
      #expect(read == bytes)
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
      #expect(try names(folder) == ["pipe"])
    }
  }

  @Test("A device without room says so", .enabled(if: access("/dev/full", W_OK) == 0))
  func full() {
    let error = #expect(throws: FileWriteError.self) { try WholeFile.write([1], to: "/dev/full") }
    #expect(error?.description == "cannot be written: No space left on device")
  }

  @Test("Contents come in pieces, in order")
  func pieces() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a").path
      try WholeFile.write(to: path) { append in
        for piece in 0..<100 { try append([UInt8](repeating: UInt8(piece), count: piece)) }
      }
      let expected = (0..<100).flatMap { [UInt8](repeating: UInt8($0), count: $0) }
      #expect(try WholeFile.read(path) == expected)
      #expect(try WholeFile.read(path, limit: expected.count) == expected)
      try WholeFile.write([], to: path, existing: .replace)
      #expect(try WholeFile.read(path) == [])
    }
  }

  @Test("Devices are written through, and not read as files")
  func device() throws {
    try WholeFile.write([1, 2], to: "/dev/null")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    let error = #expect(throws: FileAccessError.self) { try WholeFile.read("/dev/zero") }
    #expect(error?.reason == .notAFile)
  }

  @Test("What cannot be written or read says why")
  func reasons() throws {
    try inFolder { folder in
      let nowhere = folder.appending(path: "none/a").path
      let unwritten = #expect(throws: FileWriteError.self) {
        try WholeFile.write([1], to: nowhere)
      }
      #expect(unwritten?.description == "cannot be written: No such file or directory")
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
