// Which of a file's tensors are read where it holds several state dicts, or several modules in one.

/// A tensor that stands beside those that are read.
public struct LeftOutTensor: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its stored element type.
  public let type: ElementType
  /// Axis lengths.
  public let shape: [Int]

  init(name: String, type: ElementType, shape: [Int]) {
    (self.name, self.type, self.shape) = (name, type, shape)
  }

  /// What stays of an entry that is not read.
  public init(_ entry: TensorEntry) {
    self.init(name: entry.name, type: entry.type, shape: entry.shape)
  }
}

/// Which tensors of a file a reader wants.
public struct ModuleChoice: Sendable {
  /// Keys to a state dict, joined by dots, or what names begin with; nil to find it.
  public var stateDict: String?
  /// What the names of the tensors begin with; nil to find it.
  public var prefix: String?
  /// The beginnings of names in one state dict under which there is a module that can be read; the
  /// names come without what wrappers put between their parts.
  let modules: @Sendable ([String]) -> [String]
  /// The beginning of names that a safetensors file's own metadata ask for; nil where they ask for
  /// none.
  let preferred: @Sendable ([String: String]) -> String?

  /// Wants all tensors of one state dict, or the one module in it that `modules` knows.
  public init(
    stateDict: String? = nil, prefix: String? = nil,
    modules: @escaping @Sendable ([String]) -> [String] = { _ in [] },
    preferred: @escaping @Sendable ([String: String]) -> String? = { _ in nil }
  ) {
    (self.stateDict, self.prefix, self.modules) = (stateDict, prefix, modules)
    self.preferred = preferred
  }

  /// The choice for a file with such metadata: what it asks for itself, where nobody else does.
  func completed(by metadata: [String: String]) -> ModuleChoice {
    var result = self
    if stateDict == nil, prefix == nil { result.prefix = preferred(metadata) }
    return result
  }

  /// A state dict of the file.
  struct Source {
    /// Where it is, keys joined by dots; nil at the top.
    let path: String?
    /// Names of its tensors, without what wrappers put between their parts.
    let names: [String]

    init(path: String?, names: [String]) {
      (self.path, self.names) = (path, names.map(ModuleChoice.unwrapped))
    }
  }

  /// One module of one state dict.
  struct Chosen: Hashable {
    /// The index of its state dict.
    let source: Int
    /// What its names begin with; nil if all tensors are wanted.
    let prefix: String?

    /// Whether a tensor's name is one of the module's.
    func holds(_ name: String) -> Bool {
      prefix.map { ModuleChoice.unwrapped(name).hasPrefix($0) } ?? true
    }
  }

  /// A name without the parts that torch.compile, FSDP, activation checkpoints and DeepSpeed put
  /// into it, at any depth.
  public static func unwrapped(_ name: String) -> String {
    guard hasPartWithUnderscore(name) else { return name }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.contains(where: wrappers.contains) else { return name }
    return parts.filter { !wrappers.contains($0) }.joined(separator: ".")
  }

  /// Whether some part begins as all wrappers' do. Files have thousands of names, and few have such a
  /// part.
  private static func hasPartWithUnderscore(_ name: String) -> Bool {
    var isStart = true
    for byte in name.utf8 {
      if isStart && byte == UInt8(ascii: "_") { return true }
      isStart = byte == UInt8(ascii: ".")
    }
    return false
  }

  private static let wrappers: Set<Substring> = [
    "_orig_mod", "_fsdp_wrapped_module", "_fpw_module", "_checkpoint_wrapped_module",
    "_forward_module",
  ]

  /// Chooses.
  ///
  /// - Parameter areSame: Whether two modules are the same tensors under other names.
  /// - Returns: nil if no module is known in any of the sources, and none was asked for.
  /// - Throws: `TensorFileError` where what was asked for is not there, or several modules are.
  func chosen(
    of sources: [Source], areSame: (Chosen, Chosen) -> Bool
  ) throws(TensorFileError) -> Chosen? {
    var (candidates, asked) = (Array(sources.indices), prefix)
    if let stateDict {
      if let exact = sources.firstIndex(where: { $0.path == stateDict }) {
        candidates = [exact]
      } else {
        let begun = try sourceWithNames(beginning: stateDict, sources)
        candidates = [begun.source]
        asked = begun.prefix.map { $0 + (prefix ?? "") } ?? prefix
      }
    }
    var known: [Chosen] = []
    for index in candidates {
      for module in modules(sources[index].names) {
        known.append(Chosen(source: index, prefix: module))
      }
    }
    if let asked { return try module(beginning: asked, known, candidates, sources) }
    var different: [Chosen] = []
    for module in known where !different.contains(where: { areSame($0, module) }) {
      different.append(module)
      guard different.count <= Self.mostListed else { break }
    }
    guard different.count <= 1 else { throw several(different, sources) }
    return different.first ?? (stateDict == nil ? nil : Chosen(source: candidates[0], prefix: nil))
  }

