// Through the decoder: what an output reads of the input by way of the latents, the decoder's weights
// on latents times the latents' weights on tokens. Attention alone, exact for a model of one layer;
// what self-attentions move between latents is left out (relevance and rollout follow it).
//
// A decoder that is asked one thing reads the same for all classes. Classes differ in what they make
// of it: through a latent's value and the last linear layer, w_c · W_h v_h, each latent adds to a
// logit, and these parts times the decoder's weights take the weights' stage.

import Tensors

/// Which tokens an output reads, or a class rests on, through the decoder's weights on latents.
public struct ThroughDecoder: ClaimingQuestion {
  /// What latents are weighted by.
  public enum Subject: Sendable, Hashable {
    /// The decoder's weights of some outputs, from 0, summed over them: never below zero.
    case outputs([Int])
    /// What each latent adds to a class or a number of an output: signed.
    case target(ExplanationTarget)
  }

  /// What latents are weighted by.
  public let subject: Subject
  /// The cross-attention whose maps are summed; the last if nil.
  public let stage: Int?

  /// What latents are weighted by, and whose maps are summed.
  public init(_ subject: Subject, at stage: Int? = nil) {
    (self.subject, self.stage) = (subject, stage)
  }

  /// What some outputs read.
  public init(reading outputs: [Int], at stage: Int? = nil) {
    (subject, self.stage) = (.outputs(outputs), stage)
  }

  /// What speaks for a class, and what against it.
  public init(of target: ExplanationTarget, at stage: Int? = nil) {
    (subject, self.stage) = (.target(target), stage)
  }

  /// `[…axes]`; 0 for tokens that a mask hides. Left over, of a target, is what it has from elsewhere:
  /// biases, what is asked, the decoder's feed-forward.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    try run.checkDecoder()
    let run = try run.completed(cancellation: cancellation)
    let reading = try reading(of: run)
    let weights = try latents(run, cancellation: cancellation).values.map { Double($0) }
    guard let attention = run.stages[reading.index].attention else {
      throw ConfigurationError("through the decoder: \(reading.name) has no attention")
    }
    let map = try attention.mapsSummed(by: weights, cancellation: cancellation)
    let way = "the decoder's weights on latents times theirs on the input"
    // Nothing stands between them.
    let isExact = run.stageIDs.allSatisfy {
      $0.index == reading.index || $0.kind == .decoderCrossAttention
    }
    let past = isExact ? "" : ", past the layers between"
    switch subject {
    case .outputs(let outputs):
      let who = run.scoresClasses ? "The answer is" : Self.words(outputs)
      return ExplanationMap(
        map.reshaped(run.mapAxes), sign: .positive,
        sentence: claim(MapSubject(who, tokens: .line)).whole + ": \(way)\(past).")
    case .target(let target):
      let target = try run.resolve(target)
      let value = run.output.map(target.value) ?? .nan
      return ExplanationMap(
        map.reshaped(run.mapAxes), sign: .signed,
        remainders: [
          .init(
            name: "\(target.title) from other parts of the decoder",
            value: value - weights.reduce(0, +))
        ],
        sentence: claim(target.subject(.line)).whole + ", through the latents that read them: "
          + "\(way)\(past).")
    }
  }

  package func claim(_ subject: MapSubject) -> MapClaim {
    switch self.subject {
    case .outputs:
      MapClaim("\(subject.name) read from latents that read the bright \(subject.tokens.many)")
    case .target: subject.speech
    }
  }

  /// What latents are weighted by: `[latents]`.
  ///
  /// - Throws: As `map` does.
  public func latents(_ run: PerceiverRun, cancellation: Cancellation? = nil) throws -> Tensor {
    try run.checkDecoder()
    let run = try run.completed(cancellation: cancellation)
    let decoder = run.stageIDs.count - 1
    guard let attention = run.stages[decoder].attention else {
      throw ConfigurationError(
        "through the decoder: \(run.stageIDs[decoder].name) has no attention")
    }
    var sums = [Double](repeating: 0, count: attention.mapCount)
    switch subject {
    case .outputs(let outputs):
      for output in outputs {
        guard (0..<attention.mapSize).contains(output) else {
          throw ConfigurationError(
            "through the decoder: expected an output from 0 to \(attention.mapSize - 1), "
              + "found \(output)")
        }
        try cancellation?.check()
        let weights = attention.received(byKey: output, as: .probabilities)
        for head in 0..<attention.heads {
          for (latent, weight) in weights.row(head).values.enumerated() {
            sums[latent] += Double(weight) / Double(attention.heads)
          }
        }
      }
    case .target(let target):
      let target = try run.resolve(target)
      let values = try run.values(ofStage: decoder, cancellation: cancellation)
      for (number, factor) in [(target.index, 1.0)] + (target.against.map { [($0, -1.0)] } ?? []) {
        let (output, direction) = try run.decoded(number, cancellation: cancellation)
        let weights = attention.received(byKey: output, as: .probabilities)
        let width = values.shape[1] / attention.heads
        for head in 0..<attention.heads {
          let own = Range.head(head, width: width)
          let added = try values.columns(own).linear(
            weight: direction.columns(own), workers: Workers(cancellation: cancellation))
          for (latent, number) in added.values.enumerated() {
            sums[latent] += factor * Double(number) * Double(weights[head, latent])
          }
        }
      }
    }
    return Tensor(shape: [sums.count], values: sums.map { Float($0) })
  }

  /// The cross-attention whose maps are summed.
  private func reading(of run: PerceiverRun) throws -> StageID {
    let readings = run.stageIDs.filter { $0.kind == .crossAttention }
    guard
      let reading = stage.map({ index in readings.first { $0.index == index } }) ?? readings.last
    else {
      throw ConfigurationError(
        "through the decoder: expected a cross-attention, found "
          + (stage.map { "stage \($0) of \(run.stageIDs.count)" } ?? "none"))
    }
    return reading
  }

  private static func words(_ outputs: [Int]) -> String {
    outputs.count == 1 ? "Output \(outputs[0]) is" : "\(outputs.count) outputs are"
  }
}

