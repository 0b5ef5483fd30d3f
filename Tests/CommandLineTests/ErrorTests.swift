// Command lines that cannot be done: one line on standard error, and the status that scripts read.

import Foundation
import Testing

@Suite("Errors")
struct ErrorTests {
  /// A command line, what it exits with, and what its one line says.
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let status: Int32
    let line: String

    init(_ arguments: String, _ status: Int32, _ line: String) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.status = status
      self.line = line
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let depth = "expected a whole number from 1 to 512"
  private static let real = "expected a number from 0.001 to 1000000.0"

  static let cases: [Case] = [
    Case("", 64, "expected a photo or array to open, found nothing; see perceiver-tui --help"),
    Case("photo.ppm extra", 64, "Unexpected argument 'extra'"),
    Case("trace photo.ppm", 64, "Missing expected argument '--output <dir>'"),
    Case("trace photo.ppm -o out --dept 3", 64, "Unknown option '--dept'. Did you mean '--depth'?"),
    // Hyperparameters
    Case("trace photo.ppm -o out --depth 0", 64, "--depth: \(depth), found 0"),
    Case("trace photo.ppm -o out --depth -1", 64, "--depth: \(depth), found -1"),
    Case("trace photo.ppm -o out --depth=-1", 64, "--depth: \(depth), found -1"),
    Case("trace photo.ppm -o out --depth nan", 64, "--depth: \(depth), found nan"),
    Case("trace photo.ppm -o out --depth 1.5", 64, "--depth: \(depth), found 1.5"),
    Case(
      "trace photo.ppm -o out --depth 99999999999999999999", 64,
      "--depth: \(depth), found 99999999999999999999"),
    Case("trace photo.ppm -o out --max-freq nan", 64, "--max-freq: \(real), found nan"),
    Case("trace photo.ppm -o out --max-freq inf", 64, "--max-freq: \(real), found inf"),
    Case("trace photo.ppm -o out --max-freq -3", 64, "--max-freq: \(real), found -3"),
    Case("trace photo.ppm -o out --max-freq 1e300", 64, "--max-freq: \(real), found 1e300"),
    Case(
      "trace photo.ppm -o out --num-latents 0", 64,
      "--num-latents: expected a whole number from 1 to 65536, found 0"),
    Case(
      "trace photo.ppm -o out --attn-dropout 1", 64,
      "--attn-dropout: expected a number from 0.0 to 0.999, found 1"),
    Case(
      "trace photo.ppm -o out --seed -1", 64,
      "--seed: expected a whole number from 0 to 18446744073709551615, found -1"),
    Case(
      "trace photo.ppm -o out --cross-dim many", 64,
      "--cross-dim: expected a whole number, found many"),
    Case(
      "trace photo.ppm -o out --variant vit", 64, "--variant: expected one of perceiver, gated,"),
    Case(
      "trace photo.ppm -o out --num-latents 65536 --latent-dim 16384 --depth 512", 64,
      "parameters would take "),
    Case(
      "trace photo.ppm -o out --input-channels 2", 65,
      "photo.ppm: expected 2 channels (input_channels), found 3"),
    Case(
      "trace photo.ppm -o out --input-axis 1", 65,
      "photo.ppm: expected 1 axis (input_axis) and channels, found shape [3, 4, 3]"),
    // Input options
    Case(
      "trace photo.ppm -o out --max-side 0", 64,
      "--max-side: expected a whole number from 1 to 65536 or none, found 0"),
    Case(
      "trace photo.ppm -o out --std 0", 64,
      "--std: expected numbers from 0.000001, one or one a channel, found 0"),
    Case(
      "trace photo.ppm -o out --mean nan", 64,
      "--mean: expected numbers, one or one a channel, found nan"),
    Case(
      "trace photo.ppm -o out --mean 1,2", 64, "--mean: expected 1 or 3 numbers, found 2"),
    Case(
      "trace array.npy -o out --mean 1", 64,
      "array.npy: an array is used as it is: --mean, --std and --max-side are for photos"),
    Case("trace - -o out --mask -", 64, "--mask: expected a file, found - which is the input"),
    // Files
    Case("trace missing.ppm -o out", 66, "missing.ppm: no such file"),
    Case("trace . -o out", 66, ".: expected a file, found a folder"),
    Case("trace photo.ppm/x -o out", 66, "photo.ppm/x: no such file"),
    Case("trace empty -o out", 65, "empty: "),
    Case("trace text -o out", 65, "text: "),
    Case("trace cut.ppm -o out", 65, "cut.ppm: "),
    Case("trace huge.ppm -o out", 65, "huge.ppm: "),
    Case("trace huge.npy -o out", 65, "huge.npy: "),
    Case("trace flat.npy -o out", 65, "flat.npy: expected one to three axes and channels"),
    Case("trace nan.npy -o out", 65, "nan.npy: expected finite numbers, found nan as element 1"),
    Case("trace none.npy -o out", 65, "none.npy: expected at least one token, found shape [0, 2]"),
    Case(
      "trace photo.ppm -o out --mask array.npy", 65, "array.npy: expected a mask of the input's"),
    Case("trace photo.ppm -o out --mask missing", 66, "missing: no such file"),
    Case("trace photo.ppm -o out --weights missing", 66, "missing: no such file"),
    Case("trace photo.ppm -o out --weights text", 65, "text: "),
    Case("trace photo.ppm -o out --config missing", 66, "missing: no such file"),
    Case("trace photo.ppm -o out --config text", 65, "text: byte 0: expected a value, found 'x'"),
    Case("trace photo.ppm -o out --config bad.json", 65, "bad.json: depth: \(depth), found -2"),
    Case("trace photo.ppm -o out --config other.json", 65, "other.json: configuration: expected"),
    Case("info missing", 66, "missing: no such file"),
    Case("info text", 65, "text: "),
    Case("info text --weights text", 64, "expected a checkpoint or --weights, found both"),
    Case("info --input-size 0x3", 64, "--input-size: expected one to three lengths such as"),
    Case("info --input-size 3x4x5", 0, ""),
    // Maps
    Case("render photo.ppm --stage 0", 64, "--stage: expected a stage from 1 (cross 1) to 12"),
    Case("render photo.ppm --stage -1", 64, "--stage: expected a stage from 1 (cross 1) to 12"),
    Case("render photo.ppm --stage cross-7", 64, "--stage: expected a stage from 1 (cross 1)"),
    Case(
      "render photo.ppm --stage first", 64,
      "The value 'first' is invalid for '--stage <stage>': expected a number, or a name such as"),
    Case("render photo.ppm --head 2", 64, "--head: expected 1 to 1 or mean, found 2"),
    Case("render photo.ppm --head 0", 64, "--head: expected 1 to 1 or mean, found 0"),
    Case("render photo.ppm --latent 257", 64, "--latent: expected 1 to 256, mean or max"),
    Case("render photo.ppm --latent -1", 64, "--latent: expected 1 to 256, mean or max, found -1"),
    Case("rendr photo.ppm", 64, "rendr: no such command or file; did you mean render?"),
    Case("tarin", 64, "tarin: no such command or file; did you mean train?"),
    Case("render photo.ppm --width 0", 64, "--width: expected a whole number from 1 to 16384"),
    Case("render photo.ppm --scale sqrt", 64, "The value 'sqrt' is invalid for '--scale <scale>'"),
    Case("render photo.ppm --output map.gif", 64, "--output: expected a name that ends in"),
    Case("render photo.ppm --output text --format png", 73, "text: expected no file"),
    Case("render photo.ppm --output no/map.png", 73, "no/map.png: "),
    // Output
    Case("trace photo.ppm -o photo.ppm", 73, "photo.ppm"),
    Case("trace photo.ppm -o /proc/nowhere", 73, "/proc/nowhere: "),
  ]

