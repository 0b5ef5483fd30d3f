// Films and sounds that nothing here reads, through an installed `ffmpeg` program.

import Dispatch
import Foundation
import Tensors

/// The `ffmpeg` program: given a list of arguments, never a shell's line.
struct FFmpeg {
  private let path: String

  /// How the program is installed, for messages.
  static let installing = "apt install ffmpeg (macOS: brew install ffmpeg) installs what reads it"

  /// The program in the folders of `PATH`; nil where there is none.
  init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let found = folders.map { $0 + "/ffmpeg" }.first {
      FileNames.isRegular($0) && access($0.systemPath, X_OK) == 0
    }
    guard let found else { return nil }
    path = found
  }

  /// A file's pictures as Y4M without loss of colour, so many a second; as many as it has if nil.
  func film<Result>(
    _ file: String, rate: FrameRate?, _ read: (ByteStream) throws -> Result
  ) throws -> Result {
    let filter = rate.map { ["-vf", "fps=\($0.frames)/\($0.seconds)"] } ?? []
    return try run(
      file, ["-map", "0:v:0"] + filter + ["-pix_fmt", "yuv444p", "-f", "yuv4mpegpipe"], read)
  }

  /// A file's sound as WAV.
  func sound<Result>(_ file: String, _ read: (ByteStream) throws -> Result) throws -> Result {
    try run(file, ["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav"], read)
  }

  /// Runs the program over a file; what it writes is read while it runs.
  ///
  /// - Throws: What `read` throws; `FilmError` with the program's own words where it fails.
  private func run<Result>(
    _ file: String, _ form: [String], _ read: (ByteStream) throws -> Result
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    // A file and nothing else: a name is no address, and a list in it opens no other files.
    process.arguments =
      [
        "-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-i",
        "file:" + (file.hasPrefix("/") ? file : "./" + file),
      ] + form + ["-"]
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch {
      throw FilmError("ffmpeg cannot be run: \(error.localizedDescription)")
    }
    let words = Words(errors.fileHandleForReading)
    defer {
      // Who stops reading stops the program too.
      try? output.fileHandleForReading.close()
      if process.isRunning { process.terminate() }
      process.waitUntilExit()
    }
    let stream = ByteStream(reading: output.fileHandleForReading.fileDescriptor, as: file)
    do {
      return try read(stream)
    } catch let error where error is FilmError || error is SoundError {
      // Where it wrote nothing more, it has ended, and may have said why.
      guard (try? stream.first(1).isEmpty) ?? true, let line = words.first else { throw error }
      throw FilmError("ffmpeg: " + printable(line))
    }
  }

  /// What a program says on standard error, read so that it is never kept waiting.
  private final class Words: @unchecked Sendable {
    // Unchecked: the text is written before the group is left, and read after it was waited for.
    private var text = ""
    private let group = DispatchGroup()

    init(_ handle: FileHandle) {
      group.enter()
      DispatchQueue.global().async { [self] in
        text = String(decoding: handle.readDataToEndOfFile().prefix(4096), as: UTF8.self)
        group.leave()
      }
    }

    /// The first line, which says why; nil where it said nothing.
    var first: String? {
      group.wait()
      return text.split(whereSeparator: \.isNewline).first.map(String.init)
    }
  }
}
