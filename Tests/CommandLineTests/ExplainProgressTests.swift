// The line of progress of `explain`: on a terminal alone, and gone when something is said.

import Foundation
import Testing

@Suite("The progress of explain")
struct ExplainProgressTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["1", "2"] {
      _ = try folder.write("set/\(name).ppm", TestInputs.ppm(width: 9, height: 6))
    }
  }

  private static let asked =
    [
      "explain", "set", "-o", "out", "--method", "relevance-sampled,occlusion", "--samples", "4",
      "--trust", "--randomise", "--sweep", "stages,heads,latents",
    ] + TestInputs.smallModel

  @Test("what takes long says how far it is, and of which input")
  func terminal() throws {
    let pseudo = try #require(PseudoTerminal(width: 120, height: 24))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try Program.path)
    process.arguments = Self.asked
    process.currentDirectoryURL = folder.url
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(fileDescriptor: pseudo.terminal, closeOnDealloc: false)
    let shown = try pseudo.whileReading {
      try process.run()
      process.waitUntilExit()
    }
    #expect(process.terminationStatus == 0, "\(shown)")
    // At most ten lines a second are drawn, so that not all of them are: the first is.
    let drawn = shown.components(separatedBy: "\r").filter { $0.contains(" left") }
    let first = try #require(drawn.first)
    #expect(
      first.contains(#/^\[[#-]+\] 1/2 1\.ppm: relevance-sampled, 0/4, \? left/#), "\(first)")
    // It is taken away before anything else is written.
    #expect(shown.hasSuffix("\r\u{1B}[K"), "\(shown.suffix(40))")
  }

  @Test("where standard error is no terminal there is none")
  func noTerminal() throws {
    let result = try Program.run(Self.asked, in: folder.url)
    #expect(result.status == 0)
    #expect(result.standardError.isEmpty, "\(result.standardError)")
  }
}
