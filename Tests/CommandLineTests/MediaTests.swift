// Sound and frames on the command line, for models of one axis and of three.

import Foundation
import SoundForms
import Tensors
import Testing

@Suite("Sound and frames are inputs")
struct MediaTests {
  private static func logits(_ scratch: TemporaryFolder, _ arguments: [String]) throws -> [Float] {
    let result = try Program.run(
      ["trace", "--force", "--output", scratch.path("out")] + arguments + TestInputs.smallModel)
    #expect(result.status == 0, "\(result.standardError)")
    return try TestInputs.readNPY(scratch.path("out/logits.npy")).values
  }

  @Test("a sound has the logits of its samples as an array, its first channel where there is one")
  func sound() throws {
    let samples = (0..<80).map { Int16(truncatingIfNeeded: $0 * 977 - 20000) }
    let numbers = samples.map { Float($0) / 32768 }
    for channels in [1, 2] {
      let scratch = try TemporaryFolder()
      let wav = try scratch.write(
        "a.wav", TestInputs.wav(channels: UInt16(channels), samples: samples))
      let npy = try scratch.write(
        "a.npy", TestInputs.npy(shape: [80 / channels, channels], values: numbers))
      let first = try scratch.write(
        "first.npy",
        TestInputs.npy(
          shape: [80 / channels, 1],
          values: stride(from: 0, to: 80, by: channels).map { numbers[$0] }))
      let own = ["--input-axis", "1", "--input-channels", "\(channels)"]
      #expect(try Self.logits(scratch, [wav] + own) == Self.logits(scratch, [npy] + own))
      let one = ["--input-axis", "1", "--input-channels", "1"]
      #expect(try Self.logits(scratch, [wav] + one) == Self.logits(scratch, [first] + one))
    }
  }

