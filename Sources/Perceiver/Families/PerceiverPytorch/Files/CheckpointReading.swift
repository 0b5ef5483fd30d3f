// What a checkpoint's shapes say, held against what was given.

/// Hyperparameters collected while a checkpoint is read.
struct CheckpointReading {
  private(set) var given: GivenHyperparameters
  private(set) var derived: [String: (value: HyperparameterValue, reason: String)] = [:]
  private(set) var notes: [String] = []
  /// Releases that may have written the file, oldest first.
  private(set) var candidates: [Release]

  init(given: GivenHyperparameters, candidates: [Release]) {
    self.given = given
    self.candidates = candidates
  }

  /// Leaves only releases of which something is true.
  mutating func keepReleases(where isPossible: (Release) -> Bool) {
    candidates = candidates.filter(isPossible)
  }

  /// Leaves only releases of which something is likely, if there are any, and the one given.
  mutating func preferReleases(where isLikely: (Release) -> Bool) {
    let likely = candidates.filter {
      isLikely($0) || given.values["release"] == .choice($0.description)
    }
    if !likely.isEmpty { candidates = likely }
  }

  /// The description, once everything is read; the release is the one given, or the latest that may
  /// have written the file.
  mutating func description(
    layout: CheckpointLayout, notes fileNotes: [String]
  ) throws -> ModelDescription {
    let (first, last) = (layout.releases.lowerBound, layout.releases.upperBound)
    let range = first == last ? "\(first)" : "\(first) to \(last)"
    guard let latest = candidates.last else {
      throw CheckpointError(
        "expected the parameters of one release of \(range), found those of different ones")
    }
    if case .choice(let version)? = given.values["release"] {
      guard candidates.contains(where: { $0.description == version }) else {
        throw CheckpointError(
          "release: expected \(Self.listing(candidates)) (the file's tensors), found \(version)")
      }
      return try description(notes: fileNotes)
    }
    let isOnly = candidates.count == 1
    derive(
      "release", .choice(latest.description),
      isOnly ? "names and tensors" : "assumed: the latest of \(Self.listing(candidates))")
    let description = try description(notes: fileNotes)
    guard let configuration = description.configuration.perceiverPytorch,
      let note = differenceNote(configuration, latest)
    else { return description }
    notes.append(note)
    return try self.description(notes: fileNotes)
  }

  private func description(notes fileNotes: [String]) throws -> ModelDescription {
    try ModelDescription(given: given, derived: derived, notes: fileNotes + notes)
  }

  /// What other releases with the same names would compute otherwise; nil if nothing.
  private func differenceNote(
    _ configuration: PerceiverConfiguration, _ assumed: Release
  ) -> String? {
    func rules(_ release: Release) -> ReleaseRules {
      var other = configuration
      other.release = release
      return ReleaseRules(other)
    }
    let mine = rules(assumed)
    let others = candidates.filter { rules($0) != mine }
    guard !others.isEmpty else { return nil }
    let what =
      others.contains { rules($0).bands != mine.bands }
      ? "other frequency bands" : "other rules of sharing or joining"
    return "release \(assumed) is assumed: the names fit \(Self.listing(candidates)), and "
      + "\(Self.listing(others)) had \(what); --release says which it was"
  }

  private static func listing(_ releases: [Release]) -> String {
    switch releases.count {
    case 0: "none"
    case 1...3: releases.map(\.description).joined(separator: ", ")
    default: "\(releases[0]) to \(releases[releases.count - 1])"
    }
  }

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
  mutating func readHeads(_ kind: String, inner: Int, _ assumedHeads: Int) throws {
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
  mutating func readTokens(channels: Int, variant: Variant) throws {
    let sum = "tokens have \(channels) channels in the file"
    if case .integer(let dim)? = given.values["dim"], variant == .io {
      guard dim == channels else {
        throw CheckpointError("dim: expected \(channels) (\(sum)), found \(dim) as given")
      }
    }
    // Perceiver IO reads what it is given; positions are encoded only where that is known.
    let isBare = variant == .io && given.values["num_freq_bands"] == nil
    let inputChannels = integer("input_channels") ?? (isBare ? channels : 3)
    let axes = integer("input_axis") ?? (isBare ? 1 : 2)
    if integer("input_axis") == nil, isBare { derive("input_axis", .integer(1), "a sequence") }
    let alwaysEncodes = variant == .gated || variant == .mixedLatents
    if given.values["fourier_encode_data"] == .toggle(false), !alwaysEncodes {
      guard channels == inputChannels || given.values["input_channels"] == nil else {
        throw CheckpointError("\(sum), found input_channels \(inputChannels) as given")
      }
      derive("input_channels", .integer(channels), sum)
      return
    }
    // channels = inputChannels + axes × (2 × bands + 1)
    let positions = channels - inputChannels
    if positions == 0, given.values["fourier_encode_data"] == nil,
      given.values["num_freq_bands"] == nil, !alwaysEncodes
    {
      derive("input_channels", .integer(channels), sum)
      derive("fourier_encode_data", .toggle(false), "\(sum), as many as the input")
      return
    }
    if try readDoubledChannels(channels, inputChannels, axes: axes, variant) { return }
    let perAxis = axes > 0 && positions % axes == 0 ? positions / axes : 0
    guard perAxis > 0, perAxis % 2 == 1 else {
      throw CheckpointError(
        "\(sum), which is not input_channels \(inputChannels) + input_axis \(axes) × "
          + "(2 × num_freq_bands + 1) for any num_freq_bands"
          + Self.possibilities(channels, variant))
    }
    if given.values["input_channels"] == nil {
      derive("input_channels", .integer(inputChannels), "assumed")
      notes.append("input_channels \(inputChannels) is assumed: \(sum)")
    }
    if given.values["input_axis"] == nil {
      notes.append("input_axis \(axes) is assumed: \(sum)")
    }
    try fix(
      "num_freq_bands", .integer(perAxis / 2), "\(sum) = \(inputChannels) + \(axes) × \(perAxis)")
    derive("fourier_encode_data", .toggle(true), "more channels than the input")
  }

  // The bottom-up class of 0.8.8 to 0.11.0 counts input_channels twice: a model of so many was only
  // ever run on data of twice as many.
  private mutating func readDoubledChannels(
    _ channels: Int, _ inputChannels: Int, axes: Int, _ variant: Variant
  ) throws -> Bool {
    guard variant == .bottomUp, (candidates.last ?? .latest) >= Release(0, 8, 8),
      case .integer(let bands)? = given.values["num_freq_bands"],
      inputChannels <= 4096, bands <= 4096,
      channels == 2 * inputChannels + axes * (2 * bands + 1)
    else { return false }
    given.values["input_channels"] = .integer(2 * inputChannels)
    notes.append(
      "input_channels is \(2 * inputChannels): perceiver-pytorch 0.8.8 to 0.11.0 counts the "
        + "\(inputChannels) given twice, and its model reads data of twice as many")
    return true
  }

  /// What could have made so many channels, for a person to choose from.
  private static func possibilities(_ channels: Int, _ variant: Variant) -> String {
    let all = [3, 1, 4].flatMap { data in
      [2, 1, 3].compactMap { axes -> String? in
        let perAxis = channels - data
        guard perAxis > 0, perAxis % axes == 0, perAxis / axes % 2 == 1 else { return nil }
        return "\(data) + \(axes) × \(perAxis / axes)"
      }
    }
    return all.isEmpty ? "" : "; \(channels) could be " + all.prefix(4).joined(separator: ", ")
  }

  private func integer(_ name: String) -> Int? {
    guard case .integer(let value)? = given.values[name] else { return nil }
    return value
  }
}
