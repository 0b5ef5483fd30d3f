// What is asked where the map is one that explains: by which method, of which class, against which.

import Perceiver
import Tensors

/// A question why, as a person chose it.
public struct WhyQuestion: Sendable, Hashable {
  /// What a class is compared with.
  public enum Against: Sendable, Hashable {
    /// The strongest other class where the method's maps are signed, else nothing.
    case automatic
    /// Nothing.
    case nothing
    /// A class.
    case choice(ExplanationTarget.Choice)
  }

  /// The method's name; nil for the one that suits the model best.
  public var method: String?
  /// What is explained.
  public var choice = ExplanationTarget.Choice.answer
  /// What it is compared with.
  public var against = Against.automatic

  /// The answer by the method that suits the model.
  public init() {}
}

/// One map that explains: equal ones of one run have equal numbers.
public struct ExplanationRequest: Sendable, Hashable {
  /// The method's name in `ExplanationMethod.all`.
  public let method: String
  /// What the method is told.
  public let settings: ExplanationSettings
  /// What is explained.
  public let target: ExplanationTarget

  /// The map.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  func map(of run: PerceiverRun, cancellation: Cancellation) throws -> ExplanationMap {
    guard let method = ExplanationMethod.named(method) else {
      throw ConfigurationError("why: there is no method \(method)")
    }
    return try method.question(target, settings).map(run, cancellation: cancellation)
  }

  /// What it is a mean over or how fine it is, in words; nil where there is nothing to be said.
  func extent(_ words: PlaceWords) -> String? {
    ExplanationMethod.named(method)?.extent(settings, words)
  }
}

extension ExplanationMethod {
  /// What its map is a mean over or how fine it is, in words; nil where there is nothing to be said.
  func extent(_ settings: ExplanationSettings, _ words: PlaceWords) -> String? {
    switch name {
    case "occlusion", "occlusion-value":
      "windows of 1/\(settings.windows ?? ExplanationSettings.usualWindows)"
    case "integrated-gradients": "\(settings.nodes) points"
    case "smooth-gradient": "\(settings.samples ?? ExplanationSettings.usualSamples) noisy copies"
    case "rise": "\(settings.samples ?? ExplanationSettings.usualForwardSamples) \(words.halves)"
    case _ where name.hasSuffix(Self.sampledSuffix):
      "\(settings.samples ?? ExplanationSettings.usualSamples) \(words.halves)"
    default: nil
    }
  }

  /// Its maps from the first that is shown to the finest, each worth its time.
  func steps(_ target: ExplanationTarget, after stage: Int?) -> [ExplanationRequest] {
    func step(
      _ name: String, _ change: (inout ExplanationSettings) -> Void = { _ in }
    ) -> ExplanationRequest {
      var settings = ExplanationSettings()
      settings.stage = followsStages ? stage : nil
      change(&settings)
      return ExplanationRequest(method: name, settings: settings, target: target)
    }
    func samples(_ name: String, _ counts: [Int]) -> [ExplanationRequest] {
      counts.map { count in step(name) { $0.samples = count } }
    }
    switch name {
    case "rise": return samples(name, [16, 64, 256])
    case "smooth-gradient": return samples(name, [2, 6, 16])
    case "occlusion", "occlusion-value":
      return [3, 6].map { count in step(name) { $0.windows = count } }
    case "integrated-gradients": return [4, 16].map { count in step(name) { $0.nodes = count } }
    case _ where name.hasSuffix(Self.sampledSuffix): return samples(name, [2, 6, 16])
    default:
      let sampled = name + Self.sampledSuffix
      return [step(name)] + (Self.named(sampled) == nil ? [] : samples(sampled, [2, 6, 16]))
    }
  }

  private static let sampledSuffix = "-sampled"

  /// Whether another method's refined maps are its own.
  var isRefinement: Bool {
    name.hasSuffix(Self.sampledSuffix)
      && Self.named(String(name.dropLast(Self.sampledSuffix.count))) != nil
  }
}

// MARK: - What is asked at the moment

extension ExplorerState {
  /// The methods that suit the model, in the order in which a key goes through them: the one that
  /// suits it best, the first that says what speaks for a class and against it, then all others.
  var whyMethods: [ExplanationMethod] {
    guard let run else { return [] }
    let all = ExplanationMethod.all.filter { suits($0, run) }
    let first = [
      Self.preferredMethods.first { name in all.contains { $0.name == name } },
      Self.preferredComparisons.first { name in all.contains { $0.name == name } },
    ].compactMap { $0 }
    return first.compactMap { ExplanationMethod.named($0) }
      + all.filter { !first.contains($0.name) && !$0.isRefinement }
  }

  /// The method that is asked; nil where none has an answer.
  var whyMethod: ExplanationMethod? {
    guard let run else { return nil }
    if let name = choices.view.why.method, let chosen = ExplanationMethod.named(name),
      suits(chosen, run)
    {
      return chosen
    }
    var names = Self.preferredMethods
    if case .choice = choices.view.why.against { names = Self.preferredComparisons + names }
    return names.lazy.compactMap { ExplanationMethod.named($0) }.first { suits($0, run) }
  }

