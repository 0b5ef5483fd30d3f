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

/// What libFuzzer calls first: refuses a name that is no parser's, before an input is blamed for it,
/// and writes the parser's own seed, if it has one, to the file FUZZ_SEED.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(
  _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  guard let seed = parser.seed,
    let path = ProcessInfo.processInfo.environment["FUZZ_SEED"]
  else { return 0 }
  do { try Data(try seed()).write(to: URL(fileURLWithPath: path)) } catch {
    FileHandle.standardError.write(Data("\(path): \(error)\n".utf8))
    exit(73)
  }
  return 0
}
