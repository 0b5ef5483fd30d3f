// Whether attention finds what a picture shows.

import Tensors

/// How much of the last cross-attention falls on what pictures show, beside how much of them that
/// is.
///
/// A pixel shows something where its brightness, the mean of its channels, is more than a tenth of
/// the way from the picture's darkest pixel to its brightest: what a picture on a dark ground shows.
/// A model that looks everywhere alike has a share of attention equal to the share of area.
public struct ObjectAttention: Sendable, Hashable {
  /// Pictures measured.
  public let count: Int
  /// The mean share of attention on what a picture shows, in 0…1: of the last cross-attention, all
  /// heads and latents alike.
  public let attention: Double
  /// The mean share of attention of each head alone, all latents alike: heads often divide the work, and some look at
  /// the object where others look at the ground around it.
  public let heads: [Double]
  /// The mean share of pixels that show something.
  public let area: Double

  /// Runs the first pictures of some examples.
  ///
  /// - Parameters:
  ///   - model: A model with a cross-attention to the pictures.
  ///   - examples: Pictures, `[height, width, channels]`.
  ///   - limit: How many at most.
  ///   - progress: Told how many are done.
  /// - Throws: `TrainingError.unusable` where no picture was given or the model has no
  ///   cross-attention, `ConfigurationError` where pictures do not fit the model,
  ///   `ComputationCancelled`.
  public init(
    of model: Perceiver, on examples: any LabelledExamples, limit: Int,
    cancellation: Cancellation? = nil, progress: (Int) -> Void = { _ in }
  ) throws {
    count = min(limit, examples.count)
    guard count > 0 else { throw TrainingError.unusable("expected pictures, found none") }
    var (attention, area) = (0.0, 0.0)
    var heads: [Double] = []
    for index in 0..<count {
      let picture = Tensor(shape: examples.shape) { examples.read(index, into: $0) }
      let object = Self.object(of: picture)
      let maps = try Self.lastMaps(model, picture, cancellation: cancellation)
      let onObject = maps.map { map in
        zip(map.values, object).reduce(0.0) { $0 + ($1.1 ? Double($1.0) : 0) }
      }
      let totals = maps.map { $0.values.reduce(0.0) { $0 + Double($1) } }
      if heads.isEmpty { heads = Array(repeating: 0, count: maps.count) }
      for head in maps.indices { heads[head] += onObject[head] / totals[head] / Double(count) }
      attention += onObject.reduce(0, +) / totals.reduce(0, +)
      area += Double(object.count { $0 }) / Double(object.count)
      progress(index + 1)
    }
    self.attention = attention / Double(count)
    self.heads = heads
    self.area = area / Double(count)
  }

  /// Which pixels show something, row by row.
  private static func object(of picture: Tensor) -> [Bool] {
    let channels = picture.shape.last ?? 1
    let brightness = picture.withUnsafeElements { values in
      stride(from: 0, to: values.count, by: channels).map { start in
        values[start..<start + channels].reduce(0, +) / Float(channels)
      }
    }
    let (darkest, brightest) = (brightness.min() ?? 0, brightness.max() ?? 0)
    return brightness.map { $0 > darkest + (brightest - darkest) / 10 }
  }

  /// The mean map of each head of the last cross-attention: `[height, width]`.
  private static func lastMaps(
    _ model: Perceiver, _ picture: Tensor, cancellation: Cancellation?
  ) throws -> [Tensor] {
    var run = try model.begin(picture)
    guard let last = run.stageIDs.last(where: { $0.kind == .crossAttention }) else {
      throw TrainingError.unusable("expected a model with cross-attention, found none")
    }
    while let stage = try run.next(cancellation: cancellation) {
      guard stage.id == last, let attention = stage.attention else { continue }
      return try (0..<attention.heads).map { head in
        try attention.map(
          head: .one(head), query: .mean, as: .probabilities, cancellation: cancellation)
      }
    }
    throw TrainingError.unusable("expected a cross-attention with a map, found none")
  }
}
