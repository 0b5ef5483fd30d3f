// Runs the built program as a process: arguments and standard input in, status and text out.

import Foundation
import Testing

/// What a process left behind.
struct ProgramResult: Sendable {
  /// The exit status, or 128 and the signal's number where a signal ended it.
  let status: Int32
  let standardOutput: [UInt8]
  let standardError: String

  /// Standard output as text.
  var text: String { String(decoding: standardOutput, as: UTF8.self) }

  /// The lines of standard error.
  var errorLines: [String] {
    standardError.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      .dropLast()
  }
}

/// The program under test.
enum Program {
  /// The executable, built beside the tests.
  static var path: String {
    get throws {
      // Tests run from the bundle (macOS) or from an executable (Linux) among the products.
      var folder = Bundle.main.bundleURL
      for candidate in [CommandLine.arguments.first ?? "", Bundle.main.executablePath ?? ""] {
        if let range = candidate.range(of: ".xctest") {
          folder = URL(fileURLWithPath: String(candidate[..<range.lowerBound]))
            .deletingLastPathComponent()
        }
      }
      let path = folder.appendingPathComponent("perceiver-tui").path
      try #require(FileManager.default.isExecutableFile(atPath: path), "no program at \(path)")
      return path
    }
  }

  /// The root of the repository.
  static var repository: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  /// Runs the program to its end, for at most a minute.
  static func run(
    _ arguments: [String], input: [UInt8]? = nil, in folder: URL? = nil,
    environment: [String: String] = [:]
  ) throws -> ProgramResult {
    try run(executable: path, arguments, input: input, in: folder, environment: environment)
  }

  /// Runs a shell command in which `$P` is the program.
  static func shell(_ command: String, in folder: URL) throws -> ProgramResult {
    try run(
      executable: "/bin/bash", ["-c", command], input: nil, in: folder,
      environment: ["P": try path])
  }

  private static func run(
    executable: String, _ arguments: [String], input: [UInt8]?, in folder: URL?,
    environment: [String: String]
  ) throws -> ProgramResult {
    // Files, not pipes, so that no output is too long to be held.
    let scratch = try TemporaryFolder()
    let files = try ["in", "out", "err"].map { name in
      let url = scratch.url.appendingPathComponent(name)
      try Data(name == "in" ? input ?? [] : []).write(to: url)
      return url
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = folder ?? scratch.url
    process.environment = ProcessInfo.processInfo.environment
      .merging(["TERM": "xterm-256color"]) { $1 }.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    let end = Date(timeIntervalSinceNow: 300)
    while process.isRunning, Date() < end { usleep(2000) }
    if process.isRunning {
      process.terminate()
      Issue.record("\(arguments) did not end within five minutes")
    }
    process.waitUntilExit()
    return ProgramResult(
      status: process.terminationStatus + (process.terminationReason == .exit ? 0 : 128),
      standardOutput: Array(try Data(contentsOf: files[1])),
      standardError: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
  }
}

/// A folder of its own that goes when nobody holds it.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("perceiver-tui-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file, in folders that are made for it, and gives its path.
  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(Array(bytes)).write(to: file)
    return file.path
  }

  /// The path of a name in the folder.
  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// The names of all files below, sorted.
  var contents: [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: url.path)) ?? []
    return names.filter { name in
      (try? FileManager.default.attributesOfItem(atPath: path(name))[.type] as? FileAttributeType)
        == .typeRegular
    }.sorted()
  }
}
