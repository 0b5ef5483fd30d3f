// Hyperparameters read off a checkpoint's shapes, and those that shapes leave open.

extension Checkpoint {
  /// Finds the model's hyperparameters: derived from shapes, else as given, else assumed.
  ///
  /// - Throws: `CheckpointError` where a given value contradicts the file's shapes, or nothing
  ///   gives a value that shapes leave open and no default fits; `HyperparameterError` where a
  ///   given value is out of range.
  public func describe(given: GivenHyperparameters) throws -> ModelDescription {
    try given.checkRanges()
    var reading = CheckpointReading(given: given)
    let latents = try matrix("latents")
    try reading.fix("num_latents", .integer(latents.rows), "rows of latents")
    try reading.fix("latent_dim", .integer(latents.columns), "columns of latents")
    try readLayers(&reading)
    try readHead(&reading)
    try readResidual(&reading, latentDim: latents.columns)
    let cross = try matrix("layers.0.cross_attn.fn.to_q.weight")
    try reading.readHeads("cross", inner: cross.rows, assumedHeads: 1)
    if shape(of: "layers.0.self_attns.0.0.fn.to_q.weight") != nil {
      let latent = try matrix("layers.0.self_attns.0.0.fn.to_q.weight")
      try reading.readHeads("latent", inner: latent.rows, assumedHeads: 8)
    }
    try reading.readTokens(channels: try matrix("layers.0.cross_attn.fn.to_kv.weight").columns)
    reading.assume("max_freq", "the file does not say it")
    reading.assume("inverted_cross_attn", "the file does not say it")
    return try ModelDescription(
      given: reading.given, derived: reading.derived, notes: reading.notes)
  }

  private func readLayers(_ reading: inout CheckpointReading) throws {
    let layers = Set(names.compactMap { Self.number(after: "layers.", in: $0) })
    // Numbers come from the file and may be as large as an Int: none is added to.
    let count = layers.count
    guard layers == Set(0..<count) else {
      throw CheckpointError(
        "expected \(count) layers, numbered from 0, found layer \(layers.max() ?? 0)")
    }
    let blocks = Set(names.compactMap { Self.number(after: "layers.0.self_attns.", in: $0) })
    try reading.fix("self_per_cross_attn", .integer(blocks.count), "blocks of layer 0")
    let isTied = try isTied(layers: count)
    let givenTie = reading.given.values["weight_tie_layers"]
    if count > 2 {
      try reading.fix(
        "weight_tie_layers", .toggle(isTied),
        isTied ? "layers from the second on are equal" : "layers differ")
    } else if givenTie == nil {
      reading.derive("weight_tie_layers", .toggle(false), "there is nothing to share in the file")
    }
    // A tied model runs at any depth; a file without its aliases does not even say which.
    if isTied || givenTie == .toggle(true), reading.given.values["depth"] != nil, count >= 2 {
      return
    }
    try reading.fix("depth", .integer(count), "layers in the file")
  }

  private func isTied(layers: Int) throws -> Bool {
    guard layers > 2 else { return false }
    for name in names {
      if let tied = Self.tiedName(of: name), try !areEqual(name, tied) { return false }
    }
    return true
  }

  private func readHead(_ reading: inout CheckpointReading) throws {
    let hasHead = shape(of: "to_logits.2.weight") != nil
    try reading.fix(
      "final_classifier_head", .toggle(hasHead), hasHead ? "to_logits is there" : "no to_logits")
    if hasHead {
      try reading.fix(
        "num_classes", .integer(try matrix("to_logits.2.weight").rows), "rows of to_logits")
    }
  }

  private func readResidual(_ reading: inout CheckpointReading, latentDim: Int) throws {
    let name = "attn_residuals.0.to_attn_logits.1.weight"
    let hasResidual = shape(of: name) != nil
    try reading.fix(
      "attn_residual", .toggle(hasResidual),
      hasResidual ? "its weights are there" : "no weights of it")
    if hasResidual {
      try reading.fix(
        "attn_residual_rank", .integer(try matrix(name).rows), "rows of its first weight")
    }
  }

  private func matrix(_ name: String) throws -> (rows: Int, columns: Int) {
    guard let shape = shape(of: name) else {
      throw CheckpointError("tensor \(name): expected a matrix, found no such tensor")
    }
    guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
      throw CheckpointError("tensor \(name): expected a matrix, found shape \(shape)")
    }
    return (shape[0], shape[1])
  }

  private static func number(after prefix: String, in name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    return Int(name.dropFirst(prefix.count).prefix { $0 != "." })
  }
}
