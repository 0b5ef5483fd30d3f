// The methods by name: one table from which help, command line, files and the program are made.

import Tensors

/// What methods may be told; each takes what it needs.
public struct ExplanationSettings: Sendable, Hashable {
  /// The value of every channel from which gradients along a line begin, and that occlusion by a
  /// value paints; 0 if nil.
  public var baseline: Float?
  /// Points on the line.
  public var nodes = 16
  /// How many half pictures or noisy copies; the method's own number if nil.
  public var samples: Int?
  /// The seed of what is random.
  public var seed: UInt64 = 0
  /// How many windows of an occlusion lie side by side along an axis; 6 if nil, half a window apart.
  public var windows: Int?
  /// What an occlusion counts as lost.
  public var measure = Occlusion.Measure.target
  /// The stage after which the model is taken to end, by methods that can; the last if nil.
  public var stage: Int?
  /// The latent that rollouts follow, from 0; all alike if nil.
  public var latent: Int?

  /// Half pictures or noisy copies where nobody says how many.
  public static let usualSamples = 16
  /// Half pictures of methods that run the model forward alone.
  public static let usualForwardSamples = 256
  /// Windows of an occlusion along an axis.
  public static let usualWindows = 6

  /// Makes settings as the methods have them.
  public init() {}
}

/// A way to get a map of what an answer rests on.
public struct ExplanationMethod: Sendable {
  /// Its name in files and options: `relevance-sampled`.
  public let name: String
  /// What it tells of a picture, for lists and help.
  public let summary: String
  /// Whether it is about a class or a number of the output, or about attention alone.
  public let asksForTarget: Bool
  /// Whether its maps say what speaks for a class and what against it, so that one class against
  /// another is the clearer question.
  public let comparesClasses: Bool
  /// Whether it tells what the answer would rest on if the model ended with an earlier stage.
  public let followsStages: Bool
  /// Whether it can tell of one latent after a stage where its content came from.
  public let followsLatents: Bool
  private let reason: @Sendable (PerceiverRun) -> String?
  private let make: @Sendable (ExplanationTarget, ExplanationSettings) -> any ClaimingQuestion

  private init(
    _ name: String, _ summary: String, asksForTarget: Bool = true, compares: Bool = false,
    followsStages: Bool = false, followsLatents: Bool = false,
    not reason: @escaping @Sendable (PerceiverRun) -> String? = noProblem,
    _ make: @escaping @Sendable (ExplanationTarget, ExplanationSettings) -> any ClaimingQuestion
  ) {
    (self.name, self.summary, self.asksForTarget) = (name, summary, asksForTarget)
    (comparesClasses, self.followsStages) = (compares, followsStages)
    self.followsLatents = followsLatents
    (self.reason, self.make) = (reason, make)
  }

  /// What it tells, in the words of an input.
  package func summary(of words: TokenWords) -> String { words.said(summary) }

  private static let noProblem: @Sendable (PerceiverRun) -> String? = { _ in nil }

  /// Why it has no answer for a run, in a sentence; nil if it has one.
  public func problem(_ run: PerceiverRun) -> String? {
    if asksForTarget, !run.hasOutput {
      return "the model ends with its latents: there is no class or output to explain"
    }
    return reason(run)
  }

  /// The question that it asks.
  public func question(
    _ target: ExplanationTarget, _ settings: ExplanationSettings = .init()
  ) -> any MapQuestion { make(target, settings) }

  /// What its map says of a subject.
  package func claim(
    _ subject: MapSubject, of target: ExplanationTarget, _ settings: ExplanationSettings = .init()
  ) -> MapClaim { make(target, settings).claim(subject) }

  /// The method of a name.
  public static func named(_ name: String) -> ExplanationMethod? {
    all.first { $0.name == name }
  }

  /// What "why" means where nobody says otherwise: relevance, for its speed and its worst case.
  public static let defaultName = "relevance"

