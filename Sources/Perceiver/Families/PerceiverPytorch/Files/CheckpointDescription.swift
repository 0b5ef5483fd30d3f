// Hyperparameters read off a checkpoint's shapes, and those that shapes leave open.

import Tensors

extension PerceiverPytorchFile {
  /// Finds the model's hyperparameters: derived from shapes, else as given, else assumed.
  ///
  /// - Throws: `CheckpointError` where a given value contradicts the file's shapes, or nothing
  ///   gives a value that shapes leave open and no default fits; `HyperparameterError` where a
  ///   given value is out of range.
  func describe(given: GivenHyperparameters) throws -> ModelDescription {
    try given.checkRanges()
    var reading = CheckpointReading(given: given, candidates: layoutTable.candidates)
    try reading.fix("variant", .choice(variant.rawValue), "the tensors' names")
    let latents = try matrix(prefix + "latents")
    try reading.fix("num_latents", .integer(latents.rows), "rows of the tensor latents")
    try reading.fix("latent_dim", .integer(latents.columns), "columns of latents")
    try readRotation(&reading)
    try readLayers(&reading)
    try readEnding(&reading)
    try readResidual(&reading)
    try reading.readHeads("cross", inner: try matrix(crossName + ".fn.to_q.weight").rows, 1)
    if let name = selfName, shape(of: name + ".fn.to_q.weight") != nil {
      try reading.readHeads("latent", inner: try matrix(name + ".fn.to_q.weight").rows, 8)
    }
    try readTokens(&reading)
    return try reading.description(layout: layoutTable, notes: checkpoint.notes)
  }

  private var prefix: String { variant == .languageModel ? "perceiver_io." : "" }

  /// The first cross-attention's name.
  private var crossName: String {
    switch variant {
    case .perceiver: "layers.0.cross_attn"
    case .gated: "layers.0.0.fn"
    case .mixedLatents, .bottomUp: "layers.0.0"
    case .io, .languageModel:
      prefix + (readsInputOnce ? "cross_attend_block" : "layers.0") + ".cross_attn"
    }
  }

  /// The first self-attention's name; nil where the class has none.
  private var selfName: String? {
    switch variant {
    case .perceiver, .io, .languageModel: prefix + "layers.0.self_attns.0.0"
    case .gated: "layers.0.2.fn"
    case .bottomUp: "layers.0.5"
    case .mixedLatents: nil
    }
  }

  private var readsInputOnce: Bool {
    variant.hasDecoder && layoutTable.releases.lowerBound >= Release(0, 7, 0)
  }

  private func readRotation(_ reading: inout CheckpointReading) throws {
    let rotary = Release(0, 3, 0)...Release(0, 4, 0)
    guard let shape = shape(of: "sinu_emb.inv_freq") else {
      if variant == .perceiver, reading.candidates.contains(where: rotary.contains) {
        reading.derive("self_attn_rel_pos", .toggle(false), "no sinu_emb")
      }
      return
    }
    reading.keepReleases(where: rotary.contains)
    try reading.fix("self_attn_rel_pos", .toggle(true), "sinu_emb is there")
    guard shape.count == 1, (1...8192).contains(shape[0]) else {
      throw CheckpointError(
        "tensor sinu_emb.inv_freq: expected one axis, found shape \(printable(shape))")
    }
    try reading.fix("latent_dim_head", .integer(2 * shape[0]), "twice sinu_emb's length")
  }

  private func readLayers(_ reading: inout CheckpointReading) throws {
    let owned = names.compactMap { LayerName($0) }
      .filter { $0.prefix == prefix && $0.list == "layers" }
    let layers = Set(owned.map(\.layer))
    // Numbers come from the file and may be as large as an Int: none is added to.
    let count = layers.count
    guard count > 0, layers == Set(0..<count) else {
      throw CheckpointError(
        "expected \(count) layers, numbered from 0, found layer \(layers.max() ?? 0)")
    }
    if variant == .perceiver || variant.hasDecoder && !readsInputOnce {
      let blocks = Set(owned.filter { $0.layer == 0 }.compactMap(\.block))
      try reading.fix("self_per_cross_attn", .integer(blocks.count), "blocks of layer 0")
    }
    try readTying(&reading, owned, layers: count)
  }

