// The pixel cursor: what it reads off the photo and the map, against the file and a trace.

import Foundation
import Tensors
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreProbeTests {
  /// What the readout says of a pixel.
  private struct Reading: Equatable {
    let x: Int
    let y: Int
    let rgb: [UInt8]
    let weight: Double
    let rank: Int
    let readers: [Int]

    init?(_ readout: String) {
      guard let place = readout.firstMatch(of: #/pixel \((\d+), (\d+)\)/#),
        let colour = readout.firstMatch(of: #/rgb (\d+) (\d+) (\d+)/#),
        let number = readout.firstMatch(of: #/weight (\S+)/#), let weight = Double(number.1),
        let ranking = readout.firstMatch(of: #/rank (\d+) of 50176/#),
        let reading = readout.firstMatch(of: #/top readers: latents ([\d ]+)/#),
        let x = Int(place.1), let y = Int(place.2), let rank = Int(ranking.1)
      else { return nil }
      (self.x, self.y, self.weight, self.rank) = (x, y, weight, rank)
      rgb = [colour.1, colour.2, colour.3].compactMap { UInt8($0) }
      readers = reading.1.split(separator: " ").compactMap { Int($0) }
    }
  }

  private func reading(
    _ session: TmuxSession, _ what: String, where condition: (Reading) -> Bool = { _ in true }
  ) throws -> Reading {
    let screen = try session.waitUntilParts(what) { Reading($0.readout).map(condition) ?? false }
    return try #require(Reading(screen.readout))
  }

  @Test("arrows move it; coordinates, colour, weight, rank and readers are right everywhere")
  func readings() throws {
    let folder = try TemporaryFolder()
    let trace = try Program.run(
      ["trace", Explore.cat, "--output", folder.path("out")] + Explore.small)
    #expect(trace.status == 0)
    let attention = try TestInputs.readNPY(folder.path("out/attention/00-cross-1.npy"))
    #expect(attention.shape == [1, 32, 224 * 224])
    let pixels = Array(
      try Data(contentsOf: URL(fileURLWithPath: Explore.cat)).suffix(224 * 224 * 3))

    func expectRight(_ reading: Reading, latent: Int) {
      let key = reading.y * 224 + reading.x
      #expect(reading.rgb == Array(pixels[3 * key..<3 * key + 3]))
      let weights = (0..<32).map { attention.values[$0 * 224 * 224 + key] }
      let weight = Double(weights[latent])
      #expect(abs(reading.weight - weight) <= 0.006 * weight)
      let map = attention.values[latent * 224 * 224..<(latent + 1) * 224 * 224]
      #expect(reading.rank == 1 + map.count { $0 > weights[latent] })
      let most = weights.indices.sorted { weights[$0] > weights[$1] }
      #expect(reading.readers == most.prefix(reading.readers.count).map { $0 + 1 })
    }

    let session = try Explore.open()
    try session.press("i")
    let centre = try reading(session, "the cursor is out")
    #expect(centre.x == 112 && centre.y == 112)
    #expect(centre.readers.count >= 4)
    expectRight(centre, latent: 0)

    try session.press("Right")
    let right = try reading(session, "it has moved right") { $0.x > centre.x && $0.y == centre.y }
    expectRight(right, latent: 0)
    try session.press("Down")
    let below = try reading(session, "it has moved down") { $0.y > right.y && $0.x == right.x }
    expectRight(below, latent: 0)
    try session.press("Left", "Up")
    #expect(try reading(session, "it is back") { $0.x == centre.x && $0.y == centre.y } == centre)
    try session.press("S-Right", "S-Down")
    let pixel = try reading(session, "it has moved by a pixel") { $0.x == 113 && $0.y == 113 }
    expectRight(pixel, latent: 0)

    // It stops at the edges.
    for _ in 0..<80 { try session.press("Left", "Up") }
    let corner = try reading(session, "it is in the corner") { $0.x == 0 && $0.y == 0 }
    expectRight(corner, latent: 0)

    try session.press("Enter")
    let reader = corner.readers[0]
    let followed = try reading(session, "the pixel's top reader is shown") {
      $0.weight != corner.weight || reader == 1
    }
    #expect(
      try session.waitForFooter("latent \(reader) is this pixel's top reader").mapTitle
        .contains("latent \(reader) of 32"))
    expectRight(followed, latent: reader - 1)

    try session.press("Escape")
    try session.waitUntilParts("the cursor is away") { !$0.readout.contains("pixel (") }
    try session.press("Right")
    try session.waitForStage(2)
  }

  @Test("the cursor is drawn where it is, in the narrowest terminal too")
  func drawn() throws {
    let session = try Explore.open(width: 60, height: 18)
    try session.press("i")
    try session.waitUntilParts("the cursor is drawn") { screen in
      screen.rows.contains { $0.contains("┼") }
    }
    // Nothing that was asked for may be cut off.
    let readout = try session.waitUntilParts("the readers are there") {
      $0.readout.contains(#/read by \d+ \d+/#)
    }.readout
    #expect(readout.contains("pixel (112, 112)") && readout.contains("weight "))
    let pixels = Array(
      try Data(contentsOf: URL(fileURLWithPath: Explore.cat)).suffix(224 * 224 * 3))
    let key = 3 * (112 * 224 + 112)
    #expect(
      readout.contains("rgb \(pixels[key]) \(pixels[key + 1]) \(pixels[key + 2])"))
  }

  @Test("the mouse points at pixels")
  func mouse() throws {
    let session = try Explore.open(width: 80, height: 30)
    #expect(try session.hasMouse())
    let rows = try session.parts().rows
    let row = try #require(rows.firstIndex { $0.count(where: "▀▄".contains) >= 8 })
    let start = try #require(rows[row].firstIndex(where: "▀▄".contains))
    let column = rows[row].distance(from: rows[row].startIndex, to: start)
    // As terminals report a press of the left button and its release, counted from 1.
    try session.type("\u{1B}[<0;\(column + 1);\(row + 1)M\u{1B}[<0;\(column + 1);\(row + 1)m")
    let reading = try reading(session, "the mouse points at a pixel")
    // Dithered cells of one colour are blank: the first that is not lies near the corner.
    #expect(reading.x < 112 && reading.y < 40, "\(reading)")
  }
}
