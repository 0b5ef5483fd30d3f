// Files of tensors that another program writes to while they are open.

import Foundation
import Testing

@testable import Tensors

@Suite("Files that change while they are open", .timeLimit(.minutes(1)))
struct RewrittenFileTests {
  // More than is read at once when a file is opened, and several pieces of those in which it is read.
  private let old = [
    "a": Tensor(shape: [400_000], repeating: 1), "b": Tensor(shape: [400_000], repeating: 2),
  ]
  private let new = [
    "a": Tensor(shape: [400_000], repeating: 3), "b": Tensor(shape: [400_000], repeating: 4),
  ]

  private func opened(_ body: (_ path: String, _ other: String, TensorFile) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (path, other) = (folder.appending(path: "w").path, folder.appending(path: "o").path)
    try SafetensorsWriter.write(old, to: path)
    try SafetensorsWriter.write(new, to: other)
    // The times of a file that was written just now cannot tell this moment from the next.
    Thread.sleep(forTimeInterval: 0.05)
    try body(path, other, TensorFile(path: path))
  }

  private func overwrite(_ path: String, with bytes: Data) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: bytes)
    try handle.close()
  }

  @Test("What was read before stays, what was not is refused", arguments: [0, 1000, nil])
  func overwritten(_ length: Int?) throws {
    try opened { path, other, file in
      let (a, b) = (try file.tensor(named: "a"), try file.tensor(named: "b"))
      try a.load()
      let bytes = try Data(contentsOf: URL(fileURLWithPath: other))
      try overwrite(path, with: length.map { bytes.prefix($0) } ?? bytes)
      #expect(a == old["a"])
      let error = #expect(throws: FileAccessError.self) { try b.load() }
      #expect(error?.reason == .changed)
      // Looking all the same does not end the program, and does not show what was never in the file.
      #expect(b != old["b"] && b != new["b"])
      #expect(throws: TensorFileError.self) { try file.nonFiniteCount(named: "b") }
    }
  }

  @Test("A file holds a handle only while some of it is not read, and a small one none")
  func handles() throws {
    func handles() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (small, large) = (folder.appending(path: "s").path, folder.appending(path: "l").path)
    try SafetensorsWriter.write(["a": Tensor(shape: [4], repeating: 1)], to: small)
    try SafetensorsWriter.write(old, to: large)
    // Other tests open files too: many of these, so that theirs do not count.
    let before = try handles()
    let files = try (0..<200).map { _ in try TensorFile(path: small) }
    #expect(try handles() < before + 100)
    let others = try (0..<200).map { _ in try TensorFile(path: large) }
    for file in others {
      for entry in file.entries { try file.tensor(named: entry.name).load() }
    }
    #expect(try handles() < before + 100)
    #expect(files.count == others.count)
  }

  @Test("A time of writing that was put back hides nothing")
  func hidden() throws {
    try opened { path, other, file in
      try file.tensor(named: "a").load()
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let time = try #require(attributes[.modificationDate] as? Date)
      try overwrite(path, with: Data(contentsOf: URL(fileURLWithPath: other)))
      try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
      #expect(throws: FileAccessError.self) { try file.tensor(named: "b").load() }
    }
  }

  @Test("A file that was replaced, moved or removed is read on", arguments: 0..<3)
  func replaced(_ how: Int) throws {
    try opened { path, other, file in
      try file.tensor(named: "a").load()
      switch how {
      case 0: #expect(rename(other, path) == 0)
      case 1: #expect(rename(path, path + "2") == 0)
      default: #expect(unlink(path) == 0)
      }
      let b = try file.tensor(named: "b")
      try b.load()
      #expect(b == old["b"])
    }
  }
}
