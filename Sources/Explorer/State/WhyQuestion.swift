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
  /// Whether rollouts follow the chosen latent alone, and not all latents alike.
  public var followsLatent = false

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

  /// Whether its map is a mean over random half pictures, which may be gone on with.
  var samplesHalves: Bool { ExplanationMethod.named(method)?.sampled != nil }

  /// The same of another target.
  func of(_ target: ExplanationTarget) -> ExplanationRequest {
    ExplanationRequest(method: method, settings: settings, target: target)
  }

  /// The same over another number of half pictures.
  func over(_ samples: Int) -> ExplanationRequest {
    var settings = settings
    settings.samples = samples
    return ExplanationRequest(method: method, settings: settings, target: target)
  }

  /// The mean over fewer half pictures from which this one goes on; nil where it begins anew.
  var coarser: ExplanationRequest? {
    guard samplesHalves, let samples = settings.samples,
      let fewer = SampleCounts.before(samples)
    else { return nil }
    return over(fewer)
  }

  /// The map as an answer; a mean over half pictures goes on from a coarser one.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  func answer(
    from run: PerceiverRun, given: MapAnswer?, cancellation: Cancellation
  ) throws -> MapAnswer {
    guard let sampled = ExplanationMethod.named(method)?.sampled else {
      return .explanation(try map(of: run, cancellation: cancellation))
    }
    let samples = max(1, settings.samples ?? ExplanationSettings.usualSamples)
    var mean: SampledMap
    if case .sampled(_, let known)? = given, known.count <= samples {
      mean = known
    } else {
      mean = try SampledMap(sampled, of: target, run, cancellation: cancellation)
    }
    var halves = HalfPictures(axes: run.mapAxes, seed: settings.seed)
    for _ in 0..<mean.count { _ = halves.next() }
    while mean.count < samples {
      cancellation.report(mean.count, of: samples)
      try mean.add(halves.next(), cancellation: cancellation)
    }
    return .sampled(mean.map, mean)
  }

  /// The map.
  ///
  /// - Throws: `ConfigurationError`, `ComputationCancelled`.
  func map(of run: PerceiverRun, cancellation: Cancellation) throws -> ExplanationMap {
    try question().map(run, cancellation: cancellation)
  }

  /// What it asks.
  ///
  /// - Throws: `ConfigurationError` where there is no such method.
  func question() throws -> any MapQuestion {
    guard let method = ExplanationMethod.named(method) else {
      throw ConfigurationError("why: there is no method \(method)")
    }
    return method.question(target, settings)
  }

  /// What it is a mean over or how fine it is, in words; nil where there is nothing to be said.
  func extent(_ words: TokenWords) -> String? {
    ExplanationMethod.named(method)?.extent(settings, words)
  }
}

