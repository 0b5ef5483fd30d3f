// Files in memory for parsers that take a path.

import Foundation

/// A file of these bytes for as long as `body` runs.
func withFile(
  _ bytes: [UInt8], named name: String = "input", _ body: (String) throws -> Void
) throws {
  let path = scratch + "/" + name
  try Data(bytes).write(to: URL(fileURLWithPath: path))
  try body(path)
}

/// A folder of these files for as long as `body` runs.
func withFolder(_ files: [(name: String, bytes: [UInt8])], _ body: (String) throws -> Void) throws {
  for file in files {
    try Data(file.bytes).write(to: URL(fileURLWithPath: scratch + "/" + file.name))
  }
  try body(scratch)
}

/// Two files out of one input, whose first two bytes say how long the first file is; `body` gets the
/// first one's path.
func withPair(
  _ bytes: [UInt8], _ first: String, _ second: String, _ body: (String) throws -> Void
) throws {
  let length = bytes.count < 2 ? 0 : Int(bytes[0]) << 8 | Int(bytes[1])
  let rest = bytes.dropFirst(2)
  try withFolder([(first, Array(rest.prefix(length))), (second, Array(rest.dropFirst(length)))]) {
    try body($0 + "/" + first)
  }
}

// One folder for a process, in memory where the system has such a place.
private let scratch: String = {
  let parent = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
  let path = parent + "/perceiver-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
  try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  atexit { try? FileManager.default.removeItem(atPath: scratch) }
  return path
}()
