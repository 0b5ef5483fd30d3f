// What libFuzzer calls: one input to the parser that FUZZ_PARSER names. fuzz.py builds and runs it.

import Foundation

/// The parser that this process fuzzes.
private let parser: FuzzedParser = {
  let name = ProcessInfo.processInfo.environment["FUZZ_PARSER"] ?? ""
  guard let parser = FuzzedParser.all.first(where: { $0.name == name }) else {
    let names = FuzzedParser.all.map(\.name).joined(separator: " ")
    FileHandle.standardError.write(Data("FUZZ_PARSER: expected one of \(names)\n".utf8))
    exit(64)
  }
  return parser
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // A parser may throw whatever it likes, and its message is made too: what is looked for are
  // crashes, hangs and large allocations.
  do { try parser.read(Array(UnsafeBufferPointer(start: bytes, count: count))) } catch {
    _ = "\(error)"
  }
  return 0
}
