// What is kept of streams that can be read only once.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Bytes of a pipe are kept as they are read")
struct KeptBytesTests {
  /// What is kept of a pipe of which so many bytes are taken.
  private static func kept(of count: Int, taking taken: Int?, most: Int) throws -> [UInt8]? {
    let keeper = KeptBytes(most: most)
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "pipe").path
      try SmallFiles.pipe(bytes(count), at: path) {
        let stream = try ByteStream(path: path)
        stream.keep(in: keeper)
        #expect(try stream.first(3).elementsEqual(bytes(count).prefix(3)))
        guard let taken else {
          #expect(try stream.rest() == bytes(count))
          return
        }
        var target = [UInt8](repeating: 0, count: taken)
        let there = try target.withUnsafeMutableBytes { try stream.take(into: $0) }
        #expect(target == Array(bytes(count).prefix(taken)) && there == taken)
      }
    }
    return keeper.bytes
  }

  private static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  }

  @Test("All bytes of a short one are kept, nothing of one that is too long")
  func most() throws {
    #expect(try Self.kept(of: 5000, taking: nil, most: 5000) == Self.bytes(5000))
    #expect(try Self.kept(of: 5000, taking: nil, most: 4999) == nil)
    #expect(try Self.kept(of: 0, taking: nil, most: 10) == [])
  }

  @Test("Of one that is not read to its end, what was read is kept")
  func part() throws {
    let kept = try #require(try Self.kept(of: 5000, taking: 100, most: 5000))
    #expect(kept.count >= 100 && Self.bytes(5000).starts(with: kept))
  }

  @Test("What was kept is read again as from a pipe: without a size")
  func again() throws {
    let stream = ByteStream(again: [1, 2, 3])
    #expect(stream.size == nil)
    #expect(try stream.first(2).elementsEqual([1, 2]))
    #expect(try stream.rest() == [1, 2, 3])
  }
}
