// Names of files that are bytes and not text: kept to the byte, found, listed.

import Foundation
import Testing

@testable import Tensors

@Suite struct FileNameTests {
  private static let names: [[UInt8]] = [
    Array("plain.png".utf8), Array("größe 猫.png".utf8), [],
    // Latin-1's é, and one before what is UTF-8.
    [0x63, 0x61, 0x66, 0xE9], [0xE9] + Array("é".utf8),
    // Cut short, overlong, a surrogate, beyond Unicode, every byte above 127.
    [0xE7, 0x8C], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], Array(0x80...0xFF),
    // The very characters that stand for bytes.
    Array("\u{10FE80}\u{10FEFF}".utf8), Array("\u{10FEE9}".utf8) + [0xE9],
  ]

  @Test("a name gives its bytes back", arguments: names)
  func roundTrip(bytes: [UInt8]) {
    let name = String(fileName: bytes)
    #expect(name.fileNameBytes == bytes)
    #expect(name.systemPath.last == 0)
  }

  @Test("names of other bytes are other Strings, and text is as it is")
  func isDistinct() {
    let strings = Self.names.map { String(fileName: $0) }
    #expect(Set(strings).count == Self.names.count)
    #expect(strings[1] == "größe 猫.png")
  }

  @Test("random bytes give their bytes back")
  func random() {
    var state: UInt64 = 7
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<8 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 33) | (state >> 45 & 1 == 0 ? 0x80 : 0))
      }
      #expect(String(fileName: bytes).fileNameBytes == bytes)
    }
  }

  @Test("files of such names are written, found, listed, read and removed")
  func onDisk() throws {
    let folder = NSTemporaryDirectory() + "/names-\(UUID().uuidString)"
    let inner = folder + "/" + String(fileName: [0x64, 0xFF])
    try FileNames.makeFolders(inner)
    defer { FileNames.remove(folder) }
    let path = inner + "/" + String(fileName: [0xE9, 0x2E, 0x62])
    try WholeFile.write([1, 2, 3], to: path)
    #expect(FileNames.isRegular(path) && FileNames.isFolder(inner))
    #expect(try FileNames.names(in: inner) == [String(fileName: [0xE9, 0x2E, 0x62])])
    #expect(try WholeFile.read(path) == [1, 2, 3])
    #expect(try FileNames.names(in: folder).map(\.fileNameBytes) == [[0x64, 0xFF]])
    FileNames.remove(folder)
    #expect(!FileNames.exists(folder))
    #expect(throws: FileAccessError(path: folder, reason: .missing)) {
      try FileNames.names(in: folder)
    }
  }
}
