// What is held against a planted picture's object: methods of the table, and orders of pixels that
// say how good or bad a map can be. Each is measured alike.

import Foundation
import Perceiver
import Tensors

/// A map, or an order of pixels, of a picture whose cause is known.
struct PlantedCandidate: Sendable {
  /// What a candidate says of a picture.
  struct Answer {
    /// Pixels, the most important first.
    let order: [Int]
    /// The map; nil where there is only an order.
    let map: Tensor?

    /// Whether the order says anything: that of a map whose values are all equal does not.
    var isOrdered: Bool { map.map { PixelOrder.isGiven(by: $0) } ?? true }
  }

  /// A picture that was run.
  struct Picture {
    let run: PerceiverRun
    /// `[height, width, channels]`.
    let input: Tensor
    /// For each pixel whether it belongs to what decides the class.
    let object: [Bool]
    /// The seed of what is random.
    let seed: UInt64

    fileprivate var axes: [Int] { Array(input.shape.dropLast()) }
  }

  /// Its name in tables and files.
  let name: String
  /// What it tells.
  let summary: String
  private let answer: @Sendable (Picture, Cancellation) throws -> Answer

  /// A method of the table, under another name if one is given.
  init(
    _ method: ExplanationMethod, _ settings: ExplanationSettings, name: String? = nil,
    summary: String? = nil
  ) {
    self.name = name ?? method.name
    self.summary = summary ?? method.summary
    answer = { picture, cancellation in
      var settings = settings
      settings.seed = picture.seed
      let map = try method.question(.answer, settings).map(
        picture.run, cancellation: cancellation)
      return Answer(order: PixelOrder.of(map.values), map: map.values)
    }
  }

  private init(
    _ name: String, _ summary: String, _ answer: @escaping @Sendable (Picture) -> Answer
  ) {
    (self.name, self.summary) = (name, summary)
    self.answer = { picture, _ in answer(picture) }
  }

  /// What methods are held against.
  static let controls: [PlantedCandidate] = [
    .init("oracle", "the object itself, then all others, each in random order") { picture in
      let random = Self.random(picture)
      let map = Tensor(
        shape: random.shape, values: picture.object.map { $0 ? 1 : 0 })
      return Answer(order: PixelOrder.of(map.adding(random)), map: map)
    },
    .init("random", "random numbers") { picture in
      let random = Self.random(picture)
      return Answer(order: PixelOrder.of(random), map: random)
    },
    .init("centre", "from the middle outwards") { picture in
      Answer(order: PixelOrder.centre(picture.axes), map: nil)
    },
    .init("brightness", "from the brightest pixel to the darkest") { picture in
      Answer(order: PixelOrder.brightness(picture.input), map: nil)
    },
  ]

  private static func random(_ picture: Picture) -> Tensor {
    var generator = TorchGenerator(seed: picture.seed)
    return generator.uniform(shape: picture.axes, low: 0, high: 1)
  }

  /// Measures candidates on one picture; the runs that their curves need are made together.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  static func measure(
    _ candidates: [PlantedCandidate], on picture: Picture, cancellation: Cancellation
  ) throws -> [PlantedMeasures] {
    let answers = try candidates.map { try $0.answer(picture, cancellation) }
    var curves = try Faithfulness.following(
      answers.filter(\.isOrdered).map(\.order), of: picture.run, points: points,
      cancellation: cancellation
    ).makeIterator()
    return try answers.map { answer in
      let share = try answer.map.flatMap { try Pointing($0, object: picture.object).share }
      guard answer.isOrdered, let curve = curves.next() else {
        return PlantedMeasures(
          share: share, points: nil, gain: nil, afterObject: nil, afterEighth: nil)
      }
      return PlantedMeasures(
        share: share, points: picture.object[answer.order[0]], gain: curve.gain,
        afterObject: curve.probability(hiding: 1.0 / Double(points)),
        afterEighth: curve.afterFirstEighth)
    }
  }

  /// Steps of a curve. The first step hides 24 of 576 pixels: one fewer than the object has.
  private static let points = 24
}

/// What was measured of a candidate on one picture; of a map whose values are all equal, which orders
/// no pixels, its share alone.
struct PlantedMeasures: Codable, Equatable {
  /// The share of the map's positive values on the object; nil where there is no map or none is
  /// positive.
  let share: Double?
  /// Whether the first pixel lies on the object.
  let points: Bool?
  /// Insertion minus deletion by hiding.
  let gain: Double?
  /// The answer's probability where the first 24th of the pixels is hidden, one fewer than the object
  /// has.
  let afterObject: Double?
  /// The answer's probability where the first eighth of the pixels is hidden.
  let afterEighth: Double?
}
