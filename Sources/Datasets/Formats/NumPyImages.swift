// An array of pictures: where its channels stand, and what its numbers are, by their range.

import Tensors

/// The samples of an array of pictures.
struct NumPyImages {
  let count: Int
  /// `[height, width, channels]`.
  let shape: [Int]
  let pixels: LabelledPictures.Pixels
  let notes: [String]

  /// Reads an `.npy` file.
  ///
  /// - Throws: `NumPyError`, `DatasetError`.
  init(_ bytes: [UInt8], path: String) throws {
    var notes: [String] = []
    let samples: LabelledPictures.Pixels
    let stored: [Int]
    if let (shape, elements) = try NumPyFile.unsignedBytes(bytes) {
      _ = try Self.layout(shape, path: path)
      (stored, samples) = (shape, .bytes(Array(elements)))
    } else {
      let kind = try NumPyFile.elementKind(bytes)
      let tensor = try NumPyFile.tensor(bytes)
      _ = try Self.layout(tensor.shape, path: path)
      let (pixels, note) = try Self.samples(tensor.values, kind, path: path)
      (stored, samples) = (tensor.shape, pixels)
      if let note { notes.append(note) }
    }
    let layout = try Self.layout(stored, path: path)
    (count, shape) = (stored[0], layout.shape)
    guard layout.isChannelsFirst else {
      (pixels, self.notes) = (samples, notes)
      return
    }
    notes.append("pictures: channels stand first, \(stored), and are moved to the end")
    self.notes = notes
    let (planes, count) = (layout.shape[2], layout.shape[0] * layout.shape[1])
    pixels =
      switch samples {
      case .bytes(let bytes): .bytes(Self.moved(bytes, planes: planes, pixels: count))
      case .floats(let floats): .floats(Self.moved(floats, planes: planes, pixels: count))
      }
  }

  private static func layout(
    _ shape: [Int], path: String
  ) throws(DatasetError) -> (shape: [Int], isChannelsFirst: Bool) {
    if !shape.contains(0) {
      if shape.count == 3 { return (Array(shape.dropFirst()) + [1], false) }
      if shape.count == 4, shape[3] <= 4 { return (Array(shape.dropFirst()), false) }
      if shape.count == 4, shape[1] <= 4 { return ([shape[2], shape[3], shape[1]], true) }
    }
    throw DatasetError(
      path,
      "header: expected shape [count, height, width] or [count, height, width, channels] "
        + "with at most 4 channels, found \(shape)")
  }

  /// Numbers as samples from 0 to 1, by the range that all of them keep, and what is to be said of it.
  private static func samples(
    _ values: [Float], _ kind: NumPyFile.ElementKind, path: String
  ) throws(DatasetError) -> (LabelledPictures.Pixels, String?) {
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw DatasetError(
        path, "element \(index): expected a finite number, found \(values[index])")
    }
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    let range = "\(shown(least)) to \(shown(most))"
    switch kind {
    case .unsignedByte: return (.bytes(values.map { UInt8($0) }), nil)
    case .truth: return (.bytes(values.map { $0 == 0 ? 0 : 255 }), nil)
    case .integer:
      if least >= 0, most <= 1 {
        return (
          .bytes(values.map { $0 == 0 ? 0 : 255 }),
          "pictures: whole numbers \(range), read as 0 to 1"
        )
      }
      if least >= 0, most <= 255 {
        return (
          .bytes(values.map { UInt8($0) }), "pictures: whole numbers \(range), read as 0 to 255"
        )
      }
    case .float:
      if least >= 0, most <= 1 { return (.floats(values), nil) }
      // Up to 2 it could be either, with something wrong.
      if least >= 0, most > 2, most <= 255 {
        return (.floats(values.map { $0 / 255 }), "pictures: floats \(range), read as 0 to 255")
      }
      if least >= -1, least < 0, most <= 1 {
        return (.floats(values.map { ($0 + 1) / 2 }), "pictures: floats \(range), read as -1 to 1")
      }
    }
    let index = values.firstIndex { !(0...1).contains($0) } ?? 0
    throw DatasetError(
      path,
      "element \(index): expected all numbers from 0 to 1, from -1 to 1 or from 0 to 255, found "
        + "\(shown(values[index])) in \(range)")
  }

  private static func shown(_ value: Float) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  /// Planes of every picture side by side as samples of its pixels.
  private static func moved<Sample>(_ samples: [Sample], planes: Int, pixels: Int) -> [Sample] {
    var moved: [Sample] = []
    moved.reserveCapacity(samples.count)
    for start in stride(from: 0, to: samples.count, by: planes * pixels) {
      for pixel in 0..<pixels {
        for plane in 0..<planes { moved.append(samples[start + plane * pixels + pixel]) }
      }
    }
    return moved
  }
}
