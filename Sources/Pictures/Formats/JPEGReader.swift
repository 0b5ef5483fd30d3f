// JPEG through libjpeg, row by row. The segments are walked first: for the offset of an error, for
// the size and what it takes, for the EXIF orientation, and to leave a trailer out.

import CJPEG
import Tensors

enum JPEGReader {
  /// Reads a whole picture that is not damaged.
  static func image(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> PixelImage {
    do {
      return try read(bytes, PictureRequest(limits: limits)).image
    } catch let error as PictureError {
      throw error
    } catch {
      throw .refused(.jpeg, reason: "\(error)")
    }
  }

  /// Reads a grey, colour or CMYK picture of 8 bits and turns it as its EXIF orientation says.
  ///
  /// A picture of more pixels than the limit is decoded at so many eighths of its size that no side
  /// is shorter than is wanted, and scaled down as its rows come.
  static func read(_ bytes: [UInt8], _ request: PictureRequest) throws -> OpenedPicture {
    var file = JPEGSegments(bytes: bytes)
    try file.walk()
    let eighths = try eighths(of: file, request)
    try checkCost(file, of: bytes.count, request.limits)
    let picture = try bytes.withUnsafeBufferPointer { raw in
      let decoder = try Decoder(
        UnsafeBufferPointer(rebasing: raw[..<file.end]), file, request, eighths: eighths)
      return try decoder.picture(file, request, isWhole: eighths == nil)
    }
    if let flaw = picture.flaws.first, request.flaws.refuses(flaw) {
      throw PictureError.refused(.jpeg, reason: flaw.description)
    }
    return picture
  }

  /// The scale for a picture beyond the limit of pixels: the least at which no side is shorter than
  /// is wanted. Nil for a picture within the limit.
  private static func eighths(
    of file: JPEGSegments, _ request: PictureRequest
  ) throws(PictureError) -> Int? {
    if file.width * file.height <= request.limits.pixels { return nil }
    let wanted = try file.size(request)
    func isEnough(_ eighths: Int) -> Bool {
      (file.width * eighths + 7) / 8 >= wanted.width
        && (file.height * eighths + 7) / 8 >= wanted.height
    }
    return (1...8).first(where: isEnough) ?? 8
  }

  /// Refuses what takes more memory or time than a picture of its size may.
  private static func checkCost(
    _ file: JPEGSegments, of size: Int, _ limits: PictureLimits
  ) throws(PictureError) {
    // Huffman codes have one bit or more for each block of 8 × 8 pixels; arithmetic coding has no
    // such floor.
    let isBacked = file.isArithmetic || file.width * file.height / 512 <= size
    guard isBacked else {
      throw .truncated(.jpeg, bytes: size, width: file.width, height: file.height)
    }
    guard file.coefficientBytes <= limits.decoderBytes else {
      throw .tooLarge(
        .jpeg, width: file.width, height: file.height,
        limit: "a picture of several scans that takes at most \(limits.decoderBytes) bytes "
          + "(\(file.coefficientBytes) here; saved as baseline it takes a few rows)")
    }
    guard file.dataStart < file.end else {
      throw .malformed(
        .jpeg, offset: file.dataStart, expected: "the first scan's data", found: "the file's end")
    }
    guard !file.hasSeveralScans || file.scanCount <= file.mostScans else {
      throw tooManyScans(file)
    }
  }

  fileprivate static func tooManyScans(_ file: JPEGSegments) -> PictureError {
    .refused(
      .jpeg,
      reason: "expected at most \(file.mostScans) scans of \(file.width) × \(file.height) pixels, "
        + "found \(max(file.scanCount, file.mostScans + 1))")
  }
}

extension JPEGSegments {
  /// The most scans that are decoded: programs write about ten. Each costs what all of its blocks
  /// do, so that large pictures may have fewer, but never fewer than have a use.
  fileprivate var mostScans: Int { min(500, max(64, (1 << 26) / max(1, blockCount))) }
}

extension JPEGSegments {
  /// The size that is wanted of a picture that is too large, as it is stored.
  fileprivate func size(
    _ request: PictureRequest
  ) throws(PictureError) -> (width: Int, height: Int) {
    guard metadata.orientation.isTurned else {
      return try request.size(.jpeg, width: width, height: height)
    }
    let upright = try request.size(.jpeg, width: height, height: width)
    return (upright.height, upright.width)
  }
}

extension PictureRequest.FlawRule {
  fileprivate func refuses(_ flaw: PictureFlaw) -> Bool {
    switch self {
    case .report: false
    case .refuseDamage: flaw.kind != .leftover
    case .refuseAny: true
    }
  }
}

// MARK: - Decoding

/// A decoder at work on a file.
private final class Decoder {
  private let decoder: OpaquePointer
  private let segments: JPEGSegments
  private let cancellation: Cancellation?

