// Sound at another number of samples a second.

import Foundation

extension Sound {
  /// How many samples a channel has at another rate, the last one begun. No file is so long that the
  /// product overflows: that would be 2⁴⁷ samples at 48 kHz.
  package func length(atRate rate: Int) -> Int {
    (length * rate + self.rate - 1) / self.rate
  }

  /// Some of the first channel's samples at another rate, the same numbers as where all of them are
  /// asked for: each is a sum of those around it, weighed by a sinc under a Hann window, whose band ends
  /// where that of the lower rate does.
  ///
  /// - Parameter range: Which of the `length(atRate:)` samples, from 0; memory is taken for these alone,
  ///   as a file may claim any rate.
  package func firstChannel(atRate rate: Int, _ range: Range<Int>) -> [Float] {
    guard rate != self.rate else { return range.map { samples[$0 * channels] } }
    // From one sample to the next in this sound's own.
    let step = Double(self.rate) / Double(rate)
    let band = min(1, 1 / step)
    // Zero crossings on each side.
    let reach = 16 / band
    return range.map { index in
      let centre = Double(index) * step
      let first = max(0, Int((centre - reach).rounded(.up)))
      let last = min(length - 1, Int((centre + reach).rounded(.down)))
      guard first <= last else { return 0 }
      var (sum, total) = (0.0, 0.0)
      for sample in first...last {
        let distance = centre - Double(sample)
        let angle = Double.pi * distance * band
        let sinc = distance == 0 ? 1 : sin(angle) / angle
        let weight = sinc * (0.5 + 0.5 * cos(Double.pi * distance / reach))
        sum += weight * Double(samples[sample * channels])
        total += weight
      }
      return Float(sum / total)
    }
  }
}
