// Photos that are damaged, and photos that are too large to be held, from the command line.

import Foundation
import Testing

@Suite("Photos with flaws, and large ones")
struct PhotoFlawTests {
  private let folder: TemporaryFolder
  private let jpeg: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    let file = Program.repository.appending(path: "Tests/PicturesTests/Fixtures/progressive.jpg")
    jpeg = [UInt8](try Data(contentsOf: file))
  }

  private func render(_ arguments: String..., input: [UInt8]? = nil) throws -> ProgramResult {
    try Program.run(
      ["render"] + arguments + ["--stage", "1"] + TestInputs.smallModel, input: input,
      in: folder.url)
  }

  @Test("a photo that is cut short is drawn with a warning, and refused with --strict")
  func cutShort() throws {
    try folder.write("cut.jpg", jpeg.dropLast(jpeg.count / 4))
    let result = try render("cut.jpg")
    #expect(result.status == 0)
    #expect(result.errorLines.count == 1)
    #expect(result.errorLines.first?.hasPrefix("perceiver-tui: cut.jpg: cut short (") == true)
    let strict = try render("cut.jpg", "--strict")
    #expect(strict.status == 65 && strict.standardOutput.isEmpty)
    #expect(
      strict.errorLines.first?.hasPrefix("perceiver-tui: cut.jpg: JPEG: cut short: ") == true)
  }

  @Test("without its end marker, or with a trailer for it, a photo is whole")
  func noEnd() throws {
    try folder.write("photo.jpg", jpeg)
    let whole = try render("photo.jpg", "--strict")
    #expect(whole.status == 0 && whole.errorLines.isEmpty)
    for ending in ["", "SEFH and so on"] {
      try folder.write("photo.jpg", jpeg.dropLast(2) + Array(ending.utf8))
      let result = try render("photo.jpg", "--strict")
      #expect(result.status == 0 && result.errorLines.isEmpty, "\(ending)")
      #expect(result.standardOutput == whole.standardOutput)
    }
  }

  @Test("a picture of 10¹⁰ pixels is judged by its header, in a file and from standard input")
  func header() throws {
    let header = Array("P6 100000 100000 255\n".utf8)
    try folder.write("giant.ppm", header)
    let limit = "PNM: expected at most 67108864 pixels, found 100000 × 100000"
    let whole = try render("giant.ppm", "--max-side", "none")
    #expect(whole.status == 65)
    #expect(whole.errorLines == ["perceiver-tui: giant.ppm: \(limit)"])
    let smaller = try render("giant.ppm")
    #expect(smaller.status == 65)
    #expect(smaller.errorLines.first?.contains("30000000000 bytes of raster") == true)
    let piped = try render("-", "--max-side", "none", input: header)
    #expect(piped.status == 65)
    #expect(piped.errorLines == ["perceiver-tui: standard input: \(limit)"])
  }
}
