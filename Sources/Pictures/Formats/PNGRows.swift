// PNG row by row, for pictures that are too large to be held, and what its samples mean.

import CPNG
import Tensors

enum PNGRows {
  /// A picture scaled down as its rows come, with the bits that the whole picture would give.
  static func shrunk(_ file: PNGChunks, _ request: PictureRequest) throws -> OpenedPicture {
    let header = file.header
    let orientation = file.metadata.orientation
    let (width, height) =
      orientation.isTurned ? (header.height, header.width) : (header.width, header.height)
    let wanted = try request.size(.png, width: width, height: height)
    guard header.width <= request.limits.rowPixels else {
      throw PictureError.tooLarge(
        .png, width: width, height: height,
        limit: "rows of at most \(request.limits.rowPixels) pixels")
    }
    let stored =
      orientation.isTurned ? (wanted.height, wanted.width) : (wanted.width, wanted.height)
    let image = try file.essentials.withUnsafeBufferPointer { bytes in
      guard let rows = cp_open(bytes.baseAddress, bytes.count) else {
        throw PictureError.refused(.png, reason: "no memory for a decoder")
      }
      defer { cp_close(rows) }
      return try read(rows, header, toWidth: stored.0, height: stored.1, request.cancellation)
    }
    return OpenedPicture(image.oriented(orientation), from: (width, height))
  }

  private static func read(
    _ rows: OpaquePointer, _ header: PNGChunks.Header, toWidth width: Int, height: Int,
    _ cancellation: Cancellation?
  ) throws -> PixelImage {
    func check() throws {
      let complaint = String(cString: cp_complaint(rows))
      if !complaint.isEmpty { throw PictureError.refused(.png, reason: complaint) }
    }
    try check()
    guard cp_is_interlaced(rows) == 0 else {
      throw PictureError.tooLarge(
        .png, width: header.width, height: header.height,
        limit: "a picture of this size that is not interlaced")
    }
    let components = Int(cp_components(rows))
    let channels = components >= 3 ? 3 : 1
    let isDeep = cp_sample_size(rows) == 2
    var line = [Float](repeating: 0, count: header.width * channels)
    var result = ResampledRows(
      width: header.width, height: header.height, channels: channels, toWidth: width,
      height: height)
    try withUnsafeTemporaryAllocation(
      byteCount: header.width * components * (isDeep ? 2 : 1), alignment: 16
    ) { raster in
      for _ in 0..<header.height {
        try cancellation?.check()
        guard cp_read_row(rows, raster.baseAddress) != 0 else { return try check() }
        line.withUnsafeMutableBufferPointer {
          PNGSamples.convert(raster, isDeep ? .words : .bytes, components: components, into: $0)
        }
        line.withUnsafeBufferPointer { result.append($0) }
      }
    }
    return result.image
  }
}

/// What stored samples become: from 0 to 1, over white where they are transparent.
enum PNGSamples {
  /// How samples are stored.
  enum Kind {
    case bytes
    case words
    /// Words that have been multiplied by alpha.
    case multiplied
  }

  static func convert(
    _ raster: UnsafeMutableRawBufferPointer, _ kind: Kind, components: Int,
    into samples: UnsafeMutableBufferPointer<Float>
  ) {
    let isTransparent = components % 2 == 0
    switch (kind, isTransparent) {
    case (.bytes, false):
      for index in samples.indices { samples[index] = Float(raster[index]) / 255 }
    case (.bytes, true): flattenBytes(raster, channels: components - 1, into: samples)
    case (_, false):
      let words = raster.bindMemory(to: UInt16.self)
      for index in samples.indices { samples[index] = Float(words[index]) / 65535 }
    case (_, true):
      let isMultiplied = if case .multiplied = kind { true } else { false }
      flattenWords(raster, isMultiplied, channels: components - 1, into: samples)
    }
  }

  /// Over white: `sample * alpha + (1 - alpha)`.
  private static func flattenBytes(
    _ raster: UnsafeMutableRawBufferPointer, channels: Int,
    into samples: UnsafeMutableBufferPointer<Float>
  ) {
    for pixel in 0..<samples.count / channels {
      let base = pixel * (channels + 1)
      let alpha = Float(raster[base + channels]) / 255
      for channel in 0..<channels {
        let sample = Float(raster[base + channel]) / 255
        samples[pixel * channels + channel] = sample * alpha + (1 - alpha)
      }
    }
  }

  /// Over white, in whole numbers, as libpng multiplies 16-bit samples by alpha.
  private static func flattenWords(
    _ raster: UnsafeMutableRawBufferPointer, _ isMultiplied: Bool, channels: Int,
    into samples: UnsafeMutableBufferPointer<Float>
  ) {
    let words = raster.bindMemory(to: UInt16.self)
    for pixel in 0..<samples.count / channels {
      let base = pixel * (channels + 1)
      let alpha = Int(words[base + channels])
      for channel in 0..<channels {
        let stored = Int(words[base + channel])
        let multiplied = isMultiplied ? stored : (stored * alpha + 32767) / 65535
        samples[pixel * channels + channel] = Float(min(65535, multiplied + 65535 - alpha)) / 65535
      }
    }
  }
}
