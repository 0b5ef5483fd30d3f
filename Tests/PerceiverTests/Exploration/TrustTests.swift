// What says whether a map can be believed, and runs in a few numbers, against the definitions.

import Perceiver
import Tensors
import TestSupport
import Testing

@Suite("Trust in maps of outputs") struct OutputTrustTests {
  @Test("Without classes the gain is that of the output's number where tokens are hidden")
  func outputs() throws {
    let words = PerceiverConfiguration.small {
      ($0.variant, $0.numTokens, $0.maxSeqLen) = (.languageModel, 9, 4)
    }
    let run = try Perceiver(words, seed: 1).begin(Tensor(shape: [3], values: [1, 2, 3])).completed()
    let target = ExplanationTarget(.number(13))
    func y(hiding hidden: [Bool]) throws -> Double {
      Double(try #require(run.hiding(hidden).completed().output).values[13])
    }
    let found = try Faithfulness(of: run, order: [2, 0, 1], target: target, points: 3)
    let deletion = try [
      y(hiding: [false, false, false]), y(hiding: [false, false, true]),
      y(hiding: [true, false, true]), y(hiding: [true, true, true]),
    ]
    let insertion = try [
      y(hiding: [true, true, true]), y(hiding: [true, true, false]),
      y(hiding: [false, true, false]), y(hiding: [false, false, false]),
    ]
    for (ours, theirs) in zip(found.deletion + found.insertion, deletion + insertion) {
      #expect(abs(ours - theirs) < 1e-6)
    }
    let first = try Faithfulness.hidingFirst(0.34, by: [2, 0, 1], of: run, target: target)
    #expect(abs(first.before - deletion[0]) < 1e-6 && abs(first.after - deletion[1]) < 1e-6)
    let headless = try Perceiver(.small { $0.finalClassifierHead = false }, seed: 1).begin(
      PerceiverConfiguration.small().input())
    #expect(
      throws: ConfigurationError(
        "target: expected a model that scores classes or gives outputs, found one that ends with "
          + "its latents")
    ) { try Faithfulness(of: headless, order: Array(0..<headless.tokenCount)) }
  }
}

@Suite("Trust and summaries are those of the definitions")
struct TrustTests {
  @Test("Insertion and deletion by hiding, in the order of presence", arguments: ExploreCase.all)
  func curves(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let order = try opened.theirs("curve.order").values.map { Int($0) }
    let curve = try Faithfulness(
      of: run, order: order, target: opened.target, points: opened.integer("curve_points"))
    func tensor(_ values: [Double]) -> Tensor {
      Tensor(shape: [values.count], values: values.map { Float($0) })
    }
    try opened.expect(tensor(curve.deletion), "curve.deletion")
    try opened.expect(tensor(curve.insertion), "curve.insertion")
    try opened.expect(
      tensor([curve.deletionArea, curve.insertionArea, curve.gain]), "curve.areas")
    // Its own order is the same but for near ties.
    let own = try PixelOrder.of(Presence(of: opened.target).map(run).values)
    #expect(zip(own, order).filter { $0 == $1 }.count > order.count * 9 / 10)
  }

