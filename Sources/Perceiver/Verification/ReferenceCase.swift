// A checkpoint beside what PyTorch computed from it, and how far this library is from that.

import Foundation
import Tensors

/// A folder with a checkpoint, its configuration and the values that PyTorch computed.
///
/// It holds `config.json`, a checkpoint, and `expected.safetensors` with a batch.
///
/// Of perceiver-pytorch (its arguments, `version`, `module`, `cls`): `input`, `output`, and what
/// there is of `mask`, `queries`, `embeddings`, `attention.N` `[batch × heads, queries, keys]` in the
/// order of the stages with attention, `residual_attention.N` `[batch, latents, outputs, dim]` and
/// `linear_attention.N.{q,k}` `[batch × heads, tokens, features]`. Of transformers, whose pictures
/// have their channels first: see `ExpectedOutputs`. Of perceiver-io: `input.pixel_values` or
/// `input.input_ids`, `input.pad_mask` (true where nothing is read), `attention.N` and `logits`.
public struct ReferenceCase: Sendable {
  /// The folder's name and the checkpoint's.
  public let name: String
  /// The model, loaded.
  public let model: Perceiver
  private let expected: TensorFile
  /// Whether pictures have their channels before their axes.
  private let hasChannelsFirst: Bool

  /// One value that was compared.
  public struct Comparison: Sendable, Hashable {
    /// The value's name in the file of expected values.
    public let name: String
    /// The item of the batch, from 0.
    public let item: Int
    /// ‖ours − theirs‖ / ‖theirs‖; infinite where shapes differ, NaN where a number is.
    public let error: Double
  }

  /// Opens a case.
  ///
  /// - Throws: What reading its files throws.
  public init(folder: String, checkpoint file: String) throws {
    let folder = URL(fileURLWithPath: folder)
    name = "\(folder.lastPathComponent)/\(file)"
    let config = try WholeFile.read(folder.appending(path: "config.json").path, limit: 1 << 20)
    let checkpoint = try Checkpoint(path: folder.appending(path: file).path)
    let given = try checkpoint.reader.given(byCase: config, checkpoint)
    let description = try checkpoint.describe(given: given ?? .init())
    model = try checkpoint.model(description.configuration)
    expected = try TensorFile(path: folder.appending(path: "expected.safetensors").path)
    hasChannelsFirst =
      model.configuration.inputAxes > 1
      && (checkpoint.reader.hasChannelsFirst || expected.entry(named: Self.patches) != nil)
  }

  /// Runs every item of the batch and compares all that was expected.
  ///
  /// - Throws: `TensorFileError` where something is missing, `ConfigurationError` where the input
  ///   does not fit the model, `CheckpointError` where a value was expected that no stage has.
  public func compare() throws -> [Comparison] {
    guard let name = Self.inputNames.first(where: { expected.entry(named: $0) != nil }) else {
      throw CheckpointError("expected a tensor input, found none")
    }
    let inputs = try values(name)
    guard let batch = inputs.shape.first, batch > 0 else {
      throw CheckpointError("input: expected a batch, found shape \(inputs.shape)")
    }
    var all: [Comparison] = []
    for item in 0..<batch {
      all += try compare(inputs.row(item), item: item, of: batch)
    }
    guard !all.isEmpty else {
      throw CheckpointError("expected values to compare with, found the input alone")
    }
    let seen = Set(all.map(\.name)).union(Self.inputs)
    if let missed = expected.entries.first(where: { !seen.contains($0.name) }) {
      throw CheckpointError("\(missed.name): expected a stage that has it, found none")
    }
    return all
  }

  private static let inputNames = [
    "input", "input.pixel_values", "input.input_ids", "input.image",
    patches,
  ]
  /// Sound beside frames, and the label, which is read whatever it is as one token.
  private static let (sound, label) = ("input.audio", "input.label")
  /// Points of a film that were reconstructed.
  private static let (soundPoints, pixelPoints) = ("subsampling.audio", "subsampling.image")
  /// Two frames' patches with their channels first, as perceiver-io reads them.
  private static let patches = "input.inputs"
  private static let masks = ["mask", "attention_mask", hiding]
  /// A mask that is true where nothing is read.
  private static let hiding = "input.pad_mask"
  private static let inputs = Set(
    inputNames + masks + ["queries"]
      + [sound, label, soundPoints, pixelPoints])