  private func readTying(
    _ reading: inout CheckpointReading, _ owned: [LayerName], layers count: Int
  ) throws {
    // What each release that may have written the file shares.
    let tying = Dictionary(
      uniqueKeysWithValues: reading.candidates.map {
        ($0, ReleaseRules.tying($0, variant, isTied: true))
      })
    let starts = tying.values.compactMap(\.firstShared)
    guard let earliest = starts.min(), let latest = starts.max() else { return }
    let firstShared = try firstSharedLayer(of: count, from: earliest)
    let givenTie = reading.given.values["weight_tie_layers"]
    if let firstShared {
      // A release that shares from a later layer on can also have made equal layers.
      reading.keepReleases { (tying[$0]?.firstShared ?? 0) >= firstShared }
      reading.preferReleases { tying[$0]?.firstShared == firstShared }
      if let blocksAreEqual = try areBlocksEqual(inLayer: firstShared) {
        reading.preferReleases { tying[$0]?.sharesBlocks == blocksAreEqual }
      }
    }
    let isTied = firstShared.map { $0 <= latest } ?? false
    if isTied, let firstShared { try checkWhole(owned, layers: firstShared..<count) }
    if isTied || count >= latest + 2 {
      try reading.fix(
        "weight_tie_layers", .toggle(isTied),
        isTied ? "layers from number \((firstShared ?? 0) + 1) on are equal" : "layers differ")
    } else if givenTie == nil {
      reading.derive("weight_tie_layers", .toggle(false), "there is nothing to share in the file")
    }
    // A tied model runs at any depth; a file without its aliases does not even say which.
    if isTied || givenTie == .toggle(true), reading.given.values["depth"] != nil,
      count > earliest
    {
      return
    }
    try reading.fix("depth", .integer(count), "layers in the file")
  }

  /// Checks that layers which share have the same tensors, so that a damaged name is not taken for
  /// another layer.
  private func checkWhole(_ owned: [LayerName], layers: Range<Int>) throws {
    var tensors: [Int: Set<LayerName>] = [:]
    for name in owned where layers.contains(name.layer) {
      tensors[name.layer, default: []].insert(name.moved(toLayer: layers.lowerBound))
    }
    let shared = tensors[layers.lowerBound] ?? []
    for layer in layers.dropFirst() {
      let own = tensors[layer] ?? []
      let others = shared.symmetricDifference(own)
      guard let other = others.min(by: { $0.name < $1.name }) else { continue }
      throw CheckpointError(
        "tensor \(other.moved(toLayer: layer).name): expected the tensors of layer "
          + "\(layers.lowerBound), which it shares, found "
          + (own.contains(other) ? "one more" : "none of that name"))
    }
  }

  /// The first layer that all later ones equal; nil if the last two differ.
  private func firstSharedLayer(of count: Int, from earliest: Int) throws -> Int? {
    let most = min(2, count - 2)
    guard most >= earliest else { return nil }
    return try (earliest...most).first { shared in
      let tying = WeightTying(firstShared: shared, sharesBlocks: false)
      return try names.allSatisfy { name in
        guard let tied = LayerName(name)?.shared(by: tying).name else { return true }
        return try tied == name || areEqual(name, tied)
      }
    }
  }

  /// Whether the latent blocks of a layer, if there are several, are one.
  private func areBlocksEqual(inLayer layer: Int) throws -> Bool? {
    let others = names.compactMap { LayerName($0) }.filter {
      $0.prefix == prefix && $0.list == "layers" && $0.layer == layer && ($0.block ?? 0) != 0
    }
    guard !others.isEmpty else { return nil }
    return try others.allSatisfy { other in
      var first = other
      first.block = 0
      return try areEqual(other.name, first.name)
    }
  }