  @Test("Objects and the share of a map on them", arguments: ExploreCase.all)
  func objects(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let object = Pointing.bright(opened.input)
    #expect(try object == opened.theirs("object").values.map { $0 != 0 })
    let presence = try opened.theirs("presence")
    let pointing = try Pointing(presence, object: object)
    try opened.expect(#require(pointing.share), "object.share")
    #expect(pointing.hits == object[PixelOrder.of(presence)[0]])
    let zeros = try Pointing(Tensor(shape: presence.shape), object: object)
    #expect(zeros.hits == nil && zeros.share == nil && zeros.area == pointing.area)
  }

  @Test("Random weights from the classifier down", arguments: ExploreCase.all)
  func randomised(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let steps = try WeightRandomisation(
      of: opened.model, seed: UInt64(opened.integer("randomise_seed"))
    ).steps
    let names = opened.asked["randomised"]?.elements.compactMap(\.string)
    #expect(steps.map(\.name) == names)
    let runs = try steps.map { try $0.model.begin(opened.input).completed() }
    try opened.expect(
      Tensor.stacking(runs.map { try #require($0.output) }), "randomised.logits")
    let maps = try runs.map { try Presence(of: opened.target).map($0).values }
    try opened.expect(Tensor.stacking(maps), "randomised.presence")
    try opened.expectRanks(
      maps.map { MapLikeness.spearman($0, maps[0]) }, "randomised.spearman",
      ofRowsOf: "randomised.presence")
    // Of the very maps that PyTorch found, the correlation is its own.
    let theirs = try opened.theirs("randomised.presence")
    for (index, expected) in try opened.theirs("randomised.spearman").values.enumerated() {
      let found = MapLikeness.spearman(theirs.row(index), theirs.row(0))
      #expect(abs(found - Double(expected)) < 1e-6, "\(index): \(found), expected \(expected)")
    }
    if opened.has("randomised.ssim") {
      let alike = try maps.map { Float(try #require(MapLikeness.structural($0, maps[0]))) }
      try opened.expect(Tensor(shape: [alike.count], values: alike), "randomised.ssim")
    }
    #expect(MapLikeness.topTenthOverlap(maps[0], maps[0]) == 1)
  }

  @Test("Content or position: the same on a grey picture", arguments: ExploreCase.all)
  func content(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    let grey = try run.onGrey().completed()
    try opened.expect(#require(grey.output), "grey.logits")
    let stages = run.stageIDs.filter { $0.kind == .crossAttention }
    let shares = try stages.map { try run.contentShare(ofStage: $0.index, grey: grey) }
    try opened.expect(Tensor.stacking(shares), "content_share")
    let maps = try [run, grey].map { try Rollout(.half).map($0).values }
    try opened.expect(maps[0].mapDistance(maps[1]), "content_share.rollout")
  }

  @Test(
    "Entropy, spread, alignment, rank, cosine, and gradients of heads", arguments: ExploreCase.all)
  func summaries(_ test: ExploreCase) throws {
    let opened = try test.opened()
    let run = try opened.run()
    for stage in run.stages {
      try opened.expect(
        #require(stage.attention).entropy(), "entropy.\(stage.id.index)")
    }
    let spread = try #require(run.stages[opened.integer("stage")].attention).spread()
    try opened.expect(spread.centre, "spread.centre")
    try opened.expect(spread.width, "spread.width")
    let latents = [run.initialLatents] + run.stages.map(\.latents)
    let alignment = latents.flatMap { x in latents.map { Float(LatentSummary.alignment(x, $0)) } }
    try opened.expect(
      Tensor(shape: [latents.count, latents.count], values: alignment), "alignment")
    try opened.expect(
      Tensor(
        shape: [latents.count], values: latents.map { Float(LatentSummary.effectiveRank($0)) }),
      "effective_rank")
    try opened.expect(
      Tensor(shape: [latents.count], values: latents.map { Float(LatentSummary.meanCosine($0)) }),
      "mean_cosine")
    let heads = try HeadGradients(run, of: opened.target)
    for id in run.stageIDs {
      try opened.expect(
        #require(heads.ofStage[id.index]), "head_gradient.\(id.index)")
    }
    let sizes = try #require(try run.updateSizes(ofStage: 0))
    #expect(sizes.attention.values.allSatisfy { $0 > 0 && $0.isFinite })
  }

  @Test(
    "Every method that is about a class is about both where it is held against another, and says so",
    arguments: [Variant.perceiver, .bottomUp, .io])
  func against(_ variant: Variant) throws {
    let run = try PerceiverRun.small(variant)
    var settings = ExplanationSettings()
    (settings.samples, settings.nodes) = (4, 2)
    let choices: [ExplanationTarget.Choice?] = [nil, .number(5), .number(1)]
    for measure in [Occlusion.Measure.target, .logProbability] {
      settings.measure = measure
      if measure == .logProbability, !run.scoresClasses { continue }
      for method in ExplanationMethod.all where method.problem(run) == nil {
        let maps = try choices.map {
          try method.question(.init(.number(3), against: $0), settings).map(run)
        }
        guard method.asksForTarget else {
          #expect(maps.allSatisfy { $0.values == maps[0].values }, "\(method.name)")
          continue
        }
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
          let difference = relativeError(maps[one].values, maps[other].values)
          #expect(difference > 1e-3, "\(method.name) of \(variant): \(difference)")
        }
        // Sentences begin with a capital.
        for map in maps { #expect(map.sentence.first?.isUppercase == true, "\(map.sentence)") }
        let names = try run.resolve(.init(.number(3), against: .number(5)))
        // A sentence may begin with it.
        #expect(maps[1].sentence.lowercased().contains(names.name.lowercased()), "\(method.name)")
        let other = try #require(names.againstName)
        #expect(maps[1].sentence.contains(other), "\(method.name)")
        #expect(!maps[0].sentence.contains(other), "\(method.name)")
      }
    }
  }

  @Test("Occlusion by log p names it, of a class and against another")
  func measures() throws {
    let run = try PerceiverRun.small(.perceiver)
    func words(_ target: ExplanationTarget) throws -> String {
      try Occlusion(of: target, measure: .logProbability).map(run).sentence
    }
    #expect(
      try words(.init(.number(3)))
        == "Without a window of the picture around a warm pixel the log-probability of class 3 "
        + "falls, around a cold one it rises.")
    let both = try words(.init(.number(3), against: .number(5)))
    #expect(both.contains("the log-probability of class 3 less that of class 5 falls"))
    // log p_c − log p_c′ = z_c − z_c′: what all logits share cancels.
    let target = ExplanationTarget(.number(3), against: .number(5))
    let (logs, logits) = try (
      Occlusion(of: target, measure: .logProbability).map(run).values,
      Occlusion(of: target).map(run).values
    )
    #expect(relativeError(logs, logits) < 1e-4)
  }

  @Test("Random masking against another class is the difference of both")
  func maskingAgainst() throws {
    let run = try PerceiverRun.small(.perceiver)
    func map(_ target: ExplanationTarget) throws -> ExplanationMap {
      try RandomMasking(of: target, samples: 8).map(run)
    }
    let (one, other) = try (map(.init(.number(3))).values, map(.init(.number(5))).values)
    let both = try map(.init(.number(3), against: .number(5)))
    for ((a, b), found) in zip(zip(one.values, other.values), both.values.values) {
      #expect(abs(Double(a) - Double(b) - Double(found)) < 1e-6)
    }
    #expect(
      both.sentence
        == "Class 3 is further above class 5 in probability where a warm pixel is kept, and less so "
        + "where a cold one is, than on average over random half pictures.")
  }

  @Test("A map orders pixels unless all of its values are equal")
  func orders() {
    func isOrder(_ values: [Float]) -> Bool {
      PixelOrder.isGiven(by: Tensor(shape: [values.count], values: values))
    }
    #expect(isOrder([0, 0, 1]) && isOrder([.nan, 2, 3]))
    #expect(!isOrder([0, 0, 0]) && !isOrder([2]) && !isOrder([.nan, 2, 2]) && !isOrder([.nan]))
  }

  @Test("The mean of several orders' curves has the mean of their gains")
  func meanCurves() throws {
    let run = try PerceiverRun.small(.perceiver)
    let orders = (0..<3).map { PixelOrder.random(24, seed: $0) }
    let curves = try Faithfulness.following(orders, of: run)
    let mean = Faithfulness(meanOf: curves)
    #expect(abs(mean.gain - curves.reduce(0) { $0 + $1.gain } / 3) < 1e-12)
    #expect(
      abs(mean.afterFirstEighth - curves.reduce(0) { $0 + $1.afterFirstEighth } / 3) < 1e-12)
  }

  @Test(
    "Every method of the table has a map where it says that it has one, and a reason elsewhere",
    arguments: Variant.allCases)
  func methods(_ variant: Variant) throws {
    let run = try PerceiverRun.small(variant)
    var settings = ExplanationSettings()
    (settings.samples, settings.nodes) = (2, 2)
    for method in ExplanationMethod.all {
      let question = method.question(.init(.number(3)), settings)
      guard let problem = method.problem(run) else {
        let map = try question.map(run)
        #expect(map.values.shape == (variant == .languageModel ? [24] : [4, 6]), "\(method.name)")
        #expect(map.values.values.allSatisfy { $0.isFinite }, "\(method.name)")
        #expect(map.sentence.hasSuffix("."), "\(method.name)")
        continue
      }
      #expect(!problem.isEmpty)
      #expect(throws: ConfigurationError.self, "\(method.name)") { try question.map(run) }
    }
    #expect(ExplanationMethod.named("relevance") != nil)
    #expect(Set(ExplanationMethod.all.map(\.name)).count == ExplanationMethod.all.count)
  }
}
