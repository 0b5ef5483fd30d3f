// Y4M films (YUV4MPEG2): frames as they are, one after another, which ffmpeg and its like hand on.

import Pictures
import Tensors

/// Some frames of a film.
public struct Film: Sendable {
  /// The frames that were asked for, of one size.
  public let frames: [PixelImage]
  /// The number of the first of them, from 0.
  public let start: Int
  /// Frames of the whole film.
  public let count: Int
  /// What was done to its frames a second, in words; nil where nothing was.
  public let change: String?
  /// What is wrong with the film though it can be read, a sentence each.
  public let flaws: [String]
}

/// A film that cannot be read.
public struct FilmError: Error, Hashable, CustomStringConvertible {
  /// One line: where, what was expected, what was found.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Reads Y4M of 8 bits: 4:2:0, 4:2:2, 4:1:1, 4:4:4 with alpha or without, and grey.
public enum Y4MReader {
  /// Whether bytes begin as a Y4M film does.
  public static func isY4M(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: "YUV4MPEG2 ".utf8)
  }

  /// Reads one window of a film that is in memory.
  ///
  /// - Throws: `FilmError`.
  public static func read(_ bytes: [UInt8], window: Int = 0, length: Int = 16) throws -> Film {
    try read(ByteStream(bytes), window: window, length: length) {}
  }

  /// Reads one window of a film, and goes through the rest to count its frames; no more than two
  /// windows are held.
  ///
  /// - Parameters:
  ///   - window: Which run of frames, from 0; behind the last it is the last, which is as long as
  ///     the others.
  ///   - length: Frames of a window.
  ///   - rate: Frames a second that are wanted: frames are left out or repeated, so that each stands
  ///     where it is seen; nil for the film's own.
  ///   - check: Called at each frame; what it throws ends the reading.
  /// - Throws: `FilmError`, `FileAccessError`, or what `check` throws.
  package static func read(
    _ stream: ByteStream, window: Int, length: Int, rate: FrameRate? = nil,
    check: () throws -> Void
  ) throws -> Film {
    let layout = try FrameLayout(try line(stream, "header"), fileSize: stream.size)
    let asked = window.multipliedReportingOverflow(by: length)
    let wanted = asked.overflow ? Int.max : asked.partialValue
    var (kept, last): ([[UInt8]], [[UInt8]]) = ([], [])
    let change = rate.flatMap { wanted in
      layout.rate.flatMap { $0.equals(wanted) ? nil : (own: $0, wanted: wanted) }
    }
    var (count, stored) = (0, 0)
    var flaws: [String] = []
    while !(try stream.first(1)).isEmpty {
      try check()
      let mark = try line(stream, "frame \(stored + 1)")
      guard mark == "FRAME" || mark.hasPrefix("FRAME ") else {
        throw FilmError(
          "frame \(stored + 1): expected FRAME, found \(printable(String(mark.prefix(20))))")
      }
      let frame = try taken(layout.bytes, of: stream)
      guard frame.count == layout.bytes else {
        flaws.append(
          "cut short: \(frame.count) of \(layout.bytes) bytes of frame \(stored + 1) are there")
        break
      }
      stored += 1
      let end = change.map { $0.own.beginning(of: stored, at: $0.wanted) } ?? stored
      while count < end {
        if count >= wanted, kept.count < length { kept.append(frame) }
        last.append(frame)
        if last.count > length { last.removeFirst() }
        count += 1
      }
    }
    guard count > 0 else { throw FilmError("expected a frame, found none") }
    // A last window of fewer frames begins earlier, so that it is whole.
    let isWhole = kept.count == length
    let start = isWhole ? wanted : count - last.count
    return Film(
      frames: (isWhole ? kept : last).map(layout.picture), start: start, count: count,
      change: change.map { "\($0.own.words) brought to \($0.wanted.words)" }, flaws: flaws)
  }

  private static let longestLine = 1024

  /// The text up to the end of a line.
  private static func line(_ stream: ByteStream, _ what: String) throws -> String {
    let bytes = try stream.first(longestLine)
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
      throw FilmError(
        "\(what): expected a line of at most \(longestLine) bytes, found none that ends")
    }
    let text = String(decoding: bytes[..<end], as: UTF8.self)
    _ = try taken(end - bytes.startIndex + 1, of: stream)
    return text
  }

  /// The next bytes, or fewer at the end: room is made for what there is.
  private static func taken(_ count: Int, of stream: ByteStream) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let part = min(1 << 20, count - bytes.count)
      let read = try [UInt8](unsafeUninitializedCapacity: part) { buffer, filled in
        filled = try stream.take(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if bytes.isEmpty, read.count == count { return read }
      bytes += read
      if read.count < part { break }
    }
    return bytes
  }
}

