// Exporting from the program: every format against the trace of the same options, what exists,
// what cannot be written.

import Foundation
import Pictures
import Tensors
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreExportTests {
  private let folder: TemporaryFolder
  private static let latentCount = 32
  private static let keyCount = 224 * 224

  init() throws { folder = try TemporaryFolder() }

  /// A stage's attention as a trace writes it: `[heads, queries, keys]`.
  private func traced(_ stage: String) throws -> Tensor {
    let trace = try Program.run(
      ["trace", Explore.cat, "--output", folder.path("traced")] + Explore.small)
    #expect(trace.status == 0)
    return try TestInputs.readNPY(folder.path("traced/attention/\(stage).npy"))
  }

  private func export(_ session: TmuxSession, _ name: String) throws -> String {
    let path = folder.path(name)
    try session.command("export \(path)")
    try session.waitForFooter("wrote ")
    return path
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test("arrays and tables hold the numbers of a trace")
  func numbers() throws {
    let session = try Explore.open()
    try session.command("latent 7")
    try session.waitUntilParts("latent 7") {
      $0.mapTitle.contains("latent 7 of 32") && $0.isSettled
    }
    let array = try TestInputs.readNPY(try export(session, "map.npy"))
    let table = try export(session, "map.csv")
    let attention = try traced("00-cross-1")
    let expected = Array(attention.values[6 * Self.keyCount..<7 * Self.keyCount])
    #expect(array.shape == [224, 224] && array.values == expected)
    let lines = String(decoding: try bytes(table), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 224)
    let cells = lines.map { $0.split(separator: ",").compactMap { Float($0) } }
    #expect(cells.allSatisfy { $0.count == 224 })
    #expect(cells.flatMap { $0 } == expected)
    #expect(
      folder.contents.filter { !$0.hasPrefix("traced") } == ["map.csv", "map.npy"])
  }

  @Test("of a self-attention stage's matrix, this map is the whole matrix of the chosen head")
  func matrix() throws {
    let session = try Explore.open()
    try session.command("stage 2")
    try session.waitUntilParts("latent 1.1") { $0.mapTitle.contains("latent 1.1") && $0.isSettled }
    let array = try TestInputs.readNPY(try export(session, "matrix.npy"))
    let attention = try traced("01-latent-1.1")
    #expect(array.shape == [Self.latentCount, Self.latentCount])
    #expect(array.values == attention.row(0).values)
    let png = try PixelImage(reading: try bytes(try export(session, "matrix.png")))
    #expect(png.width == Self.latentCount && png.height == Self.latentCount)
  }

  @Test("pictures have the photo's size, and their colours follow the numbers")
  func pictures() throws {
    let session = try Explore.open()
    try session.command("overlay alone")
    try session.waitUntilParts("the map alone") { $0.mapTitle.contains("map without photo") }
    let ppm = try bytes(try export(session, "map.ppm"))
    #expect(ppm.starts(with: Array("P6\n224 224\n255\n".utf8)))
    let colours = Array(ppm.suffix(Self.keyCount * 3))
    func colour(_ key: Int) -> [UInt8] { Array(colours[3 * key..<3 * key + 3]) }
    let map = Array(try traced("00-cross-1").values.prefix(Self.keyCount))
    let largest = try #require(map.indices.max { map[$0] < map[$1] })
    let least = try #require(map.indices.min { map[$0] < map[$1] })
    // Viridis begins with dark violet and ends with yellow.
    #expect(colour(least) == [68, 1, 84] && colour(largest) == [253, 231, 37])

    let png = try bytes(try export(session, "map.png"))
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(Array(png[16..<24]) == [0, 0, 0, 224, 0, 0, 0, 224])
    let decoded = try PixelImage(reading: png)
    #expect(decoded.netpbm == ppm)

    // Without the map, the photo as it is in its file.
    try session.command("overlay off")
    try session.waitUntilParts("the photo") { $0.mapTitle.contains("overlay off") }
    let photo = try bytes(try export(session, "photo.ppm"))
    #expect(try photo == bytes(Explore.cat))
  }

  @Test("text is the screen as it stands there")
  func text() throws {
    let session = try Explore.open()
    let shown = try session.parts()
    let path = try export(session, "screen.txt")
    let written = ExploreScreen(String(decoding: try bytes(path), as: UTF8.self))
    func trimmed(_ rows: [String]) -> [String] {
      rows.map { $0.replacing(#/ +$/#, with: "") }
    }
    #expect(trimmed(written.looks) == trimmed(shown.looks))
  }

  @Test("the dialog proposes a name, goes by what and format, and writes all maps")
  func dialog() throws {
    let session = try Explore.open(in: folder)
    try session.press("e")
    try session.waitFor("cat-cross-1-head-1-latent-1-overlay.png")
    try session.press("Left", "Left", "Left", "Left", "Left", "Left", "Left")
    try session.waitFor("all maps of the computed stages")
    try session.press("Right", "Right", "Right", "Right", "Right", "Right", "Right")
    try session.waitFor("cat-cross-1-head-1-latent-1-overlay.png")
    try session.press("Enter")
    try session.waitForFooter("wrote cat-cross-1-head-1-latent-1-overlay.png")
    try session.press("e")
    try session.waitFor("the map over the photo")
    try session.press("Right", "Right")
    try session.waitFor("all maps of this stage")
    try session.waitFor("cat-cross-1-maps.npy")
    try session.press("Enter")
    try session.waitForFooter("wrote cat-cross-1-maps.npy")
    let attention = try traced("00-cross-1")
    #expect(try TestInputs.readNPY(folder.path("cat-cross-1-maps.npy")) == attention)

    try session.press("End")
    try session.waitForStage(4)
    try session.press("e", "Tab", "Tab")
    for _ in 0..<80 { try session.press("BSpace") }
    try session.type("all")
    try session.press("Tab")
    try session.press("Right", "Right", "Right")
    try session.waitFor("all maps of the computed stages")
    try session.press("Enter")
    try session.waitForFooter("wrote 4 files to all")
    #expect(
      folder.contents.filter { $0.hasPrefix("all/") } == [
        "all/00-cross-1.npy", "all/01-latent-1.1.npy", "all/02-cross-2.npy",
        "all/03-latent-2.1.npy",
      ])
    for stage in ["00-cross-1", "01-latent-1.1", "02-cross-2", "03-latent-2.1"] {
      #expect(
        try bytes(folder.path("all/\(stage).npy"))
          == bytes(folder.path("traced/attention/\(stage).npy")))
    }
  }

  @Test("a file that is there is replaced only when that is wanted")
  func existing() throws {
    let session = try Explore.open()
    let path = try folder.write("kept.npy", Array("mine".utf8))
    try session.command("export \(path)")
    try session.waitFor("Replace it? y / n")
    try session.waitFor("kept.npy ")
    try session.press("n")
    try session.waitForAbsence(of: "Replace it?")
    try session.escape()
    #expect(try bytes(path) == Array("mine".utf8))
    // Other keys answer nothing.
    try session.command("export \(path)")
    try session.waitFor("Replace it? y / n")
    try session.press("Space", "Enter", "q")
    #expect(try session.screen().contains("Replace it?"))
    try session.escape()
    #expect(try bytes(path) == Array("mine".utf8))
    try session.command("export \(path)")
    try session.waitFor("Replace it? y / n")
    try session.press("y")
    try session.waitForFooter("wrote ")
    #expect(try TestInputs.readNPY(path).shape == [224, 224])
    #expect(folder.contents == ["kept.npy"])
  }

  @Test("what cannot be written is said in one line, and nothing is left half-written")
  func unwritable() throws {
    let session = try Explore.open()
    // Nobody, not even root, can make files below a file or in /proc.
    let file = try folder.write("file", [])
    for path in ["\(file)/map.png", "/proc/map.npy", folder.path("missing/map.csv")] {
      try session.command("export \(path)")
      let after = try session.waitForMessage("error: \(path): cannot be written")
      #expect(after.mapTitle.contains("cross 1"))
      try session.press("C-l")
      try session.waitForFooter("? help")
    }
    try session.command("export \(folder.path("map.gif"))")
    // A sentence longer than the row is shown to its end.
    try session.waitForMessage("expected a name that ends in .png, .ppm, .npy, .csv, .txt")
    // Without a name the dialog asks for one.
    try session.command("export")
    try session.waitFor("the map over the photo")
    try session.escape()
    try session.waitForAbsence(of: "the map over the photo")
    #expect(folder.contents == ["file"])
  }
}
