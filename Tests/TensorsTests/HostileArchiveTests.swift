// Archives of torch.save made to do harm: each trick has its own error.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Hostile archives and tensors are refused by name")
struct HostileArchiveTests {
  /// What is said when a file of these bytes is opened.
  static func error(_ bytes: [UInt8]) throws -> String? {
    try withTemporaryFile(bytes) { path in
      #expect(throws: TensorFileError.self) { try TensorFile(path: path) }?.description
    }
  }

  // MARK: Archives

  private static let pickle = PickleBytes.document(
    PickleBytes.dictionary([("a", PickleBytes.tensor(count: 2, shape: [2], strides: [1]))]))
  private static let storage = [UInt8](repeating: 0, count: 8)
  private static let plain = [
    ZippedMember(name: "m/data.pkl", bytes: pickle), ZippedMember(name: "m/data/0", bytes: storage),
  ]

  @Test("Archives by hand are read, with a comment at the end too")
  func plainArchive() throws {
    for comment in ["", "made by hand"] {
      try withTemporaryFile(zipBytes(Self.plain, comment: comment)) { path in
        try #expect(TensorFile(path: path).tensor(named: "a").values == [0, 0])
      }
    }
  }

  @Test(
    "Bytes behind the end are passed over, zeros however many",
    arguments: [(1, 0), (100, 0), (21, 0), (22, 0), (3_000_000, 0), (100, 7), (65_535, 7)])
  func tails(_ count: Int, _ byte: Int) throws {
    for comment in ["", "made by hand"] {
      let tail = [UInt8](repeating: UInt8(byte), count: max(1, count - comment.utf8.count))
      try withTemporaryFile(zipBytes(Self.plain, comment: comment) + tail) { path in
        try #expect(TensorFile(path: path).tensor(named: "a").values == [0, 0])
      }
    }
    let much = zipBytes(Self.plain) + [UInt8](repeating: 7, count: 70_000)
    try #expect(Self.error(much)?.contains("the end of a zip directory") == true)
  }

  @Test("Sizes and positions of 64 bits are read")
  func wideArchive() throws {
    var wide = Self.plain
    for index in wide.indices { wide[index].isWide = true }
    try withTemporaryFile(zipBytes(wide)) { path in
      try #expect(TensorFile(path: path).tensor(named: "a").values == [0, 0])
    }
  }

  static let archives: [(name: String, bytes: [UInt8], message: String)] = {
    let inner = ZippedMember(name: "m/data/0", bytes: storage)
    let outer = ZippedMember(name: "m/other", bytes: inner.header)
    let outerStart = outer.header.count - inner.header.count
    var inside = inner
    inside.start = outerStart
    var encrypted = plain
    encrypted[1].flags = 1
    var compressed = plain
    compressed[1].method = 8
    var wrong = plain
    wrong[1].checksum = 1
    var lost = plain
    lost[1].start = 1 << 30
    var misled = plain
    misled[1].start = 0
    func named(_ name: String) -> [UInt8] {
      zipBytes(plain + [ZippedMember(name: name, bytes: [])])
    }
    func position(_ name: String) -> Int {
      // Where the directory has the third record.
      zipBytes(plain).count - 22 + ZippedMember(name: name, bytes: []).header.count
    }
    func path(_ name: String, _ shown: String) -> (String, [UInt8], String) {
      (
        name, named(name),
        "zip directory, byte \(position(name)): expected a relative name without .., found \(shown)"
      )
    }
    return [
      path("../evil", "\"../evil\""), path("m/../../evil", "\"m/../../evil\""),
      path("/etc/passwd", "\"/etc/passwd\""), path("C:/evil", "\"C:/evil\""),
      path("m\\evil", "\"m\\\\evil\""), path("m//evil", "\"m//evil\""), path("", "\"\""),
      path("m/\u{0}", "\"m/\\0\""),
      (
        "twice", zipBytes(plain + [plain[1]]),
        "zip member m/data/0: expected each name once, found it again"
      ),
      (
        "overlap", zipBytes([plain[0], outer].reversed() + [inside]),
        "zip member m/data/0: expected it after byte \(outer.header.count), found it at "
          + "\(outerStart), inside m/other"
      ),
      (
        "encrypted", zipBytes(encrypted),
        "zip member m/data/0: expected it readable, found it encrypted"
      ),
      (
        "compressed", zipBytes(compressed),
        "zip member m/data/0: expected it stored as it is, found it compressed; "
          + "save it again with torch.save"
      ),
      (
        "several disks", zipBytes(plain, disk: 1),
        "byte \(zipBytes(plain).count - 22): expected a zip archive of one file, "
          + "found one of several"
      ),
      (
        "elsewhere", zipBytes(misled),
        "zip member m/data/0: expected the header at byte 0 to agree with the directory, "
          + "found that it does not"
      ),
      (
        "outside", zipBytes(lost),
        "zip member m/data/0: expected it within \(zipBytes(lost).count) bytes, found 8 bytes at "
          + "1073741824"
      ),
      (
        "no pickle", zipBytes([plain[1]]),
        "expected an archive of torch.save with one member NAME/data.pkl, found none (m/data/0)"
      ),
      (
        "two pickles", zipBytes(plain + [ZippedMember(name: "n/data.pkl", bytes: pickle)]),
        "expected an archive of torch.save with one member NAME/data.pkl, found 2"
      ),
      (
        "empty", zipBytes([]),
        "expected an archive of torch.save with one member NAME/data.pkl, "
          + "found none (an empty archive)"
      ),
    ]
  }()

  @Test("Tricks of archives are refused by name", arguments: archives)
  func refusesArchive(_ name: String, _ bytes: [UInt8], _ message: String) throws {
    try #expect(Self.error(bytes) == message)
  }