  /// Rows that are decoded at a time.
  private static let band = 16

  /// Reads the header and, of a picture of several scans, all of them.
  init(
    _ file: UnsafeBufferPointer<UInt8>, _ segments: JPEGSegments, _ request: PictureRequest,
    eighths: Int?
  ) throws {
    var limits = cj_limits()
    limits.memory = request.limits.decoderBytes + 1 << 26
    limits.scans = Int32(segments.mostScans)
    if let cancellation = request.cancellation {
      // Kept below, so that it lives as long as the decoder.
      limits.context = Unmanaged.passUnretained(cancellation).toOpaque()
      limits.is_cancelled = { context in
        guard let context else { return 0 }
        return Unmanaged<Cancellation>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
      }
    }
    guard let decoder = cj_open(file.baseAddress, file.count, &limits) else {
      throw PictureError.refused(.jpeg, reason: "no memory for a decoder")
    }
    self.decoder = decoder
    self.segments = segments
    cancellation = request.cancellation
    try check(cj_status_of(decoder))
    guard Int(cj_width(decoder)) == segments.width, Int(cj_height(decoder)) == segments.height
    else { throw PictureError.refused(.jpeg, reason: "a header that says two sizes") }
    try check(cj_begin(decoder, Int32(eighths ?? 8)))
  }

  deinit { cj_close(decoder) }

  /// The picture, whole or scaled down as its rows come; turned upright.
  func picture(
    _ file: JPEGSegments, _ request: PictureRequest, isWhole: Bool
  ) throws -> OpenedPicture {
    let orientation = file.metadata.orientation
    let (width, height) =
      orientation.isTurned ? (file.height, file.width) : (file.width, file.height)
    let channels = cj_channels(decoder) == 1 ? 1 : 3
    guard isWhole else {
      let wanted = try file.size(request)
      var rows = ResampledRows(
        width: Int(cj_width(decoder)), height: Int(cj_height(decoder)), channels: channels,
        toWidth: wanted.width, height: wanted.height)
      try readRows { line, _ in rows.append(line) }
      return OpenedPicture(
        rows.image.oriented(orientation), from: (width, height), flaws: flaws)
    }
    let image = try PixelImage(
      width: file.width, height: file.height, channels: channels
    ) { samples in
      let stride = file.width * channels
      try readRows { line, row in
        _ = UnsafeMutableBufferPointer(rebasing: samples[(row * stride)...]).update(from: line)
      }
    }
    return OpenedPicture(image.oriented(orientation), flaws: flaws)
  }

  /// Decodes all rows; gives each as samples from 0 to 1.
  private func readRows(_ take: (UnsafeBufferPointer<Float>, _ row: Int) -> Void) throws {
    let (width, height) = (Int(cj_width(decoder)), Int(cj_height(decoder)))
    let stored = Int(cj_channels(decoder))
    let stride = width * stored
    var raster = [UInt8](repeating: 0, count: stride * Self.band)
    var line = [Float](repeating: 0, count: width * (stored == 1 ? 1 : 3))
    for start in Swift.stride(from: 0, to: height, by: Self.band) {
      let count = min(Self.band, height - start)
      try check(cj_read_rows(decoder, &raster, Int32(count)))
      raster.withUnsafeBufferPointer { raster in
        for row in 0..<count {
          line.withUnsafeMutableBufferPointer { line in
            let bytes = UnsafeBufferPointer(rebasing: raster[row * stride..<(row + 1) * stride])
            if stored == 4 {
              Self.mixInks(bytes, into: line)
            } else {
              for index in line.indices { line[index] = Float(bytes[index]) / 255 }
            }
            take(UnsafeBufferPointer(line), start + row)
          }
        }
      }
    }
    cj_finish(decoder)
  }

  /// As Adobe writes it, ink is stored upside down: 255 is none, so ink and black multiply.
  private static func mixInks(
    _ bytes: UnsafeBufferPointer<UInt8>, into line: UnsafeMutableBufferPointer<Float>
  ) {
    for pixel in 0..<line.count / 3 {
      let black = Float(bytes[4 * pixel + 3]) / 255
      for ink in 0..<3 {
        line[3 * pixel + ink] = Float(bytes[4 * pixel + ink]) / 255 * black
      }
    }
  }

  private func check(_ status: Int32) throws {
    switch UInt32(bitPattern: status) {
    case CJ_OK.rawValue: return
    case CJ_CANCELLED.rawValue: throw ComputationCancelled()
    case CJ_TOO_MANY_SCANS.rawValue: throw JPEGReader.tooManyScans(segments)
    default:
      throw PictureError.refused(.jpeg, reason: String(cString: cj_complaint(decoder)))
    }
  }

  private var flaws: [PictureFlaw] { JPEGFlaws(cj_findings_of(decoder), segments).list }
}
