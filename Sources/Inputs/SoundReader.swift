// Sounds in numbers from -1 to 1. libsndfile decodes them (SoundDecoder.swift); what it would pass over
// in silence is found here and in the neighbours WAVFrame.swift and SoundEnd.swift.

import Pictures
import Tensors

/// Sound as numbers.
public struct Sound: Sendable, Hashable {
  /// Samples a second.
  public let rate: Int
  /// Samples at one time, one of each channel.
  public let channels: Int
  /// From -1 to 1, those of one time one after another; floats as they are stored.
  public let samples: [Float]
  /// What is wrong with the file though it can be read, a sentence each.
  public let flaws: [String]

  /// How many times were sampled.
  public var length: Int { samples.count / channels }
}

/// A sound that cannot be read.
public struct SoundError: Error, Hashable, CustomStringConvertible {
  /// One line: where, what was expected, what was found.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Reads every kind of sound that `FileKind` tells: WAV in all its forms, FLAC, Ogg, MP3 and others.
public enum SoundReader {
  /// The most samples that a packed sound may unpack to, all channels together: 2 GB of floats, 100
  /// minutes of stereo. A few bytes can stand for any number of samples.
  public static let mostSamples = 1 << 29

  /// Whether bytes begin as a sound does that is read here.
  public static func isSound(_ bytes: [UInt8]) -> Bool { FileKind(of: bytes)?.use == .sound }

  /// Reads a whole file; one that is cut short as far as it goes, which its flaws say.
  ///
  /// - Parameters:
  ///   - mostSamples: The most that a file may have which has more samples than bytes.
  ///   - cancellation: Stops a long sound while it is decoded.
  /// - Throws: `SoundError`, `ComputationCancelled`.
  public static func read(
    _ bytes: [UInt8], mostSamples: Int = mostSamples, cancellation: Cancellation? = nil
  ) throws -> Sound {
    guard let kind = FileKind(of: bytes), kind.use == .sound else {
      throw SoundError(
        "expected a sound (\(FileKind.soundNames)), found \(FileKind.described(bytes))")
    }
    let most = max(mostSamples, bytes.count)
    if kind.isWAV { return try readWAV(bytes, most, cancellation) }
    let decoded: DecodedSound
    do {
      decoded = try DecodedSound(
        [], bytes, 0..<bytes.count, mostSamples: most, cancellation: cancellation)
    } catch let error as SoundError {
      throw SoundError(
        "expected \(kind.name), found one that cannot be read: \(error)")
    }
    guard !decoded.samples.isEmpty else {
      throw SoundError(
        "expected at least one sample, found none" + (decoded.flaw.map { " (\($0))" } ?? ""))
    }
    let flaws = [SoundEnd.flaw(bytes) ?? decoded.flaw].compactMap(\.self)
    return Sound(
      rate: decoded.rate, channels: decoded.channels, samples: decoded.samples, flaws: flaws)
  }

  private static func readWAV(
    _ bytes: [UInt8], _ most: Int, _ cancellation: Cancellation?
  ) throws -> Sound {
    let frame = try WAVFrame(bytes)
    let decoded: DecodedSound
    do {
      decoded = try DecodedSound(
        frame.header, bytes, frame.data, mostSamples: most, cancellation: cancellation)
    } catch let error as SoundError {
      throw SoundError(
        "fmt: expected a format that libsndfile knows, found \(frame.format.words): \(error); "
          + "ffmpeg -i IN -c:a pcm_s16le OUT.wav unpacks it")
    }
    guard !decoded.samples.isEmpty else {
      throw SoundError("data: expected at least one sample, found none")
    }
    // The frame is rebuilt around the bytes that are there, so that they alone count.
    return Sound(
      rate: decoded.rate, channels: decoded.channels, samples: decoded.samples,
      flaws: frame.flaws + (frame.flaws.isEmpty ? [decoded.flaw].compactMap(\.self) : []))
  }
}
