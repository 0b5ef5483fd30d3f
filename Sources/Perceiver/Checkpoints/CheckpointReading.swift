// What a checkpoint's shapes say, held against what was given.

/// Hyperparameters collected while a checkpoint is read.
struct CheckpointReading {
  let given: GivenHyperparameters
  private(set) var derived: [String: (value: HyperparameterValue, reason: String)] = [:]
  private(set) var notes: [String] = []

  init(given: GivenHyperparameters) { self.given = given }

  /// Takes a value from the file; a given one must be the same.
  mutating func fix(_ name: String, _ value: HyperparameterValue, _ reason: String) throws {
    if let given = given.values[name], given != value {
      throw CheckpointError("\(name): expected \(value) (\(reason)), found \(given) as given")
    }
    derived[name] = (value, reason)
  }

  /// Takes a value that follows from the file and from what was given.
  mutating func derive(_ name: String, _ value: HyperparameterValue, _ reason: String) {
    derived[name] = (value, reason)
  }

  /// Notes that a value is a default because neither the file nor anyone gave it.
  mutating func assume(_ name: String, _ reason: String) {
    guard given.values[name] == nil, let hyperparameter = HyperparameterCatalog[name] else {
      return
    }
    notes.append(
      "\(name) \(hyperparameter.value(in: PerceiverConfiguration())) is assumed: \(reason)")
  }

  /// Heads and channels per head, of which the file only knows the product.
  mutating func readHeads(_ kind: String, inner: Int, assumedHeads: Int) throws {
    let (headsName, dimName) = ("\(kind)_heads", "\(kind)_dim_head")
    let product = "\(headsName) × \(dimName) is \(inner)"
    switch (integer(headsName), integer(dimName)) {
    case (let heads?, let dim?):
      guard heads.multipliedReportingOverflow(by: dim) == (inner, false) else {
        throw CheckpointError("\(product) in the file, found \(heads) × \(dim) as given")
      }
    case (let heads?, nil):
      guard heads > 0, inner % heads == 0 else {
        throw CheckpointError("\(product) in the file, which \(heads) heads do not divide")
      }
      derive(dimName, .integer(inner / heads), product)
    case (nil, let dim?):
      guard dim > 0, inner % dim == 0 else {
        throw CheckpointError("\(product) in the file, which \(dim) channels do not divide")
      }
      derive(headsName, .integer(inner / dim), product)
    case (nil, nil):
      guard inner % assumedHeads == 0 else {
        throw CheckpointError("\(product): expected \(headsName) to be given, found nothing")
      }
      derive(dimName, .integer(inner / assumedHeads), "\(product), \(assumedHeads) assumed")
      derive(headsName, .integer(assumedHeads), "assumed")
      notes.append("\(headsName) \(assumedHeads) is assumed: the file only knows that \(product)")
    }
  }

  /// Channels, axes and bands, of which the file only knows what they add up to.
  mutating func readTokens(channels: Int) throws {
    let inputChannels = integer("input_channels") ?? 3
    let axes = integer("input_axis") ?? 2
    let sum = "tokens have \(channels) channels in the file"
    if given.values["fourier_encode_data"] == .toggle(false) {
      guard channels == inputChannels || given.values["input_channels"] == nil else {
        throw CheckpointError("\(sum), found input_channels \(inputChannels) as given")
      }
      derive("input_channels", .integer(channels), sum)
      return
    }
    // channels = inputChannels + axes × (2 × bands + 1)
    let positions = channels - inputChannels
    let perAxis = axes > 0 && positions % axes == 0 ? positions / axes : 0
    guard perAxis > 0, perAxis % 2 == 1 else {
      guard positions == 0, given.values["num_freq_bands"] == nil,
        given.values["fourier_encode_data"] == nil
      else {
        throw CheckpointError(
          "\(sum), which is not input_channels \(inputChannels) + input_axis \(axes) × "
            + "(2 × num_freq_bands + 1) for any num_freq_bands")
      }
      derive("fourier_encode_data", .toggle(false), "\(sum), as many as the input")
      return
    }
    try fix(
      "num_freq_bands", .integer(perAxis / 2), "\(sum) = \(inputChannels) + \(axes) × \(perAxis)")
  }

  private func integer(_ name: String) -> Int? {
    guard case .integer(let value)? = given.values[name] else { return nil }
    return value
  }
}
