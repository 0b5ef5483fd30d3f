// A model of perceiver-pytorch described: given values over derived ones over defaults.

extension ModelDescription {
  /// Describes an untrained model: given values over defaults, input channels and axes from the
  /// input unless given.
  ///
  /// - Throws: `HyperparameterError` or `ConfigurationError` for impossible values.
  public init(given: GivenHyperparameters, inputChannels: Int, inputAxes: Int) throws {
    var derived: [String: (value: HyperparameterValue, reason: String)] = [
      HyperparameterCatalog.Name.inputChannels: (.integer(inputChannels), "the input's channels"),
      HyperparameterCatalog.Name.inputAxes: (.integer(inputAxes), "the input's axes"),
    ]
    if given.values["variant"] == .choice(Variant.io.rawValue) {
      // Perceiver IO reads what it is given; its dim says whether positions are part of that.
      if given.values["dim"] == .integer(inputChannels) {
        derived["fourier_encode_data"] = (.toggle(false), "dim is the input's channels")
      }
      var positions = PerceiverConfiguration(inputChannels: inputChannels, inputAxes: inputAxes)
      if case .integer(let bands)? = given.values["num_freq_bands"] {
        positions.numFreqBands = bands
      }
      derived[HyperparameterCatalog.Name.queryChannels] = (
        .integer(positions.positionFeatures), "features of a position of the input"
      )
    }
    try self.init(given: given, derived: derived)
  }

  /// Puts given values over derived ones over defaults, and checks the result.
  init(
    given: GivenHyperparameters, derived: [String: (value: HyperparameterValue, reason: String)],
    notes: [String] = []
  ) throws {
    var configuration = PerceiverConfiguration()
    var facts: [Fact] = []
    for hyperparameter in HyperparameterCatalog.all {
      let name = hyperparameter.name
      let fact =
        // What is given and found alike is known from what was found.
        if let (value, reason) = derived[name], given.values[name].map({ $0 == value }) ?? true {
          Fact(name: name, value: value, source: .derived, reason: reason)
        } else if let value = given.values[name] {
          Fact(name: name, value: value, source: .given, reason: given.source(of: name))
        } else {
          Fact(
            name: name, value: hyperparameter.value(in: configuration), source: .assumed,
            reason: "default")
        }
      try hyperparameter.set(fact.value, in: &configuration)
      facts.append(fact)
    }
    try configuration.validate()
    if configuration.variant == .io, case .integer(let dim)? = given.values["dim"],
      dim != configuration.tokenChannels
    {
      throw ConfigurationError(
        "dim: expected \(configuration.tokenChannels) (the input's channels and positions), "
          + "found \(dim)")
    }
    configuration.classNames = given.classNames
    configuration.preprocessing = given.preprocessing
    let unused = facts.filter { fact in
      fact.source == .given && !HyperparameterCatalog.applies(fact.name, to: configuration)
        && !(fact.name == "dim" && configuration.variant == .io)
        && fact.value != HyperparameterCatalog[fact.name]?.value(in: PerceiverConfiguration())
    }
    let unusedNotes = unused.map {
      "\($0.name) has no effect on a \(configuration.variant.title) of \(configuration.release)"
    }
    self.init(
      ModelConfiguration(configuration),
      facts: facts.filter { HyperparameterCatalog.applies($0.name, to: configuration) },
      notes: given.notes + notes + unusedNotes + configuration.corrections
        + Self.strangeNames(given, configuration))
  }
}

extension ModelDescription {
  /// A note about names that are not those of the model's classes.
  private static func strangeNames(
    _ given: GivenHyperparameters, _ configuration: PerceiverConfiguration
  ) -> [String] {
    guard let names = given.classNames, names.count != configuration.numClasses else { return [] }
    return [
      "class_names are passed over: expected \(configuration.numClasses), as many as classes, found "
        + "\(names.count)"
    ]
  }
}

extension PerceiverConfiguration {
  /// What is computed otherwise than in perceiver-pytorch, and why, a sentence each.
  var corrections: [String] {
    guard variant == .bottomUp, release >= Release(0, 8, 8), fourierEncodeData else { return [] }
    return [
      "perceiver-pytorch \(release) cannot run a bottom-up Perceiver with encoded positions (it "
        + "counts input_channels twice); this one counts them once, as 0.8.7 does"
    ]
  }
}
