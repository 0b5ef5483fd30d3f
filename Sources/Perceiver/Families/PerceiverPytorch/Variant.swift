// The model classes of perceiver-pytorch, and what distinguishes them.

/// A class of model.
public enum Variant: String, Sendable, Hashable, CaseIterable {
  /// `perceiver_pytorch.Perceiver`: latents read the input in every layer (arXiv 2103.03206).
  case perceiver
  /// `gated.Perceiver`: a recurrent gate takes attention into the latents.
  case gated
  /// `mixed_latents.Perceiver`: a perceptron across latents in place of self-attention.
  case mixedLatents = "mixed-latents"
  /// `experimental.Perceiver`: the input attends back to the latents, and changes.
  case bottomUp = "bottom-up"
  /// `perceiver_io.PerceiverIO`: queries read the latents at the end (arXiv 2107.14795).
  case io
  /// `perceiver_io.PerceiverLM`: Perceiver IO over embedded tokens.
  case languageModel = "lm"

  /// The module and class of perceiver-pytorch.
  public var pythonClass: (module: String, name: String) {
    switch self {
    case .perceiver: ("perceiver_pytorch", "Perceiver")
    case .gated: ("gated", "Perceiver")
    case .mixedLatents: ("mixed_latents", "Perceiver")
    case .bottomUp: ("experimental", "Perceiver")
    case .io: ("perceiver_io", "PerceiverIO")
    case .languageModel: ("perceiver_io", "PerceiverLM")
    }
  }

  /// What people call it.
  public var title: String {
    switch self {
    case .perceiver: "Perceiver"
    case .gated: "gated Perceiver"
    case .mixedLatents: "mixed-latents Perceiver"
    case .bottomUp: "bottom-up Perceiver"
    case .io: "Perceiver IO"
    case .languageModel: "PerceiverLM"
    }
  }

  /// The releases in which the class is and can be constructed or loaded.
  public var releases: [Release] {
    Release.all.filter { release in
      switch self {
      case .perceiver: true
      case .gated:
        release <= Release(0, 1, 15)
          || (Release(0, 1, 18)...Release(0, 7, 1)).contains(release)
          || release >= Release(0, 8, 7)
      case .mixedLatents:
        (Release(0, 4, 0)...Release(0, 7, 1)).contains(release) || release >= Release(0, 8, 7)
      case .bottomUp: release <= Release(0, 1, 15) || release >= Release(0, 8, 7)
      case .io, .languageModel: release >= Release(0, 5, 0)
      }
    }
  }

  /// Whether it ends in a decoder that queries read, and not in a mean over latents.
  public var hasDecoder: Bool { self == .io || self == .languageModel }

  /// The class of a module and a class name.
  ///
  /// - Parameters:
  ///   - module: `gated`, or as Python says it of a class: `perceiver_pytorch.gated`.
  ///   - name: `Perceiver`.
  init?(module: String?, name: String?) {
    let module = module.map { $0.split(separator: ".").last.map(String.init) ?? $0 }
    let found = Self.allCases.first {
      ($0.pythonClass.module == module || module == nil)
        && ($0.pythonClass.name == name || name == nil)
    }
    guard let found, module != nil || name != nil else { return nil }
    self = found
  }
}
