// Files of torch.save: what PyTorch wrote is read exactly, what cannot be read is named.

import Foundation
import Tensors
import TestSupport
import Testing

/// A file that Tests/Parity/make_torch_files.py made.
func torchFixture(_ name: String) -> URL {
  Bundle.module.bundleURL.appending(path: "Fixtures/torch/\(name)")
}

@Suite("State dicts of torch.save are read without executing anything")
struct TorchFileTests {
  struct Expected {
    let name: String
    let type: String
    let shape: [Int]
    let values: [Float]
  }

  static let readable = [
    "small", "types", "strides", "tied", "module", "training", "nested", "unknown-key", "extra",
    "protocol3", "protocol4", "protocol5", "no-checksums", "rezipped", "legacy",
  ]

  static func open(_ name: String, stateDict: String? = nil) throws -> TensorFile {
    try TensorFile(path: torchFixture("\(name).pt").path, stateDict: stateDict)
  }

  static func expected(_ name: String) throws -> [Expected] {
    let json = try JSONValue(parsing: Data(contentsOf: torchFixture("expected.json")))
    guard case .array(let tensors)? = json[name] else { return [] }
    return try tensors.map { tensor in
      guard case .string(let name)? = tensor["name"], case .string(let type)? = tensor["type"],
        case .array(let shape)? = tensor["shape"], case .array(let values)? = tensor["values"]
      else { throw TensorFileError("expected.json: expected name, type, shape, values") }
      return try Expected(
        name: name, type: type, shape: shape.map(length), values: values.map(value))
    }
  }

  private static func length(_ value: JSONValue) throws -> Int {
    guard case .integer(let number) = value else { throw TensorFileError("expected a length") }
    return number
  }

  private static func value(_ value: JSONValue) throws -> Float {
    switch value {
    case .integer(let number): Float(number)
    case .real(let number): Float(number)
    case .string("inf"): .infinity
    case .string("-inf"): -.infinity
    case .null: .nan
    default: throw TensorFileError("expected a number")
    }
  }

  @Test("Names, types, shapes and values are PyTorch's", arguments: readable)
  func reads(_ name: String) throws {
    let file = try Self.open(name)
    let expected = try Self.expected(name)
    #expect(!expected.isEmpty)
    #expect(file.format == .torch)
    #expect(file.entries.map(\.name) == expected.map(\.name))
    #expect(file.entries.map(\.type.name) == expected.map(\.type))
    #expect(file.entries.map(\.shape) == expected.map(\.shape))
    for tensor in expected {
      let entry = try #require(file.entry(named: tensor.name))
      guard entry.type.isFloat else {
        #expect(throws: TensorFileError.self) { try file.tensor(named: tensor.name) }
        continue
      }
      let read = try file.tensor(named: tensor.name)
      #expect(read.shape == tensor.shape)
      let bits = read.values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
      #expect(bits == tensor.values.map(\.bitPattern), "\(tensor.name)")
      let unusual = tensor.values.count { !$0.isFinite }
      try #expect(file.nonFiniteCount(named: tensor.name) == unusual, "\(tensor.name)")
    }
  }

  @Test("Tied tensors share storage; copies and other views of it do not")
  func tied() throws {
    let file = try Self.open("tied")
    #expect(file.sharesStorage("first.weight", "second.weight"))
    #expect(!file.sharesStorage("first.weight", "third.weight"))
    #expect(!file.sharesStorage("first.weight", "copy"))
    let views = try Self.open("strides")
    #expect(views.sharesStorage("whole", "whole"))
    #expect(!views.sharesStorage("whole", "transposed"))
    #expect(!views.sharesStorage("whole", "slice"))
  }

  static let notes: [(file: String, stateDict: String?, notes: [String])] = [
    ("small", nil, []),
    ("module", nil, []),
    (
      "training", "state_dict",
      [
        "the weights are those under state_dict",
        "left out: epoch, optimizer, args, best, path, step, scale, history and 9 more",
      ]
    ),
    (
      "nested", "checkpoint.model",
      ["the weights are those under checkpoint.model", "left out: epoch"]
    ),
    ("unknown-key", "vision", ["the weights are those under vision", "left out: epoch"]),
    ("extra", nil, ["left out: _extra_state, count"]),
  ]