  /// All of them.
  public static let all: [ExplanationMethod] = [
    .init(
      "relevance", "what the answer rests on: attention times its gradient, followed to the input",
      not: \.walkProblem
    ) { target, _ in Relevance(of: target) },
    .init(
      "relevance-sampled", "relevance, on average over random half pictures", not: \.walkProblem
    ) { target, settings in
      Sampled(
        .relevance, of: target, samples: settings.samples ?? ExplanationSettings.usualSamples,
        seed: settings.seed)
    },
    .init(
      "relevance-paper", "relevance by the rule of Chefer, Gur and Wolf's paper", not: \.walkProblem
    ) { target, _ in Relevance(of: target, rule: .paper) },
    .init(
      "presence", "for and against: the slope of hiding each pixel", compares: true,
      not: \.readingProblem
    ) { target, _ in Presence(of: target) },
    .init(
      "toggles", "for and against: what each pixel alone changes where it comes or goes",
      compares: true,
      not: \.toggleProblem
    ) { target, _ in Toggles(of: target) },
    .init(
      "toggles-sampled", "toggles, on average over random half pictures", compares: true,
      not: \.toggleProblem
    ) { target, settings in
      Sampled(
        .toggles, of: target, samples: settings.samples ?? ExplanationSettings.usualSamples,
        seed: settings.seed)
    },
    .init(
      "direct-pixels", "for and against: what was read of each pixel, past all later stages",
      compares: true, followsStages: true, not: \.directPixelsProblem
    ) { target, settings in DirectPixels(of: target, after: settings.stage) },
    .init(
      "through-decoder",
      "for and against: the decoder's weights on latents times theirs on the input",
      compares: true, not: \.decoderProblem
    ) { target, _ in ThroughDecoder(of: target) },
    .init(
      "attention-gradient-signed", "for and against: attention times its gradient, as it is",
      compares: true, not: \.crossProblem
    ) { target, _ in AttentionTimesGradient(of: target) },
    .init(
      "attention-gradient-positive",
      "what speaks for the answer in attention times its gradient, followed no further",
      not: \.crossProblem
    ) { target, _ in AttentionTimesGradient(of: target, as: .positive) },
    .init(
      "grad-cam", "attention times the mean gradient of each row, what is below zero left out",
      not: \.crossProblem
    ) { target, _ in AttentionTimesGradient(of: target, as: .gradCAM) },
    .init(
      "gradient", "the size of the slope: how fast the answer changes with each pixel's values"
    ) { target, _ in InputGradient(of: target) },
    .init(
      "gradient-times-input", "how far each pixel is from a ground, times its slope",
      compares: true
    ) { target, settings in
      GradientTimesInput(of: target, baseline: settings.baseline ?? 0)
    },
    .init(
      "integrated-gradients", "an exact split of the change from a ground to the picture",
      compares: true, not: \.numbersProblem
    ) { target, settings in
      IntegratedGradients(
        of: target, baseline: settings.baseline ?? 0, nodes: settings.nodes)
    },
    .init(
      "smooth-gradient", "the size of the slope, on average over noisy copies",
      not: \.numbersProblem
    ) { target, settings in
      SmoothGradient(
        of: target, samples: settings.samples ?? ExplanationSettings.usualSamples,
        seed: settings.seed)
    },
    .init("occlusion", "what is lost where a window is hidden", compares: true) {
      target, settings in
      Occlusion(
        of: target, windowsAlongAxis: settings.windows ?? ExplanationSettings.usualWindows,
        measure: settings.measure)
    },
    .init(
      "occlusion-value", "what is lost where a window is painted with the ground's value",
      compares: true, not: \.paintingProblem
    ) { target, settings in
      Occlusion(
        of: target, windowsAlongAxis: settings.windows ?? ExplanationSettings.usualWindows,
        removal: .value(settings.baseline ?? 0), measure: settings.measure)
    },
    .init(
      "rise", "how likely the class is where a random half keeps a pixel",
      not: \.classProblem
    ) { target, settings in
      RandomMasking(
        of: target, samples: settings.samples ?? ExplanationSettings.usualForwardSamples,
        seed: settings.seed)
    },
    rollout(.half, "what latents were read from, one half of each reading new"),
    rollout(
      .residual, "what latents were read from, as much of each reading new as its update is large"),
    rollout(
      .value, "what latents were read from, pixels counted by the size of what they bring"),
    rollout(
      .alti,
      "what latents were read from, by how much each part moves a latent; for small inputs",
      not: \.proximityProblem),
    .init(
      "attention-all", "where latents look: the mean of all cross-attentions, heads and latents",
      asksForTarget: false, not: \.crossProblem
    ) { _, _ in MeanAttention(of: .all) },
    .init(
      "attention-last", "where latents look: the mean of the last cross-attention",
      asksForTarget: false,
      not: \.crossProblem
    ) { _, _ in MeanAttention(of: .last) },
  ]

  private static func rollout(
    _ method: Rollout.Method, _ summary: String,
    not reason: @escaping @Sendable (PerceiverRun) -> String? = \.rolloutProblem
  ) -> ExplanationMethod {
    .init(
      "rollout-\(method.rawValue)", summary, asksForTarget: false, followsLatents: true, not: reason
    ) { _, settings in
      Rollout(method, latent: settings.latent, after: settings.stage)
    }
  }
}

extension PerceiverRun {
  /// Stages whose queries read the input's tokens.
  fileprivate var readings: [StageID] {
    stageIDs.filter { $0.kind == .crossAttention || $0.kind == .linearAttention }
  }

  /// Why no stage reads the input; nil if one does.
  fileprivate var readingProblem: String? {
    readings.isEmpty ? "no stage reads the input by attention" : nil
  }

  /// Why there is no cross-attention to the input; nil if there is.
  fileprivate var crossProblem: String? {
    stageIDs.contains { $0.kind == .crossAttention }
      ? nil : "no stage reads the input by cross-attention"
  }

  /// Why there are no probabilities; nil if there are.
  fileprivate var classProblem: String? {
    scoresClasses ? nil : "the model scores no classes"
  }

  /// Why a token's coming and going is not known without a run; nil if it is.
  fileprivate var toggleProblem: String? {
    do {
      try checkToggles()
      return nil
    } catch {
      return "stages change the tokens, so what one of them brings is not known without a run"
    }
  }

  /// Why no window of the input can be painted; nil if it can.
  fileprivate var paintingProblem: String? {
    if let numbersProblem { return numbersProblem }
    return Array(request.input.shape.dropLast()) == mapAxes
      ? nil : "tokens are not pixels, so a window of them is no part of the picture"
  }

  /// Why the input cannot be changed a little; nil if it can.
  fileprivate var numbersProblem: String? {
    readsTokenNumbers ? "the input is numbers of tokens, which cannot be changed a little" : nil
  }
}
