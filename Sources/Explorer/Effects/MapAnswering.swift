// Answers questions about a stage's attention: the slow part of showing a map.

import Inputs
import Perceiver
import Pictures
import Tensors

extension MapRequest {
  /// Answers the question.
  ///
  /// - Parameter given: The answer to its `basis`, where that is there.
  /// - Precondition: the stage is computed.
  /// - Throws: `ComputationCancelled`.
  func answer(
    from run: PerceiverRun, given: MapAnswer? = nil, cancellation: Cancellation
  ) throws -> MapAnswer {
    let stage = run.stages[stage]
    func attention() throws -> LatentMaps {
      guard let maps = LatentMaps(run, at: self.stage) else {
        throw NoAttention(stage: stage.id.name)
      }
      return maps
    }
    switch subject {
    case .map(let heads, let queries, let kind):
      let map = try attention().map(
        head: heads, query: queries, as: value, cancellation: cancellation)
      return .map(MeasuredMap(map.part(of: kind)))
    case .thumbnails(let heads, let latents, let rows, let columns, let frame, let kind):
      return .thumbnails(
        MeasuredMap(
          try thumbnails(
            attention(), heads, latents, rows: rows, columns: columns, frame: frame, kind,
            cancellation)))
    case .headMaps(let rows, let columns, let frame, let kind):
      return .thumbnails(
        MeasuredMap(
          try headMaps(
            attention(), stage.id, rows: rows, columns: columns, frame: frame, kind, cancellation)))
    case .shares(let heads, let kinds):
      return .shares(
        try attention().shares(of: kinds, head: heads, cancellation: cancellation))
    case .matrix(let heads, let longest):
      let (matrix, size) = try attention().averagedMatrix(
        heads, longest: longest, as: value, cancellation: cancellation)
      return .matrix(MeasuredMap(matrix), latentsPerEntry: size)
    case .received(let heads, let key):
      return .received(received(try attention(), heads, key: key))
    case .reconstruction(let scaling):
      let values = try outputs(run, stage, cancellation)
      guard let picture = PixelImage(values, scaledBy: scaling) else {
        throw NoReconstruction(stage: stage.id.name)
      }
      return .reconstruction(Reconstruction(values: values, picture: picture))
    case .flow:
      let values = Perceiver.pixels(ofFlow: try outputs(run, stage, cancellation))
      guard let field = FlowField(values) else {
        throw NoReconstruction(stage: stage.id.name)
      }
      return .reconstruction(Reconstruction(field))
    case .wholeFlow(let input, let count):
      return try wholeFlow(of: input, tiles: count, given, run, cancellation)
    case .filmPixels(let pixels):
      let made = try run.reconstruction(
        of: FilmPoints(pixels: Array(pixels)), from: stage.latents, cancellation: cancellation)
      return .pixels(made.pixels)
    case .why(let explanation):
      return try explanation.answer(from: run, given: given, cancellation: cancellation)
    case .trust(let ranking, let target, let measure):
      return .numbers(
        try ranking.measured(
          measure, on: run, target: target, map: given?.explanation, cancellation: cancellation))
    case .heads(let column, let marks, let target):
      return .heads(
        try column.numbers(
          of: run, at: self.stage, marks: marks, target: target, cancellation: cancellation))
    case .table(let piece):
      return .table(try piece.rows(of: run, cancellation: cancellation))
    case .patching(let source, let target):
      return .patching(try patching(source, into: run, by: target, cancellation))
    case .recovery(let source, let part, let target):
      let both: Patching
      if case .patching(let known)? = given {
        both = known
      } else {
        both = try patching(source, into: run, by: target, cancellation)
      }
      return .numbers([try part.recovery(by: both, cancellation: cancellation)])
    case .readers(let key): return .readers(PixelReader.all(of: key, in: run))
    case .row(let heads, let outputs):
      return .map(MeasuredMap(row(try attention(), heads, outputs: outputs)))
    case .throughDecoder(let subject, let reading):
      return .explanation(
        try ThroughDecoder(subject, at: reading).map(run, cancellation: cancellation))
    case .predictions(let positions):
      return .predictions(
        try run.predictions(at: positions, after: self.stage, cancellation: cancellation))
    case .outputRow(let row):
      guard let numbers = run.outputRow(row) else {
        throw ConfigurationError("outputs: expected a row of the output, found \(row)")
      }
      return .outputRow(
        ClassScores(logits: numbers, problem: run.predictsTokens ? .classes : .values))
    }
  }

  /// The flow from the first tiles of larger frames, of which all but one may be known already.
  private func wholeFlow(
    of input: Input, tiles count: Int, _ given: MapAnswer?, _ run: PerceiverRun,
    _ cancellation: Cancellation
  ) throws -> MapAnswer {
    guard let whole = input.whole,
      let tiles = FlowTiles(
        frame: Array(whole.shape[1...2]), tile: Array(input.tensor.shape[1...2]))
    else { throw NoReconstruction(stage: run.stages[stage].id.name) }
    var blend = FlowBlend(tiles)
    if case .wholeFlow(let known, _)? = given { blend = known }
    while blend.count < min(count, tiles.starts.count) {
      try run.model.addTile(of: whole, to: &blend, cancellation: cancellation)
    }
    guard let field = FlowField(blend.flow) else {
      throw NoReconstruction(stage: run.stages[stage].id.name)
    }
    return .wholeFlow(blend, Reconstruction(field))
  }

