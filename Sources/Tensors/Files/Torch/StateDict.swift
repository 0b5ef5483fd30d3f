// Which of a pickle's dictionaries holds the weights: the one with the model that is asked for, the
// outermost, or one under a known key.

/// Names and tensors as a model's `state_dict()` gives them.
struct StateDict {
  /// Names and tensors of the module that is read, in the pickle's order; no name twice.
  let tensors: [(name: String, tensor: TorchTensor)]
  /// Tensors of other modules in the same dictionary.
  let leftOut: [LeftOutTensor]
  /// Where it was found, keys joined by dots; nil if the pickle is the state dict itself.
  let path: String?
  /// What the names of `tensors` begin with, without the parts of wrappers; nil if that was neither
  /// asked for nor found.
  let prefix: String?
  /// What was chosen and left out, a sentence each.
  let notes: [String]
  /// What Lightning keeps under `hyper_parameters` beside it; nil where there is nothing.
  let hyperparameters: JSONValue?

  /// Keys under which training programs keep weights.
  private static let wrapperKeys: Set<String> = [
    "state_dict", "model_state_dict", "model_state", "model", "module", "net", "network", "ema",
    "model_ema", "ema_model", "ema_state_dict", "params", "params_ema", "weights", "teacher",
    "student", "generator", "perceiver", "checkpoint",
  ]

  /// Finds the state dict.
  ///
  /// - Parameter choice: Which it is, if there are several.
  /// - Throws: `TensorFileError` if there is none, or several and no choice.
  init(of pickle: Pickle, _ choice: ModuleChoice) throws(TensorFileError) {
    let search = StateDictSearch(pickle)
    let sources = search.candidates.map {
      ModuleChoice.Source(path: $0.path, names: $0.tensorNames)
    }
    if sources.isEmpty || choice.stateDict != nil, let list = search.namelessList(choice.stateDict)
    {
      throw list
    }
    guard !sources.isEmpty || choice.stateDict != nil || choice.prefix != nil else {
      throw search.nothingFound
    }
    let chosen = try choice.chosen(of: sources) { search.areSame($0, $1) }
    guard let chosen else {
      self = try Self(search, search.candidates[Self.customary(search)], nil)
      return
    }
    self = try Self(search, search.candidates[chosen.source], chosen)
  }

  /// The index of the only candidate under a known key, at the top, or elsewhere.
  private static func customary(_ search: StateDictSearch) throws(TensorFileError) -> Int {
    let candidates = search.candidates
    let near = candidates.indices.filter {
      candidates[$0].keys.count <= StateDictSearch.customaryDepth
    }
    let wrapped = near.filter { index in
      candidates[index].keys.last.map { wrapperKeys.contains($0) } ?? false
    }
    let outermost = near.filter { candidates[$0].path == nil }
    let others = near.filter { candidates[$0].path != nil }
    let best =
      [wrapped, outermost, others, Array(candidates.indices)].first { !$0.isEmpty } ?? []
    guard let chosen = best.first else { throw search.nothingFound }
    guard best.count == 1 else {
      let paths = best.compactMap { candidates[$0].path }
      throw TensorFileError(
        "expected one state dict, found \(best.count), under \(ModuleChoice.list(paths));"
          + " --state-dict says which to read")
    }
    return chosen
  }

  private init(
    _ search: StateDictSearch, _ source: StateDictSearch.Candidate, _ chosen: ModuleChoice.Chosen?
  ) throws(TensorFileError) {
    path = source.path
    prefix = chosen?.prefix
    hyperparameters = search.pickle.plainValues(under: "hyper_parameters")
    var tensors: [(name: String, tensor: TorchTensor)] = []
    var others: [LeftOutTensor] = []
    var names: Set<String> = []
    var left: [String] = []
    for (key, value) in source.members {
      guard case .text(let name) = key, search.pickle.isTensor(value) else {
        left.append(Self.text(key))
        continue
      }
      guard chosen?.holds(name) ?? true else {
        // What is not read need not be readable.
        if let tensor = try? search.pickle.tensor(value) {
          others.append(LeftOutTensor(name: name, type: tensor.type, shape: tensor.shape))
        } else {
          left.append(Self.text(key))
        }
        continue
      }
      guard let tensor = try search.pickle.tensor(value) else { continue }
      guard names.insert(name).inserted else {
        throw TensorFileError(
          "data.pkl, tensor \(printable(name)): expected each name once, found it again")
      }
      tensors.append((name, tensor))
    }
    self.tensors = tensors
    leftOut = others
    var notes: [String] = []
    if let path { notes.append("the weights are those under \(printable(path))") }
    left += search.keysBeside(source)
    if !left.isEmpty { notes.append("left out: \(ModuleChoice.list(left))") }
    self.notes = notes
  }

  private static func text(_ key: PickleValue) -> String {
    switch key {
    case .text(let name): name
    case .integer(let number): "\(number)"
    default: "a key that is no text"
    }
  }
}

/// The dictionaries of a pickle that hold tensors by name, down to some keys below the outermost.
private struct StateDictSearch {
  struct Candidate {
    let keys: [String]
    let members: [(key: PickleValue, value: PickleValue)]
    let tensorNames: [String]
    var path: String? { keys.isEmpty ? nil : keys.joined(separator: ".") }
  }

