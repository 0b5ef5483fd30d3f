// Films that a model reconstructs, at the points that someone asks for. What a decoder is asked for them
// and what its rows become, a family says.

import Tensors

/// Points of a film that a decoder is asked to reconstruct.
public struct FilmPoints: Sendable, Hashable {
  /// Patches of sound, from 0.
  public var sound: [Int]
  /// Pixels of all frames one after another, row by row, from 0.
  public var pixels: [Int]

  /// Points; without any the label alone is asked for.
  public init(sound: [Int] = [], pixels: [Int] = []) {
    (self.sound, self.pixels) = (sound, pixels)
  }

  /// How many there are.
  public var count: Int { sound.count + pixels.count }
}

/// What a decoder is asked that gives a label, and points where someone names them.
protocol PointQueries: Sendable, Hashable {
  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] { get }
  /// What is asked for the label alone: `[items, channels]`.
  func label(items: Int, in pass: Pass) -> Variable
  /// What is asked for points, then for the label: `[points + 1, channels]`.
  ///
  /// - Throws: `ConfigurationError` where a point does not exist.
  func rows(_ points: FilmPoints, _ parameters: Parameters) throws -> Tensor
}

extension PointQueries {
  /// Whether others are of the same type and equal.
  func areSame(as others: any PointQueries) -> Bool { (others as? Self) == self }
}

/// What the rows of such a decoder become.
protocol PointOutputs: Sendable {
  /// Parameters in the order in which torch draws them.
  var parameters: [ParameterSpecification] { get }
  /// The decoder's last layer, which comes before all others.
  var last: Projection { get }
  /// The layers of the label, of sound and of pixels.
  var label: Projection { get }
  var sound: Projection { get }
  var pixels: Projection { get }
  /// The label's logits `[items, labels]` of rows whose last belongs to it.
  func logits(_ rows: Variable, items: Int, in pass: Pass) throws -> Variable
  /// What points are, from the decoder's rows of them.
  func reconstructed(
    _ rows: Variable, _ points: FilmPoints, in pass: Pass
  ) throws -> FilmReconstruction
}

/// Points of a film as a model reconstructs them, roughly from -1 to 1 and from 0 to 1: no number is cut
/// off there.
public struct FilmReconstruction: Sendable {
  /// `[patches, samples]`.
  public let sound: Tensor
  /// `[pixels, 3]`.
  public let pixels: Tensor
}

extension PerceiverRun {
  /// Points that are decoded at once, so that a whole frame needs little memory and can be stopped.
  private static let pointsAtOnce = 4096

  /// Points of the film as the model makes them of some latents; nothing else of it is decoded.
  ///
  /// - Parameters:
  ///   - points: Which; of a whole frame all its pixels, or every fourth.
  ///   - latents: `[latents, dim]`; those after the last computed stage if nil.
  ///   - progress: Told the share that is done.
  /// - Throws: `ConfigurationError` where the model reconstructs no film or has no such point,
  ///   `ComputationCancelled`.
  public func reconstruction(
    of points: FilmPoints, from latents: Tensor? = nil, cancellation: Cancellation? = nil,
    progress: (Double) -> Void = { _ in }
  ) throws -> FilmReconstruction {
    guard case .points(let queries) = model.plan.queries,
      case .points(let ending) = model.plan.ending
    else {
      throw ConfigurationError(
        "reconstruction: expected a model of films, found a \(model.configuration.title)")
    }
    let latents = latents ?? stages.last?.latents ?? initialLatents
    let workers = Workers(cancellation: cancellation)
    var (sound, pixels): ([Tensor], [Tensor]) = ([], [])
    for range in Blocks(points.count, size: Self.pointsAtOnce) where !range.isEmpty {
      progress(Double(range.lowerBound) / Double(points.count))
      let part = points.part(range)
      let rows = try decoded(queries.rows(part, model.parameters), latents, workers: workers)
      let pass = Pass(model, workers: workers)
      let made = try ending.reconstructed(pass.tape.constant(rows), part, in: pass)
      sound.append(made.sound)
      pixels.append(made.pixels)
    }
    return FilmReconstruction(
      sound: sound.isEmpty ? Tensor(shape: [0, ending.sound.outputs]) : .joiningRows(sound),
      pixels: pixels.isEmpty ? Tensor(shape: [0, ending.pixels.outputs]) : .joiningRows(pixels))
  }

  /// The points that the run's decoder was asked for, once it is complete; nil where the model
  /// reconstructs no film.
  func reconstructedPoints() throws -> FilmReconstruction? {
    guard case .points(let ending) = model.plan.ending, let rows = stages.last?.outputs,
      isComplete
    else { return nil }
    let pass = Pass(model)
    return try ending.reconstructed(
      pass.tape.constant(rows.asRows), request.queries.points, in: pass)
  }
}

extension FilmPoints {
  /// Some of the points, those of sound first.
  fileprivate func part(_ range: Range<Int>) -> FilmPoints {
    let border = sound.count
    return FilmPoints(
      sound: Array(sound[min(range.lowerBound, border)..<min(range.upperBound, border)]),
      pixels: Array(
        pixels[max(range.lowerBound, border) - border..<max(range.upperBound, border) - border]))
  }
}
