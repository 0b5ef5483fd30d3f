// The channels that tell a model where tokens lie, against the formula, for any family.

import Foundation
import Perceiver
import Testing

@Suite struct PositionChannelTests {
  private func channels(bands: Int, maxFreq: Double, axes: [Int]) throws -> PositionChannels {
    var configuration = PerceiverConfiguration(numFreqBands: bands, maxFreq: maxFreq)
    configuration.inputAxes = axes.count
    return try #require(ModelConfiguration(configuration).positionChannels(inputAxes: axes))
  }

  @Test("each axis has sines, cosines and the coordinate, from the lowest frequency to the highest")
  func order() throws {
    let channels = try channels(bands: 3, maxFreq: 10, axes: [8, 12])
    #expect(channels.axes == [8, 12])
    #expect(
      channels.channels.map(\.axis) == Array(repeating: 0, count: 7) + Array(repeating: 1, count: 7)
    )
    #expect(
      channels.channels.prefix(7).map(\.wave) == [
        .sine, .sine, .sine, .cosine, .cosine, .cosine, .coordinate,
      ])
    #expect(channels.channels.prefix(7).map(\.frequency) == [1, 3, 5, 1, 3, 5, nil])
  }

  @Test("a channel is the wave of its frequency along its axis", arguments: 0..<14)
  func values(index: Int) throws {
    let channels = try channels(bands: 3, maxFreq: 10, axes: [8, 12])
    let channel = channels.channels[index]
    let line = channels.line(index).values
    let length = channels.axes[channel.axis]
    #expect(line.count == length)
    for (place, value) in line.enumerated() {
      let x = -1 + 2 * Double(place) / Double(length - 1)
      let angle = x * Double(channel.frequency ?? 0) * Double.pi
      let expected =
        switch channel.wave {
        case .sine: sin(angle)
        case .cosine: cos(angle)
        case .coordinate: x
        }
      #expect(abs(Double(value) - expected) < 1e-5)
    }
  }

  @Test("they follow num_freq_bands and max_freq")
  func follows() throws {
    #expect(try channels(bands: 6, maxFreq: 10, axes: [4, 4]).channels.count == 26)
    let finer = try channels(bands: 2, maxFreq: 64, axes: [4, 4])
    #expect(finer.channels.compactMap(\.frequency).max() == 32)
    #expect(try channels(bands: 2, maxFreq: 10, axes: [3, 4, 5]).channels.count == 15)
  }

  @Test("a model without them says why in a sentence")
  func reasons() {
    var blind = PerceiverConfiguration()
    blind.fourierEncodeData = false
    let without = ModelConfiguration(blind)
    #expect(without.positionChannels(inputAxes: [4, 4]) == nil)
    #expect(
      without.reasonAgainstPositionChannels(inputAxes: [4, 4])
        == "this model is not told where its tokens lie: it has no Fourier channels")
    var words = PerceiverConfiguration()
    words.variant = .languageModel
    #expect(
      ModelConfiguration(words).reasonAgainstPositionChannels(inputAxes: [4])
        == "this model has learnt where its tokens lie: it has no Fourier channels")
    #expect(
      ModelConfiguration(PerceiverConfiguration()).reasonAgainstPositionChannels(
        inputAxes: [4, 4]) == nil)
  }
}