  /// What suits best, as far as it is defined: without classes the readings of all stages.
  private static let preferredMethods = [
    ExplanationMethod.defaultName, "presence", "rollout-residual", "gradient-times-input",
    "attention-all",
  ]

  /// What says best what speaks for one class and for another.
  private static let preferredComparisons = ["direct-pixels", "toggles", "presence"]

  private func suits(_ method: ExplanationMethod, _ run: PerceiverRun) -> Bool {
    (hasOneAnswer || !method.asksForTarget || choices.view.why.choice != .answer)
      && method.problem(run) == nil
  }

  /// Whether the largest number of the output is an answer: it has one row.
  private var hasOneAnswer: Bool {
    if run?.model.configuration.classCount != nil { return true }
    guard let run, run.isComplete, let outputs = run.stages.last?.outputs else { return false }
    return outputs.shape.last == outputs.count
  }

  /// What is explained by a method.
  func whyTarget(_ method: ExplanationMethod) -> ExplanationTarget {
    let question = choices.view.why
    switch question.against {
    case .nothing: return .init(question.choice)
    case .choice(let other): return .init(question.choice, against: other)
    case .automatic:
      guard method.comparesClasses, (run?.model.configuration.classCount ?? 0) > 1 else {
        return .init(question.choice)
      }
      let isAnswer =
        question.choice == .answer
        || answeredScores?.top.first.map { question.choice == .number($0.index) } ?? true
      return .init(question.choice, against: isAnswer ? .second : .answer)
    }
  }

  /// The classes at the last stage; nil until it is computed.
  var answeredScores: ClassScores? {
    guard let run, run.isComplete, let last = open.scores.last else { return nil }
    return last
  }

  /// The maps of why, from the first to the finest.
  private var whySteps: [ExplanationRequest] {
    guard isWhyShown, let method = whyMethod else { return [] }
    let isLast = position >= stageIDs.count - 1
    return method.steps(whyTarget(method), after: isLast ? nil : position)
  }

  /// The questions of why, as far as they are asked: each once the one before is answered, and at
  /// last whether the map is to be believed.
  var wantedWhy: [MapRequest] {
    // Stages come one by one anyway; of a pinned run, or of one in training, they do not.
    guard let run, run.isComplete || isDrawingPinned || training != nil else { return [] }
    var wanted: [MapRequest] = []
    for step in whySteps {
      wanted.append(Self.request(step))
      if open.answers[wanted[wanted.count - 1]] == nil { return wanted }
    }
    if !isDrawingPinned, let finest = whySteps.last {
      for request in trustRequests(finest) {
        wanted.append(request)
        if open.answers[request] == nil { return wanted }
      }
    }
    return wanted
  }

  /// The finest map of why that is there.
  var shownWhy: (request: ExplanationRequest, map: ExplanationMap)? {
    for step in whySteps.reversed() {
      if case .explanation(let map)? = open.answers[Self.request(step)] { return (step, map) }
    }
    return nil
  }

  /// Whether a question makes a map of why finer than the method's first, or asks how far to believe it:
  /// what is shown without its answer is whole.
  package func isRefinement(_ request: MapRequest) -> Bool {
    switch request.subject {
    case .why(let explanation):
      let firsts = [self, pinnedState].compactMap { $0?.whySteps.first }
      return !firsts.isEmpty && !firsts.contains(explanation)
    case .trust: return true
    default: return false
    }
  }

  /// Whether no finer map is on its way.
  var isWhyRefined: Bool {
    whySteps.allSatisfy {
      open.answers[Self.request($0)] != nil || open.declined.contains(Self.request($0))
    }
  }

  /// Whether the first map was refused.
  var isWhyDeclined: Bool {
    if run?.isComplete == false, open.declinesStages, !isDrawingPinned { return true }
    return whySteps.first.map { open.declined.contains(Self.request($0)) } ?? false
  }

  /// How far the map is that is on its way; nil where that is not known.
  var whyProgress: (done: Int, total: Int)? {
    wantedWhy.lazy.compactMap { open.progress[$0] }.first
  }

  /// A map of why as a question to a run: it is of no stage.
  static func request(_ explanation: ExplanationRequest) -> MapRequest {
    MapRequest(stage: 0, value: .probabilities, subject: .why(explanation))
  }

  /// What is explained, in words: `Ankle boot against Sneaker`, `the answer`.
  func whyWords(_ target: ExplanationTarget) -> String {
    func words(_ choice: ExplanationTarget.Choice) -> String {
      let top = answeredScores?.top ?? []
      switch choice {
      case .answer: return top.first.map { className($0.index) } ?? "the answer"
      case .second: return top.dropFirst().first.map { className($0.index) } ?? "the second class"
      case .number(let number): return className(number)
      }
    }
    return words(target.choice) + (target.against.map { " against \(words($0))" } ?? "")
  }
}
