// Which of a pickle's dictionaries holds the weights: the outermost, or one under a known key.

/// Names and tensors as a model's `state_dict()` gives them.
struct StateDict {
  /// Names and tensors, in the pickle's order; no name twice.
  let tensors: [(name: String, tensor: TorchTensor)]
  /// Where it was found, keys joined by dots; nil if the pickle is the state dict itself.
  let path: String?
  /// What was chosen and left out, a sentence each.
  let notes: [String]

  /// Keys under which training programs keep weights.
  private static let wrapperKeys: Set<String> = [
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "ema",
    "model_ema", "ema_model", "ema_state_dict", "params", "params_ema", "weights", "teacher",
    "student", "generator", "perceiver", "checkpoint",
  ]

  /// Finds the state dict.
  ///
  /// - Parameter path: Where it is, keys joined by dots; nil to find it.
  /// - Throws: `TensorFileError` if there is none, or several and no path.
  init(of pickle: Pickle, at path: String?) throws(TensorFileError) {
    let search = try StateDictSearch(pickle)
    let candidates = search.candidates
    if let path {
      guard let chosen = candidates.first(where: { $0.path == path }) else {
        let found = candidates.map { $0.path ?? "tensors at the top" }
        throw TensorFileError(
          "expected a state dict under \(printable(path)), found "
            + (found.isEmpty ? "none at all" : "state dicts under \(Self.list(found))"))
      }
      self = try Self(search, chosen)
      return
    }
    let wrapped = candidates.filter { candidate in
      candidate.keys.last.map { Self.wrapperKeys.contains($0) } ?? false
    }
    let outermost = candidates.filter { $0.path == nil }
    let others = candidates.filter { $0.path != nil }
    let best = [wrapped, outermost, others].first { !$0.isEmpty } ?? []
    guard let chosen = best.first else { throw search.nothingFound }
    guard best.count == 1 else {
      throw TensorFileError(
        "expected one state dict, found \(best.count), under \(Self.list(best.compactMap(\.path)));"
          + " --state-dict says which to read")
    }
    self = try Self(search, chosen)
  }

  private init(
    _ search: StateDictSearch, _ chosen: StateDictSearch.Candidate
  ) throws(TensorFileError) {
    path = chosen.path
    var tensors: [(name: String, tensor: TorchTensor)] = []
    var names: Set<String> = []
    var left: [String] = []
    for (key, value) in chosen.members {
      guard case .text(let name) = key, let tensor = try search.pickle.tensor(value) else {
        left.append(Self.text(key))
        continue
      }
      guard names.insert(name).inserted else {
        throw TensorFileError(
          "data.pkl, tensor \(printable(name)): expected each name once, found it again")
      }
      tensors.append((name, tensor))
    }
    self.tensors = tensors
    var notes: [String] = []
    if let path { notes.append("the weights are those under \(printable(path))") }
    left += search.keysBeside(chosen)
    if !left.isEmpty { notes.append("left out: \(Self.list(left))") }
    self.notes = notes
  }

  private static func text(_ key: PickleValue) -> String {
    switch key {
    case .text(let name): printable(name)
    case .integer(let number): "\(number)"
    default: "a key that is no text"
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(8).map(printable).joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}

/// The dictionaries of a pickle that hold tensors by name, down to two keys below the outermost.
private struct StateDictSearch {
  struct Candidate {
    let keys: [String]
    let members: [(key: PickleValue, value: PickleValue)]
    var path: String? { keys.isEmpty ? nil : keys.joined(separator: ".") }
  }

  let pickle: Pickle
  private(set) var candidates: [Candidate] = []
  private var seen: Set<PickleValue> = []

  private static let deepest = 2

  init(_ pickle: Pickle) throws(TensorFileError) {
    self.pickle = pickle
    try visit(pickle.value, keys: [])
  }

  // Each dictionary is visited once, however often and wherever it is referred to.
  private mutating func visit(_ value: PickleValue, keys: [String]) throws(TensorFileError) {
    guard case .object = value, seen.insert(value).inserted,
      let members = pickle.dictionary(value)
    else { return }
    if try holdsFloats(members) { candidates.append(Candidate(keys: keys, members: members)) }
    guard keys.count < Self.deepest else { return }
    for case (.text(let key), let inner) in members { try visit(inner, keys: keys + [key]) }
  }

  private func holdsFloats(
    _ members: [(key: PickleValue, value: PickleValue)]
  ) throws(TensorFileError) -> Bool {
    for case (.text, let value) in members {
      if let tensor = try pickle.tensor(value), tensor.type.isFloat { return true }
    }
    return false
  }

  /// Keys on the way to a candidate that were not taken.
  func keysBeside(_ candidate: Candidate) -> [String] {
    var left: [String] = []
    var value = pickle.value
    for (depth, taken) in candidate.keys.enumerated() {
      let before = candidate.keys[..<depth].map { "\($0)." }.joined()
      guard let members = pickle.dictionary(value) else { break }
      for case (.text(let key), let inner) in members {
        if key == taken { value = inner } else { left.append(before + key) }
      }
    }
    return left
  }

  var nothingFound: TensorFileError {
    let found: String
    if let tensor = try? pickle.tensor(pickle.value) {
      found = "one tensor without a name, of shape \(tensor.shape)"
    } else if let members = pickle.dictionary(pickle.value) {
      let keys = members.prefix(8).compactMap { member in
        if case .text(let key) = member.key { printable(key) } else { nil }
      }
      found =
        members.isEmpty
        ? "an empty dictionary"
        : "a dictionary without float tensors"
          + (keys.isEmpty ? "" : " (its keys: \(keys.joined(separator: ", ")))")
    } else {
      found = pickle.kind(of: pickle.value)
    }
    return TensorFileError("data.pkl: expected names with tensors, found \(found)")
  }
}