  private func compare(_ input: Tensor, item: Int, of batch: Int) throws -> [Comparison] {
    let input = hasChannelsFirst ? ExpectedOutputs.channelsLast(input) : input
    var run = try model.begin(
      input, sound: sound(item: item), mask: mask(item: item), queries: queries(item: item))
    var all: [Comparison] = []
    var counts: [String: Int] = [:]
    func next(_ kind: String) -> String {
      defer { counts[kind, default: 0] += 1 }
      return "\(kind).\(counts[kind, default: 0])"
    }
    func add(_ name: String, _ ours: Tensor) throws {
      let theirs = try values(name)
      guard let rows = theirs.shape.first, rows % batch == 0 else {
        throw CheckpointError(
          "\(name): expected a batch of \(batch), found shape \(theirs.shape)")
      }
      let per = rows / batch
      let part =
        rows == batch
        ? theirs.row(item) : theirs.rows(item * per..<(item + 1) * per)
      all.append(
        Comparison(name: name, item: item, error: ours.distance(to: part.cut(like: ours))))
    }
    if expected.entry(named: ExpectedOutputs.lastState) != nil {
      while try run.next() != nil {}
      let outputs = try ExpectedOutputs(run)
      for (name, ours) in outputs.values { try add(name, ours) }
      for (name, ours) in outputs.prepared where item == 0 && expected.entry(named: name) != nil {
        let theirs = try values(name)
        guard theirs.shape.first == 1 else {
          throw CheckpointError("\(name): expected the first item's, found shape \(theirs.shape)")
        }
        all.append(Comparison(name: name, item: item, error: ours.distance(to: theirs.row(0))))
      }
      return all
    }
    while let stage = try run.next() {
      if let attention = stage.attention {
        let matrix = try attention.matrix(as: .probabilities)
        if let queries = attention.linearQueries {
          let name = next("linear_attention")
          try add(name + ".q", queries)
          try add(name + ".k", matrix.swappingLastAxes())
        } else {
          try add(next("attention"), matrix)
        }
      }
      if !stage.residualShares.isEmpty {
        try add(next("residual_attention"), Self.joined(stage.residualShares))
      }
    }
    if let output = run.output {
      let name = expected.entry(named: "logits") != nil ? "logits" : "output"
      try add(name, output)
    }
    if expected.entry(named: "embeddings") != nil, let last = run.stages.last {
      try add("embeddings", last.latents)
    }
    return all
  }

  /// `[latents, dim]` for each output as `[latents, outputs, dim]`.
  private static func joined(_ shares: [Tensor]) -> Tensor {
    let (latents, dim) = (shares[0].shape[0], shares[0].shape[1])
    let values = (0..<latents).flatMap { latent in shares.flatMap { $0.row(latent).values } }
    return Tensor(shape: [latents, shares.count, dim], values: values)
  }

  /// A tensor as it is, or integers as floats.
  private func values(_ name: String) throws -> Tensor { try expected.numbers(named: name) }

  /// One item's part of a tensor that has one for each.
  private func batched(_ name: String, item: Int) throws -> Tensor {
    let tensor = try values(name)
    guard tensor.shape.count > 1, item < tensor.shape[0] else {
      throw CheckpointError("\(name): expected one for each item, found shape \(tensor.shape)")
    }
    return tensor.row(item)
  }

  private func mask(item: Int) throws -> TokenMask? {
    guard let name = Self.masks.first(where: { expected.entry(named: $0) != nil })
    else { return nil }
    let mask = try batched(name, item: item)
    return TokenMask(
      shape: mask.shape, keeps: mask.values.map { ($0 != 0) != (name == Self.hiding) })
  }

  private func sound(item: Int) throws -> Tensor? {
    guard expected.entry(named: Self.sound) != nil else { return nil }
    let sound = try batched(Self.sound, item: item)
    return sound.reshaped([sound.count])
  }

  private func queries(item: Int) throws -> OutputQueries {
    if expected.entry(named: Self.soundPoints) != nil {
      func points(_ name: String) throws -> [Int] {
        try values(name).values.map {
          guard let index = Int(exactly: $0) else {
            throw CheckpointError("\(name): expected whole numbers, found \($0)")
          }
          return index
        }
      }
      return .points(
        FilmPoints(sound: try points(Self.soundPoints), pixels: try points(Self.pixelPoints)))
    }
    guard expected.entry(named: "queries") != nil else { return .none }
    let queries = try values("queries")
    return .given(queries.shape.count == 3 ? try batched("queries", item: item) : queries)
  }
}

extension Tensor {
  /// Of attention `[heads, queries, keys]` as many queries as another has: perceiver-io's language
  /// models ask for every position and then drop what is behind the text.
  fileprivate func cut(like other: Tensor) -> Tensor {
    guard shape.count == 3, other.shape.count == 3, shape[1] > other.shape[1] else { return self }
    let (queries, rest) = (other.shape[1], shape[1])
    let rows = reshaped([shape[0] * rest, shape[2]])
    let kept = (0..<shape[0]).flatMap { rows.rows($0 * rest..<$0 * rest + queries).values }
    return Tensor(shape: [shape[0], queries, shape[2]], values: kept)
  }

  /// ‖self − other‖ / ‖other‖, summed in double; infinite where shapes differ in more than leading
  /// ones, and where only one is zero.
  fileprivate func distance(to other: Tensor) -> Double {
    func trimmed(_ shape: [Int]) -> [Int] { Array(shape.drop { $0 == 1 }) }
    guard trimmed(shape) == trimmed(other.shape) else { return .infinity }
    var (difference, norm) = (0.0, 0.0)
    for (mine, theirs) in zip(values, other.values) {
      difference += (Double(mine) - Double(theirs)) * (Double(mine) - Double(theirs))
      norm += Double(theirs) * Double(theirs)
    }
    return difference == 0 ? 0 : (difference / norm).squareRoot()
  }

  /// `[a, b, c]` as `[a, c, b]`.
  fileprivate func swappingLastAxes() -> Tensor {
    let (rows, columns) = (shape[1], shape[2])
    return Tensor(shape: [shape[0], columns, rows]) { out in
      withUnsafeElements { elements in
        for outer in 0..<shape[0] {
          for row in 0..<rows {
            for column in 0..<columns {
              out[(outer * columns + column) * rows + row] =
                elements[(outer * rows + row) * columns + column]
            }
          }
        }
      }
    }
  }
}