  @Test("a command line that cannot be done says why in one line", arguments: cases)
  func refuses(_ test: Case) throws {
    let folder = try TemporaryFolder()
    try folder.write("photo.ppm", TestInputs.ppm(width: 4, height: 3))
    try folder.write("cut.ppm", TestInputs.ppm(width: 4, height: 3).dropLast())
    try folder.write("huge.ppm", Array("P6 1000000 1000000 255\nxxx".utf8))
    try folder.write("empty", [])
    try folder.write("text", Array("xyz\n".utf8))
    try folder.write(
      "array.npy", TestInputs.npy(shape: [2, 2, 3], values: .init(repeating: 1, count: 12)))
    try folder.write("huge.npy", TestInputs.npy(shape: [1 << 40, 1 << 40, 3], values: [1]))
    try folder.write("flat.npy", TestInputs.npy(shape: [3], values: [1, 2, 3]))
    try folder.write("nan.npy", TestInputs.npy(shape: [1, 2], values: [1, .nan]))
    try folder.write("none.npy", TestInputs.npy(shape: [0, 2], values: []))
    try folder.write("bad.json", Array(#"{"depth": -2}"#.utf8))
    try folder.write("other.json", Array(#"{"num_heads": 2}"#.utf8))
    let before = folder.contents
    let result = try Program.run(test.arguments, in: folder.url)
    #expect(result.status == test.status, "\(result.standardError)")
    if test.status != 0 {
      #expect(result.errorLines.count == 1, "\(result.standardError)")
      #expect(
        result.standardError.hasPrefix("perceiver-tui: " + test.line), "\(result.standardError)")
      #expect(result.standardOutput.isEmpty)
    }
    #expect(folder.contents == before)
    #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
  }

  @Test(
    "a reader that leaves early ends the program quietly",
    arguments: [
      "info", "trace array.npy -o out --no-attention", "--help",
    ])
  func readerLeaves(command: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("array.npy", TestInputs.npy(shape: [2, 2], values: [1, 2, 3, 4]))
    // The reader is gone before the first byte: `true` ends and is waited for.
    let result = try Program.shell(
      "exec 3> >(exec true); sleep 0.2; \"$P\" \(command) >&3", in: folder.url)
    #expect(result.status == 0)
    #expect(!result.standardError.contains("Broken pipe"))
  }

  @Test("a full standard output is said")
  func fullOutput() throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell("\"$P\" info >/dev/full", in: folder.url)
    #expect(result.status == 73)
    #expect(result.errorLines == ["perceiver-tui: standard output: No space left on device"])
  }

  @Test("without a terminal, explore names what works there")
  func exploreNeedsATerminal() throws {
    let folder = try TemporaryFolder()
    let photo = try folder.write("photo.ppm", TestInputs.ppm(width: 4, height: 3))
    for arguments in [[photo], ["explore", photo]] {
      let result = try Program.run(arguments)
      #expect(result.status == 64)
      #expect(result.errorLines.count == 1)
      #expect(result.standardError.contains("not a terminal"))
      #expect(result.standardError.contains("perceiver-tui trace"))
      #expect(result.standardError.contains("perceiver-tui render"))
    }
  }

  @Test("a tensor for which there is no memory is one line, and what was written stays whole")
  func outOfMemory() throws {
    let folder = try TemporaryFolder()
    // Well beyond what the program takes by itself, well below the 400 MB of the weights.
    let result = try Program.shell(
      "ulimit -v 500000; exec \"$P\" convert --depth 24 --latent-dim 1024 -o m.safetensors",
      in: folder.url)
    #expect(result.status == 70)
    #expect(result.errorLines.count == 1)
    #expect(
      result.errorLines.last?.hasPrefix("perceiver-tui: out of memory: the system refuses ")
        == true,
      "\(result.standardError.prefix(300))")
    #expect(folder.contents.isEmpty)
  }

  @Test("a photo for which there is no memory is one line too", arguments: [350, 450])
  func photoOutOfMemory(_ megabytes: Int) throws {
    let folder = try TemporaryFolder()
    let result = try Program.shell(
      """
      printf 'P6\\n6000 4000\\n255\\n' > p.ppm; truncate -s 72000017 p.ppm
      ulimit -v \(megabytes)000; exec "$P" render p.ppm -o o.png --depth 1 --num-latents 8
      """, in: folder.url)
    #expect(result.status == 70)
    #expect(
      result.errorLines.last?.hasPrefix("perceiver-tui: out of memory: the system refuses ")
        == true,
      "\(result.standardError.prefix(300))")
    #expect(folder.contents == ["p.ppm"])
  }
}
