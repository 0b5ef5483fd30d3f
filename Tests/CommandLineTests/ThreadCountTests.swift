// What the program writes, byte for byte, on one thread and on several.

import Foundation
import Testing

@Suite struct ThreadCountTests {
  /// A training whose steps go through one set of computations.
  struct Lesson: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let options: [String]
  }

  private static let lessons = [
    Lesson(
      testDescription: "from sums along the axes, clipped",
      options: ["--cross-heads", "2", "--num-freq-bands", "6"]),
    Lesson(
      testDescription: "tied, without clipping",
      options: ["--weight-tie-layers", "--clip-norm", "none"]),
    Lesson(testDescription: "inverted", options: ["--inverted-cross-attn", "--cross-heads", "2"]),
    Lesson(
      testDescription: "dropout, pictures cut and turned",
      options: ["--attn-dropout", "0.2", "--ff-dropout", "0.2", "--crop-padding", "1", "--flip"]),
    Lesson(
      testDescription: "bottom-up, lamb",
      options: ["--variant", "bottom-up", "--optimizer", "lamb"]),
    Lesson(testDescription: "residual over layers", options: ["--attn-residual", "--depth", "3"]),
    Lesson(testDescription: "gated", options: ["--variant", "gated"]),
  ]

  @Test("a training comes to the same bytes for any number of threads", arguments: lessons)
  func training(_ lesson: Lesson) throws {
    let folder = try TrainingFolder()
    let files = try ["1", "2", "5"].map { threads in
      let result = try Program.run(
        [
          "train", ".", "--batch-size", "16", "--steps", "3", "-o", "\(threads).safetensors",
          "--depth", "2", "--num-latents", "40", "--latent-dim", "64", "--latent-heads", "2",
          "--num-classes", "3",
        ] + lesson.options, in: folder.folder.url, environment: ["PERCEIVER_NUM_THREADS": threads])
      #expect(result.status == 0, "\(result.standardError)")
      return (
        try folder.data("\(threads).safetensors"),
        // With the optimiser's moments.
        try folder.data("\(threads).training.safetensors")
      )
    }
    for (model, state) in files.dropFirst() {
      #expect(model == files[0].0)
      #expect(state == files[0].1)
    }
  }

  @Test(
    "a trace writes the same bytes for any number of threads",
    arguments: [
      [], ["--scores"], ["--inverted-cross-attn"], ["--num-freq-bands", "2"],
      ["--variant", "bottom-up"],
    ])
  func trace(_ options: [String]) throws {
    let folder = try TemporaryFolder()
    try folder.write("photo.ppm", TestInputs.ppm(width: 61, height: 37))
    for threads in ["1", "2", "5"] {
      let result = try Program.run(
        [
          "trace", "photo.ppm", "-o", threads, "--depth", "2", "--num-latents", "70",
          "--latent-dim", "64", "--cross-heads", "2", "--num-classes", "9",
        ] + options, in: folder.url, environment: ["PERCEIVER_NUM_THREADS": threads])
      #expect(result.status == 0, "\(result.standardError)")
    }
    let contents = folder.contents.filter { $0.hasSuffix(".npy") }
    let written = contents.filter { $0.hasPrefix("1/") }
    #expect(written.count > 4)
    #expect(contents.count == 3 * written.count)
    for file in written {
      let one = try Data(contentsOf: folder.url.appending(path: file))
      for threads in ["2", "5"] {
        let other = folder.url.appending(path: threads + file.dropFirst())
        #expect(try Data(contentsOf: other) == one, "\(file) on \(threads) threads")
      }
    }
  }

  @Test(
    "a number of threads that cannot be is said and passed over",
    arguments: [
      ("0", true), ("-1", true), ("1000", true), ("abc", true), ("1", false), ("8", false),
      ("", false),
    ])
  func strangeNumbers(given: String, isStrange: Bool) throws {
    let result = try Program.run(
      ["info", "--depth", "1"], environment: ["PERCEIVER_NUM_THREADS": given])
    #expect(result.status == 0)
    let lines = result.errorLines.filter { $0.contains("PERCEIVER_NUM_THREADS") }
    #expect(lines.count == (isStrange ? 1 : 0))
    #expect(!isStrange || lines[0].contains("found \(given)"))
  }
}
