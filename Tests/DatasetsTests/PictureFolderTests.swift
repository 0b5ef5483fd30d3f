// Folders with a folder of pictures for each class.

import Datasets
import Foundation
import Pictures
import Testing

@Suite("Folders of pictures")
struct PictureFolderTests {
  private let folder: DatasetFolder

  init() throws { folder = try DatasetFolder() }

  private func picture(
    _ width: Int, _ height: Int, channels: Int = 3, _ sample: (Int, Int) -> Float = { _, _ in 1 }
  ) -> PixelImage {
    PixelImage(
      width: width, height: height, channels: channels,
      samples: (0..<height).flatMap { y in
        (0..<width).flatMap { x in [Float](repeating: sample(x, y), count: channels) }
      })
  }

  @Test("classes are folders in the order of their names, and come in turn")
  func classes() throws {
    for name in ["b", "a", "c"] {
      try folder.write("\(name)/1.ppm", picture(2, 2) { _, _ in name == "a" ? 1 : 0 }.netpbm)
      try folder.write("\(name)/2.PNG", picture(2, 2).png())
    }
    try folder.write("a/3.ppm", picture(2, 2).netpbm)
    try folder.write("a/notes.txt", [1])
    try folder.write(".hidden/1.ppm", [1])
    let pictures = try LabelledPictures(reading: folder.path)
    #expect(pictures.classNames == ["a", "b", "c"])
    #expect(pictures.labels == [0, 1, 2, 0, 1, 2, 0])
    #expect(pictures.shape == [2, 2, 3])
    #expect(pictures.samples(0) == [Float](repeating: 1, count: 12))
    #expect(pictures.samples(1) == [Float](repeating: 0, count: 12))
    #expect(try LabelledPictures(reading: folder.path, .init(limit: 4)).labels == [0, 1, 2, 0])
  }

  @Test("pictures are scaled until they cover the size and cut in the middle")
  func sizes() throws {
    // Columns of twos: dark, light, light, dark.
    let wide = picture(8, 4) { x, _ in (2..<6).contains(x) ? 1 : 0 }
    try folder.write("a/1.ppm", picture(2, 2).netpbm)
    try folder.write("a/2.ppm", wide.netpbm)
    let first = try LabelledPictures(reading: folder.path)
    #expect(first.shape == [2, 2, 3])
    // 8 × 4 to 4 × 2, and of its four columns the light two.
    #expect(first.samples(1) == [Float](repeating: 1, count: 12))
    let given = try LabelledPictures(
      reading: folder.path, .init(size: .init(height: 4, width: 8), channels: 1))
    #expect(given.shape == [4, 8, 1])
    #expect(
      given.samples(1) == picture(8, 4, channels: 1) { x, _ in (2..<6).contains(x) ? 1 : 0 }.samples
    )
  }

  @Test("grey and colour become what the first is, or what is wanted")
  func channels() throws {
    try folder.write("a/1.pgm", picture(2, 2, channels: 1).netpbm)
    try folder.write("a/2.ppm", picture(2, 2).netpbm)
    #expect(try LabelledPictures(reading: folder.path).shape == [2, 2, 1])
    #expect(try LabelledPictures(reading: folder.path, .init(channels: 3)).shape == [2, 2, 3])
  }

  @Test("a corrupt picture stops or is named and left out, as asked")
  func corrupt() throws {
    let good = picture(2, 2).netpbm
    try folder.write("a/1.ppm", Array(good.dropLast()))
    try folder.write("a/2.ppm", good)
    try folder.write("b/1.jpg", Array("no picture".utf8))
    try folder.write("b/2.ppm", good)
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path) }
        == "a/1.ppm: PNM, byte 11: expected 12 bytes of raster for 2 × 2 pixels, found 11")
    let read = try LabelledPictures(reading: folder.path, .init(limit: 2, corrupt: .skip))
    #expect(read.labels == [0, 1])
    #expect(read.skipped.map { $0.path.suffix(7) } == ["a/1.ppm", "b/1.jpg"])
    #expect(read.skipped[1].reason.hasPrefix("expected a picture (PPM, PGM, PBM, PAM, PNG, JPEG"))
    try folder.write("a/2.ppm", [])
    try folder.write("b/2.ppm", [])
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path, .init(corrupt: .skip)) }?
        .hasSuffix("expected at least one picture that can be read, found none of 4") == true)
  }

  @Test("folders that hold no data set are refused")
  func refuses() throws {
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path) }?.hasSuffix(
        "expected train-images-idx3-ubyte, CIFAR's batches or a folder for each class, found "
          + "none of them") == true)
    try folder.write("a/1.ppm", picture(2, 2).netpbm)
    try folder.write("b/notes", [])
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path) }
        == "b: expected pictures (\(FileKind.pictureNames)), found none; passed over: 1 of other "
        + "formats (no ending)")
    #expect(
      line(folder) { _ = try LabelledPictures(reading: folder.path + "/none") }
        == "no such file")
  }

  @Test("what is passed over is counted by reason, and nested folders are read when asked")
  func passedOver() throws {
    let good = picture(2, 2).netpbm
    for name in [
      "cat/1.ppm", "cat/sub/2.ppm", "cat/sub/deep/3.ppm", "dog/1.ppm", "dog/unnamed", "4.ppm",
      "__MACOSX/cat/._1.ppm", "cat/._1.ppm", "cat/.cache/9.ppm", "__MACOSX/._cat",
    ] { try folder.write(name, good) }
    for name in [
      "cat/a.heic", "dog/b.HEIC", "dog/notes.txt", "dog/Thumbs.db", ".DS_Store", "notes.md",
    ] {
      try folder.write(name, [1, 2, 3])
    }
    let read = try LabelledPictures(reading: folder.path)
    #expect(read.classNames == ["cat", "dog"])
    #expect(read.labels == [0, 1, 1])
    #expect(
      read.notes == [
        "passed over: 3 of other formats (.heic, .txt), 2 in nested folders (--recursive reads "
          + "them), 1 beside the folders of the classes, 5 hidden"
      ])
    var request = DatasetRequest()
    request.isRecursive = true
    let all = try LabelledPictures(reading: folder.path, request)
    #expect(all.labels == [0, 1, 0, 1, 0])
    #expect(all.notes.count == 1 && !all.notes[0].contains("nested"))
  }

  @Test("folders called train and test are parts, not classes")
  func parts() throws {
    for name in ["train/a/1.ppm", "train/b/1.ppm", "val/a/1.ppm"] {
      try folder.write(name, picture(2, 2).netpbm)
    }
    #expect(try LabelledPictures(reading: folder.path).labels == [0, 1])
    #expect(try LabelledPictures(reading: folder.path, .init(part: .test)).labels == [0])
    // With pictures of their own they are classes.
    try folder.write("train/1.ppm", picture(2, 2).netpbm)
    try folder.write("val/1.ppm", picture(2, 2).netpbm)
    #expect(try LabelledPictures(reading: folder.path).classNames == ["train", "val"])
  }
}
