// Arrays as inputs: which reading of their axes a model takes, and pictures of them where they have
// rows and columns.

import Pictures
import Tensors

/// The way in which an array is read.
struct ArrayChoice {
  /// Which axes are what.
  let reading: ArrayReading
  /// Whether its whole numbers are a picture's samples.
  let isPicture: Bool

  /// Finds the reading for a model.
  ///
  /// A model whose channels or axes are fixed takes what alone fits. One that takes those of its
  /// input reads whole numbers of a picture's range and shape as a picture, and all else as it is.
  ///
  /// - Throws: `InputFailure` where several readings fit.
  init(
    _ array: StoredArray, isRaw: Bool, isFixed: Bool, name: String,
    fits: (_ channels: Int, _ axes: Int) -> Bool
  ) throws {
    let shape = array.tensor.shape
    func isPicture(_ reading: ArrayReading) -> Bool {
      guard !isRaw, array.fullSample != nil else { return false }
      let own = reading.shape(of: shape)
      return own.count == 3 && [1, 3, 4].contains(own[2])
    }
    // Where nothing says how many axes there are, the last one is that of channels.
    let all = ArrayReading.all(of: shape).filter {
      isFixed || $0.channelAxis != nil || isPicture($0)
    }
    guard let plain = all.first else {
      throw InputFailure(
        .badData, name, "expected one to three axes and channels, found shape \(shape)")
    }
    func fit(_ reading: ArrayReading) -> Bool {
      let own = reading.shape(of: shape)
      return fits(own[own.count - 1], own.count - 1)
    }
    let pictures = all.filter(isPicture)
    // Grey and colour become each other, as those of photos do.
    let convertible = fits(1, 2) || fits(3, 2) ? pictures : []
    let others = all.filter { !isPicture($0) && fit($0) }
    let fitting: [ArrayReading]
    if isFixed {
      let exact = pictures.filter(fit) + others
      fitting = exact.isEmpty ? convertible : exact
    } else {
      let exact = pictures.filter(fit)
      let likely = exact.isEmpty ? convertible : exact
      fitting = likely.isEmpty ? Array(others.sorted(before: plain).prefix(1)) : likely
    }
    if fitting.count > 1, !(isRaw && fitting.contains(plain)) {
      let words = fitting.map { "\($0.shape(of: shape)) (\($0.words))" }
      throw InputFailure(
        .badData, name,
        "expected a shape that can be read in one way, found \(shape), which is "
          + words.joined(separator: " or ")
          + (isRaw || !fitting.contains(plain) ? "" : "; --raw takes it as it is"))
    }
    reading = fitting.contains(plain) && isRaw ? plain : fitting.first ?? plain
    self.isPicture = isPicture(reading)
  }
}

extension [ArrayReading] {
  /// These readings with one of them first, if it is among them.
  fileprivate func sorted(before plain: ArrayReading) -> [ArrayReading] {
    filter { $0 == plain } + filter { $0 != plain }
  }
}

// Arrays as inputs, with pictures of them where they have rows and columns.

extension Input {
  /// An array as input, shown as a picture where it has rows, columns and one or three channels.
  public convenience init(
    array tensor: Tensor, name: String, notes: [InputNote] = [], source: InputSource? = nil,
    demand: InputDemand = .init()
  ) {
    self.init(
      name: name, tensor: tensor, content: .array(shown: Self.frames(of: tensor)), notes: notes,
      source: source, demand: demand)
  }

  /// Pictures of an array's frames, its least number black and its largest white.
  private static func frames(of tensor: Tensor) -> [PixelImage] {
    let shape = tensor.shape
    guard shape.count >= 3, let channels = shape.last else { return [] }
    let values = tensor.values
    let finite = values.filter(\.isFinite)
    let (least, largest) = (finite.min() ?? 0, finite.max() ?? 1)
    let range = largest > least ? largest - least : 1
    let (height, width) = (shape[shape.count - 3], shape[shape.count - 2])
    let frameCount = shape.dropLast(3).reduce(1, *)
    let shown = channels == 3 ? 3 : 1
    return (0..<frameCount).map { frame in
      var samples: [Float] = []
      samples.reserveCapacity(height * width * shown)
      for pixel in 0..<(height * width) {
        let start = (frame * height * width + pixel) * channels
        if shown == 3 {
          samples += values[start..<start + 3].map { ($0 - least) / range }
        } else {
          // Other numbers of channels have no colours: their mean is shown as grey.
          let mean = values[start..<start + channels].reduce(0, +) / Float(channels)
          samples.append((mean - least) / range)
        }
      }
      return PixelImage(width: width, height: height, channels: shown, samples: samples)
    }
  }
}
