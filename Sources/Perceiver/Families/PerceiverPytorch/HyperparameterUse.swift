// Which classes have a hyperparameter, in which releases: what a row of the table says of it.

/// Some classes in some releases.
struct HyperparameterUse: Sendable {
  private let variants: [Variant]
  private let releases: ClosedRange<Release>

  /// - Parameters:
  ///   - variants: The classes.
  ///   - first: The first release that has it in them.
  ///   - last: The last one.
  init(
    _ variants: [Variant], from first: Release = Release(0, 0, 0), to last: Release = .latest
  ) {
    (self.variants, releases) = (variants, first...last)
  }

  /// Whether a model is of one of the classes and releases.
  func covers(_ configuration: PerceiverConfiguration) -> Bool {
    variants.contains(configuration.variant) && releases.contains(configuration.release)
  }

  /// All classes in all releases.
  static let always = [Self(Variant.allCases)]
}

extension [Variant] {
  /// Perceiver IO and the language model over it.
  static let decoders = Variant.allCases.filter(\.hasDecoder)
  /// The others, which end in a mean over latents.
  static let classifiers = Variant.allCases.filter { !$0.hasDecoder }

  /// All classes but one.
  static func but(_ variant: Variant) -> Self { Variant.allCases.filter { $0 != variant } }
}

extension PerceiverConfiguration {
  /// Whether a model of its class and release has a hyperparameter.
  func has(_ hyperparameter: Hyperparameter) -> Bool {
    HyperparameterCatalog.entries.first { $0.hyperparameter.name == hyperparameter.name }?
      .applies(to: self) ?? false
  }

  /// The configuration with the default of every hyperparameter that its class and release do not have.
  var withoutUnused: PerceiverConfiguration {
    var result = self
    let standard = PerceiverConfiguration()
    for entry in HyperparameterCatalog.entries where !entry.applies(to: self) {
      entry.write(entry.read(standard), &result)
    }
    return result
  }
}
