// A model as another program reads it: names and arguments of one release of perceiver-pytorch.

import Tensors

/// Layouts in which a model can be written.
public enum ExportLayout: String, Sendable, Hashable, CaseIterable {
  /// Release 0.11.0.
  case latest = "0.11.0"
  /// Release 0.8.8; 0.8.7 for a bottom-up Perceiver with encoded positions, which 0.8.8 cannot run.
  case eighth = "0.8"
  /// The model's own release; 0.8.7 for a bottom-up Perceiver that its own cannot run.
  case own
}

/// How the tensors of layers that share their weights are written.
public enum TiedTensors: Sendable, Hashable {
  /// Under each name, as `torch.save` does: any reader has the whole state dict.
  case repeated
  /// Under one name, the others as aliases, as `safetensors.torch.save_model` does: a file of the
  /// model's own size, for `load_model`.
  case once
}

/// A model's parameters and arguments by the names of one release.
public struct ModelExport: Sendable {
  /// The release whose class reads it.
  public let release: Release
  /// Every tensor that is written, by its name in the state dict.
  public let tensors: [String: Tensor]
  /// The names in the state dict of tensors that are written once, each with the one it stands
  /// under; none where they are repeated.
  public let aliases: [String: String]
  /// How many numbers stand under several names: what writing tied tensors once would save.
  public let repeatedCount: Int
  /// The configuration as JSON: version, module, cls and the constructor's arguments, and the
  /// generation.
  public let configuration: [UInt8]
  /// A fingerprint of tensors and arguments, by which they know one another: the same model always
  /// has the same.
  public let generation: String

  /// What a safetensors file of the tensors says of itself: the configuration too, so that weights
  /// and arguments cannot come apart.
  public var metadata: [String: String] {
    ["format": "pt", Self.argumentsKey: String(decoding: configuration, as: UTF8.self)]
  }

  /// Where a safetensors file that this library wrote holds its configuration.
  static let argumentsKey = "perceiver_tui_arguments"

  /// The fingerprint of tensors, aliases and a configuration.
  static func generation(
    of tensors: [String: Tensor], aliases: [String: String], configuration: [UInt8]
  ) -> String {
    var fingerprint = Fingerprint()
    fingerprint.add(String(decoding: configuration, as: UTF8.self))
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      fingerprint.add(name)
      fingerprint.add(tensor)
    }
    for (alias, name) in aliases.sorted(by: { $0.key < $1.key }) {
      fingerprint.add(alias)
      fingerprint.add(name)
    }
    return fingerprint.text
  }
}

extension Perceiver {
  /// Whether there is a layout that the model is written in.
  package var hasExportLayout: Bool { configuration.perceiverPytorch != nil }

  /// The model for a layout: a release's class loads it with `strict=True` and gives its output, or
  /// with `load_model` where tied tensors are written once.
  ///
  /// An attention temperature goes into the queries' weights.
  ///
  /// - Parameters:
  ///   - layout: The names and the release whose class they are for.
  ///   - tied: How tensors of layers that share their weights are written; the class must share
  ///     them too to read what is written once.
  /// - Throws: `ConfigurationError` where that release computes something else, which no weights
  ///   make up for.
  public func exported(
    as layout: ExportLayout, tied: TiedTensors = .repeated
  ) throws -> ModelExport {
    guard let configuration = configuration.perceiverPytorch else {
      throw ConfigurationError(
        "layout \(layout.rawValue): expected a model of perceiver-pytorch, found a "
          + configuration.title)
    }
    try parameters.load()
    let release = try configuration.exportRelease(layout)
    var target = configuration
    target.release = release
    try configuration.checkNumerics(target)
    // Untied, every layer has names of its own; their values are those of the layer that stands
    // for them here.
    var untied = target
    untied.weightTieLayers = false
    untied.attentionTemperature = 1
    let table = CheckpointLayout.layout(of: configuration.variant, in: release)
    func fileName(_ parameter: String) -> String {
      let prefix = configuration.prefix
      guard parameter.hasPrefix(prefix) else { return parameter }
      let inner = String(parameter.dropFirst(prefix.count))
      return prefix + (table?.storedName(inner) ?? inner)
    }
    var tensors: [String: Tensor] = [:]
    var aliases: [String: String] = [:]
    var repeatedCount = 0
    for parameter in ModelPlan(ModelConfiguration(untied)).parameters {
      guard let tensor = self.parameter(named: parameter.name) else {
        throw ConfigurationError("\(parameter.name): expected among the parameters, found none")
      }
      let owner = plan.storedName(of: parameter.name)
      let isRepeated = owner != parameter.name
      if tied == .once, isRepeated {
        aliases[fileName(parameter.name)] = fileName(owner)
      } else {
        if isRepeated { repeatedCount += tensor.count }
        tensors[fileName(parameter.name)] =
          configuration.sharpened(tensor, named: parameter.name)
      }
    }
    let generation = ModelExport.generation(
      of: tensors, aliases: aliases,
      configuration: exportedConfiguration(target, generation: nil))
    return ModelExport(
      release: release, tensors: tensors, aliases: aliases, repeatedCount: repeatedCount,
      configuration: exportedConfiguration(target, generation: generation),
      generation: generation)
  }

}

