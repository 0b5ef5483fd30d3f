// What a pickle says, as values and calls that nobody makes: nothing in it is ever executed.

/// One value of a pickle.
enum PickleValue: Hashable {
  case none
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case text(String)
  /// Bytes, or an integer wider than 64 bits, neither of which tensors need.
  case other
  /// A class or function by name.
  case global(TorchGlobal)
  /// An object by its place in `Pickle.objects`; objects may contain themselves.
  case object(Int)
}

/// One object of a pickle.
struct PickleObject {
  enum Kind: Hashable {
    case tuple, list, dictionary, set
    /// What calling `callable` with a tuple of arguments would give.
    case call(callable: TorchGlobal, arguments: PickleValue)
    /// What the writer kept outside the pickle under an identity.
    case persistent(PickleValue)
  }

  let kind: Kind
  /// The byte of the pickle that made it.
  let offset: Int
  /// Entries of a tuple, list or set, in order.
  var elements: [PickleValue] = []
  /// Keys and values of a dictionary, alternately, in order.
  var members: [PickleValue] = []
}

/// A whole pickle: a graph of objects, kept flat so that its depth costs no recursion.
struct Pickle {
  /// The value that the pickle is of.
  let value: PickleValue
  /// The objects that values refer to.
  let objects: [PickleObject]

  /// The object that a value refers to.
  func object(_ value: PickleValue) -> PickleObject? {
    guard case .object(let index) = value else { return nil }
    return objects[index]
  }

  /// The entries of a tuple.
  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard let object = object(value), object.kind == .tuple else { return nil }
    return object.elements
  }

  /// Keys and values of a dictionary of any class.
  func dictionary(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    guard let object = object(value) else { return nil }
    switch object.kind {
    case .dictionary, .call(.dictionary, _):
      return stride(from: 0, to: object.members.count, by: 2).map {
        (object.members[$0], object.members[$0 + 1])
      }
    default: return nil
    }
  }

  /// What a value is, for error messages.
  func kind(of value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .real: "a number"
    case .text: "text"
    case .other: "bytes or a large integer"
    case .global(let global): "the class \(global)"
    case .object(let index):
      switch objects[index].kind {
      case .tuple: "a tuple"
      case .list: "a list"
      case .dictionary: "a dictionary"
      case .set: "a set"
      case .persistent: "a storage"
      case .call(.dictionary, _): "a dictionary"
      case .call(.rebuildTensor, _), .call(.rebuildParameter, _): "a tensor"
      case .call(let callable, _): "an object of \(callable)"
      }
    }
  }
}