  @Test("What was chosen and what was left out is said", arguments: notes)
  func says(_ name: String, _ stateDict: String?, _ notes: [String]) throws {
    let file = try Self.open(name)
    #expect(file.stateDict == stateDict)
    #expect(file.notes == notes)
  }

  @Test("Of several state dicts the one asked for is read")
  func chooses() throws {
    for key in ["model", "ema"] {
      let file = try Self.open("several", stateDict: key)
      #expect(file.stateDict == key)
      #expect(file.entries.map(\.name) == ["weight", "bias"])
    }
    let wrong = #expect(throws: TensorFileError.self) {
      try Self.open("several", stateDict: "optimizer")
    }
    #expect(
      wrong?.description
        == "expected a state dict under optimizer, found state dicts under model, ema")
  }

  static let saveWeights =
    "save its weights alone: torch.save(model.state_dict(), \"model.pt\")"
  static let saveAgain =
    "load it in PyTorch and save the state dict again: torch.save(state_dict, \"model.pt\")"

  static let refused: [(file: String, message: String)] = [
    (
      "several.pt",
      "expected one state dict, found 2, under model, ema; --state-dict says which to read"
    ),
    (
      "whole-model.pt",
      "data.pkl offset 2: expected tensors and plain values, found the class __main__.Net, "
        + "a whole model with code of its own; " + saveWeights
    ),
    (
      "whole-linear.pt",
      "data.pkl offset 2: expected tensors and plain values, found the class "
        + "torch.nn.modules.linear.Linear, a whole model with code of its own; " + saveWeights
    ),
    (
      "wrapped-model.pt",
      "data.pkl offset 32: expected tensors and plain values, found the class __main__.Net, "
        + "a whole model with code of its own; " + saveWeights
    ),
    (
      "sparse.pt",
      "data.pkl offset 13: expected tensors and plain values, found the class "
        + "torch._utils._rebuild_sparse_tensor; " + saveWeights
    ),
    (
      "tar.pt",
      "expected a safetensors or torch.save file, found a tar archive; if torch.save wrote it, "
        + saveAgain
    ),
    (
      "plain.pt", "expected a safetensors or torch.save file, found a plain pickle; " + saveAgain
    ),
    (
      "script.pt",
      "expected a state dict, found a TorchScript archive; save its weights alone: "
        + "torch.save(torch.jit.load(\"model.pt\").state_dict(), \"weights.pt\")"
    ),
    (
      "deflated.pt",
      "zip member deflated/byteorder: expected it stored as it is, found it compressed; "
        + "save it again with torch.save"
    ),
    (
      "big-endian.pt",
      "byteorder: expected little, found big; save it again on a machine of little-endian numbers"
    ),
    ("version11.pt", "version: expected 1 to 10, found 11"),
    (
      "arrays.npz",
      "expected an archive of torch.save with one member NAME/data.pkl, found none (a.npy)"
    ),
    (
      "lone.pt",
      "data.pkl: expected names with tensors, found one tensor without a name, of shape [2]"
    ),
    ("list.pt", "data.pkl: expected names with tensors, found a list"),
    (
      "no-tensors.pt",
      "data.pkl: expected names with tensors, found a dictionary without float tensors "
        + "(its keys: epoch, names)"
    ),
    (
      "integers.pt",
      "data.pkl: expected names with tensors, found a dictionary without float tensors"
    ),
    (
      "negated.pt",
      "data.pkl offset 172: expected a tensor as it is stored, found one that is to be negated, "
        + "conjugated or more"
    ),
    (
      "huge-expanded.pt",
      "tensor a: expected at most the file's 1619 bytes, found 4398046511104 by repeating its "
        + "elements; save it with .contiguous()"
    ),
  ]

  @Test("What cannot be read is named, with what to do", arguments: refused)
  func refuses(_ name: String, _ message: String) {
    let error = #expect(throws: TensorFileError.self) {
      try TensorFile(path: torchFixture(name).path)
    }
    #expect(error?.description == message)
  }

  @Test("A safetensors file has no state dicts to choose from")
  func nothingToChoose() throws {
    try withTemporaryFile(safetensorsBytes(header: "{}")) { path in
      let error = #expect(throws: TensorFileError.self) {
        try TensorFile(path: path, stateDict: "ema")
      }
      #expect(
        error?.description == "expected a torch.save file to find ema in, found safetensors")
    }
  }
}
