// Pictures of bytes at another size, equal to Pillow's `Image.resize` in every bit: trained models
// were shown pictures that Pillow made, and a photo prepared in another way gives other numbers.

import Foundation

/// A filter of Pillow's `Image.resize`, by Pillow's number for it.
public enum ResamplingFilter: Int, Sendable, Hashable, CaseIterable {
  /// A windowed sinc over three pixels to each side.
  case lanczos = 1
  /// A triangle.
  case bilinear = 2
  /// A cubic with a = -0.5.
  case bicubic = 3

  /// How far it reaches to each side, in pixels of the larger picture.
  fileprivate var support: Double {
    switch self {
    case .lanczos: 3
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  fileprivate func weight(_ distance: Double) -> Double {
    let x = abs(distance)
    switch self {
    case .lanczos: return x < 3 ? Self.sinc(distance) * Self.sinc(distance / 3) : 0
    case .bilinear: return x < 1 ? 1 - x : 0
    case .bicubic:
      // In the order in which Pillow computes it: the bits depend on that.
      if x < 1 { return ((-0.5 + 2) * x - (-0.5 + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
    }
  }

  private static func sinc(_ x: Double) -> Double {
    x == 0 ? 1 : sin(x * .pi) / (x * .pi)
  }
}

/// A picture of bytes, rows of pixels, channels last.
struct ByteImage {
  let width: Int
  let height: Int
  let channels: Int
  /// `height × width × channels` of them.
  let bytes: [UInt8]

  /// The part of so many rows and columns that begins at a pixel.
  ///
  /// - Precondition: it lies in the picture.
  func cropped(top: Int, left: Int, width newWidth: Int, height newHeight: Int) -> ByteImage {
    guard (newWidth, newHeight) != (width, height) else { return self }
    var cut: [UInt8] = []
    cut.reserveCapacity(newWidth * newHeight * channels)
    for row in top..<top + newHeight {
      let start = (row * width + left) * channels
      cut += bytes[start..<start + newWidth * channels]
    }
    return ByteImage(width: newWidth, height: newHeight, channels: channels, bytes: cut)
  }

  /// The picture at another size, as Pillow 13 makes it: two passes, each rounded and cut to bytes,
  /// and each left out where its side stays.
  ///
  /// Up to Pillow 12 the horizontal pass is always first; from 13 on the vertical one is where the
  /// height shrinks much more than the width. Of a square that becomes a square there is no
  /// difference.
  ///
  /// - Precondition: both sides are at least 1.
  func resampled(width newWidth: Int, height newHeight: Int, _ filter: ResamplingFilter)
    -> ByteImage
  {
    precondition(newWidth > 0 && newHeight > 0 && width > 0 && height > 0)
    let isVerticalFirst = height > newHeight && height - newHeight > 2 * (width - newWidth)
    return isVerticalFirst
      ? withHeight(newHeight, filter).withWidth(newWidth, filter)
      : withWidth(newWidth, filter).withHeight(newHeight, filter)
  }

  private func withWidth(_ newWidth: Int, _ filter: ResamplingFilter) -> ByteImage {
    guard newWidth != width else { return self }
    let taps = ResamplingTaps(from: width, to: newWidth, filter)
    let target = [UInt8](unsafeUninitializedCapacity: newWidth * height * channels) { out, count in
      bytes.withUnsafeBufferPointer { bytes in
        taps.weights.withUnsafeBufferPointer { weights in
          for row in 0..<height {
            for column in 0..<newWidth {
              let (first, pixels) = (taps.first[column], taps.pixels(of: column))
              for channel in 0..<channels {
                var pixel = (row * width + first) * channels + channel
                var sum = ResamplingTaps.half
                for weight in pixels {
                  sum &+= Int32(bytes[pixel]) &* weights[weight]
                  pixel += channels
                }
                out[(row * newWidth + column) * channels + channel] = ResamplingTaps.byte(sum)
              }
            }
          }
        }
      }
      count = newWidth * height * channels
    }
    return ByteImage(width: newWidth, height: height, channels: channels, bytes: target)
  }

  private func withHeight(_ newHeight: Int, _ filter: ResamplingFilter) -> ByteImage {
    guard newHeight != height else { return self }
    let taps = ResamplingTaps(from: height, to: newHeight, filter)
    let rowLength = width * channels
    var sums = [Int32](repeating: 0, count: rowLength)
    let target = [UInt8](unsafeUninitializedCapacity: newHeight * rowLength) { out, count in
      bytes.withUnsafeBufferPointer { bytes in
        sums.withUnsafeMutableBufferPointer { sums in
          for row in 0..<newHeight {
            sums.update(repeating: ResamplingTaps.half)
            for (step, pixel) in taps.pixels(of: row).enumerated() {
              let weight = taps.weights[pixel]
              let start = (taps.first[row] + step) * rowLength
              for index in 0..<rowLength { sums[index] &+= Int32(bytes[start + index]) &* weight }
            }
            for index in 0..<rowLength {
              out[row * rowLength + index] = ResamplingTaps.byte(sums[index])
            }
          }
        }
      }
      count = newHeight * rowLength
    }
    return ByteImage(width: width, height: newHeight, channels: channels, bytes: target)
  }
}

/// Which source positions each target position of an axis is made of, with weights of 22 bits
/// after the point: as in `ImagingResampleHorizontal_8bpc` of Pillow.
private struct ResamplingTaps {
  /// The first source position of each target.
  private(set) var first: [Int] = []
  /// The weights of all targets, one after another.
  private(set) var weights: [Int32] = []
  /// Where each target's weights begin, and at last where they end.
  private var bounds: [Int] = [0]

  private static let bits = 22
  /// What is added so that the shift rounds to the nearest.
  static let half: Int32 = 1 << (bits - 1)

  /// The byte of a sum: 255 times the weights' absolute values stays below 2³¹.
  @inline(__always)
  static func byte(_ sum: Int32) -> UInt8 { UInt8(max(0, min(255, sum >> Int32(bits)))) }

  func pixels(of target: Int) -> Range<Int> { bounds[target]..<bounds[target + 1] }

  init(from source: Int, to target: Int, _ filter: ResamplingFilter) {
    let scale = Double(source) / Double(target)
    let stretch = max(scale, 1)
    let (support, inverse) = (filter.support * stretch, 1 / stretch)
    for pixel in 0..<target {
      let centre = (Double(pixel) + 0.5) * scale
      let low = max(0, Int(centre - support + 0.5))
      let high = min(source, Int(centre + support + 0.5))
      let own = (low..<high).map { filter.weight((Double($0) - centre + 0.5) * inverse) }
      let sum = own.reduce(0, +)
      first.append(low)
      for weight in own {
        let share = (sum != 0 ? weight / sum : weight) * Double(1 << Self.bits)
        weights.append(Int32(share < 0 ? share - 0.5 : share + 0.5))
      }
      bounds.append(weights.count)
    }
  }
}
