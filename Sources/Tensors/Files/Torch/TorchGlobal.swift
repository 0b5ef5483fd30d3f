// The only names that a state dict's pickle may import; every other is refused by its own.

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
  /// A plain class, whose objects are left closed.
  case plain(String)

  /// How the arguments of a tensor's function are to be read.
  enum Rebuilding: Hashable {
    /// Storage, offset, shape, strides; then requires_grad, hooks and metadata.
    case ofStorage
    /// The same with an element type before the metadata.
    case ofUntypedStorage
    /// Another such function, a class, that function's arguments, attributes.
    case ofSubclass
  }

  /// The meaning of `module.name`; nil if it is none of a state dict's.
  init?(named name: String) {
    guard let global = Self.byName[name] else { return nil }
    self = global
  }

  var description: String {
    switch self {
    case .dictionary: "a dictionary"
    case .rebuildTensor: "a tensor's function"
    case .rebuildParameter: "a parameter's function"
    case .size: "torch.Size"
    case .storage: "a storage"
    case .elementType(let type): "an element type, \(type.name)"
    case .plain(let name): name
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
    for name in plain { table[name] = .plain(name) }
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

  // What stands beside a state dict in training checkpoints: options, paths, scores, counters.
  private static let plain =
    [
      "argparse.Namespace", "types.SimpleNamespace", "collections.Counter", "collections.deque",
      "torch.device", "torch.layout", "torch.strided", "torch.serialization._get_layout",
      "torch.Tensor", "torch._tensor.Tensor",
      "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
      "pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath",
      "pathlib.PureWindowsPath", "datetime.datetime", "datetime.date", "datetime.timedelta",
      "numpy.dtype", "numpy.ndarray", "numpy.core.multiarray.scalar",
      "numpy._core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
      "numpy._core.multiarray._reconstruct", "_codecs.encode", "copyreg._reconstructor",
      "copy_reg._reconstructor",
    ]
    + ["builtins", "__builtin__"].flatMap { module in
      [
        "object", "int", "float", "complex", "bool", "str", "bytes", "bytearray", "tuple", "list",
        "set", "frozenset", "slice", "range",
      ].map { "\(module).\($0)" }
    } + ["__builtin__.long", "__builtin__.unicode", "__builtin__.xrange"]
}
