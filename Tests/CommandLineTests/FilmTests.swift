// Frames and a sound for a multimodal model, on the command line.

import Foundation
import Inputs
import Perceiver
import Pictures
import Tensors
import TestSupport
import Testing

@Suite("Frames and a sound are the input of a multimodal model")
struct FilmTests {
  private static let folder = Program.repository.appending(
    path: "Tests/PerceiverTests/Fixtures/huggingface/multimodal"
  ).path

  private static func model() throws -> Perceiver {
    let checkpoint = try Checkpoint(path: folder)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    return try checkpoint.model(try checkpoint.describe(given: given).configuration)
  }

  private static let samples = (0..<256).map { Int16(truncatingIfNeeded: $0 * 977 - 20000) }

  /// Three frames of the model's own size, and 256 samples, of which it reads 128 beside two frames.
  private static func files(_ scratch: TemporaryFolder) throws -> [[Float]] {
    try scratch.write("a.wav", TestInputs.wav(rate: 48000, channels: 1, samples: samples))
    return try (1...3).map { number in
      let pixels = (0..<8 * 12 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ number &* 71) }
      try scratch.write("film/\(number).ppm", Array("P6\n12 8\n255\n".utf8) + pixels)
      return pixels.map { Float($0) / 255 }
    }
  }

  private static func trace(
    _ scratch: TemporaryFolder, _ inputs: [String]
  ) throws -> (result: ProgramResult, logits: Tensor?) {
    let result = try Program.run(
      ["trace", "--force", "--no-attention", "--weights", folder, "--output", "out"] + inputs,
      in: scratch.url)
    return (
      result,
      result.status == 0 ? try TestInputs.readNPY(scratch.path("out/logits.npy")) : nil
    )
  }

  @Test(
    "a folder and a sound are read together in either order, the last window with its own sound")
  func together() throws {
    let scratch = try TemporaryFolder()
    let frames = try Self.files(scratch)
    let model = try Self.model()
    let numbers = Self.samples.map { Float($0) / 32768 }
    for (window, first) in [("1", 0), ("2", 1)] {
      let expected = try model(
        Tensor(shape: [2, 8, 12, 3], values: frames[first] + frames[first + 1]),
        sound: Tensor(shape: [128], values: Array(numbers[first * 64..<first * 64 + 128])))
      for inputs in [["film", "a.wav"], ["a.wav", "film"]] {
        let (result, logits) = try Self.trace(scratch, inputs + ["--window", window])
        #expect(result.status == 0, "\(result.standardError)")
        #expect(relativeError(try #require(logits), expected) < 1e-5)
      }
    }
  }

  @Test("of several channels the first is read, and that is said", arguments: [2, 10])
  func firstChannel(channels: Int) throws {
    let scratch = try TemporaryFolder()
    _ = try Self.files(scratch)
    let interleaved = Self.samples.indices.flatMap { time in
      (0..<channels).map {
        $0 == 0 ? Self.samples[time] : Int16(truncatingIfNeeded: time * 331 + $0 * 7919)
      }
    }
    let path = try scratch.write(
      "several.wav",
      TestInputs.wav(rate: 48000, channels: UInt16(channels), samples: interleaved))
    let demand = InputDemand(try Self.model().configuration)
    let input = try InputReader().prepared(
      InputReader().open(path, for: demand), for: demand)
    #expect(input.sound?.values == Self.samples.prefix(128).map { Float($0) / 32768 })
    let (_, expected) = try Self.trace(scratch, ["film", "a.wav"])
    let (result, logits) = try Self.trace(scratch, ["film", "several.wav"])
    #expect(
      result.standardError.contains("the first of \(channels) channels"),
      "\(result.standardError)")
    #expect(logits != nil && logits == expected)
  }

  @Test("pictures in a list are frames in their order, and a sound may stand among them")
  func list() throws {
    let scratch = try TemporaryFolder()
    _ = try Self.files(scratch)
    let pictures = (1...3).map { "film/\($0).ppm" }
    for window in ["1", "2"] {
      let chosen = ["--window", window]
      let (_, expected) = try Self.trace(scratch, ["film", "a.wav"] + chosen)
      let (result, logits) = try Self.trace(
        scratch, [pictures[0], "a.wav", pictures[1], pictures[2]] + chosen)
      #expect(result.status == 0, "\(result.standardError)")
      #expect(logits != nil && logits == expected)
    }
    let (_, silent) = try Self.trace(scratch, ["film"])
    #expect(try Self.trace(scratch, pictures).logits == silent)
    #expect(try Self.trace(scratch, Array(pictures.prefix(2))).result.status == 0)
  }

  @Test("one of them alone is read with silence or black, and that is said")
  func alone() throws {
    let scratch = try TemporaryFolder()
    let frames = try Self.files(scratch)
    let model = try Self.model()
    let (silent, silentLogits) = try Self.trace(scratch, ["film"])
    #expect(
      silent.standardError.contains("film: no sound: it is silent"), "\(silent.standardError)")
    let two = Tensor(shape: [2, 8, 12, 3], values: frames[0] + frames[1])
    #expect(relativeError(try #require(silentLogits), try model(two)) < 1e-5)
    let (black, blackLogits) = try Self.trace(scratch, ["a.wav", "--window", "2"])
    #expect(
      black.standardError.contains("a.wav: no frames: they are black"), "\(black.standardError)")
    #expect(black.standardError.contains("part 2 of 2"), "\(black.standardError)")
    let expected = try model(
      Tensor(shape: [2, 8, 12, 3]),
      sound: Tensor(shape: [128], values: Self.samples[128...].map { Float($0) / 32768 }))
    #expect(relativeError(try #require(blackLogits), expected) < 1e-5)
    try scratch.write(
      "short.wav",
      TestInputs.wav(rate: 48000, channels: 1, samples: Array(Self.samples.prefix(100))))
    let (short, _) = try Self.trace(scratch, ["film", "short.wav"])
    #expect(short.standardError.contains("sound ends 0.0 s early"), "\(short.standardError)")
  }

  @Test("a sound of another rate is brought to the model's")
  func rates() throws {
    let scratch = try TemporaryFolder()
    func tone(_ rate: Int, _ count: Int) -> [Int16] {
      (0..<count).map { Int16(20000 * sin(Double($0) / Double(rate) * 2 * .pi * 3000)) }
    }
    let model = try Self.model()
    let frames = Tensor(shape: [2, 8, 12, 3])
    let expected = try model(
      frames,
      sound: Tensor(shape: [128], values: tone(48000, 128).map { Float($0) / 32768 }))
    for rate in [24000, 96000] {
      try scratch.write(
        "\(rate).wav",
        TestInputs.wav(
          rate: UInt32(rate), channels: 1, samples: tone(rate, 128 * rate / 48000)))
      let (result, logits) = try Self.trace(scratch, ["\(rate).wav"])
      #expect(result.standardError.contains("brought to 48000 Hz"), "\(result.standardError)")
      // Beside the sound's ends, where there is nothing to go by.
      #expect(relativeError(try #require(logits), expected) < 0.05)
    }
  }

  @Test("an animation is read in windows of frames, each with its own sound")
  func animation() throws {
    let scratch = try TemporaryFolder()
    _ = try Self.files(scratch)
    let frames: [[UInt8]] = (0..<5).map { (frame: Int) -> [UInt8] in
      (0..<96).map { (pixel: Int) -> UInt8 in UInt8((pixel * 7 + frame * 19) % 128) }
    }
    try scratch.write("a.gif", TestInputs.greyGIF(width: 12, height: 8, frames: frames))
    let model = try Self.model()
    let numbers = Self.samples.map { Float($0) / 32768 }
    for (window, first, words) in [
      ("1", 0, "frames 1 to 2 of 5 of an animation"), ("2", 2, "frames 3 to 4 of 5"),
      ("3", 3, "frames 4 to 5 of 5"),
    ] {
      let (result, logits) = try Self.trace(scratch, ["a.gif", "a.wav", "--window", window])
      #expect(result.status == 0, "\(result.standardError)")
      #expect(result.standardError.contains(words), "\(result.standardError)")
      #expect(!result.standardError.contains("the first of"), "\(result.standardError)")
      var values: [Float] = []
      for grey in frames[first] + frames[first + 1] {
        values += [Float](repeating: Float(2 * Int(grey)) / 255, count: 3)
      }
      let start = first * 64
      var sound = Array(numbers[start..<min(start + 128, 256)])
      sound += [Float](repeating: 0, count: 128 - sound.count)
      let expected = try model(
        Tensor(shape: [2, 8, 12, 3], values: values), sound: Tensor(shape: [128], values: sound))
      #expect(relativeError(try #require(logits), expected) < 1e-5, "\(window)")
    }
  }

  @Test("a WebP animation is read in windows as its frames in a folder are")
  func webP() throws {
    let scratch = try TemporaryFolder()
    // Three frames of 4 × 3 pixels, seen for 40, 80 and 120 ms; made with Pillow.
    let data = """
      UklGRrgAAABXRUJQVlA4WAoAAAACAAAAAwAAAgAAQU5JTQYAAAAAAAAAAABBTk1GKAAAAAAAAAAAAAMAAAIAACgAAAJWUDhM
      EAAAAC8DgAAAB1CFKHL/AxHR/wBBTk1GKgAAAAAAAAAAAAMAAAIAAFAAAABWUDhMEQAAAC8DgAAAB1CF8hS0/4GI6H8AAEFO
      TUYqAAAAAAAAAAAAAwAAAgAAeAAAAFZQOEwRAAAALwOAAAAHUIXiFa//gYjofwAA
      """
    let bytes = Array(
      try #require(Data(base64Encoded: data, options: .ignoreUnknownCharacters)))
    try scratch.write("a.webp", bytes)
    let animation = try #require(try PictureFrames.timed(bytes))
    #expect(animation.frames.count == 3 && animation.milliseconds == [40, 80, 120])
    // The model has 64 samples a frame, of 48,000 a second.
    let times = try #require(
      AnimationTimes(animation.milliseconds, at: FrameRate(frames: 48000, seconds: 64)))
    #expect(times.count == 180 && times.frame(at: 29) == 0 && times.frame(at: 30) == 1)
    let frames = (0..<times.count).map { animation.frames[times.frame(at: $0)] }
    for (number, frame) in frames.enumerated() {
      let header = "P6\n\(frame.width) \(frame.height)\n255\n"
      let samples = frame.converted(toChannels: 3).samples.map { UInt8(($0 * 255).rounded()) }
      try scratch.write("film/\(number + 1).ppm", Array(header.utf8) + samples)
    }
    for window in ["1", "\(frames.count / 4)"] {
      let (result, logits) = try Self.trace(scratch, ["a.webp", "--window", window])
      #expect(result.status == 0, "\(result.standardError)")
      #expect(
        result.standardError.contains(
          "of \(frames.count) of an animation at the model's 750 frames a second"),
        "\(result.standardError)")
      let (_, expected) = try Self.trace(scratch, ["film", "--window", window])
      #expect(logits != nil && logits == expected, "\(window)")
    }
    let (refused, _) = try Self.trace(scratch, ["a.webp", "--window", "\(frames.count)"])
    #expect(refused.status != 0 && refused.standardError.contains("--window"))
  }

  /// A grey Y4M film of the model's frame size.
  private static func y4m(_ rate: String, _ greys: [UInt8]) -> [UInt8] {
    Array("YUV4MPEG2 W12 H8 F\(rate) Cmono\n".utf8)
      + greys.flatMap { Array("FRAME\n".utf8) + [UInt8](repeating: $0, count: 96) }
  }

  @Test("a film of another rate is read at the model's, so that its sound stays beside it")
  func filmRates() throws {
    let scratch = try TemporaryFolder()
    _ = try Self.files(scratch)
    try scratch.write("own.y4m", Self.y4m("750:1", [10, 10, 200, 200]))
    try scratch.write("half.y4m", Self.y4m("375:1", [10, 200]))
    for window in ["1", "2"] {
      let (own, expected) = try Self.trace(scratch, ["own.y4m", "a.wav", "--window", window])
      #expect(!own.standardError.contains("brought to 750"), "\(own.standardError)")
      let (result, logits) = try Self.trace(scratch, ["half.y4m", "a.wav", "--window", window])
      #expect(
        result.standardError.contains(
          "of 4 of a film, 375 frames a second brought to 750 frames a second"),
        "\(result.standardError)")
      #expect(logits != nil && logits == expected)
    }
  }

  @Test("what ffmpeg makes of a film is read as a Y4M film and a WAV are, and its words are said")
  func ffmpeg() throws {
    let scratch = try TemporaryFolder()
    _ = try Self.files(scratch)
    try scratch.write("film.y4m", Self.y4m("750:1", [10, 90, 200]))
    try scratch.write(
      "a.mp4", [0, 0, 0, 24] + Array("ftypisom".utf8) + Array(repeating: 0, count: 64))
    // In the place of ffmpeg: gives what it would, and keeps what it was asked.
    let program = try scratch.write(
      "bin/ffmpeg",
      """
      #!/bin/sh
      echo "$*" >> asked
      case "$*" in
        *yuv4mpegpipe*) cat film.y4m ;;
        *wav*) [ -n "$SILENT" ] && { echo "Stream map '0:a:0' matches no streams." >&2; exit 1; }
          cat a.wav ;;
      esac
      """.utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    func traced(_ more: [String: String]) throws -> (ProgramResult, Tensor?) {
      let result = try Program.run(
        ["trace", "--force", "--no-attention", "--weights", Self.folder, "-o", "out", "a.mp4"],
        in: scratch.url,
        environment: ["PATH": scratch.path("bin") + ":/bin:/usr/bin"].merging(more) { $1 })
      return (
        result, result.status == 0 ? try TestInputs.readNPY(scratch.path("out/logits.npy")) : nil
      )
    }
    let (_, expected) = try Self.trace(scratch, ["film.y4m", "a.wav"])
    let (result, logits) = try traced([:])
    #expect(result.status == 0, "\(result.standardError)")
    #expect(result.standardError.contains("through ffmpeg"), "\(result.standardError)")
    #expect(logits != nil && logits == expected)
    let asked = try String(contentsOfFile: scratch.path("asked"), encoding: .utf8)
    #expect(asked.contains("-vf fps=48000/64") && asked.contains("-i file:./a.mp4"), "\(asked)")
    let (_, silent) = try Self.trace(scratch, ["film.y4m"])
    let (without, silentLogits) = try traced(["SILENT": "1"])
    #expect(without.standardError.contains("no sound: it is silent"), "\(without.standardError)")
    #expect(silentLogits != nil && silentLogits == silent)
    try scratch.write("film.y4m", [])
    let (broken, _) = try traced([:])
    #expect(broken.status == 65 && broken.errorLines.count == 1, "\(broken.standardError)")
  }

  @Test("a sound's flaws beside frames are said of the sound")
  func flaws() throws {
    let scratch = try TemporaryFolder()
    _ = try Self.files(scratch)
    let whole = TestInputs.wav(rate: 48000, channels: 1, samples: Self.samples)
    try scratch.write("cut.wav", whole.dropLast(100))
    for inputs in [["film", "cut.wav"], ["film/1.ppm", "film/2.ppm", "cut.wav"]] {
      let (result, _) = try Self.trace(scratch, inputs)
      #expect(result.status == 0, "\(result.standardError)")
      #expect(result.standardError.contains(": cut.wav damaged ("), "\(result.standardError)")
    }
  }

  @Test("what does not belong together, and a window that is not there, is one line")
  func refused() throws {
    let scratch = try TemporaryFolder()
    _ = try Self.files(scratch)
    for (inputs, status, message) in [
      (["a.wav", "a.wav"], 64, "expected frames and a sound, found two sounds"),
      (["film", "film"], 64, "expected frames and a sound, found two of frames"),
      (["film", "a.wav", "a.wav"], 64, "expected frames and one sound, found two"),
      (["film", "none.wav"], 66, "none.wav: "),
      (
        ["film", "--window", "7"], 64,
        "--window: expected a number from 1 to 2, the parts of film, found 7"
      ),
      (
        ["a.wav", "--window", "3"], 64,
        "--window: expected a number from 1 to 2, the parts of a.wav, found 3"
      ),
      (
        ["film/1.ppm", "film/2.ppm", "--window", "2"], 64,
        "--window: expected 1, since film/1.ppm has one part, found 2"
      ),
    ] as [([String], Int32, String)] {
      let (result, _) = try Self.trace(scratch, inputs)
      #expect(result.status == status, "\(inputs)")
      #expect(
        result.errorLines.count == 1 && result.standardError.contains(message),
        "\(inputs): \(result.standardError)")
    }
  }
}
