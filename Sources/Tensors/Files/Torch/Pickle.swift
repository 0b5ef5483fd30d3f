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
  /// An object by its index in `Pickle.objects`; objects may contain themselves.
  case object(Int)
}

/// One object of a pickle.
struct PickleObject {
  enum Kind: Hashable {
    case tuple, list, dictionary, set
    /// What calling `callable` with a tuple of arguments would give.
    case call(callable: TorchGlobal, arguments: PickleValue)
    /// What calling another object of the pickle would give.
    case closed
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
  /// The attributes it would be given.
  var state: PickleValue?
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

  /// The entries of a list or a tuple.
  func list(_ value: PickleValue) -> [PickleValue]? {
    guard let object = object(value), [.list, .tuple].contains(object.kind) else { return nil }
    return object.elements
  }

  /// Whether a value is an object of an unknown class.
  func isClosed(_ value: PickleValue) -> Bool {
    switch object(value)?.kind {
    case .call(.closed, _), .closed: true
    default: false
    }
  }

  /// Keys and values of a dictionary of any class. An object of an unknown class is one if it is
  /// filled as dictionaries are, with keys and values.
  func dictionary(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    guard let object = object(value) else { return nil }
    switch object.kind {
    case .dictionary: break
    case .call(.dictionary, let arguments):
      // An OrderedDict can be made of pairs; those are not unfolded.
      guard !object.members.isEmpty || isFreeOfMembers(arguments) else { return nil }
    case .call(.closed, _), .closed:
      guard !object.members.isEmpty else { return nil }
    default: return nil
    }
    return stride(from: 0, to: object.members.count, by: 2).map {
      (object.members[$0], object.members[$0 + 1])
    }
  }

  /// Whether the arguments of a dictionary's class hold nothing that it would be filled with; a
  /// defaultdict is made with what makes its values.
  private func isFreeOfMembers(_ arguments: PickleValue) -> Bool {
    (tuple(arguments) ?? []).allSatisfy { argument in
      switch object(argument)?.kind {
      case .list, .tuple, .dictionary, .set, .call(.dictionary, _): false
      default: true
      }
    }
  }

  /// The class of an object that is left closed; nil if the value is none.
  func closedClass(_ value: PickleValue) -> ClosedName? {
    guard case .call(.closed(let name), let arguments)? = object(value)?.kind else { return nil }
    // Protocol 2 makes objects by a function that is given their class.
    if ["copyreg._reconstructor", "copy_reg._reconstructor"].contains("\(name)"),
      case .global(.closed(let made))? = tuple(arguments)?.first
    {
      return made
    }
    return name
  }

  /// Whether a value is a whole `torch.nn.Module`, which keeps what it is made of under these names.
  func isModule(_ value: PickleValue) -> Bool {
    guard closedClass(value) != nil, let state = object(value)?.state,
      let attributes = dictionary(state)
    else { return false }
    let names = Set(attributes.map(\.key))
    return names.contains(.text("_modules")) && names.contains(.text("_parameters"))
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
      case .call(.closed, _):
        // Names come from the file, and may be long.
        closedClass(value).map { "an object of the class \(printable($0.description))" }
          ?? "an object"
      case .call(let callable, _): "an object of \(callable)"
      case .closed: "an object of a class made in the pickle"
      }
    }
  }
}
