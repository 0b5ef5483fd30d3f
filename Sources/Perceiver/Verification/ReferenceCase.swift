// A checkpoint beside what PyTorch computed from it, and how far this library is from that.

import Foundation
import Tensors

/// A folder with a checkpoint, its configuration and the values that PyTorch computed.
///
/// It holds `config.json`, a checkpoint, and `expected.safetensors` with a batch. What the values are
/// called there, the checkpoint's family says: see its `ReferenceForm`.
public struct ReferenceCase: Sendable {
  /// The folder's name and the checkpoint's.
  public let name: String
  /// The model, loaded.
  public let model: Perceiver
  private let expected: TensorFile
  private let form: ReferenceForm

  /// One value that was compared.
  public struct Comparison: Sendable, Hashable {
    /// The value's name in the file of expected values.
    public let name: String
    /// What it is.
    public let quantity: ReferenceQuantity
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
    form = checkpoint.reader.reference
  }

  /// Runs every item of the batch and compares all that was expected.
  ///
  /// - Throws: `TensorFileError` where something is missing, `ConfigurationError` where the input
  ///   does not fit the model, `CheckpointError` where a value was expected that no stage has.
  public func compare() throws -> [Comparison] {
    guard let input = form.inputs.first(where: { has($0.name) }) else {
      throw CheckpointError("expected a tensor input, found none")
    }
    let inputs = try values(input.name)
    guard let batch = inputs.shape.first, batch > 0 else {
      throw CheckpointError("input: expected a batch, found shape \(inputs.shape)")
    }
    var all: [Comparison] = []
    for item in 0..<batch {
      let own = inputs.row(item)
      all += try compare(
        input.channels == .first ? Self.channelsLast(own) : own, item: item, of: batch)
    }
    guard !all.isEmpty else {
      throw CheckpointError("expected values to compare with, found the input alone")
    }
    let seen = Set(all.map(\.name)).union(form.namesOfInputs)
    if let missed = expected.entries.first(where: { !seen.contains($0.name) }) {
      throw CheckpointError("\(missed.name): expected a stage that has it, found none")
    }
    return all
  }

  private func compare(_ input: Tensor, item: Int, of batch: Int) throws -> [Comparison] {
    var run = try model.begin(
      input, sound: sound(item: item), mask: mask(item: item), queries: queries(item: item))
    while try run.next() != nil {}
    return try form.values(run).compactMap { value in
      if value.presence == .sometimes, !has(value.name) { return nil }
      let theirs: Tensor
      switch value.items {
      case .all: theirs = try part(of: value.name, item: item, of: batch)
      case .first where item > 0: return nil
      case .first:
        let all = try values(value.name)
        guard all.shape.first == 1 else {
          throw CheckpointError(
            "\(value.name): expected the first item's, found shape \(all.shape)")
        }
        theirs = all.row(0)
      }
      let ours = try value.tensor()
      return Comparison(
        name: value.name, quantity: value.quantity, item: item,
        error: ours.distance(to: theirs.cut(like: ours)))
    }
  }

  private func has(_ name: String) -> Bool { expected.entry(named: name) != nil }

  /// One item's part of a value that has as many rows for each.
  private func part(of name: String, item: Int, of batch: Int) throws -> Tensor {
    let theirs = try values(name)
    guard let rows = theirs.shape.first, rows % batch == 0 else {
      throw CheckpointError("\(name): expected a batch of \(batch), found shape \(theirs.shape)")
    }
    let per = rows / batch
    return rows == batch ? theirs.row(item) : theirs.rows(item * per..<(item + 1) * per)
  }

  /// A picture `[channels, height, width]`, or frames of them, with channels last; other inputs as
  /// they are.
  private static func channelsLast(_ input: Tensor) -> Tensor {
    let axes = input.shape.count - 1
    guard axes == 2 || axes == 3 else { return input }
    let (height, width) = (input.shape[axes - 1], input.shape[axes])
    let (frames, channels) = (axes == 3 ? input.shape[0] : 1, input.shape[axes - 2])
    return input.reshaped([frames * channels, height * width]).transposingItems(frames)
      .reshaped(input.shape.dropLast(3) + [height, width, channels])
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
    guard let mask = form.masks.first(where: { has($0.name) }) else { return nil }
    let numbers = try batched(mask.name, item: item)
    return TokenMask(
      shape: numbers.shape,
      keeps: numbers.values.map { ($0 != 0) == (mask.meaning == .isRead) })
  }

  private func sound(item: Int) throws -> Tensor? {
    guard let name = form.sound, has(name) else { return nil }
    let sound = try batched(name, item: item)
    return sound.reshaped([sound.count])
  }

  private func queries(item: Int) throws -> OutputQueries {
    if let names = form.points, has(names.sound) {
      func points(_ name: String) throws -> [Int] {
        try values(name).values.map {
          guard let index = Int(exactly: $0) else {
            throw CheckpointError("\(name): expected whole numbers, found \($0)")
          }
          return index
        }
      }
      return .points(
        FilmPoints(sound: try points(names.sound), pixels: try points(names.pixels)))
    }
    guard let name = form.queries, has(name) else { return .none }
    let queries = try values(name)
    return .given(queries.shape.count == 3 ? try batched(name, item: item) : queries)
  }
}

extension Tensor {
  /// Of attention `[heads, queries, keys]` as many queries as another has: a package may ask for every
  /// position and then drop what is behind the text.
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
}
