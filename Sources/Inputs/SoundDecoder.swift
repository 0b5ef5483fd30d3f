// libsndfile over bytes in memory: it gets no path, prints nothing, and what it decodes is taken piece by
// piece, so that no number in a header decides how much memory is taken.

import CSndFile
import Synchronization
import Tensors

/// What libsndfile makes of a file.
struct DecodedSound {
  /// Samples a second.
  let rate: Int
  /// Samples at one time, one of each channel.
  let channels: Int
  /// Those of one time one after another, integers from -1 to 1, floats as they are stored.
  private(set) var samples: [Float] = []
  /// What ended the samples before the file said so; nil where it has all.
  private(set) var flaw: String?

  /// libsndfile says why a file cannot be opened in one place for all threads, and stderr is one too.
  private static let turn = Mutex(())

  /// Samples that are taken at once.
  private static let piece = 1 << 16

  /// Decodes a header and bytes behind it as one file.
  ///
  /// - Parameters:
  ///   - range: Which of the bytes stand behind the header.
  ///   - mostSamples: The most samples, all channels together.
  ///   - cancellation: Looked at between the pieces.
  /// - Throws: `SoundError` with libsndfile's words, or where there are more samples;
  ///   `ComputationCancelled`.
  init(
    _ header: [UInt8], _ bytes: [UInt8], _ range: Range<Int>, mostSamples: Int,
    cancellation: Cancellation?
  ) throws {
    let outcome = Self.turn.withLock { _ -> Result<Self, any Error> in
      let stderr = sound_hush()
      defer { sound_speak(stderr) }
      return bytes.withUnsafeBytes { bytes in
        Result {
          try Self(
            Source(header, UnsafeRawBufferPointer(rebasing: bytes[range])), mostSamples,
            cancellation)
        }
      }
    }
    self = try outcome.get()
  }

  private init(_ source: Source, _ mostSamples: Int, _ cancellation: Cancellation?) throws {
    var calls = Source.calls
    var format = SF_INFO()
    // The file lives as long as the source, which is kept until the file is closed.
    let opened = sf_open_virtual(
      &calls, Int32(SFM_READ), &format, Unmanaged.passUnretained(source).toOpaque())
    guard let file = opened else { throw SoundError(Self.words(nil)) }
    defer {
      sf_close(file)
      withExtendedLifetime(source) {}
    }
    (rate, channels) = (Int(format.samplerate), Int(format.channels))
    let (claimed, isBeyond) = Int(format.frames).multipliedReportingOverflow(by: channels)
    // A packed sound may have more samples than bytes; it grows to them.
    if !isBeyond, claimed > 0 { samples.reserveCapacity(min(claimed, source.count)) }
    let rows = max(1, Self.piece / channels)
    let piece = UnsafeMutableBufferPointer<Float>.allocate(capacity: rows * channels)
    defer { piece.deallocate() }
    while true {
      try cancellation?.check()
      let taken = Int(sf_readf_float(file, piece.baseAddress, sf_count_t(rows)))
      guard taken > 0 else { break }
      samples += piece[..<(taken * channels)]
      guard samples.count <= mostSamples else {
        throw SoundError("expected at most \(mostSamples) samples, found more")
      }
    }
    let length = samples.count / channels
    // Where the file does not say how long it is, libsndfile has the largest number.
    if format.frames < sf_count_t.max, length < Int(format.frames) {
      flaw = "cut short: \(length) of \(format.frames) samples are there"
    } else if sf_error(file) != 0 {
      flaw = Self.words(file)
    }
  }

  /// What libsndfile says of a file, or of the last that could not be opened.
  private static func words(_ file: OpaquePointer?) -> String {
    let words = sf_strerror(file).map { String(cString: $0) } ?? "it does not say why"
    let line = words.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.hasSuffix(".") ? String(line.dropLast()) : line
  }
}

/// A file in memory, in two parts, and where it is being read.
private final class Source {
  private let header: [UInt8]
  private let body: UnsafeRawBufferPointer
  private var position = 0

  var count: Int { header.count + body.count }

  init(_ header: [UInt8], _ body: UnsafeRawBufferPointer) {
    (self.header, self.body) = (header, body)
  }

  /// libsndfile's calls, which get a source as their last argument.
  static var calls: SF_VIRTUAL_IO {
    SF_VIRTUAL_IO(
      get_filelen: { Source.at($0).map { sf_count_t($0.count) } ?? 0 },
      seek: { offset, whence, pointer in
        Source.at(pointer)?.seek(Int(offset), from: whence) ?? -1
      },
      read: { target, count, pointer in
        guard let target, count > 0 else { return 0 }
        return Source.at(pointer)?.take(
          into: UnsafeMutableRawBufferPointer(start: target, count: Int(count))) ?? 0
      },
      write: nil,
      tell: { Source.at($0).map { sf_count_t($0.position) } ?? 0 })
  }

  private static func at(_ pointer: UnsafeMutableRawPointer?) -> Source? {
    pointer.map { Unmanaged<Source>.fromOpaque($0).takeUnretainedValue() }
  }

  private func seek(_ offset: Int, from whence: Int32) -> sf_count_t {
    let start = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position : count
    let (goal, isBeyond) = start.addingReportingOverflow(offset)
    // What is damaged leads outside the file.
    guard !isBeyond else { return -1 }
    position = min(max(0, goal), count)
    return sf_count_t(position)
  }

  private func take(into target: UnsafeMutableRawBufferPointer) -> sf_count_t {
    var taken = 0
    func take(_ part: UnsafeRawBufferPointer, at start: Int) {
      let offset = position - start
      guard (0..<part.count).contains(offset), taken < target.count else { return }
      let count = min(target.count - taken, part.count - offset)
      UnsafeMutableRawBufferPointer(rebasing: target[taken..<taken + count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: part[offset..<offset + count]))
      taken += count
      position += count
    }
    header.withUnsafeBytes { take($0, at: 0) }
    take(body, at: header.count)
    return sf_count_t(taken)
  }
}
