// Pictures that the program draws itself, and of which it is known which pixels decide the class:
// what maps of an answer can be held against.

import Foundation
import Tensors

/// Drawn pictures of 24 × 24 pixels in colour, in four classes.
///
/// On a ground of three soft grey blobs and noise stand two signs of 5 × 5 pixels, a red and a green
/// one, of different shapes, in two of nine cells. The class is the shape of the red sign; the green
/// one and the blobs are there to mislead. Labels come in turn, so that classes are balanced.
///
/// The same seed draws the same pictures, and fewer of them are the first of more.
public struct PlantedPictures: Sendable {
  /// What the data set is called where others have a path.
  public static let name = "planted"
  /// Pixels along a picture's sides.
  public static let side = 24
  /// What the classes are called: shapes of signs.
  public static let classNames = shapes.map(\.name)

  /// The pictures with their classes.
  public let pictures: LabelledPictures
  /// For each picture the red sign, whose shape is its class.
  public let causes: [PlantedSign]
  /// For each picture the green sign, of another shape.
  public let distractors: [PlantedSign]

  /// Draws pictures.
  ///
  /// - Parameters:
  ///   - part: Those to learn from or those to measure by; no picture is in both.
  ///   - count: How many; 20,000 to learn from or 2,000 to measure by if nil.
  ///   - seed: Its low 31 bits choose the pictures.
  /// - Precondition: `count` is not below 0.
  public init(_ part: DatasetRequest.Part, count: Int? = nil, seed: UInt64 = 0) {
    self.init(part, count: count, seed: seed, notes: [], willDraw: { _, _ in })
  }

  /// Draws pictures.
  ///
  /// - Parameters:
  ///   - part: Those to learn from or those to measure by; no picture is in both.
  ///   - count: How many.
  ///   - seed: Its low 31 bits choose the pictures.
  ///   - cancellation: Ends it between two pictures.
  ///   - told: Told before each picture how many are drawn, and how many there will be.
  /// - Precondition: `count` is not below 0.
  /// - Throws: `ComputationCancelled`.
  public init(
    _ part: DatasetRequest.Part, count: Int, seed: UInt64, cancellation: Cancellation,
    telling told: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(ComputationCancelled) {
    try self.init(part, count: count, seed: seed, notes: []) {
      done, total throws(ComputationCancelled) in
      try cancellation.check()
      told(done, total)
    }
  }

  /// - Parameter willDraw: Called before each picture with the count of those that are drawn, and of
  ///   all.
  fileprivate init<Failure: Error>(
    _ part: DatasetRequest.Part, count: Int?, seed: UInt64, notes: [String],
    willDraw: (_ done: Int, _ total: Int) throws(Failure) -> Void
  ) throws(Failure) {
    let count = count ?? (part == .training ? 20_000 : 2_000)
    precondition(count >= 0, "\(count) pictures")
    var random = PlantedRandom(seed: seed << 1 | (part == .training ? 0 : 1))
    var (bytes, causes, distractors): ([UInt8], [PlantedSign], [PlantedSign]) = ([], [], [])
    bytes.reserveCapacity(count * PlantedCanvas.samples)
    for index in 0..<count {
      try willDraw(index, count)
      var canvas = PlantedCanvas()
      for _ in 0..<3 { canvas.addBlob(&random) }
      let label = index % Self.classNames.count
      let other = (label + 1 + random.below(Self.classNames.count - 1)) % Self.classNames.count
      let cell = random.below(9)
      let free = (0..<9).filter { $0 != cell }
      let cause = PlantedSign(shape: label, cell: cell, &random)
      let distractor = PlantedSign(shape: other, cell: free[random.below(free.count)], &random)
      canvas.paint(cause, [1, 0.1, 0.1])
      canvas.paint(distractor, [0.1, 1, 0.1])
      bytes += canvas.bytes(noise: random.normal(PlantedCanvas.samples), deviation: 0.04)
      causes.append(cause)
      distractors.append(distractor)
    }
    pictures = LabelledPictures(
      shape: [Self.side, Self.side, PlantedCanvas.channels], classNames: Self.classNames,
      pixels: .bytes(bytes), labels: causes.map { Int32($0.shape) }, notes: notes)
    (self.causes, self.distractors) = (causes, distractors)
  }

  /// Shapes of signs, a `#` for each stroke's pixel.
  static let shapes: [(name: String, rows: [String])] = [
    ("plus", ["..#..", "..#..", "#####", "..#..", "..#.."]),
    ("ring", ["#####", "#...#", "#...#", "#...#", "#####"]),
    ("cross", ["#...#", ".#.#.", "..#..", ".#.#.", "#...#"]),
    ("bars", ["#####", ".....", "#####", ".....", "#####"]),
  ]
}

/// A sign in a planted picture: a square of 5 × 5 pixels, whose gaps tell its shape as much as its
/// strokes do.
public struct PlantedSign: Sendable, Hashable {
  /// Pixels along the square's sides.
  public static let side = 5