extension PerceiverConfiguration {
  fileprivate func exportRelease(_ layout: ExportLayout) throws -> Release {
    let isEncodedBottomUp = variant == .bottomUp && positionChannels > 0
    // From 0.8.8 on the class counts input_channels twice, which is right for an even number.
    func runs(_ release: Release) -> Bool {
      !isEncodedBottomUp || release < Release(0, 8, 8) || inputChannels % 2 == 0
    }
    let release =
      switch layout {
      case .latest: Release.latest
      case .eighth: isEncodedBottomUp ? Release(0, 8, 7) : Release(0, 8, 8)
      case .own: runs(self.release) ? self.release : Release(0, 8, 7)
      }
    guard runs(release) else {
      throw ConfigurationError(
        "layout \(release): expected a model that it can run, found a bottom-up Perceiver with "
          + "encoded positions and an odd number of channels; layout 0.8 has it as 0.8.7")
    }
    return release
  }

  /// Refuses what the release would compute otherwise.
  fileprivate func checkNumerics(_ target: PerceiverConfiguration) throws {
    func refuse(_ what: String) -> ConfigurationError {
      ConfigurationError(
        "layout \(target.release): expected a model that it can run, found \(what)")
    }
    let (mine, theirs) = (ReleaseRules(withoutUnused), ReleaseRules(target))
    if mine.norm != theirs.norm { throw refuse("the RMSNorm of \(release)") }
    if mine.hasRotaryLatents != theirs.hasRotaryLatents {
      throw refuse("the rotary latents of \(release)")
    }
    if positionChannels > 0, frequencies(mine) != frequencies(theirs) {
      throw refuse("the frequency bands of \(release)")
    }
    if mine.readsInputInEveryLayer != theirs.readsInputInEveryLayer {
      throw refuse("a cross-attention in every layer, as \(release) has")
    }
    if mine.decoderFeedForward == .replacing, theirs.decoderFeedForward != .replacing {
      throw refuse("0.6.0's decoder feed-forward")
    }
    // Options that its class does not have change nothing.
    let used = withoutUnused
    if used.attnResidual {
      guard theirs.residualNorm == mine.residualNorm, target.release >= Release(0, 10, 0) else {
        throw refuse("the attention residual of \(release)")
      }
    }
    if target.release < Release(0, 9, 0),
      (0..<used.depth).contains(where: used.invertedCrossAttn.isOn)
    {
      throw refuse("inverted cross-attention, which began with 0.9.0")
    }
  }

  private func frequencies(_ rules: ReleaseRules) -> [Float] {
    FourierEncoding(
      bands: numFreqBands, maxFrequency: maxFreq,
      spacing: rules.bands
    ).frequencies
  }

  fileprivate func sharpened(_ tensor: Tensor, named name: String) -> Tensor {
    guard attentionTemperature != 1, name.hasSuffix(".to_q.weight") else {
      return tensor
    }
    var result = tensor
    result.scale(by: Float(1 / attentionTemperature))
    return result
  }
}

extension ModelPlan {
  /// The names that tied layers would have by themselves, with those of the parameters that they
  /// share.
  var tiedNames: [String: String] {
    guard var untied = configuration.perceiverPytorch, untied.weightTieLayers else { return [:] }
    untied.weightTieLayers = false
    var names: [String: String] = [:]
    for parameter in ModelPlan(ModelConfiguration(untied)).parameters {
      let owner = storedName(of: parameter.name)
      if owner != parameter.name { names[parameter.name] = owner }
    }
    return names
  }
}