  /// A run and the one on another input, whose parts are put into it.
  private func patching(
    _ source: Input, into run: PerceiverRun, by target: ExplanationTarget?,
    _ cancellation: Cancellation
  ) throws -> Patching {
    try Patching(
      from: run.beginning(on: source.tensor, sound: source.sound), into: run,
      by: target.map(run.fixed), cancellation: cancellation)
  }

  /// What the decoder gives after a stage; after the last it is there already.
  private func outputs(
    _ run: PerceiverRun, _ stage: Stage, _ cancellation: Cancellation
  ) throws -> Tensor {
    let isLast = stage.id.index == run.stageIDs.count - 1
    let values =
      isLast ? run.output : try run.outputs(from: stage.latents, cancellation: cancellation)
    guard let values else { throw NoReconstruction(stage: stage.id.name) }
    return values
  }

  /// `[latents, rows, columns]`; maps are made one by one, so that no more than one is in memory.
  private func thumbnails(
    _ attention: LatentMaps, _ heads: HeadSelection, _ latents: Range<Int>, rows: Int,
    columns: Int, frame: Int, _ kind: Modality?, _ cancellation: Cancellation
  ) throws -> Tensor {
    let grid = KeyGrid(shape: kind?.axes ?? attention.mapShape)
    var values: [Float] = []
    values.reserveCapacity(latents.count * rows * columns)
    for latent in latents {
      let map = try attention.map(
        head: heads, query: .one(latent), as: value, cancellation: cancellation)
      values +=
        map.part(of: kind).reshaped([grid.frames, grid.rows, grid.columns]).resampled(
          rows: rows, columns: columns, frame: min(frame, max(0, grid.frames - 1))
        ).values
    }
    return Tensor(shape: [latents.count, rows, columns], values: values)
  }

  /// The most outputs of which a matrix is made; of more a mean over latents is.
  private static let mostOutputs = 4096

  /// `[heads, rows, columns]`; maps are made one by one, so that no more than one is in memory.
  private func headMaps(
    _ attention: LatentMaps, _ id: StageID, rows: Int, columns: Int, frame: Int,
    _ kind: Modality?, _ cancellation: Cancellation
  ) throws -> Tensor {
    let isMatrix = id.kind.mapGround != .tokens && attention.mapSize <= Self.mostOutputs
    var values: [Float] = []
    values.reserveCapacity(attention.heads * rows * columns)
    for head in 0..<attention.heads {
      let map: Tensor
      if isMatrix {
        map = try attention.averagedMatrix(
          .one(head), longest: 4 * max(rows, columns), as: value, cancellation: cancellation
        ).values
      } else {
        map = try attention.map(
          head: .one(head), query: .mean, as: value, cancellation: cancellation
        ).part(of: kind)
      }
      let grid = KeyGrid(shape: map.shape)
      values +=
        map.reshaped([grid.frames, grid.rows, grid.columns]).resampled(
          rows: rows, columns: columns, frame: min(frame, max(0, grid.frames - 1))
        ).values
    }
    return Tensor(shape: [attention.heads, rows, columns], values: values)
  }

  /// What some outputs read of each latent, summed: `[latents]`.
  private func row(
    _ attention: LatentMaps, _ heads: HeadSelection, outputs: [Int]
  ) -> Tensor {
    var sums = [Float](repeating: 0, count: attention.mapCount)
    for output in outputs where (0..<attention.mapSize).contains(output) {
      for (latent, weight) in weights(attention, heads, ofKey: output).enumerated() {
        sums[latent] += weight
      }
    }
    return Tensor(shape: [sums.count], values: sums)
  }

  /// The number that every latent's map has at one position.
  private func weights(
    _ attention: LatentMaps, _ heads: HeadSelection, ofKey key: Int
  ) -> [Float] {
    let all = attention.received(byKey: key, as: value)
    return switch heads {
    case .one(let head): all.row(head).values
    case .mean:
      (0..<attention.mapCount).map { query in
        (0..<attention.heads).reduce(Float(0)) { $0 + all[$1, query] } / Float(attention.heads)
      }
    }
  }

  private func received(
    _ attention: LatentMaps, _ heads: HeadSelection, key: Int
  ) -> [LatentWeight] {
    guard (0..<attention.mapSize).contains(key) else { return [] }
    return weights(attention, heads, ofKey: key).enumerated().map {
      LatentWeight(latent: $0.offset, weight: $0.element)
    }
    .sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.latent < $1.latent }
  }
}

extension Tensor {
  /// The part of a map that lies over one kind of tokens; all of it if nil.
  package func part(of kind: Modality?) -> Tensor {
    guard let kind else { return self }
    return withUnsafeElements { Tensor(shape: kind.axes, values: Array($0[kind.tokens])) }
  }

  /// Whether a map has a number for every token of several kinds; one of slopes by pixels has some of
  /// the pictures alone, and may have more than there are tokens.
  package func isOfAllKinds(_ kinds: [Modality]) -> Bool {
    shape.count == 1 && count >= kinds.map(\.tokens.upperBound).max() ?? 0
  }
}

/// A picture was asked of a model whose outputs are none.
struct NoReconstruction: Error, CustomStringConvertible {
  let stage: String

  var description: String { "\(stage): the model's outputs are no picture" }
}

/// A question about the attention of a stage that has none.
struct NoAttention: Error, CustomStringConvertible {
  let stage: String

  var description: String { "\(stage): it mixes latents without attention" }
}