  private static let mostListed = 8

  // A prefix is given with or without its dot, and leads to the one module that begins so.
  private func module(
    beginning asked: String, _ known: [Chosen], _ candidates: [Int], _ sources: [Source]
  ) throws(TensorFileError) -> Chosen {
    let whole = Self.whole(asked)
    let exact = known.filter { $0.prefix == whole }
    let begun = exact.isEmpty ? known.filter { $0.prefix?.hasPrefix(whole) ?? false } : exact
    if let only = begun.first, begun.count == 1 { return only }
    if begun.count > 1 { throw several(begun, sources) }
    for index in candidates where sources[index].names.contains(where: { $0.hasPrefix(whole) }) {
      return Chosen(source: index, prefix: whole)
    }
    throw TensorFileError(
      "expected tensors whose names begin with \(printable(whole)), found "
        + Self.beginnings(candidates.flatMap { sources[$0].names }))
  }

  // `ema_model`, or `state_dict.ema_model`.
  private func sourceWithNames(
    beginning asked: String, _ sources: [Source]
  ) throws(TensorFileError) -> Chosen {
    var found: [Chosen] = []
    for (index, source) in sources.enumerated() {
      var rest = [asked]
      if let path = source.path, asked.hasPrefix(path + ".") {
        rest.insert(String(asked.dropFirst(path.count + 1)), at: 0)
      }
      for prefix in rest.map(Self.whole)
      where source.names.contains(where: { $0.hasPrefix(prefix) }) {
        found.append(Chosen(source: index, prefix: prefix))
        break
      }
    }
    if let only = found.first, found.count == 1 { return only }
    if found.count > 1 { throw several(found, sources) }
    let paths = sources.map { $0.path ?? "tensors at the top" }
    throw TensorFileError(
      "expected a state dict under \(printable(asked)), found "
        + (paths.isEmpty ? "none at all" : "state dicts under \(Self.list(paths))"))
  }

  private func several(_ modules: [Chosen], _ sources: [Source]) -> TensorFileError {
    let areInOne = Set(modules.map(\.source)).count == 1
    let arePlain = modules.allSatisfy { ($0.prefix ?? "").isEmpty }
    let ways = modules.prefix(Self.mostListed).map { module in
      var words: [String] = []
      if !areInOne, let path = sources[module.source].path {
        words.append("--state-dict \(printable(path))")
      }
      let prefix = module.prefix ?? ""
      if !arePlain || words.isEmpty {
        words.append("--prefix \(prefix.isEmpty ? "\"\"" : printable(prefix))")
      }
      return words.joined(separator: " ")
    }
    let count =
      modules.count > Self.mostListed ? "more than \(Self.mostListed)" : "\(modules.count)"
    return TensorFileError(
      "expected one model, found \(count); choose with \(ways.joined(separator: ", or "))")
  }

  /// Whether some names begin with a prefix.
  func isBeginning(_ prefix: String, of names: [String]) -> Bool {
    names.contains { Self.unwrapped($0).hasPrefix(Self.whole(prefix)) }
  }

  /// A prefix with the dot that ends it.
  private static func whole(_ prefix: String) -> String {
    let whole = prefix.isEmpty || prefix.hasSuffix(".") ? prefix : prefix + "."
    return unwrapped(whole)
  }

  /// The first parts of names, in their order.
  private static func beginnings(_ names: [String]) -> String {
    var seen: Set<Substring> = []
    let firsts = names.compactMap { name -> String? in
      let end = name.firstIndex(of: ".") ?? name.endIndex
      return seen.insert(name[..<end]).inserted ? String(name[..<end]) : nil
    }
    return firsts.isEmpty ? "no tensors" : "names that begin with \(list(firsts))"
  }

  /// The first of some names, and how many more there are.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(mostListed).map(printable).joined(separator: ", ")
    return names.count > mostListed ? "\(shown) and \(names.count - mostListed) more" : shown
  }
}
