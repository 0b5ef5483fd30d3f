// Maps of runs with interventions, against those of models whose weights make the same change: no
// intervention takes part in these.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("A run with changes has the maps of a model that is changed so")
struct ChangedRunMapTests {
  private static let configuration = PerceiverConfiguration.small {
    ($0.depth, $0.crossHeads) = (2, 2)
  }

  private static let settings: ExplanationSettings = {
    var settings = ExplanationSettings()
    (settings.nodes, settings.samples, settings.windows) = (3, 4, 2)
    return settings
  }()

  /// Expects every method that has an answer for a run to have the same for another run.
  ///
  /// - Returns: The methods that have none for the run, with the reason.
  private static func expectSameMaps(
    _ run: PerceiverRun, _ other: PerceiverRun
  ) throws -> [String: String] {
    var problems: [String: String] = [:]
    #expect(try relativeError(#require(run.output), #require(other.output)) < 1e-5)
    for method in ExplanationMethod.all {
      if let problem = method.problem(run) {
        problems[method.name] = problem
        continue
      }
      let question = method.question(.init(.answer, against: .second), settings)
      let (ours, theirs) = (try question.map(run), try question.map(other))
      // Grad-CAM leaves out what is below zero, which may be all.
      #expect(
        method.name == "grad-cam" || theirs.values.values.contains { $0 != 0 }, "\(method.name)")
      #expect(relativeError(ours.values, theirs.values) < 1e-4, "\(method.name)")
    }
    return problems
  }

  @Test("Without a latent maps are those of a model that never had it")
  func latents() throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let removed = 1
    let run = try InterventionTests.complete(
      model, input, [.removeLatents([removed], after: Intervention.beforeStages)])
    #expect(run.latentNumbers(before: 0) == [0, 2, 3, 4])
    var configuration = Self.configuration
    configuration.numLatents -= 1
    let tensors = model.storedTensors.map { stored in
      guard stored.name == "latents", let all = model.parameter(named: stored.name) else {
        return stored
      }
      let rows = (0..<all.shape[0]).filter { $0 != removed }.map { all.row($0) }
      return StoredTensor(stored.name, .stacking(rows))
    }
    let smaller = try withTemporaryFile(safetensorsBytes(tensors)) {
      try Checkpoint(path: $0).model(ModelConfiguration(configuration))
    }
    let problems = try Self.expectSameMaps(
      run, InterventionTests.complete(smaller, input))
    #expect(Set(problems.keys) == ["through-decoder"])
    // The latent that is followed is named by its number in the model.
    let sentence = try Rollout(.half, latent: 1).map(run).sentence
    #expect(sentence.contains("what latent 3 holds"), "\(sentence)")
  }

  @Test(
    "Without a head, or what a stage's attention adds, maps are those of weights that are zero",
    arguments: [
      (stage: 0, head: 1), (stage: 1, head: 0), (stage: 2, head: nil), (stage: 3, head: nil),
    ] as [(stage: Int, head: Int?)])
  func heads(stage: Int, head: Int?) throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let block = "layers.\(stage / 2)." + (stage % 2 == 0 ? "cross_attn" : "self_attns.0.0")
    let width = stage % 2 == 0 ? 6 : 4
    let run = try InterventionTests.complete(
      model, input,
      [
        head.map { .edit(.headOutputs, .zero, head: $0, at: stage) }
          ?? .skip(.attention, at: stage)
      ])
    let layer = block + ".fn.to_out"
    let zeroed = try InterventionTests.changed(
      model, [layer + ".weight"] + (head == nil ? [layer + ".bias"] : [])
    ) { tensor in
      guard let head else { return tensor.scale(by: 0) }
      for row in 0..<tensor.shape[0] {
        for column in head * width..<(head + 1) * width { tensor[row, column] = 0 }
      }
    }
    let problems = try Self.expectSameMaps(run, InterventionTests.complete(zeroed, input))
    // Weights of attention are what they were: what follows them alone would tell of what is not read.
    let rollouts = ["rollout-half", "rollout-residual", "rollout-value", "rollout-alti"]
    #expect(Set(problems.keys) == Set(rollouts + ["through-decoder"]))
    for name in rollouts {
      #expect(problems[name]?.contains("switched off or changed") == true)
    }
    #expect(throws: ConfigurationError.self) { try Rollout(.residual).map(run) }
  }

  @Test(
    "What is read of a pixel counts by half where its heads do, and all where they are averaged")
  func shares() throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let question = DirectPixels(of: .init(.number(0)), after: 2)
    let plain = try question.map(InterventionTests.complete(model, input)).values
    func changed(_ edit: Intervention.Edit) throws -> Tensor {
      try question.map(
        InterventionTests.complete(
          model, input, (0..<2).map { .edit(.headOutputs, edit, head: $0, at: 2) })
      ).values
    }
    let halved = try InterventionTests.changed(model, ["layers.1.cross_attn.fn.to_out.weight"]) {
      $0.scale(by: 0.5)
    }
    let theirs = try question.map(InterventionTests.complete(halved, input)).values
    #expect(relativeError(try changed(.scale(0.5)), theirs) < 1e-5)
    // The end's norm, one number, is all that differs where every latent gets the mean.
    func direction(_ map: Tensor) -> Tensor {
      let length = map.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      var map = map
      map.scale(by: Float(1 / length))
      return map
    }
    #expect(relativeError(direction(try changed(.mean)), direction(plain)) < 1e-5)
    #expect(relativeError(direction(theirs), direction(plain)) > 1e-3)
  }

  @Test("Latents that go between stages cannot be followed, and pixels all hidden are read by none")
  func refused() throws {
    let model = try Perceiver(Self.configuration, seed: 3)
    let input = Self.configuration.input()
    let run = try InterventionTests.complete(model, input, [.removeLatents([4], after: 1)])
    #expect(run.latentNumbers(before: 2) == [0, 1, 2, 3])
    #expect(run.latentNumbers(before: 1) == [0, 1, 2, 3, 4])
    for name in ["relevance", "rollout-half", "direct-pixels"] {
      #expect(
        ExplanationMethod.named(name)?.problem(run)
          == "latents are taken away between stages, so they cannot be followed through all",
        "\(name)")
    }
    #expect(throws: ConfigurationError.self) { try Relevance(of: .answer).map(run) }
    let blind = try run.model.begin(input).hiding(Array(repeating: true, count: 24)).completed()
    #expect(blind.stageIDs.map { blind.readsNothing(at: $0.index) } == [true, false, true, false])
    #expect(try Relevance(of: .answer).map(blind).values.values.allSatisfy { $0 == 0 })
    #expect(try DirectPixels(of: .answer).map(blind).values.values.allSatisfy { $0 == 0 })
  }
}
