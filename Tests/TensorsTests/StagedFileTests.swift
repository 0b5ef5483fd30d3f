// What killed writers left behind, and names that are taken meanwhile.

import Foundation
import Tensors
import Testing

@Suite("Files written aside", .timeLimit(.minutes(1)))
struct StagedFileTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("A dead writer's file is removed by the next of its name; a live one's and others' stay")
  func litter() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a").path
      let live = try StagedFile(for: path, existing: .replace) { try $0([1]) }
      let temporary = try #require(try names(folder).first)
      #expect(temporary.hasSuffix(".partial"))
      // As a killed writer leaves it: nobody holds a lock on it.
      let dead = String(temporary.dropLast("x.partial".count)) + "-.partial"
      let foreign = ".perceiver-tui-0123456789abcdef-x.partial"
      for name in [dead, foreign, ".partial"] {
        try Data([9]).write(to: folder.appending(path: name))
      }
      try WholeFile.write([2], to: path)
      #expect(try names(folder) == [".partial", foreign, temporary, "a"].sorted())
      try live.commit()
      #expect(try WholeFile.read(path) == [1])
      #expect(try names(folder) == [".partial", foreign, "a"].sorted())
    }
  }

  @Test("A file that comes meanwhile is kept, and what was committed can be withdrawn")
  func meanwhile() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a").path
      let staged = try StagedFile(for: path, existing: .refuse) { try $0([1]) }
      try Data([7]).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: FileWriteError.self) { try staged.commit() }
      #expect(error?.reason == .exists)
      staged.withdraw()
      #expect(try WholeFile.read(path) == [7])
      let other = folder.appending(path: "b").path
      let second = try StagedFile(for: other, existing: .refuse) { try $0([2]) }
      try second.commit()
      second.withdraw()
      #expect(try names(folder) == ["a"])
    }
  }
}