  /// The shape, one of the classes.
  public let shape: Int
  /// The square's first row, from 0.
  public let row: Int
  /// The square's first column, from 0.
  public let column: Int

  /// Puts a sign somewhere in one of nine cells.
  fileprivate init(shape: Int, cell: Int, _ random: inout PlantedRandom) {
    let length = PlantedPictures.side / 3
    self.shape = shape
    row = cell / 3 * length + random.below(length - Self.side + 1)
    column = cell % 3 * length + random.below(length - Self.side + 1)
  }

  /// For each pixel of the picture, row by row, whether it lies in the sign's square.
  public var object: [Bool] {
    (0..<PlantedPictures.side * PlantedPictures.side).map { pixel in
      let (y, x) = pixel.quotientAndRemainder(dividingBy: PlantedPictures.side)
      return (row..<row + Self.side).contains(y) && (column..<column + Self.side).contains(x)
    }
  }
}

extension LabelledPictures {
  /// Draws the planted pictures that a request asks for.
  ///
  /// - Throws: `DatasetError` for labels and names, which they have, and for more than fit.
  init(planted request: DatasetRequest) throws {
    let name = PlantedPictures.name
    for (what, given) in [
      ("labels", request.labels), ("names of classes", request.classNames),
      ("array", request.array),
    ] {
      if let given {
        throw DatasetError(name, "expected no \(what) for pictures that are drawn, found \(given)")
      }
    }
    let most = Self.mostBytes / PlantedCanvas.samples
    if let limit = request.limit, limit > most {
      throw DatasetError(name, "expected at most \(most) pictures, found a limit of \(limit)")
    }
    let notes =
      FileNames.exists(name) ? ["pictures that are drawn; ./\(name) is the file of that name"] : []
    self =
      PlantedPictures(
        request.part, count: request.limit, seed: 0, notes: notes, willDraw: { _, _ in }
      )
      .pictures
  }
}

/// Random numbers for planted pictures.
private struct PlantedRandom {
  private var generator: TorchGenerator

  init(seed: UInt64) { generator = TorchGenerator(seed: seed) }

  /// A number from 0 to 1, not 1.
  mutating func unit() -> Double {
    Double(generator.uniform(shape: [1], low: 0, high: 1)[0])
  }

  /// A whole number from 0 to below a bound.
  mutating func below(_ bound: Int) -> Int { Int(unit() * Double(bound)) }

  mutating func normal(_ count: Int) -> [Float] { generator.normal(shape: [count]).values }
}

/// A picture that is being drawn, from 0 to 1.
private struct PlantedCanvas {
  static let channels = 3
  static let samples = PlantedPictures.side * PlantedPictures.side * channels

  private var values = [Float](repeating: 0.2, count: samples)

  /// Adds a grey blob, whose middle is anywhere.
  mutating func addBlob(_ random: inout PlantedRandom) {
    let middle = (random.unit() * 2 - 1, random.unit() * 2 - 1)
    let width = 0.2 + 0.3 * random.unit()
    let strength = 0.5 * random.unit()
    func slice(_ middle: Double) -> [Double] {
      (0..<PlantedPictures.side).map { coordinate in
        let offset = Double(2 * coordinate) / Double(PlantedPictures.side - 1) - 1 - middle
        return exp(-offset * offset / (2 * width * width))
      }
    }
    let (rows, columns) = (slice(middle.0), slice(middle.1))
    var sample = 0
    for row in rows {
      for column in columns {
        for _ in 0..<Self.channels {
          values[sample] += Float(strength * row * column)
          sample += 1
        }
      }
    }
  }

  /// Paints the strokes of a sign.
  mutating func paint(_ sign: PlantedSign, _ colour: [Float]) {
    for (y, row) in PlantedPictures.shapes[sign.shape].rows.enumerated() {
      for (x, stroke) in row.enumerated() where stroke == "#" {
        let pixel = (sign.row + y) * PlantedPictures.side + sign.column + x
        for channel in 0..<Self.channels {
          values[pixel * Self.channels + channel] = colour[channel]
        }
      }
    }
  }

  /// Samples from 0 to 255, with noise.
  func bytes(noise: [Float], deviation: Float) -> [UInt8] {
    zip(values, noise).map { value, noise in
      UInt8((min(1, max(0, value + deviation * noise)) * 255).rounded())
    }
  }
}
