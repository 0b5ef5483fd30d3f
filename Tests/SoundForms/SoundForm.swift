// Sounds written by libsndfile, so that no test needs a file.

import CSndFile

/// A kind of sound that libsndfile writes.
public struct SoundForm: Sendable, CustomStringConvertible {
  /// What failures call it.
  public let description: String
  /// The one sample rate that it has where it does not have every.
  public let rate: Int
  private let code: Int32

  /// A form by libsndfile's numbers of container and encoding.
  public init(_ description: String, _ code: Int, rate: Int = 8000) {
    (self.description, self.code, self.rate) = (description, Int32(code), rate)
  }

  /// Forms that keep 16 bits as they are.
  public static let exact = [
    SoundForm("WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16),
    SoundForm("extensible WAV", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16),
    SoundForm("WAV of 24 bits", SF_FORMAT_WAV | SF_FORMAT_PCM_24),
    SoundForm("WAV of 32 bits", SF_FORMAT_WAV | SF_FORMAT_PCM_32),
    SoundForm("WAV of floats", SF_FORMAT_WAV | SF_FORMAT_FLOAT),
    SoundForm("WAV of doubles", SF_FORMAT_WAV | SF_FORMAT_DOUBLE),
    SoundForm("big-endian WAV", SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG),
    SoundForm("64-bit WAV", SF_FORMAT_RF64 | SF_FORMAT_PCM_16), flac, aiff,
    SoundForm("AIFF of floats", SF_FORMAT_AIFF | SF_FORMAT_FLOAT),
    SoundForm("AU", SF_FORMAT_AU | SF_FORMAT_PCM_16),
    caf,
    SoundForm("Wave64", SF_FORMAT_W64 | SF_FORMAT_PCM_16),
  ]

  /// Forms that keep what is heard.
  public static let lossy = [
    SoundForm("µ-law WAV", SF_FORMAT_WAV | SF_FORMAT_ULAW),
    SoundForm("A-law WAV", SF_FORMAT_WAV | SF_FORMAT_ALAW),
    SoundForm("IMA ADPCM WAV", SF_FORMAT_WAV | SF_FORMAT_IMA_ADPCM),
    SoundForm("Microsoft ADPCM WAV", SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM), vorbis,
    opus, mp3,
  ]

  /// FLAC of 16 bits.
  public static let flac = SoundForm("FLAC", SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
  /// AIFF of 16 bits.
  public static let aiff = SoundForm("AIFF", SF_FORMAT_AIFF | SF_FORMAT_PCM_16)
  /// CAF of 16 bits.
  public static let caf = SoundForm("CAF", SF_FORMAT_CAF | SF_FORMAT_PCM_16)
  /// Vorbis in Ogg.
  public static let vorbis = SoundForm("Vorbis", SF_FORMAT_OGG | SF_FORMAT_VORBIS)
  /// Opus in Ogg.
  public static let opus = SoundForm("Opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, rate: 48000)
  /// MP3.
  public static let mp3 = SoundForm("MP3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, rate: 32000)

  /// A file of this form.
  ///
  /// - Parameter samples: Those of one time one after another.
  /// - Throws: libsndfile's words.
  public func file(channels: Int, _ samples: [Int16]) throws -> [UInt8] {
    let target = Target()
    var format = SF_INFO()
    (format.samplerate, format.channels, format.format) = (Int32(rate), Int32(channels), code)
    var calls = Target.calls
    let opened = sf_open_virtual(
      &calls, Int32(SFM_WRITE), &format, Unmanaged.passUnretained(target).toOpaque())
    guard let file = opened else { throw Unwritten(description: sf_strerror(nil).text) }
    let length = sf_count_t(samples.count)
    // Floats are from -1 to 1 too.
    sf_command(file, Int32(SFC_SET_SCALE_INT_FLOAT_WRITE), nil, Int32(SF_TRUE))
    // Integers come out as noise from how libsndfile 1.2 writes MP3.
    let isMPEG = Int(code) & SF_FORMAT_TYPEMASK == SF_FORMAT_MPEG
    let count = Int(
      isMPEG
        ? sf_write_float(file, samples.map { Float($0) / 32768 }, length)
        : sf_write_short(file, samples, length))
    guard sf_close(file) == 0, count == samples.count else {
      throw Unwritten(description: "\(count) of \(samples.count) samples were written")
    }
    return target.bytes
  }

  private struct Unwritten: Error, CustomStringConvertible { let description: String }
}

extension UnsafePointer<CChar>? {
  fileprivate var text: String { map { String(cString: $0) } ?? "" }
}

/// Memory that a file is written to.
private final class Target {
  private(set) var bytes: [UInt8] = []
  private var position = 0

  static var calls: SF_VIRTUAL_IO {
    SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(Target.at($0).bytes.count) },
      seek: { offset, whence, pointer in
        let target = Target.at(pointer)
        let start =
          whence == SEEK_SET ? 0 : whence == SEEK_CUR ? target.position : target.bytes.count
        target.position = start + Int(offset)
        return sf_count_t(target.position)
      },
      read: { into, count, pointer in
        let target = Target.at(pointer)
        let part = target.bytes[min(target.position, target.bytes.count)...].prefix(Int(count))
        UnsafeMutableRawBufferPointer(start: into, count: Int(count)).copyBytes(from: part)
        target.position += part.count
        return sf_count_t(part.count)
      },
      write: { from, count, pointer in
        let target = Target.at(pointer)
        let part = UnsafeRawBufferPointer(start: from, count: Int(count))
        let lacking = target.position + part.count - target.bytes.count
        if lacking > 0 { target.bytes += [UInt8](repeating: 0, count: lacking) }
        target.bytes.replaceSubrange(target.position..<target.position + part.count, with: part)
        target.position += part.count
        return sf_count_t(part.count)
      },
      tell: { sf_count_t(Target.at($0).position) })
  }

  private static func at(_ pointer: UnsafeMutableRawPointer?) -> Target {
    guard let pointer else { preconditionFailure("libsndfile gives what it was given") }
    return Unmanaged<Target>.fromOpaque(pointer).takeUnretainedValue()
  }
}