  private func readEnding(_ reading: inout CheckpointReading) throws {
    switch variant {
    case .perceiver:
      let hasHead = shape(of: "to_logits.2.weight") != nil
      try reading.fix(
        "final_classifier_head", .toggle(hasHead), hasHead ? "to_logits is there" : "no to_logits")
      if hasHead { try readClasses("to_logits.2.weight", &reading) }
    case .gated, .mixedLatents, .bottomUp:
      try readClasses("to_logits.1.weight", &reading)
    case .io, .languageModel:
      try readDecoder(&reading)
    }
  }

  private func readClasses(_ name: String, _ reading: inout CheckpointReading) throws {
    try reading.fix("num_classes", .integer(try matrix(name).rows), "rows of to_logits")
  }

  private func readDecoder(_ reading: inout CheckpointReading) throws {
    let hasFeedForward = shape(of: prefix + "decoder_ff.norm.weight") != nil
    if layoutTable.releases.upperBound < Release(0, 7, 0) {
      // 0.6.0 was replaced within the day by one whose feed-forward is optional and added.
      reading.keepReleases {
        hasFeedForward
          ? [Release(0, 6, 0), Release(0, 6, 2)].contains($0) : $0 != Release(0, 6, 0)
      }
    }
    try reading.fix(
      "decoder_ff", .toggle(hasFeedForward), hasFeedForward ? "its weights are there" : "no weights"
    )
    let outputs = prefix + "to_logits.weight"
    guard variant == .io else {
      let words = try matrix("token_emb.weight")
      try reading.fix("num_tokens", .integer(words.rows), "rows of token_emb")
      try reading.fix("dim", .integer(words.columns), "columns of token_emb")
      try reading.fix(
        "max_seq_len", .integer(try matrix("pos_emb.weight").rows), "rows of pos_emb")
      return
    }
    let queries = try matrix("decoder_cross_attn.fn.to_q.weight")
    try reading.fix("queries_dim", .integer(queries.columns), "columns of the decoder's to_q")
    try reading.fix(
      "logits_dim", .integer(shape(of: outputs) == nil ? 0 : try matrix(outputs).rows),
      shape(of: outputs) == nil ? "no to_logits" : "rows of to_logits")
  }

  private func readResidual(_ reading: inout CheckpointReading) throws {
    guard variant == .perceiver || variant.hasDecoder else { return }
    let name = prefix + "attn_residuals.0.to_attn_logits.1.weight"
    let hasResidual = shape(of: name) != nil
    try reading.fix(
      "attn_residual", .toggle(hasResidual),
      hasResidual ? "its weights are there" : "the file has no weights for it")
    guard hasResidual else { return }
    let hasNorm = shape(of: prefix + "attn_residuals.0.to_attn_logits.0.weight") != nil
    reading.keepReleases { hasNorm ? $0 > Release(0, 10, 0) : $0 == Release(0, 10, 0) }
    try reading.fix(
      "attn_residual_rank", .integer(try matrix(name).rows), "rows of its first weight")
  }

  private func readTokens(_ reading: inout CheckpointReading) throws {
    guard variant != .languageModel else { return }
    let channels = try matrix(crossName + ".fn.to_kv.weight").columns
    let hasRootMeanSquare = names.contains { $0.hasSuffix("norm.g") }
    reading.keepReleases { ($0 <= Release(0, 1, 15)) == hasRootMeanSquare }
    try reading.readTokens(channels: channels, variant: variant)
    reading.assume("max_freq", "the file does not say it")
    if variant == .perceiver || variant.hasDecoder {
      reading.assume("inverted_cross_attn", "the file does not say it")
    }
  }

  private func matrix(_ name: String) throws -> (rows: Int, columns: Int) {
    guard let shape = shape(of: name) else {
      throw CheckpointError("tensor \(printable(name)): expected a matrix, found no such tensor")
    }
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      throw CheckpointError(
        "tensor \(printable(name)): expected a matrix, found shape \(printable(shape))")
    }
    return (shape[0], shape[1])
  }
}
