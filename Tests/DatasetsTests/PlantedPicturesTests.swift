// Drawn pictures: the same for a seed, and what is said of their pixels is what they show.

import Datasets
import Testing

@Suite("Planted pictures")
struct PlantedPicturesTests {
  private static let drawn = PlantedPictures(.training, count: 48, seed: 5)

  private func samples(_ pictures: LabelledPictures) -> [[Float]] {
    (0..<pictures.count).map(pictures.samples)
  }

  @Test("a seed draws the same pictures, and fewer are the first of more")
  func seeds() {
    let (ours, all) = (samples(Self.drawn.pictures), PlantedPictures(.training, count: 48, seed: 5))
    #expect(samples(all.pictures) == ours)
    #expect(all.causes == Self.drawn.causes && all.distractors == Self.drawn.distractors)
    #expect(
      samples(PlantedPictures(.training, count: 3, seed: 5).pictures) == Array(ours.prefix(3)))
  }

  @Test("another seed and the other part draw pictures of their own")
  func others() {
    let ours = Set(samples(Self.drawn.pictures))
    for other in [
      PlantedPictures(.training, count: 48, seed: 6), PlantedPictures(.test, count: 48, seed: 5),
      PlantedPictures(.test, count: 48, seed: 4),
    ] {
      #expect(ours.isDisjoint(with: samples(other.pictures)))
    }
  }

  @Test("classes are balanced, and are the shapes of the red signs")
  func classes() {
    let pictures = Self.drawn.pictures
    #expect(pictures.shape == [24, 24, 3])
    #expect(pictures.classNames == ["plus", "ring", "cross", "bars"])
    #expect(pictures.labels == (0..<48).map { $0 % 4 })
    #expect(Self.drawn.causes.map(\.shape) == pictures.labels)
  }

  @Test("the object is the square that the red strokes span, no pixel less or more")
  func objects() {
    for (index, sign) in Self.drawn.causes.enumerated() {
      expect(sign, isSpannedIn: index) { $0 - max($1, $2) > 0.5 }
    }
  }

  @Test("the green sign stands elsewhere, and has another shape")
  func distractors() {
    for (index, sign) in Self.drawn.distractors.enumerated() {
      let cause = Self.drawn.causes[index]
      #expect(sign.shape != cause.shape)
      #expect(!zip(sign.object, cause.object).contains { $0 && $1 })
      expect(sign, isSpannedIn: index) { $1 - max($0, $2) > 0.5 }
    }
    #expect(Set(Self.drawn.distractors.map(\.shape)) == [0, 1, 2, 3])
  }

  /// Expects the square around all pixels of a colour to be a sign's, and their pattern its shape's.
  private func expect(
    _ sign: PlantedSign, isSpannedIn index: Int, _ isPainted: (Float, Float, Float) -> Bool
  ) {
    let samples = Self.drawn.pictures.samples(index)
    let painted = (0..<576).filter {
      isPainted(samples[3 * $0], samples[3 * $0 + 1], samples[3 * $0 + 2])
    }
    let (rows, columns) = (painted.map { $0 / 24 }, painted.map { $0 % 24 })
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(),
      let right = columns.max()
    else {
      Issue.record("picture \(index): no sign")
      return
    }
    let square = (0..<576).map { pixel in
      (top...bottom).contains(pixel / 24) && (left...right).contains(pixel % 24)
    }
    #expect((sign.object == square) == true, "picture \(index)")
    let patterns: [Set<Int>] = [
      [2, 7, 10, 11, 12, 13, 14, 17, 22],
      [0, 1, 2, 3, 4, 5, 9, 10, 14, 15, 19, 20, 21, 22, 23, 24],
      [0, 4, 6, 8, 12, 16, 18, 20, 24],
      [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24],
    ]
    let pattern = painted.map { ($0 / 24 - top) * 5 + $0 % 24 - left }
    #expect(Set(pattern) == patterns[sign.shape], "picture \(index)")
  }

  @Test("the data set's name draws them, as many as are asked for")
  func name() throws {
    let read = try LabelledPictures(reading: "planted", .init(part: .test, limit: 6))
    #expect(samples(read) == samples(PlantedPictures(.test, count: 6).pictures))
    #expect(read.notes.isEmpty)
  }

  @Test(
    "what drawn pictures cannot have is refused",
    arguments: [
      (DatasetRequest(labels: "l"), "expected no labels for pictures that are drawn, found l"),
      (DatasetRequest(classNames: "c"), "expected no names of classes for pictures that are drawn"),
      (DatasetRequest(size: .init(height: 9, width: 24), limit: 1), "expected pictures of 9 × 24"),
      (DatasetRequest(channels: 1, limit: 1), "expected 1 channels, found 3"),
      (DatasetRequest(limit: 1 << 40), "expected at most 4971026 pictures, found a limit of"),
    ])
  func refuses(_ request: DatasetRequest, message: String) {
    let error = #expect(throws: DatasetError.self) {
      try LabelledPictures(reading: "planted", request)
    }
    #expect(error?.path == "planted")
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }
}
