// The table of kinds of files: every row is found by its first bytes, and the README
// beside the table has it.

import Foundation
import Pictures
import Testing

@Suite("Files are told by their first bytes, and what is not read is named with what to do")
struct FileKindTests {
  private static func ftyp(_ brands: String...) -> [UInt8] {
    [0, 0, 0, UInt8(8 + 4 * (brands.count + 1))] + Array("ftyp".utf8) + Array(brands[0].utf8)
      + [0, 0, 0, 0] + brands.dropFirst().flatMap { Array($0.utf8) }
  }

  private static func zip(_ name: String) -> [UInt8] {
    [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0]
      + Array(name.utf8)
  }

  private static func ogg(_ codec: String) -> [UInt8] {
    Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, 30] + Array(codec.utf8)
  }

  private static let samples: [(String, [UInt8])] = [
    ("HEIC", ftyp("heic", "mif1", "heic")), ("HEIC", ftyp("mif1", "heic")),
    ("AVIF", ftyp("avif", "mif1")), ("AVIF", ftyp("mif1", "avif")), ("CR3", ftyp("crx ", "isom")),
    ("MP4 or QuickTime", ftyp("isom", "avc1")), ("MP4 or QuickTime", ftyp("qt  ")),
    ("JPEG XL", [0xFF, 0x0A, 1]), ("JPEG 2000", [0xFF, 0x4F, 0xFF, 0x51]),
    ("PSD", Array("8BPS".utf8)), ("SVG", Array("<?xml version='1.0'?>\n<svg ".utf8)),
    ("SVG", Array("\u{FEFF}<svg>".utf8)), ("PDF", Array("%PDF-1.7".utf8)),
    ("WAV", Array("RIFF0000WAVE".utf8)), ("Y4M", Array("YUV4MPEG2 W4".utf8)),
    ("WAV", Array("RIFX0000WAVE".utf8)), ("WAV", Array("BW640000WAVE".utf8)),
    ("FLAC", Array("fLaC".utf8)), ("AIFF", Array("FORM0000AIFC".utf8)),
    ("Ogg sound", ogg("\u{1}vorbis")), ("Ogg sound", ogg("OpusHead")),
    ("Ogg film or speech", ogg("Speex   ")), ("Ogg film or speech", ogg("\u{7F}theora")),
    ("MP3", Array("ID3".utf8)), ("MP3", [0xFF, 0xFB, 0x90, 0x64]),
    ("AU", Array(".snd".utf8)), ("CAF", Array("caff".utf8)),
    (
      "Wave64",
      Array("riff".utf8) + [0x2E, 0x91, 0xCF, 0x11] + [UInt8](repeating: 0, count: 16)
        + Array("wave".utf8)
    ),
    ("AVI", Array("RIFF0000AVI ".utf8)),
    ("WebP picture", Array("RIFF0000WEBP".utf8)),
    ("Git LFS", Array("version https://git-lfs.github.com/spec/v1\n".utf8)),
    ("HTML", Array("\n<!DOCTYPE HTML><html>".utf8)), ("zip archive", zip("photo.jpg")),
    (".npz", zip("arr_0.npy")), ("PyTorch checkpoint", zip("archive/data.pkl")),
    ("gzip", [0x1F, 0x8B, 8]), ("pickle", [0x80, 4, 0x95]),
    ("safetensors", [0x40, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\"".utf8)),
    ("MATLAB file;", Array("MATLAB 5.0 MAT-file".utf8)),
    ("version 7.3", Array("MATLAB 7.3 MAT-file".utf8)),
    ("HDF5", [0x89] + Array("HDF\r\n".utf8)),
    ("numbers as text;", Array("0.5 1e-3\n-2 nan\n".utf8)),
    ("numbers as text with commas", Array("1,2,3\n4,5,6\n".utf8)),
    ("IDX", [0, 0, 8, 3]), ("CR2", [0x49, 0x49, 0x2A, 0, 16, 0, 0, 0, 0x43, 0x52]),
    ("TIFF picture", [0x4D, 0x4D, 0, 0x2A]), ("Matroska", [0x1A, 0x45, 0xDF, 0xA3]),
  ]

  @Test("A file is called what it is", arguments: samples)
  func described(_ words: String, _ bytes: [UInt8]) {
    #expect(FileKind.described(bytes).contains(words))
    if PictureFormat(of: bytes) == nil {
      let error = #expect(throws: PictureError.self) { try PixelImage(reading: bytes) }
      #expect(error?.description.contains(words) == true)
    }
  }

  @Test("What begins like a kind but is none is not called so")
  func plain() {
    #expect(FileKind(of: Array("BMW is no bitmap, though it begins so".utf8)) == nil)
    #expect(FileKind(of: Array("Pictures".utf8)) == nil)
    #expect(FileKind(of: Array("hello\n".utf8)) == nil)
    // A byte order mark of UTF-16, and AAC in frames, which are no MP3.
    #expect(FileKind(of: [0xFF, 0xFE, 0x41, 0x00]) == nil)
    #expect(FileKind(of: [0xFF, 0xF1, 0x50, 0x80]) == nil)
    #expect(FileKind.described([]) == "an empty file")
    #expect(FileKind.described([1, 2]) == "bytes 01 02")
  }

  @Test("One README lists what is read, and another every row of what is not")
  func readme() throws {
    func text(_ path: String) throws -> String {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../..")
      return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
    #expect(try text("Sources/perceiver-tui/README.md").contains(FileKind.pictureNames))
    #expect(try text("Sources/perceiver-tui/README.md").contains(FileKind.soundNames))
    let list = try text("Sources/Pictures/Formats/README.md")
    for kind in FileKind.all {
      guard case .advice(let line) = kind.use else { continue }
      #expect(list.contains("| \(kind.name) | \(line) |"))
    }
  }
}
