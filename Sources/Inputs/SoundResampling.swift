// Sound at another number of samples a second.

import Foundation

extension Sound {
  /// The first channel at another rate: each sample is a sum of those around it, weighed by a sinc under
  /// a Hann window, whose band ends where that of the lower rate does.
  func firstChannel(atRate rate: Int) -> [Float] {
    let own = stride(from: 0, to: samples.count, by: channels).map { samples[$0] }
    guard rate != self.rate else { return own }
    let step = Double(self.rate) / Double(rate)
    let band = min(1, 1 / step)
    // Zero crossings on each side.
    let reach = 16 / band
    let count = Int((Double(own.count) / step).rounded(.up))
    return (0..<count).map { index in
      let centre = Double(index) * step
      let first = max(0, Int((centre - reach).rounded(.up)))
      let last = min(own.count - 1, Int((centre + reach).rounded(.down)))
      guard first <= last else { return 0 }
      var (sum, total) = (0.0, 0.0)
      for place in first...last {
        let distance = centre - Double(place)
        let angle = Double.pi * distance * band
        let sinc = distance == 0 ? 1 : sin(angle) / angle
        let weight = sinc * (0.5 + 0.5 * cos(Double.pi * distance / reach))
        sum += weight * Double(own[place])
        total += weight
      }
      return Float(sum / total)
    }
  }
}
