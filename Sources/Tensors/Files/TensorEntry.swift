// What files of named tensors have in common: entries, element types, errors.

/// One tensor of a file as it is stored.
public struct TensorEntry: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its stored element type.
  public let type: ElementType
  /// Axis lengths.
  public let shape: [Int]
  /// The file's bytes from its first stored element to its last, counted from the file's beginning.
  public let bytes: Range<Int>
  /// Elements from one index to the next, by axis; nil if they lie row-major without gaps.
  let strides: [Int]?

  init(name: String, type: ElementType, shape: [Int], bytes: Range<Int>, strides: [Int]? = nil) {
    self.name = name
    self.type = type
    self.shape = shape
    self.bytes = bytes
    self.strides = strides
  }

  /// The number of elements: the product of `shape`.
  public var elementCount: Int { shape.reduce(1, *) }
  /// The bytes of all elements, each counted as often as it is repeated by a stride of 0.
  public var byteCount: Int { elementCount * type.size }
}

/// Element types that can be read as float32; others are known by name only.
public enum ElementType: Sendable, Hashable {
  case float32, float64, float16, bfloat16
  /// A type of integers, truth values or others, and the bytes of one element.
  case other(String, size: Int)

  private static let otherSizes = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "U16": 2, "I16": 2, "U32": 4,
    "I32": 4, "U64": 8, "I64": 8, "C64": 8,
  ]

  /// The type that safetensors calls so; nil if there is none.
  init?(name: String) {
    switch name {
    case "F32": self = .float32
    case "F64": self = .float64
    case "F16": self = .float16
    case "BF16": self = .bfloat16
    default:
      guard let size = Self.otherSizes[name] else { return nil }
      self = .other(name, size: size)
    }
  }

  /// The name that safetensors has for it: `F32`, `BF16`, …
  public var name: String {
    switch self {
    case .float32: "F32"
    case .float64: "F64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .other(let name, _): name
    }
  }

  /// The bytes of one element.
  public var size: Int {
    switch self {
    case .float32: 4
    case .float64: 8
    case .float16, .bfloat16: 2
    case .other(_, let size): size
    }
  }

  /// Whether elements can be read as float32.
  public var isFloat: Bool {
    if case .other = self { false } else { true }
  }
}

/// A file of tensors that cannot be read, or a tensor that it cannot give.
public struct TensorFileError: Error, Hashable, CustomStringConvertible {
  /// One line: location, expected, found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}
