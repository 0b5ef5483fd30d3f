// The names of a pickle that mean something here. Every other stands for a class or function that
// is never looked up: what it would make is a closed box.

/// A class or function that pickles of torch.save may name.
enum TorchGlobal: Hashable, CustomStringConvertible {
  /// OrderedDict and its kin: a dictionary made empty and filled.
  case dictionary
  /// A function that makes a tensor of a storage, an offset, a shape and strides.
  case rebuildTensor(Rebuilding)
  /// A function that makes a parameter, which is a tensor, of one.
  case rebuildParameter
  /// torch.Size: a tuple of axis lengths.
  case size
  /// A class of storages, all of one element type; nil if tensors have to say which.
  case storage(ElementType?)
  /// torch.float32 and so on.
  case elementType(ElementType)
  /// Any other class or function: what is made with it is left closed.
  case closed(ClosedName)

  /// How the arguments of a tensor's function are to be read.
  enum Rebuilding: Hashable {
    /// Storage, offset, shape, strides; then requires_grad, hooks and metadata.
    case ofStorage
    /// Storage, offset, shape, strides; then requires_grad, hooks, an element type and metadata.
    case ofUntypedStorage
    /// Another such function, a class, that function's arguments, attributes.
    case ofSubclass
  }

  /// The meaning of a name in a module.
  ///
  /// - Parameter offset: The byte of the pickle where it stands.
  init(module: String, name: String, offset: Int) {
    // Longer names are not put together: a pickle can ask for many of one long text.
    let isShort = module.utf8.count + name.utf8.count < Self.longestKnown
    let known = isShort ? Self.byName["\(module).\(name)"] : nil
    self = known ?? .closed(ClosedName(module: module, name: name, offset: offset))
  }

  private static let longestKnown = 64

  var description: String {
    switch self {
    case .dictionary: "a dictionary"
    case .rebuildTensor: "a tensor's function"
    case .rebuildParameter: "a parameter's function"
    case .size: "torch.Size"
    case .storage: "a storage"
    case .elementType(let type): "an element type, \(type.name)"
    case .closed(let name): name.description
    }
  }

  private static let byName: [String: TorchGlobal] = {
    var table: [String: TorchGlobal] = [
      "collections.OrderedDict": .dictionary,
      "collections.defaultdict": .dictionary,
      "builtins.dict": .dictionary,
      "__builtin__.dict": .dictionary,
      "torch._utils._rebuild_tensor": .rebuildTensor(.ofStorage),
      "torch._utils._rebuild_tensor_v2": .rebuildTensor(.ofStorage),
      "torch._utils._rebuild_tensor_v3": .rebuildTensor(.ofUntypedStorage),
      "torch._tensor._rebuild_from_type_v2": .rebuildTensor(.ofSubclass),
      "torch._utils._rebuild_parameter": .rebuildParameter,
      "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
      "torch.Size": .size,
      "torch.storage.UntypedStorage": .storage(nil),
      "torch.UntypedStorage": .storage(nil),
    ]
    for (type, storage, names) in elementTypes {
      if let storage { table["torch.\(storage)Storage"] = .storage(type) }
      for name in names { table["torch.\(name)"] = .elementType(type) }
    }
    return table
  }()

  /// Element types, the beginning of their storage class's name, and their names in torch.
  private static let elementTypes: [(ElementType, storage: String?, names: [String])] = [
    (.float32, "Float", ["float32", "float"]),
    (.float64, "Double", ["float64", "double"]),
    (.float16, "Half", ["float16", "half"]),
    (.bfloat16, "BFloat16", ["bfloat16"]),
    (.other("BOOL", size: 1), "Bool", ["bool"]),
    (.other("U8", size: 1), "Byte", ["uint8"]),
    (.other("I8", size: 1), "Char", ["int8"]),
    (.other("I16", size: 2), "Short", ["int16", "short"]),
    (.other("I32", size: 4), "Int", ["int32", "int"]),
    (.other("I64", size: 8), "Long", ["int64", "long"]),
    (.other("U16", size: 2), nil, ["uint16"]),
    (.other("U32", size: 4), nil, ["uint32"]),
    (.other("U64", size: 8), nil, ["uint64"]),
    (.other("F8_E4M3", size: 1), nil, ["float8_e4m3fn"]),
    (.other("F8_E5M2", size: 1), nil, ["float8_e5m2"]),
    (.other("C64", size: 8), "ComplexFloat", ["complex64", "cfloat"]),
    (.other("C128", size: 16), "ComplexDouble", ["complex128", "cdouble"]),
  ]
}

/// The name of a class or function that means nothing here.
final class ClosedName: Sendable, Hashable, CustomStringConvertible {
  let module: String
  let name: String
  /// The byte of the pickle where it stands.
  let offset: Int

  init(module: String, name: String, offset: Int) {
    (self.module, self.name, self.offset) = (module, name, offset)
  }

  var description: String { "\(module).\(name)" }

  static func == (first: ClosedName, second: ClosedName) -> Bool {
    first === second || first.module == second.module && first.name == second.name
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(module)
    hasher.combine(name)
  }
}