extension ExplanationMethod {
  /// What its map is a mean over or how fine it is, in words; nil where there is nothing to be said.
  func extent(_ settings: ExplanationSettings, _ words: TokenWords) -> String? {
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
  ///
  /// - Parameters:
  ///   - stage: The stage after which the run is taken to end, by methods that can; the last if nil.
  ///   - latent: The latent that is followed, by methods that can; all if nil.
  func steps(
    _ target: ExplanationTarget, after stage: Int?, latent: Int? = nil
  ) -> [ExplanationRequest] {
    func step(
      _ name: String, _ change: (inout ExplanationSettings) -> Void = { _ in }
    ) -> ExplanationRequest {
      var settings = ExplanationSettings()
      settings.stage = followsStages || followsLatents ? stage : nil
      settings.latent = followsLatents ? latent : nil
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
    case _ where name.hasSuffix(Self.sampledSuffix): return samples(name, SampleCounts.first)
    default:
      let sampled = name + Self.sampledSuffix
      return [step(name)]
        + (Self.named(sampled) == nil ? [] : samples(sampled, SampleCounts.first))
    }
  }

  fileprivate static let sampledSuffix = "-sampled"

  /// What it averages over random half pictures, which may be gone on with; nil where it does not.
  var sampled: SampledMap.Method? {
    switch name {
    case "relevance-sampled": .relevance
    case "toggles-sampled": .toggles
    default: nil
    }
  }

  /// Whether another method's refined maps are its own.
  var isRefinement: Bool {
    name.hasSuffix(Self.sampledSuffix)
      && Self.named(String(name.dropLast(Self.sampledSuffix.count))) != nil
  }
}

// MARK: - What is asked now

extension ExplorerState {
  /// The methods that suit the model, in the order in which a key goes through them: the one that
  /// suits it best, the first that says what speaks for a class and against it, then all others.
  var whyMethods: [ExplanationMethod] {
    guard let run = open.explainedRun else { return [] }
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
    guard let run = open.explainedRun else { return nil }
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

  /// Whether a method has an answer for a run: where it is about one number, one is meant.
  func suits(_ method: ExplanationMethod, _ run: PerceiverRun) -> Bool {
    (!method.asksForTarget || hasOneAnswer || isOutputChosen) && method.problem(run) == nil
  }

  /// Whether the largest number of the output is an answer: it has one row.
  var hasOneAnswer: Bool {
    if run?.model.configuration.classCount != nil { return true }
    guard let run, run.isComplete, let outputs = run.stages.last?.outputs else { return false }
    return outputs.shape.last == outputs.count
  }

  /// What is explained by a method.
  func whyTarget(_ method: ExplanationMethod) -> ExplanationTarget {
    let question = choices.view.why
    let choice = numbered(question.choice)
    switch question.against {
    case .nothing: return .init(choice)
    case .choice(let other): return .init(choice, against: numbered(other))
    case .automatic:
      guard method.comparesClasses, (run?.model.configuration.classCount ?? 0) > 1 else {
        return .init(choice)
      }
      let isAnswer =
        question.choice == .answer
        || answeredScores?.top.first.map { question.choice == .number($0.index) } ?? true
      return .init(question.choice, against: isAnswer ? .second : .answer)
    }
  }

  /// The classes at the last stage of the run that is explained; nil until it is computed.
  var answeredScores: ClassScores? {
    if let changed = open.completeShownChanges, let last = changed.scores.last { return last }
    guard let run, run.isComplete, let last = open.scores.last else { return nil }
    return last
  }

  /// The latent that is followed; nil where all are, or it was taken away.
  var followedLatent: Int? { followedPlace == nil ? nil : choices.selection.latent }

  /// The place of the followed latent among those that the run has.
  private var followedPlace: Int? {
    guard choices.view.why.followsLatent, whyMethod?.followsLatents == true else { return nil }
    return open.explainedRun?.latentNumbers(before: 0).firstIndex(of: choices.selection.latent)
  }

  /// The maps of why that come by themselves, from the first on.
  var firstWhySteps: [ExplanationRequest] {
    guard isWhyShown, let method = whyMethod else { return [] }
    let isLast = position >= stageIDs.count - 1
    // Before the first reading there is nothing to be followed.
    let hasRead = stageIDs.prefix(position + 1).contains { $0.kind == .crossAttention }
    return method.steps(
      whyTarget(method), after: isLast || !hasRead && method.followsLatents ? nil : position,
      latent: followedPlace)
  }

  /// The maps of why, from the first to the finest.
  private var whySteps: [ExplanationRequest] { firstWhySteps + furtherWhySteps }

  /// The questions of why, as far as they are asked: each once the one before is answered, then
  /// whether the map is to be believed, and at last means over ever more half pictures.
  var wantedWhy: [MapRequest] {
    // Stages come one by one anyway; of a pinned run, or of one in training, they do not.
    guard let run, run.isComplete || isDrawingPinned || training != nil else { return [] }
    if isWhyShown, let row = missingOutputRow(whyMethod?.asksForTarget == true) { return [row] }
    var wanted: [MapRequest] = []
    let trust = isDrawingPinned ? [] : measuredWhy.map { trustRequests($0) } ?? []
    // Of the means that go on, the last that is there and the next: what is passed need not stay.
    let further = furtherWhySteps.map(open.request)
    let last = further.lastIndex { open.answers[$0] != nil } ?? 0
    for request in firstWhySteps.map(open.request) + trust + further.dropFirst(last).prefix(2) {
      if open.answers[request] == nil {
        // Of the run without the changes what is there is shown, and nothing is asked.
        let waits = open.awaitsChanges && !isDrawingPinned && training == nil
        return waits ? wanted : wanted + [request]
      }
      wanted.append(request)
    }
    return wanted
  }

  /// The finest map of why that is there.
  package var shownWhy: (request: ExplanationRequest, map: ExplanationMap)? {
    for step in whySteps.reversed() {
      if let map = open.answers[open.request(step)]?.explanation { return (step, map) }
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
    (firstWhySteps + furtherWhySteps.suffix(1)).allSatisfy {
      open.answers[open.request($0)] != nil || open.declined.contains(open.request($0))
    }
  }

  /// Whether the first map was refused.
  var isWhyDeclined: Bool {
    if run?.isComplete == false, open.declinesStages, !isDrawingPinned { return true }
    if let row = wantedOutputRow, open.declined.contains(row) { return true }
    return whySteps.first.map { open.declined.contains(open.request($0)) } ?? false
  }

  /// How far the map is that is on its way; nil where that is not known.
  var whyProgress: (done: Int, total: Int)? {
    wantedWhy.lazy.compactMap { open.progress[$0] }.first
  }

  /// What the map of why says, of the classes as the screen calls them; nil where there is none.
  var whyClaim: MapClaim? {
    guard let method = whyMethod else { return nil }
    let step = shownWhy?.request ?? firstWhySteps.first
    let target = step?.target ?? whyTarget(method)
    let (settings, tokens) = (step?.settings ?? ExplanationSettings(), tokenWords)
    guard method.followsLatents else {
      let names = ([target.choice] + (target.against.map { [$0] } ?? [])).map {
        whyWords(ExplanationTarget($0))
      }
      let subject = MapSubject(
        names[0], against: names.count > 1 ? names[1] : nil, tokens: tokens)
      return method.claim(subject, of: target, settings)
    }
    let who = followedLatent.map { "latent \($0 + 1)" } ?? "the latents"
    let stage = settings.stage.flatMap { stageIDs.indices.contains($0) ? stageIDs[$0].name : nil }
    return method.claim(MapSubject(who, after: stage, tokens: tokens), of: target, settings)
  }

  /// What is explained, in words: `Ankle boot against Sneaker`, `the answer`, `o at token 17`.
  func whyWords(_ target: ExplanationTarget) -> String {
    func words(_ choice: ExplanationTarget.Choice) -> String {
      let top = answeredScores?.top ?? []
      if givesRows, choice == .answer {
        return rowAtHand.map { "the largest of \(self.words(forOutputs: [$0]))" }
          ?? "no output chosen"
      }
      switch choice {
      case .answer: return top.first.map { className($0.index) } ?? "the answer"
      case .second: return top.dropFirst().first.map { className($0.index) } ?? "the second class"
      case .number(let number): return className(number)
      }
    }
    return words(target.choice) + (target.against.map { " against \(words($0))" } ?? "")
  }
}