  @Test("A storage with a wrong checksum is refused when it is read, and each time")
  func wrongChecksum() throws {
    var members = Self.plain
    members[1].checksum = 1
    try withTemporaryFile(zipBytes(members)) { path in
      let file = try TensorFile(path: path)
      for _ in 0..<2 {
        let error = #expect(throws: TensorFileError.self) { try file.tensor(named: "a") }
        #expect(
          error?.description
            == "zip member m/data/0: expected the checksum 00000001, found 6522df69: "
            + "the file is damaged")
      }
      #expect(throws: TensorFileError.self) { try file.nonFiniteCount(named: "a") }
    }
    members[0].checksum = 7
    try #expect(
      Self.error(zipBytes(members))?.hasPrefix(
        "zip member m/data.pkl: expected the checksum 00000007")
        == true)
  }

  // MARK: Tensors

  static let tensors: [(name: String, tensor: [UInt8], message: String)] = {
    let within = "tensor a: expected it within the 8 bytes of m/data/0, found "
    func tensor(
      _ shape: [Int], _ strides: [Int], count: Int = 2, first: Int = 0,
      type: String = "FloatStorage", storage: String = "0", more: [[UInt8]] = []
    ) -> [UInt8] {
      PickleBytes.tensor(
        count: count, first: first, shape: shape, strides: strides, type: type, storage: storage,
        more: more)
    }
    return [
      ("too long", tensor([3], [1]), within + "shape [3], strides [1], first element 0"),
      ("too far", tensor([2], [1], first: 1), within + "shape [2], strides [1], first element 1"),
      (
        "a first element that overflows", tensor([2], [1], first: .max),
        within + "shape [2], strides [1], first element \(Int.max)"
      ),
      (
        "a stride that overflows", tensor([3], [.max]),
        within + "shape [3], strides [\(Int.max)], first element 0"
      ),
      (
        "a shape that overflows", tensor([.max, .max], [0, 0]),
        "tensor a: expected a shape that fits, found [\(Int.max), \(Int.max)]"
      ),
      (
        "a storage that is larger than the member", tensor([2], [1], count: 3),
        "tensor a: expected a storage of 3 elements of 4 bytes, found 8 bytes in m/data/0"
      ),
      (
        "a storage that overflows", tensor([2], [1], count: .max),
        "tensor a: expected a storage of \(Int.max) elements of 4 bytes, found 8 bytes in m/data/0"
      ),
      (
        "no storage", tensor([2], [1], storage: "../0"),
        "tensor a: expected its storage data/../0, found none"
      ),
    ]
  }()

  @Test("Tensors outside their storages are refused", arguments: tensors)
  func refusesTensor(_ name: String, _ tensor: [UInt8], _ message: String) throws {
    let pickle = PickleBytes.document(PickleBytes.dictionary([("a", tensor)]))
    try #expect(Self.error(torchBytes(pickle: pickle, storage: Self.storage)) == message)
  }

  static let misshapen: [(name: String, tensor: [UInt8], message: String)] = [
    (
      "a negative length", PickleBytes.tensor(count: 2, shape: [-1], strides: [1]),
      "expected axis lengths of 0 or more, found an integer"
    ),
    (
      "a negative stride", PickleBytes.tensor(count: 2, shape: [2], strides: [-1]),
      "expected strides of 0 or more, found an integer"
    ),
    (
      "fewer strides than axes", PickleBytes.tensor(count: 2, shape: [2], strides: []),
      "expected as many strides as axes, 1, found 0"
    ),
    (
      "a negative first element",
      PickleBytes.tensor(count: 2, first: -1, shape: [2], strides: [1]),
      "expected a first element of 0 or more, found another value"
    ),
    (
      "a storage of no type",
      PickleBytes.tensor(count: 8, shape: [2], strides: [1], type: "UntypedStorage"),
      "expected a storage with an element type, found one without"
    ),
    (
      "no arguments", PickleBytes.call("torch._utils", "_rebuild_tensor_v2", []),
      "expected a tensor's storage, first element, shape and strides, found others"
    ),
    (
      "a parameter of nothing", PickleBytes.call("torch._utils", "_rebuild_parameter", []),
      "expected a tensor, found none"
    ),
  ]

  @Test("Tensors that cannot be are refused", arguments: misshapen)
  func refusesMisshapen(_ name: String, _ tensor: [UInt8], _ message: String) throws {
    let pickle = PickleBytes.document(PickleBytes.dictionary([("a", tensor)]))
    let error = try Self.error(torchBytes(pickle: pickle, storage: Self.storage))
    #expect(error?.hasPrefix("data.pkl offset ") == true)
    #expect(error?.hasSuffix(": " + message) == true, "\(error ?? "")")
  }

  @Test("A name twice in a state dict is refused")
  func twice() throws {
    let tensor = PickleBytes.tensor(count: 2, shape: [2], strides: [1])
    let pickle = PickleBytes.document(PickleBytes.dictionary([("a", tensor), ("a", tensor)]))
    try #expect(
      Self.error(torchBytes(pickle: pickle, storage: Self.storage))
        == "data.pkl, tensor a: expected each name once, found it again")
  }

  @Test("Many large views of one small storage are refused")
  func manyViews() throws {
    let views = (1...40).map { rows in
      ("\(rows)", PickleBytes.tensor(count: 2, shape: [rows, 100], strides: [0, 0]))
    }
    let pickle = PickleBytes.document(PickleBytes.dictionary(views))
    let error = try Self.error(torchBytes(pickle: pickle, storage: Self.storage))
    #expect(error?.hasSuffix("found more, by overlapping storages") == true, "\(error ?? "")")
  }
}