  let pickle: Pickle
  private(set) var candidates: [Candidate] = []
  private var lists: [(path: String, count: Int)] = []
  private var seen: Set<PickleValue> = []

  /// The most keys on the way to a state dict that is read without being asked for, unless it is
  /// the only one.
  static let customaryDepth = 2
  /// The most keys on the way to any: Lightning's callbacks keep averaged models three keys deep.
  private static let deepest = 4

  init(_ pickle: Pickle) {
    self.pickle = pickle
    visit(pickle.value, keys: [])
    candidates.sort { $0.keys.count < $1.keys.count }
  }

  // Each dictionary is visited once, however often and wherever it is referred to.
  private mutating func visit(_ value: PickleValue, keys: [String]) {
    guard case .object = value, seen.insert(value).inserted else { return }
    if let list = pickle.list(value) {
      let count = list.count { pickle.isTensor($0) }
      if count > 0, !keys.isEmpty { lists.append((keys.joined(separator: "."), count)) }
      return
    }
    guard let members = pickle.dictionary(value) else { return }
    var names: [String] = []
    var hasFloats = false
    for case (.text(let name), let value) in members where pickle.isTensor(value) {
      names.append(name)
      if !hasFloats {
        // One that cannot be read is one for which a reason must be given.
        do {
          hasFloats = try pickle.tensor(value)?.type.isFloat ?? false
        } catch {
          hasFloats = true
        }
      }
    }
    if hasFloats { candidates.append(Candidate(keys: keys, members: members, tensorNames: names)) }
    guard keys.count < Self.deepest else { return }
    for case (.text(let key), let inner) in members { visit(inner, keys: keys + [key]) }
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

  /// Whether two modules are the same stored tensors, as a model and its compiled self are.
  func areSame(_ first: ModuleChoice.Chosen, _ second: ModuleChoice.Chosen) -> Bool {
    func tensors(_ chosen: ModuleChoice.Chosen) -> [String: TorchTensor] {
      var tensors: [String: TorchTensor] = [:]
      for case (.text(let name), let value) in candidates[chosen.source].members
      where chosen.holds(name) {
        let own = ModuleChoice.unwrapped(name).dropFirst(chosen.prefix?.count ?? 0)
        if let tensor = try? pickle.tensor(value) { tensors[String(own)] = tensor }
      }
      return tensors
    }
    return tensors(first) == tensors(second)
  }

  /// What is said of a list of tensors where names are needed; nil if there is none, or not where
  /// it is asked for.
  func namelessList(_ path: String?) -> TensorFileError? {
    let asked = lists.filter { list in
      path.map { list.path == $0 || list.path.hasPrefix($0 + ".") } ?? true
    }
    let isNamed = path.map { path in candidates.contains { $0.path == path } } ?? false
    guard let list = asked.first, !isNamed else { return nil }
    return TensorFileError(
      "data.pkl: expected names with tensors, found \(printable(list.path)), a list of "
        + "\(list.count) tensors without names, as torch_ema keeps them; save them by name: "
        + "ema.copy_to(model.parameters()), then torch.save(model.state_dict(), \"model.pt\")")
  }

  var nothingFound: TensorFileError {
    let found: String
    if let tensor = try? pickle.tensor(pickle.value) {
      found = "one tensor without a name, of shape \(tensor.shape)"
    } else if let members = pickle.dictionary(pickle.value) {
      if let box = members.lazy.map(\.value).first(where: isBoxOfTensors) {
        return refusal(of: box)
      }
      let keys = members.prefix(8).compactMap { member in
        if case .text(let key) = member.key { printable(key) } else { nil }
      }
      found =
        members.isEmpty
        ? "an empty dictionary"
        : "a dictionary without float tensors"
          + (keys.isEmpty ? "" : " (its keys: \(keys.joined(separator: ", ")))")
    } else if pickle.isClosed(pickle.value) {
      return refusal(of: pickle.value)
    } else if case .call(.dictionary, _)? = pickle.object(pickle.value)?.kind {
      found = "a dictionary made of other objects, which is not unfolded; save dict(state_dict)"
    } else {
      found = pickle.kind(of: pickle.value)
    }
    return TensorFileError("data.pkl: expected names with tensors, found \(found)")
  }

  /// Whether a value is an object that would hold or be tensors.
  private func isBoxOfTensors(_ value: PickleValue) -> Bool {
    guard let name = pickle.closedClass(value) else { return false }
    return pickle.isModule(value) || name.module == "torch._utils"
  }

  private func refusal(of box: PickleValue) -> TensorFileError {
    let location = pickle.closedClass(box)?.offset ?? pickle.object(box)?.offset ?? 0
    let isModel = pickle.isModule(box)
    let name = pickle.closedClass(box).map { printable($0.description) } ?? "made in the pickle"
    return TensorFileError(
      "data.pkl offset \(location): expected tensors and plain values, found the class \(name)"
        + (isModel ? ", a whole model with code of its own" : "")
        + "; save its weights alone: torch.save(model.state_dict(), \"model.pt\")")
  }
}
