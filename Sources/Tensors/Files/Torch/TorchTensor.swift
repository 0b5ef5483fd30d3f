// A tensor as a pickle of torch.save describes it: which storage, from where, in which steps.

/// A tensor's location in a storage that stands beside the pickle.
struct TorchTensor: Hashable {
  /// The storage's name: the tensor's bytes are in the archive's member `data/` + it.
  let storage: String
  /// The storage's elements as the pickle counts them, each of `countedSize` bytes.
  let storageCount: Int
  let countedSize: Int
  let type: ElementType
  /// The first element, counted in elements of `type`.
  let first: Int
  let shape: [Int]
  let strides: [Int]

  /// The tensor's bytes in its storage, from the first element to the last.
  ///
  /// - Parameter storageSize: The bytes of the storage.
  /// - Returns: nil if they do not lie in the storage.
  func bytes(inStorageOf storageSize: Int) -> Range<Int>? {
    guard !shape.contains(0) else { return 0..<0 }
    var last = first
    for (length, stride) in zip(shape, strides) {
      let (reach, overflow) = (length - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(reach)
      guard !overflow, !sumOverflow else { return nil }
      last = sum
    }
    guard last < storageSize / type.size else { return nil }
    return first * type.size..<(last + 1) * type.size
  }

  /// The strides, if elements are not row-major without gaps; 0 for axes of length 1.
  var gatheringStrides: [Int]? {
    guard !shape.contains(0) else { return nil }
    var rowMajor = 1
    var isRowMajor = true
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      if stride != rowMajor { isRowMajor = false }
      // A tensor's element count is checked before its strides are asked for.
      rowMajor *= length
    }
    return isRowMajor ? nil : zip(shape, strides).map { $0 == 1 ? 0 : $1 }
  }
}

extension Pickle {
  /// Whether a value is a tensor or a parameter, be it readable or not.
  func isTensor(_ value: PickleValue) -> Bool {
    switch object(value)?.kind {
    case .call(.rebuildTensor, _), .call(.rebuildParameter, _): true
    default: false
    }
  }

  /// The tensor that a value makes.
  ///
  /// - Returns: nil if the value is no tensor.
  /// - Throws: `TensorFileError` if it is one that cannot be.
  func tensor(_ value: PickleValue) throws(TensorFileError) -> TorchTensor? {
    var value = value
    // A parameter holds a tensor, and nothing holds a parameter.
    for _ in 0..<3 {
      guard let object = object(value), case .call(let callable, let argumentTuple) = object.kind,
        let arguments = tuple(argumentTuple)
      else { return nil }
      let reading = TorchTensorReading(pickle: self, arguments: arguments, offset: object.offset)
      switch callable {
      case .rebuildParameter:
        guard let tensor = arguments.first else { throw reading.error("a tensor", "none") }
        value = tensor
      case .rebuildTensor(.ofSubclass): return try reading.ofSubclass()
      case .rebuildTensor(let rebuilding): return try reading.ofStorage(rebuilding)
      default: return nil
      }
    }
    return nil
  }
}

/// The arguments of a function that makes a tensor.
private struct TorchTensorReading {
  let pickle: Pickle
  let arguments: [PickleValue]
  /// The byte of the pickle where the function is called.
  let offset: Int

  func error(_ expected: String, _ found: String) -> TensorFileError {
    TensorFileError("data.pkl offset \(offset): expected \(expected), found \(found)")
  }

  // (function, class, its arguments, attributes)
  func ofSubclass() throws(TensorFileError) -> TorchTensor {
    guard arguments.count == 4, case .global(.rebuildTensor(let rebuilding)) = arguments[0],
      rebuilding != .ofSubclass, let inner = pickle.tuple(arguments[2])
    else { throw error("a tensor's function and its arguments", "others") }
    return try TorchTensorReading(pickle: pickle, arguments: inner, offset: offset)
      .ofStorage(rebuilding)
  }

  // (storage, first element, shape, strides, requires_grad, hooks, [element type,] [metadata])
  func ofStorage(_ rebuilding: TorchGlobal.Rebuilding) throws(TensorFileError) -> TorchTensor {
    guard arguments.count >= 4, let identity = storageIdentity(arguments[0]) else {
      throw error("a tensor's storage, first element, shape and strides", "others")
    }
    // ('storage', class, name, device, elements), and in files before PyTorch 1.6 a view, which is none.
    guard identity.count == 5 || identity.count == 6 && identity[5] == .none,
      identity[0] == .text("storage"),
      case .global(.storage(let storedType)) = identity[1], case .text(let name) = identity[2],
      case .integer(let count) = identity[4], count >= 0
    else { throw error("a storage's class, name, device and size", "others") }
    guard case .integer(let first) = arguments[1], first >= 0 else {
      throw error("a first element of 0 or more", "another value")
    }
    let shape = try axes(arguments[2], "axis lengths")
    let strides = try axes(arguments[3], "strides")
    guard shape.count == strides.count else {
      throw error("as many strides as axes, \(shape.count)", "\(strides.count)")
    }
    let extra = rebuilding == .ofUntypedStorage ? 1 : 0
    var type = storedType
    if extra == 1 {
      guard arguments.count > 6, case .global(.elementType(let stated)) = arguments[6] else {
        throw error("an element type", "none")
      }
      type = stated
    }
    guard let type else { throw error("a storage with an element type", "one without") }
    // Metadata say that a tensor is the negative or the conjugate of what is stored.
    if arguments.count > 6 + extra, arguments[6 + extra] != .none {
      guard pickle.dictionary(arguments[6 + extra])?.isEmpty == true else {
        throw error("a tensor as it is stored", "one that is to be negated, conjugated or more")
      }
    }
    return TorchTensor(
      storage: name, storageCount: count, countedSize: storedType?.size ?? 1, type: type,
      first: first, shape: shape, strides: strides)
  }

  private func storageIdentity(_ value: PickleValue) -> [PickleValue]? {
    guard case .persistent(let identity)? = pickle.object(value)?.kind else { return nil }
    return pickle.tuple(identity)
  }

  private func axes(_ value: PickleValue, _ what: String) throws(TensorFileError) -> [Int] {
    var value = value
    // torch.Size(shape) is a call with the shape as its one argument.
    if case .call(.size, let arguments)? = pickle.object(value)?.kind,
      let inner = pickle.tuple(arguments), inner.count == 1
    {
      value = inner[0]
    }
    guard let elements = pickle.tuple(value), elements.count <= 64 else {
      throw error("\(what) in a tuple of at most 64", pickle.kind(of: value))
    }
    var numbers: [Int] = []
    for element in elements {
      guard case .integer(let number) = element, number >= 0 else {
        throw error("\(what) of 0 or more", pickle.kind(of: element))
      }
      numbers.append(number)
    }
    return numbers
  }
}
