// Pickles made to do harm: bombs, lies about lengths, classes to execute.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Hostile pickles are refused by name, at once")
struct HostilePickleTests {
  static let many = 1_000_000

  static let pickles: [(name: String, pickle: [UInt8], message: String)] = {
    func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
    func repeated(_ opcodes: [UInt8], _ count: Int) -> [UInt8] {
      Array(repeatElement(opcodes, count: count).joined())
    }
    let isList = "data.pkl: expected names with tensors, found a list"
    let isTuple = "data.pkl: expected names with tensors, found a tuple"
    let none = "data.pkl: expected names with tensors, found a dictionary without float tensors"
    return [
      ("nothing", [], "data.pkl offset 0: expected a pickle of protocol 2 to 5, found the end"),
      (
        "protocol 0", ascii("(dp0\n."),
        "data.pkl offset 0: expected a pickle of protocol 2 to 5, found bytes [\"0x28\", \"0x64\"]"
      ),
      (
        "no value", [0x80, 2] + ascii("."),
        "data.pkl offset 2: expected a value on the stack, found none"
      ),
      (
        "no stop", [0x80, 2] + ascii("N"), "data.pkl offset 3: expected 1 more bytes, found the end"
      ),
      (
        "bytes after the end", [0x80, 2] + ascii("}.N"),
        "data.pkl offset 3: expected the end after the value, found 1 bytes more"
      ),
      (
        "an open mark", [0x80, 2] + ascii("}(."),
        "data.pkl offset 4: expected a value on the stack, found none"
      ),
      (
        "os.system", [0x80, 2] + ascii("cos\nsystem\n(X") + [2, 0, 0, 0] + ascii("idtR."),
        "data.pkl offset 2: expected tensors and plain values, found the class os.system; "
          + TorchFileTests.saveWeights
      ),
      (
        "eval by two texts",
        [0x80, 4, 0x5D, 0x8C, 8] + ascii("builtins") + [0x8C, 4] + ascii("eval") + [0x93]
          + ascii("."),
        "data.pkl offset 20: expected one value at the end, found 2 or an open mark"
      ),
      (
        "a class's name of two lines and escapes", [0x80, 2] + ascii("]c\u{1B}[2J\nx\n."),
        "data.pkl offset 11: expected one value at the end, found 2 or an open mark"
      ),
      (
        "a name that does not end", [0x80, 2] + ascii("c" + String(repeating: "a", count: 5000)),
        "data.pkl offset 2: expected a name of at most 1024 bytes, found none that ends"
      ),
      (
        "an extension", [0x80, 2, 0x82, 1] + ascii("."),
        "data.pkl offset 2: expected an opcode that a state dict needs, found EXT1"
      ),
      (
        "an unknown opcode", [0x80, 2, 0xFF] + ascii("."),
        "data.pkl offset 2: expected an opcode that a state dict needs, found 0xff"
      ),
      (
        "a text of 4 GB", [0x80, 2, 0x58, 255, 255, 255, 255] + ascii("a."),
        "data.pkl offset 2: expected a length of at most 2 bytes, found 4294967295"
      ),
      (
        "a text of all bytes there are",
        [0x80, 4, 0x8D] + [UInt8](repeating: 255, count: 8) + ascii("a."),
        "data.pkl offset 2: expected a length of at most 2 bytes, found \(UInt64.max)"
      ),
      (
        "an integer of 2 GB", [0x80, 2, 0x8B, 255, 255, 255, 127] + ascii("a."),
        "data.pkl offset 2: expected 2147483647 bytes, found 2"
      ),
      (
        "an integer of a negative length", [0x80, 2, 0x8B, 255, 255, 255, 255] + ascii("a."),
        "data.pkl offset 2: expected -1 bytes, found 2"
      ),
      (
        "a frame beyond the end", [0x80, 4, 0x95, 9, 0, 0, 0, 0, 0, 0, 0] + ascii("}."),
        "data.pkl offset 2: expected a frame of at most 2 bytes, found one of 9"
      ),
      (
        "a memo that is not there", [0x80, 2] + ascii("j") + [0, 0, 0, 255] + ascii("."),
        "data.pkl offset 2: expected a value under memo 4278190080, found none"
      ),
      (
        "a call of a text", [0x80, 2] + ascii("X") + [0, 0, 0, 0] + ascii(")R."),
        "data.pkl offset 8: expected a class or function to call, found another value"
      ),
      (
        "a dictionary made with members",
        [0x80, 2] + PickleBytes.call("collections", "OrderedDict", [ascii("]")]) + ascii("."),
        "data.pkl: expected names with tensors, found a dictionary made of other objects, which is "
          + "not unfolded; save dict(state_dict)"
      ),
      (
        "attributes of a tuple", [0x80, 2] + ascii(")}b."),
        "data.pkl offset 4: expected no attributes of tensors, lists or tuples, found some"
      ),
      (
        "a key without a value", [0x80, 2] + ascii("}(Nu."),
        "data.pkl offset 5: expected keys with values, found a key without"
      ),
      (
        "a million lists, one in the other",
        [0x80, 2] + repeated(ascii("]"), many) + repeated(ascii("a"), many - 1) + ascii("."), isList
      ),
      (
        "a million tuples, one in the other",
        [0x80, 2] + ascii(")") + repeated([0x85], many) + ascii("."), isTuple
      ),
      (
        "a tuple of two, doubled a million times",
        [0x80, 2] + ascii(")") + repeated([0x32, 0x86], many) + ascii("."), isTuple
      ),
      (
        "a list that holds itself", [0x80, 2] + ascii("]2a."), isList
      ),
      (
        "a dictionary that holds itself",
        [0x80, 2] + ascii("}q") + [0] + PickleBytes.text("state_dict") + ascii("h") + [0]
          + ascii("s."),
        none + " (its keys: state_dict)"
      ),
      (
        "half a million keys of one dictionary",
        [0x80, 2] + ascii("}}(") + repeated(ascii("X") + [1, 0, 0, 0] + ascii("aN"), 1000)
          + ascii("uq") + [0] + ascii("0(")
          + repeated(ascii("X") + [1, 0, 0, 0] + ascii("bh") + [0], many / 2)
          + ascii("u."),
        none + " (its keys: b, b, b, b, b, b, b, b)"
      ),
      (
        "more values than any model has", [0x80, 2] + repeated(ascii("]"), 2_000_001) + ascii("."),
        "data.pkl offset 2000002: expected at most 2000000 values, found more"
      ),
      (
        "more marks than any model has", [0x80, 2] + repeated(ascii("("), 2_000_001) + ascii("."),
        "data.pkl offset 2000002: expected at most 2000000 values, found more"
      ),
    ]
  }()

  @Test("Hostile pickles are refused by name, at once", arguments: pickles.map(\.name))
  func refusesPickle(_ name: String) throws {
    let hostile = try #require(Self.pickles.first { $0.name == name })
    try #expect(HostileArchiveTests.error(torchBytes(pickle: hostile.pickle)) == hostile.message)
  }

  @Test("A pickle larger than any model's is refused unread")
  func largePickle() throws {
    let error = try HostileArchiveTests.error(
      torchBytes(pickle: [UInt8](repeating: 0x4E, count: 32_000_001)))
    #expect(error == "data.pkl: expected at most 32000000 bytes, found 32000001")
  }
}
