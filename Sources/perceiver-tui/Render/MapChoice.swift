// Which map: stage, head and latent as people name them, counted from 1 as on screen.

import ArgumentParser
import Explorer
import Perceiver
import Pictures
import Tensors

/// A stage by its number in the run, from 1, or its name: `cross 2`, or `cross-2` as in file names.
struct StageChoice {
  private let text: String

  /// Takes what a person types, which may be a stage of some model.
  init(_ text: String) throws {
    guard Int(text) != nil || StageID.Kind(ofStageNamed: text) != nil else {
      throw ValidationError("expected a number, or a name such as \"cross 2\" or latent-1.1")
    }
    self.text = text
  }

  /// The chosen stage among those of a model.
  ///
  /// - Throws: `CommandFailure` that says which there are.
  func id(among stageIDs: [StageID]) throws -> StageID {
    if let id = stageIDs.stage(text) { return id }
    let last = stageIDs.last.map { " (\($0.name))" } ?? ""
    throw CommandFailure(
      .usage, "--stage",
      "expected a stage from 1 (cross 1) to \(stageIDs.count)\(last), found \(text)")
  }
}

/// One of several, counted from 1, or what all of them come to.
enum MemberChoice {
  /// One, from 1.
  case number(Int)
  /// The mean over all.
  case mean
  /// The largest of all, place by place.
  case maximum

  /// Reads what a person types.
  init(_ text: String) throws {
    switch text {
    case "mean": self = .mean
    case "max": self = .maximum
    default:
      guard let number = Int(text) else {
        throw ValidationError("expected a number, mean or max")
      }
      self = .number(number)
    }
  }

  /// The heads that are meant.
  func heads(of count: Int) throws -> HeadSelection {
    switch self {
    case .number(let number) where (1...count).contains(number): return .one(number - 1)
    case .number(let number):
      throw CommandFailure(.usage, "--head", "expected 1 to \(count) or mean, found \(number)")
    case .mean: return .mean
    case .maximum:
      throw CommandFailure(.usage, "--head", "expected 1 to \(count) or mean, found max")
    }
  }

  /// The latents that are meant.
  func latents(of count: Int) throws -> QuerySelection {
    switch self {
    case .number(let number) where (1...count).contains(number): return .one(number - 1)
    case .number(let number):
      throw CommandFailure(
        .usage, "--latent", "expected 1 to \(count), mean or max, found \(number)")
    case .mean: return .mean
    case .maximum: return .maximum
    }
  }
}

/// A map that was chosen and computed, with the words for it.
struct ChosenMap {
  /// The numbers as a picture: `[height, width]`.
  let values: Tensor
  /// What one entry of `values` is called, with its column and row from 0.
  let entryName: (_ column: Int, _ row: Int) -> String
  /// Which map it is: stage, heads, latents, probabilities or scores.
  let title: String

  /// Computes a map; a latent self-attention stage without a chosen latent gives the whole
  /// matrix, `[latents, latents]`, averaged down where there are very many.
  ///
  /// - Parameter place: What a place of the input is called.
  init(
    _ stage: Stage, head: MemberChoice, latent: MemberChoice?, as value: AttentionValue,
    place: String, cancellation: Cancellation
  ) throws {
    guard let attention = stage.attention else {
      throw CommandFailure(
        .usage, "--stage", "expected a stage with attention, found \(stage.id.name)")
    }
    let heads = try head.heads(of: attention.heads)
    let isMatrix = latent == nil && stage.id.kind == .latentSelfAttention
    let words: String
    if isMatrix {
      let (matrix, size) = try attention.averagedMatrix(
        heads, longest: StageAttention.longestPictureSide, as: value, cancellation: cancellation)
      values = matrix
      words =
        "latents (rows) over latents (columns)"
        + (size > 1 ? ", means of \(size) × \(size)" : "")
      let count = attention.mapCount
      entryName = {
        "\(Self.latents($1, size, of: count)) over \(Self.latents($0, size, of: count))"
      }
    } else {
      let usual: MemberChoice = attention.reader == .tokens ? .maximum : .mean
      let queries = try (latent ?? usual).latents(of: attention.mapCount)
      values = try attention.map(
        head: heads, query: queries, as: value, cancellation: cancellation
      ).asFlatMap
      words = Self.words(queries, of: attention.mapCount)
      entryName = Self.entryName(stage.id.kind, shape: attention.mapShape, place: place)
    }
    title =
      "\(stage.id.name), \(Self.words(heads, of: attention.heads)), \(words), \(value.rawValue)"
  }

  /// Lines that say in words which map it is and what its numbers are.
  func caption(of name: String) -> [String] {
    let statistics = MapStatistics(values)
    var lines = ["\(name): \(title)"]
    if let remark = statistics.remark { lines.append(remark) }
    if let peak = statistics.peak, let least = statistics.least, let largest = statistics.largest,
      statistics.kind == .varied
    {
      let (row, column) = peak.quotientAndRemainder(dividingBy: values.shape[1])
      var figures =
        "least \(Figures.number(least)), largest "
        + "\(Figures.number(largest)) at \(entryName(column, row)), "
        + "mean \(Figures.number(statistics.mean))"
      if let entropy = statistics.entropy, values.count > 1 {
        figures +=
          ", entropy \(Figures.number(entropy)) of "
          + "\(Figures.number(statistics.largestEntropy)) nats"
      }
      lines.append(figures)
    }
    return lines
  }

  /// The latents of a row or column, each of which stands for `size`.
  private static func latents(_ entry: Int, _ size: Int, of count: Int) -> String {
    let (first, last) = (entry * size + 1, min(count, (entry + 1) * size))
    return first == last ? "latent \(first)" : "latents \(first) to \(last)"
  }

  private static func words(_ heads: HeadSelection, of count: Int) -> String {
    switch heads {
    case .one(let head): "head \(head + 1) of \(count)"
    case .mean: count == 1 ? "head 1 of 1" : "mean of \(count) heads"
    }
  }

  private static func words(_ queries: QuerySelection, of count: Int) -> String {
    switch queries {
    case .one(let query): "latent \(query + 1) of \(count)"
    case .mean: "mean of \(count) latents"
    case .maximum: "maximum of \(count) latents"
    }
  }

  private static func entryName(
    _ kind: StageID.Kind, shape: [Int], place: String
  ) -> (_ column: Int, _ row: Int) -> String {
    switch (kind.mapGround, shape.count) {
    case (.tokens, 1): { column, _ in "\(place) \(column)" }
    case (.tokens, 2), (.outputs, 2): { column, row in "pixel (\(column), \(row))" }
    case (.tokens, _), (.outputs, 3...):
      { column, row in
        let (frame, x) = column.quotientAndRemainder(dividingBy: max(1, shape[2]))
        return "pixel (\(x), \(row)) of frame \(frame)"
      }
    case (.outputs, _): { column, _ in "output \(column + 1)" }
    case (.latents, _), (nil, _): { column, _ in "latent \(column + 1)" }
    }
  }
}