/// How a frame's planes lie, and what their numbers mean.
private struct FrameLayout {
  private let width: Int
  private let height: Int
  /// Pixels that share a number of colour, across and down; nil where there are none.
  private let shared: (across: Int, down: Int)?
  private let hasAlpha: Bool
  /// Whether numbers go from 0 to 255, and not from 16 to 235 and 240.
  private let isFullRange: Bool
  /// Frames a second, where the header says so and they are between 1 and 1000.
  let rate: FrameRate?

  private static let longestSide = 16384

  init(_ header: String, fileSize: Int?) throws(FilmError) {
    let words = header.split(separator: " ")
    guard words.first == "YUV4MPEG2" else {
      throw FilmError("header: expected YUV4MPEG2, found \(printable(String(header.prefix(20))))")
    }
    func value(_ letter: Character) -> Substring? {
      words.dropFirst().first { $0.first == letter }?.dropFirst()
    }
    func side(_ letter: Character, _ name: String) throws(FilmError) -> Int {
      guard let text = value(letter), let number = Int(text),
        (1...Self.longestSide).contains(number)
      else {
        throw FilmError(
          "header: expected \(letter) and a \(name) from 1 to \(Self.longestSide), found "
            + (value(letter).map { printable(String($0.prefix(20))) } ?? "none"))
      }
      return number
    }
    (width, height) = (try side("W", "width"), try side("H", "height"))
    let colours = value("C").map(String.init) ?? "420"
    hasAlpha = colours == "444alpha"
    switch colours {
    case "420", "420jpeg", "420mpeg2", "420paldv": shared = (2, 2)
    case "422": shared = (2, 1)
    case "411": shared = (4, 1)
    case "444", "444alpha": shared = (1, 1)
    case "mono": shared = nil
    default:
      throw FilmError(
        "header: expected 8 bits of 420, 422, 411, 444 or mono, found \(printable(colours)); "
          + "ffmpeg -i IN -pix_fmt yuv444p OUT.y4m converts it")
    }
    let numbers = (value("F") ?? "").split(separator: ":").map { Int($0) }
    if numbers.count == 2, let frames = numbers[0], let seconds = numbers[1],
      (1...1_000_000).contains(seconds), (seconds...1000 * seconds).contains(frames)
    {
      rate = FrameRate(frames: frames, seconds: seconds)
    } else {
      rate = nil
    }
    let ranges = words.compactMap {
      $0.hasPrefix("XCOLORRANGE=") ? $0.dropFirst("XCOLORRANGE=".count) : nil
    }
    // Grey films have no other range where they say none, as ffmpeg takes them.
    isFullRange = ranges.last.map { $0 == "FULL" } ?? (shared == nil)
    if let fileSize, bytes > fileSize {
      throw FilmError(
        "header: expected frames of at most the file's \(fileSize) bytes, found \(width) × "
          + "\(height), which takes \(bytes)")
    }
  }

  /// Rows and columns of a plane of colours.
  private var colourSize: (width: Int, height: Int) {
    guard let shared else { return (0, 0) }
    return (
      (width + shared.across - 1) / shared.across, (height + shared.down - 1) / shared.down
    )
  }

  /// Bytes of a frame.
  var bytes: Int {
    width * height * (hasAlpha ? 2 : 1) + 2 * colourSize.width * colourSize.height
  }

  /// A frame's samples from 0 to 1, by BT.601; pixels that share a colour have the same.
  func picture(_ frame: [UInt8]) -> PixelImage {
    let (least, light, colour): (Float, Float, Float) =
      isFullRange ? (0, 255, 255) : (16, 219, 224)
    func clamped(_ value: Float) -> Float { min(max(value, 0), 1) }
    guard let shared else {
      let samples = frame.prefix(width * height).map { clamped((Float($0) - least) / light) }
      return PixelImage(width: width, height: height, channels: 1, samples: samples)
    }
    let (blueStart, redStart) = (
      width * height, width * height + colourSize.width * colourSize.height
    )
    var samples: [Float] = []
    samples.reserveCapacity(3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        let index = y / shared.down * colourSize.width + x / shared.across
        let luma = (Float(frame[y * width + x]) - least) / light
        let blue = (Float(frame[blueStart + index]) - 128) / colour
        let red = (Float(frame[redStart + index]) - 128) / colour
        samples.append(clamped(luma + 1.402 * red))
        samples.append(clamped(luma - 0.344136 * blue - 0.714136 * red))
        samples.append(clamped(luma + 1.772 * blue))
      }
    }
    return PixelImage(width: width, height: height, channels: 3, samples: samples)
  }
}