  @Test("a film has the logits of its frames as an array, and its windows are chosen")
  func film() throws {
    let scratch = try TemporaryFolder()
    let frames = (0..<20).map { frame in (0..<6).map { UInt8(frame * 10 + $0) } }
    let y4m =
      Array("YUV4MPEG2 W3 H2 F25:1 Cmono\n".utf8)
      + frames.flatMap { Array("FRAME\n".utf8) + $0 }
    let film = try scratch.write("film.y4m", y4m)
    let own = ["--input-axis", "3", "--input-channels", "1"]
    for (window, range) in [("1", 0..<16), ("2", 4..<20)] {
      let values = frames[range].flatMap { $0.map { Float($0) / 255 * 2 - 1 } }
      let array = try scratch.write("a.npy", TestInputs.npy(shape: [16, 2, 3, 1], values: values))
      let mine = try Self.logits(scratch, [film, "--window", window] + own)
      #expect(try mine == Self.logits(scratch, [array] + own))
    }
    let photo = try Program.run(
      ["trace", film, "--input-axis", "2", "--output", scratch.path("no")] + TestInputs.smallModel)
    #expect(photo.status == 65)
    #expect(
      photo.standardError.contains("expected a photo, found frames, which a model of three axes"))
  }

  @Test("a packed sound has the logits of a plain one, and one that is cut short says so")
  func packedSounds() throws {
    let scratch = try TemporaryFolder()
    let samples = (0..<6000).map { Int16(truncatingIfNeeded: $0 * $0 / 100) }
    let model = ["--input-axis", "1", "--input-channels", "2"]
    let flac = try SoundForm.flac.file(channels: 2, samples)
    let wav = try scratch.write("a.wav", TestInputs.wav(channels: 2, samples: samples))
    #expect(
      try Self.logits(scratch, [scratch.write("a.flac", flac)] + model)
        == Self.logits(scratch, [wav] + model))
    try scratch.write("whole.mp3", SoundForm.mp3.file(channels: 2, samples))
    try scratch.write("cut.mp3", SoundForm.mp3.file(channels: 2, samples).dropLast(900))
    // What the decoder would print about it is not to be seen.
    for (file, lines) in [("whole.mp3", 0), ("cut.mp3", 1)] {
      let result = try Program.run(
        ["trace", file, "--force", "--output", "out"] + model + TestInputs.smallModel,
        in: scratch.url)
      #expect(result.status == 0, "\(result.standardError)")
      let said = result.errorLines.filter { $0.contains("damaged (cut short: ") }
      #expect(said.count == lines && !result.standardError.contains("mpg123"))
      #expect(!result.standardError.contains("Warning"), "\(result.standardError)")
    }
    let strict = try Program.run(
      ["trace", "cut.mp3", "--strict", "--output", "no"] + model + TestInputs.smallModel,
      in: scratch.url)
    #expect(strict.status == 65)
    #expect(strict.standardError.hasPrefix("perceiver-tui: cut.mp3: cut short: "))
  }

  @Test("a film that only ffmpeg reads names the line that installs it, where it is not there")
  func packed() throws {
    let scratch = try TemporaryFolder()
    let film = try scratch.write(
      "a.mp4", [0, 0, 0, 24] + Array("ftypisom".utf8) + Array(repeating: 0, count: 64))
    for axis in ["1", "3"] {
      let result = try Program.run(
        ["trace", film, "--input-axis", axis, "--output", scratch.path("out")],
        environment: ["PATH": scratch.path("none")])
      #expect(result.status == 65)
      #expect(result.errorLines.count == 1)
      #expect(result.standardError.contains("found an MP4 or QuickTime video; apt install ffmpeg"))
    }
    let photo = try Program.run(["trace", film, "--output", scratch.path("out")])
    #expect(photo.standardError.contains("ffmpeg -i IN -frames:v 1 OUT.png takes its first frame"))
  }

  @Test("a folder has the logits of its pictures as an array, in the order of their numbers")
  func frames() throws {
    let scratch = try TemporaryFolder()
    var values: [Float] = []
    for number in 1...12 {
      let pixels = (0..<6).map { UInt8(number * 10 + $0) }
      try scratch.write(
        "film/frame\(number).pgm", TestInputs.pgm(width: 3, height: 2, values: pixels))
      values += pixels.map { Float($0) / 255 * 2 - 1 }
    }
    try scratch.write("film/notes.txt", "no picture".utf8)
    let array = try scratch.write("film.npy", TestInputs.npy(shape: [12, 2, 3, 1], values: values))
    let model = ["--input-axis", "3", "--input-channels", "1"]
    let expected = try Self.logits(scratch, [array] + model)
    #expect(try Self.logits(scratch, [scratch.path("film")] + model) == expected)
    let list = (1...12).map { scratch.path("film/frame\($0).pgm") }
    #expect(try Self.logits(scratch, list + model) == expected)
    let beyond = try Program.run(
      ["trace", "--window", "2", "--output", scratch.path("no")] + list + model
        + TestInputs.smallModel)
    #expect(beyond.status == 64)
    #expect(beyond.standardError.contains("--window: expected 1, since"))
  }

  @Test("a longer film is read in windows of 16 frames")
  func windows() throws {
    let scratch = try TemporaryFolder()
    for number in 0..<20 {
      try scratch.write(
        "film/\(number).pgm", TestInputs.pgm(width: 1, height: 1, values: [UInt8(number)]))
    }
    let result = try Program.run(
      [
        "trace", scratch.path("film"), "--window", "2", "--input-axis", "3", "--output",
        scratch.path("out"),
      ] + TestInputs.smallModel)
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains("frames 5 to 20 of 20 of a folder"))
  }

  @Test("an animation is read in windows of 16 frames, each with the logits of its array")
  func animation() throws {
    let scratch = try TemporaryFolder()
    let gif = try scratch.write("a.gif", Self.gif(frames: 20))
    let own = ["--input-axis", "3", "--input-channels", "3"]
    for (window, range) in [("1", 0..<16), ("2", 4..<20)] {
      var values: [Float] = []
      for grey in Self.greys(frames: 20)[range].joined() {
        values += [Float](repeating: Float(2 * Int(grey)) / 255 * 2 - 1, count: 3)
      }
      let array = try scratch.write("a.npy", TestInputs.npy(shape: [16, 2, 3, 3], values: values))
      let mine = try Self.logits(scratch, [gif, "--window", window] + own)
      #expect(try mine == Self.logits(scratch, [array] + own), "\(window)")
    }
    let last = try Program.run(
      ["trace", gif, "--window", "2", "--force", "--output", scratch.path("out")] + own
        + TestInputs.smallModel)
    #expect(
      last.standardError.contains("frames 5 to 20 of 20 of an animation"), "\(last.standardError)")
    let beyond = try Program.run(
      ["trace", gif, "--window", "3", "--output", scratch.path("no")] + own + TestInputs.smallModel)
    #expect(beyond.status == 64 && beyond.errorLines.count == 1)
    #expect(beyond.standardError.contains("--window: expected a number from 1 to 2, the parts of"))
    let short = try scratch.write("short.gif", Self.gif(frames: 5))
    let whole = try Program.run(
      ["trace", short, "--force", "--output", scratch.path("out")] + own + TestInputs.smallModel)
    #expect(
      whole.standardError.contains("5 frames of an animation, read as one input"),
      "\(whole.standardError)")
  }

  @Test("w and W go along an animation's windows, and . through a window's frames")
  func animationKeys() throws {
    let scratch = try TemporaryFolder()
    let gif = try scratch.write("a.gif", Self.gif(frames: 40))
    func screen(_ keys: String) throws -> [String] {
      let result = try Program.run(
        ["explore", gif, "--input-axis", "3", "--input-channels", "3", "--keys", keys]
          + ["--screen", "120x40"] + TestInputs.smallModel,
        environment: ["LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": "/nonexistent"])
      #expect(result.status == 0, "\(result.standardError)")
      return result.text.split(separator: "\n").map(String.init)
    }
    for (keys, frames) in [
      ("", "1 to 16"), ("w", "17 to 32"), ("w w", "25 to 40"), ("w w W", "17 to 32"),
      ("':window 3' Enter W W", "1 to 16"),
    ] {
      let rows = try screen(keys)
      #expect(rows[0].contains("a.gif 16×2×3×3 · frames \(frames) of 40"), "\(keys): \(rows[0])")
    }
    let end = try screen("w w w")
    #expect(end.contains { $0.contains("this is the last of 3 parts") }, "\(end.last ?? "")")
    let moved = try screen("w . .")
    #expect(moved.contains { $0.contains("frame 3/16") }, "\(moved.joined(separator: "\n"))")
  }

  @Test("w goes on in what standard input gave, as in a file: the map is that of the same part")
  func standardInput() throws {
    let scratch = try TemporaryFolder()
    let gif = Self.gif(frames: 40)
    let file = try scratch.write("a.gif", gif)
    func map(_ input: String, _ keys: String, _ bytes: [UInt8]? = nil) throws -> Tensor {
      let path = scratch.path("map.npy")
      try? FileManager.default.removeItem(atPath: path)
      let result = try Program.run(
        ["explore", input, "--input-axis", "3", "--input-channels", "3"]
          + ["--keys", "\(keys) ':export \(path)' Enter"] + TestInputs.smallModel,
        input: bytes, environment: ["LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": "/nonexistent"])
      #expect(result.status == 0, "\(result.standardError)")
      return try TestInputs.readNPY(path)
    }
    let first = try map(file, "")
    for keys in ["", "w", "w w", "w w W"] {
      let piped = try map("-", keys, gif)
      #expect(try piped == map(file, keys), "\(keys)")
      #expect(keys.isEmpty == (piped == first), "\(keys)")
    }
  }

  /// Greys of frames of 3 × 2 pixels, from 0 to 127.
  private static func greys(frames: Int) -> [[UInt8]] {
    (0..<frames).map { frame in (0..<6).map { UInt8((frame * 6 + $0 * 17) % 128) } }
  }

  private static func gif(frames: Int) -> [UInt8] {
    TestInputs.greyGIF(width: 3, height: 2, frames: greys(frames: frames))
  }

  @Test("what cannot be read is one line with its name")
  func refused() throws {
    let scratch = try TemporaryFolder()
    try scratch.write("film/1.pgm", TestInputs.pgm(width: 1, height: 1, values: [1]))
    try scratch.write("film/2.pgm", TestInputs.pgm(width: 2, height: 1, values: [1, 2]))
    try scratch.write("still/1.pgm", TestInputs.pgm(width: 1, height: 1, values: [1]))
    try FileManager.default.createDirectory(
      atPath: scratch.path("empty"), withIntermediateDirectories: true)
    let silent = try scratch.write("silent.wav", TestInputs.wav(channels: 1, samples: []))
    for (arguments, message) in [
      (["film", "--input-axis", "3"], "film/2.pgm: expected 1 × 1 as 1.pgm is, found 2 × 1"),
      (["empty", "--input-axis", "3"], "empty: expected pictures in the folder, found none"),
      (
        ["still", "--input-axis", "2"],
        "still: expected a file, found a folder"
      ),
      (
        [silent, "--input-axis", "1"], "silent.wav: data: expected at least one sample, found none"
      ),
    ] {
      let result = try Program.run(
        ["trace"] + arguments + ["--output", "out"] + TestInputs.smallModel, in: scratch.url)
      #expect(result.status == (arguments[0] == "still" ? 66 : 65))
      #expect(
        result.errorLines.count == 1 && result.standardError.contains(message),
        "\(result.standardError)")
    }
  }
}
