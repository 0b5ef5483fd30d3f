// What says whether a map can be believed, and runs in a few numbers, against the definitions.

import Perceiver
import Tensors
import TestSupport
import Testing

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
    let ranks = maps.map { Float(MapLikeness.spearman($0, maps[0])) }
    try opened.expect(Tensor(shape: [ranks.count], values: ranks), "randomised.spearman")
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