extension PerceiverRun {
  /// Why nothing is read through a decoder; nil if something is.
  package var decoderProblem: String? {
    guard stageIDs.last?.kind == .decoderCrossAttention else {
      return "the model has no decoder that reads its latents"
    }
    if stageIDs.contains(where: { $0.kind.changesTokens }) {
      return "stages change the tokens, so what latents read is no longer the input"
    }
    guard stageIDs.contains(where: { $0.kind == .crossAttention }) else {
      return "no latent reads the input"
    }
    return keptLatentsProblem ?? weightsProblem
  }

  fileprivate func checkDecoder() throws {
    if let reason = decoderProblem { throw ConfigurationError("through the decoder: \(reason)") }
  }

  /// The row of the decoder that a number of the output is made from, and how much each channel of its
  /// heads adds to the number: `[1, heads × width]`.
  fileprivate func decoded(
    _ number: Int, cancellation: Cancellation?
  ) throws -> (output: Int, direction: Tensor) {
    let decoder = stageIDs.count - 1
    let channels = output?.shape.last ?? 1
    // Classes are what the last thing that is asked gives.
    let (output, channel) =
      scoresClasses
      ? ((stages[decoder].attention?.mapSize ?? 1) - 1, number)
      : number.quotientAndRemainder(dividingBy: max(1, channels))
    let workers = Workers(cancellation: cancellation)
    func weights(_ layer: Projection) -> Tensor {
      model.parameters.weight(of: layer).rows(channel..<channel + 1)
    }
    var row: Tensor
    switch model.plan.ending {
    case .decodedClassifier(let layer): row = weights(layer)
    case .points(let outputs):
      row = try weights(outputs.label).times(
        model.parameters.weight(of: outputs.last), workers: workers)
    case .outputs(let layer?, let factor):
      row = weights(layer)
      row.scale(by: factor)
    case .outputs(nil, _), .classifier, .latents:
      row = Tensor(shape: [1, channels], values: (0..<channels).map { $0 == channel ? 1 : 0 })
    }
    let direction = try row.times(outputWeight(ofStage: decoder), workers: workers)
    return (output, direction)
  }
}

extension StageAttention {
  /// Σ over latents of a weight times the latent's map, heads averaged: `[mapSize]`. Nothing of size
  /// latents × tokens is stored.
  ///
  /// - Precondition: latents are what reads, and each has a weight.
  /// - Throws: `ComputationCancelled`.
  func mapsSummed(by weights: [Double], cancellation: Cancellation?) throws -> Tensor {
    precondition(reader == .latents && weights.count == mapCount)
    let factors = weights.map { Float($0 / Double(heads)) }
    var map = Tensor(shape: [mapSize])
    for head in 0..<heads {
      map.add(
        try contributed(
          .weights, beside: nil, head: head, shifts: factors.map { _ in 0 }, factors: factors,
          cancellation: cancellation))
    }
    return map
  }
}
