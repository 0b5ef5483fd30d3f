// Which way the classes of transformers take to read their tokens.

import Tensors
import Testing

@testable import Perceiver

@Suite("Classes of transformers read their tokens in the way of the fewest operations")
struct TokenWayTests {
  /// A public model's size and the way it takes; no weights are needed to say it.
  struct Case: Sendable, CustomTestStringConvertible {
    let kind: HuggingFaceConfiguration.Kind
    let latents: (count: Int, dim: Int)
    let axes: [Int]
    let way: CrossAttentionMethod
    /// Operations of the ways that apply.
    let operations: [CrossAttentionMethod: Double]
    var testDescription: String { kind.rawValue }

    var configuration: ModelConfiguration {
      var own = HuggingFaceConfiguration()
      (own.kind, own.numLatents, own.latentDim) = (kind, latents.count, latents.dim)
      own.crossHeads = 1
      switch kind {
      case .imageLearned: (own.positionCount, own.pixelChannels) = (224 * 224, 256)
      case .maskedLanguage: (own.crossHeads, own.queryChannels, own.valueChannels) = (8, 256, 1280)
      default: break
      }
      return ModelConfiguration(own)
    }

    /// Separable: latents · (places · 2 · (2 · channels + 5) + 4 · coordinates · 129). Folded:
    /// heads · tokens · columns · (4 · latents + 2 · tiles). Projected: tokens ·
    /// (2 · latents · width + tiles · columns · (2 · heads + 2 · width)), tiles of 256 latents.
    static let all = [
      Case(
        kind: .imageFourier, latents: (512, 1024), axes: [224, 224], way: .separable,
        operations: [
          .separable: 512 * (50176 * 22 + 4 * 448 * 129), .folded: 50176 * 261 * (4 * 512 + 4),
          .projected: 50176 * (2 * 512 * 522 + 2 * 261 * (2 + 2 * 522)),
        ]),
      // 64 channels of a convolution at 55 × 55 places.
      Case(
        kind: .imageConvolution, latents: (512, 1024), axes: [224, 224], way: .separable,
        operations: [
          .separable: 512 * (3025 * 266 + 4 * 110 * 129), .folded: 3025 * 322 * (4 * 512 + 4),
          .projected: 3025 * (2 * 512 * 644 + 2 * 322 * (2 + 2 * 644)),
        ]),
      // Learnt positions have no axes of their own: tokens stream.
      Case(
        kind: .imageLearned, latents: (512, 1024), axes: [224, 224], way: .folded,
        operations: [
          .folded: 50176 * 512 * (4 * 512 + 4),
          .projected: 50176 * (2 * 512 * 1024 + 2 * 512 * (2 + 2 * 1024)),
        ]),
      // 64 channels of 3 × 3 patches around every pixel.
      Case(
        kind: .opticalFlow, latents: (2048, 512), axes: [2, 368, 496], way: .separable,
        operations: [
          .separable: 2048 * (182528 * 266 + 4 * 864 * 129),
          .folded: 182528 * 322 * (4 * 2048 + 16),
          .projected: 182528 * (2 * 2048 * 644 + 8 * 322 * (2 + 2 * 644)),
        ]),
      Case(
        kind: .maskedLanguage, latents: (256, 1280), axes: [2048], way: .projected,
        operations: [
          .folded: 8 * 2048 * 768 * (4 * 256 + 2),
          .projected: 2048 * (2 * 256 * 1536 + 768 * (16 + 2 * 1536)),
        ]),
    ]
  }

  @Test("at the size of the public models", arguments: Case.all)
  func publicSizes(_ test: Case) {
    for way in CrossAttentionMethod.allCases {
      #expect(
        test.configuration.crossAttentionOperations(way, inputAxes: test.axes)
          == test.operations[way], "\(way)")
    }
    #expect(test.configuration.crossAttentionMethod(inputAxes: test.axes) == test.way)
  }

  @Test(
    "a run takes the way that is said, small or large",
    arguments: [
      ("image_fourier", [224, 224, 3], .separable), ("image_fourier", [12, 16, 3], .folded),
      ("image_conv", [224, 224, 3], .separable), ("image_conv", [19, 24, 3], .folded),
      ("image_learned", [16, 16, 3], .projected), ("masked_lm", [32], .projected),
    ] as [(String, [Int], CrossAttentionMethod)])
  func runs(_ name: String, _ shape: [Int], _ way: CrossAttentionMethod) throws {
    let checkpoint = try Checkpoint(path: fixtures.appending(path: "huggingface/\(name)").path)
    let given = try GivenHyperparameters.of(checkpoint) ?? GivenHyperparameters()
    let model = try checkpoint.model(try checkpoint.describe(given: given).configuration)
    let input = Tensor(
      shape: shape, values: (0..<shape.reduce(1, *)).map { Float($0 * 7919 % 200) })
    var run = try model.begin(input)
    let attention = try #require(try run.next()?.attention)
    #expect(attention.method == way)
    let axes = shape.count == 1 ? shape : Array(shape.dropLast())
    #expect(model.configuration.crossAttentionMethod(inputAxes: axes) == way)
  }
}

@Suite("What computes an attention is said in one place")
struct AttentionMethodTests {
  private func block(heads: Int, dim: Int, contextDim: Int, inner: Int) -> AttentionBlock {
    AttentionBlock(
      name: "", heads: heads, norm: NormBlock(name: "norm", dim: dim, kind: .layer),
      contextNorm: NormBlock(name: "context_norm", dim: contextDim, kind: .layer),
      query: Projection("query", inputs: dim, outputs: inner),
      key: Projection("key", inputs: contextDim, outputs: inner),
      value: Projection("value", inputs: contextDim, outputs: inner),
      output: Projection("output", inputs: inner, outputs: dim))
  }

  @Test("Many rows of few channels take latents into their space, few of many go into the latents'")
  func latents() {
    let narrow = block(heads: 1, dim: 4, contextDim: 8, inner: 8)
    #expect(narrow.operations(.projected, rows: 1000, latents: 10) == 450_560)
    #expect(narrow.operations(.folded, rows: 1000, latents: 10) == 183_840)
    #expect(narrow.method(rows: 1000, latents: 10) == .folded)
    let wide = block(heads: 8, dim: 64, contextDim: 64, inner: 64)
    #expect(wide.operations(.projected, rows: 10, latents: 1000) == 19_107_840)
    #expect(wide.operations(.folded, rows: 10, latents: 1000) == 53_408_000)
    #expect(wide.method(rows: 10, latents: 1000) == .projected)
  }

  @Test(
    "Tokens whose keys are asked for, or many of whose channels pass gradients on, are projected")
  func tokens() {
    let own = block(heads: 2, dim: 8, contextDim: 7, inner: 8)
    let tokens = TokenSize(axes: [200, 200], channels: 3, features: 2)
    #expect(own.method(queries: 4, tokens: tokens, .streamed) != .projected)
    #expect(own.method(queries: 4, tokens: tokens, .stored) == .projected)
    #expect(
      own.method(queries: 4, tokens: tokens, .batched(isPlain: true, passesGradients: true))
        == .separable)
    let wide = TokenSize(axes: [200, 200], channels: 5, features: 1)
    for isPlain in [true, false] {
      #expect(
        own.method(queries: 4, tokens: wide, .batched(isPlain: isPlain, passesGradients: true))
          == .projected)
    }
    #expect(
      own.method(queries: 4, tokens: tokens, .batched(isPlain: false, passesGradients: false))
        != .separable)
  }
}
