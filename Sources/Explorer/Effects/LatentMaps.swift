// A stage's attention as maps are asked of it: with a map for each latent of the model, also where a
// run with changes has taken some of them away.

import Perceiver
import Tensors

/// A stage's attention with a map for each latent of the model, or each feature of a linear attention.
/// Latents that were taken away read nothing, and nothing reads them; where a stage reads nothing at
/// all, its weights are zero.
public struct LatentMaps: Sendable, MapRows {
  /// The stage.
  let id: StageID
  /// The attention that the run has.
  let attention: StageAttention
  /// The places of all maps.
  private let rows: Places
  /// The places of a map's numbers, where these are of latents.
  private let columns: Places?
  private let isSilent: Bool

  /// Where the model's latents lie among those that a run has.
  private struct Places: Sendable {
    /// The place of each latent; nil of one that was taken away.
    let all: [Int?]
    /// Whether none was.
    let isWhole: Bool

    init(_ present: [Int], of count: Int) {
      var all = [Int?](repeating: nil, count: count)
      for (place, latent) in present.enumerated() { all[latent] = place }
      (self.all, isWhole) = (all, present.count == count)
    }
  }

  /// The maps of a computed stage; nil where it has no attention.
  init?(_ run: PerceiverRun, at stage: Int) {
    guard run.stages.indices.contains(stage), let attention = run.stages[stage].attention else {
      return nil
    }
    let id = run.stageIDs[stage]
    (self.id, self.attention) = (id, attention)
    // Features of a linear attention are no latents.
    let areLatents = id.kind != .linearAttention
    rows =
      areLatents
      ? Places(run.latentNumbers(before: stage), of: run.initialLatents.shape[0])
      : Places(Array(0..<attention.mapCount), of: attention.mapCount)
    columns = id.kind.mapGround == .latents ? rows : nil
    isSilent =
      run.readsNothing(at: stage) && (id.kind == .crossAttention || id.kind == .linearAttention)
  }

  /// The number of heads.
  var heads: Int { attention.heads }
  /// Maps of a head.
  package var mapCount: Int { rows.all.count }
  /// The axes of a map.
  var mapShape: [Int] { columns.map { [$0.all.count] } ?? attention.mapShape }
  /// Numbers in a map.
  package var mapSize: Int { mapShape.reduce(1, *) }

  /// What a latent has that reads nothing, as a masked token has.
  private func absent(_ value: AttentionValue) -> Float { value == .scores ? -.infinity : 0 }

  /// One map, of shape `mapShape`. A mean or maximum is over the latents that there are.
  ///
  /// - Throws: `ComputationCancelled`.
  func map(
    head: HeadSelection, query: QuerySelection, as value: AttentionValue,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let nothing = Tensor(shape: mapShape, repeating: absent(value))
    guard !isSilent else { return nothing }
    var query = query
    if case .one(let latent) = query {
      guard let place = rows.all[latent] else { return nothing }
      query = .one(place)
    }
    let map = try attention.map(head: head, query: query, as: value, cancellation: cancellation)
    return spreadingColumns(map.reshaped([1, map.count]), value).reshaped(mapShape)
  }

  /// The maps of some latents: `[range.count] + mapShape`.
  ///
  /// - Throws: `ComputationCancelled`.
  package func maps(
    head: HeadSelection, queries range: Range<Int>, as value: AttentionValue,
    cancellation: Cancellation? = nil
  ) throws -> Tensor {
    let places = rows.all[range].compactMap(\.self)
    guard !isSilent, let first = places.first, let last = places.last else {
      return Tensor(shape: [range.count] + mapShape, repeating: absent(value))
    }
    // Those that are left have kept their order.
    let maps = try attention.maps(
      head: head, queries: first..<last + 1, as: value, cancellation: cancellation)
    let found = spreadingColumns(maps.reshaped([places.count, attention.mapSize]), value)
    return spreadingRows(found, as: range, value).reshaped([range.count] + mapShape)
  }

  /// The whole matrix, `[heads, queries, keys]`.
  ///
  /// - Throws: `ComputationCancelled`.
  func matrix(as value: AttentionValue, cancellation: Cancellation? = nil) throws -> Tensor {
    guard isSilent || !rows.isWhole else {
      return try attention.matrix(as: value, cancellation: cancellation)
    }
    return Tensor.stacking(
      try (0..<heads).map { head in
        let maps = try maps(
          head: .one(head), queries: 0..<mapCount, as: value, cancellation: cancellation
        ).reshaped([mapCount, mapSize])
        // Where tokens or outputs are what reads, latents are keys.
        guard attention.reader == .tokens else { return maps }
        return Tensor(shape: [mapSize, mapCount]) { out in
          maps.withUnsafeElements { numbers in
            for index in out.indices {
              out[index] = numbers[index % mapCount * mapSize + index / mapCount]
            }
          }
        }
      })
  }

  /// The number that every map of each head has at one position: `[heads, maps]`.
  func received(byKey key: Int, as value: AttentionValue) -> Tensor {
    guard !isSilent, let place = columns == nil ? key : rows.all[key] else {
      return Tensor(shape: [heads, mapCount], repeating: absent(value))
    }
    let found = attention.received(byKey: place, as: value)
    return spread(found, to: rows, value)
  }

  /// The share of each latent's attention that goes to each kind of token: `[latents, kinds]`.
  ///
  /// - Throws: `ComputationCancelled`.
  func shares(
    of kinds: [Modality], head: HeadSelection, cancellation: Cancellation
  ) throws -> Tensor {
    guard !isSilent else { return Tensor(shape: [mapCount, kinds.count], repeating: 0) }
    let found = try attention.shares(of: kinds, head: head, cancellation: cancellation)
    return spreadingRows(found, as: 0..<mapCount, .probabilities)
  }

  /// Rows of numbers by keys, with the latents among these that were taken away.
  private func spreadingColumns(_ found: Tensor, _ value: AttentionValue) -> Tensor {
    columns.map { spread(found, to: $0, value) } ?? found
  }

  private func spread(_ found: Tensor, to places: Places, _ value: AttentionValue) -> Tensor {
    guard !places.isWhole else { return found }
    return found.withUnsafeElements { numbers in
      let width = found.shape[1]
      return Tensor(
        shape: [found.shape[0], places.all.count],
        values: (0..<found.shape[0]).flatMap { row in
          places.all.map { $0.map { numbers[row * width + $0] } ?? absent(value) }
        })
    }
  }

  /// Rows of the latents that there are, with those of a range that were taken away.
  private func spreadingRows(
    _ found: Tensor, as range: Range<Int>, _ value: AttentionValue
  ) -> Tensor {
    guard !rows.isWhole else { return found }
    let width = found.shape[1]
    var values = [Float](repeating: absent(value), count: range.count * width)
    found.withUnsafeElements { numbers in
      var place = 0
      for (index, latent) in range.enumerated() where rows.all[latent] != nil {
        for column in 0..<width { values[index * width + column] = numbers[place * width + column] }
        place += 1
      }
    }
    return Tensor(shape: [range.count, width], values: values)
  }
}
