// A file of trained parameters: which layout it has and which model it makes.

import Tensors

/// An opened checkpoint whose layout is known and whose tensors go by the names of 0.11.0.
public struct Checkpoint: Sendable {
  /// The file.
  public let path: String
  /// The class of model.
  public let variant: Variant
  /// The file's tensors as stored.
  public let entries: [TensorEntry]
  /// What the file's reader chose or left out, a sentence each.
  public let notes: [String]
  let layoutTable: CheckpointLayout
  private let file: TensorFile
  /// Stored names by names of 0.11.0; names of tied layers lead to one tensor.
  private let storedNames: [String: String]

  /// Opens a file in a layout of releases 0.1.14 to 0.11.0 of any class.
  ///
  /// - Parameters:
  ///   - path: safetensors or a state dict of torch.save.
  ///   - stateDict: Which state dict of a torch.save file to read; nil to find it.
  /// - Throws: `CheckpointError` or `TensorFileError` for a damaged file or unknown layout,
  ///   `FileAccessError` if it cannot be read.
  public init(path: String, stateDict: String? = nil) throws {
    file = try TensorFile(path: path, stateDict: stateDict)
    self.path = path
    entries = file.entries
    notes = file.notes
    // `save_model` keeps one of several equal tensors and says which names it dropped.
    let aliases = file.metadata.filter { [file] alias, kept in
      file.entry(named: alias) == nil && file.entry(named: kept) != nil
    }
    let names = file.entries.map(\.name) + aliases.keys.sorted()
    let wrapper = try Wrapper(names)
    let layout = try wrapper.layout(of: names)
    layoutTable = layout
    variant = wrapper.isLanguageModel ? .languageModel : layout.variant
    var storedNames: [String: String] = [:]
    var tied = TiedNames()
    for name in names {
      let canonical = try wrapper.canonicalName(name, layout)
      if let kept = aliases[name] {
        try tied.add(dropped: canonical, kept: try wrapper.canonicalName(kept, layout))
      }
      guard storedNames.updateValue(aliases[name] ?? name, forKey: canonical) == nil else {
        throw CheckpointError("tensor \(printable(name)): expected one \(canonical), found two")
      }
    }
    // 0.10.0 has no norm before the residual's two layers, which are then numbered from 0.
    self.storedNames = Self.shiftingResidualsWithoutNorm(storedNames, file)
  }

  /// The releases of perceiver-pytorch whose names the file has: `0.11.0`, `0.8.0 to 0.10.1`.
  public var layout: String {
    let (first, last) = (layoutTable.releases.lowerBound, layoutTable.releases.upperBound)
    return first == last ? "\(first)" : "\(first) to \(last)"
  }

  /// How the file stores tensors.
  public var format: String { "\(file.format)" }

  /// The shape of a tensor by its name of 0.11.0.
  func shape(of name: String) -> [Int]? {
    storedNames[name].flatMap { file.entry(named: $0)?.shape }
  }

  /// The name by which a model of this file knows a stored tensor; tied layers have one for all.
  package func parameterName(ofStored name: String, in model: Perceiver) -> String? {
    storedNames.first { $0.value == name }.map { model.plan.storedName(of: $0.key) }
  }

  /// Names of 0.11.0 of all tensors.
  var names: some Collection<String> { storedNames.keys }

  /// A tensor by its name of 0.11.0.
  func tensor(_ name: String) throws -> Tensor? {
    try storedNames[name].map { try file.tensor(named: $0) }
  }

  /// Whether two tensors hold the same bits, as tied ones do.
  func areEqual(_ first: String, _ second: String) throws -> Bool {
    guard let a = storedNames[first], let b = storedNames[second] else { return false }
    if a == b || file.sharesStorage(a, b) { return true }
    guard shape(of: first) == shape(of: second), let left = try tensor(first),
      let right = try tensor(second)
    else { return false }
    return left.hasSameBits(as: right)
  }

  /// How many numbers of a tensor are NaN or infinite.
  func nonFiniteCount(_ name: String) throws -> Int {
    try storedNames[name].map { try file.nonFiniteCount(named: $0) } ?? 0
  }

  private static func shiftingResidualsWithoutNorm(
    _ names: [String: String], _ file: TensorFile
  ) -> [String: String] {
    var result: [String: String] = [:]
    for (name, stored) in names {
      // …attn_residuals.LAYER.to_attn_logits.NUMBER.weight; other names stay, to be refused as left
      // over.
      var parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count >= 5, parts[parts.count - 5] == "attn_residuals", parts.last == "weight",
        let number = Int(parts[parts.count - 2]), (0..<Int.max).contains(number),
        "\(number)" == parts[parts.count - 2]
      else {
        result[name] = stored
        continue
      }
      let place = parts.count - 2
      parts[place] = "0"
      let first = names[parts.joined(separator: ".")]
      let isWithoutNorm = first.flatMap { file.entry(named: $0)?.shape.count } == 2
      parts[place] = Substring("\(isWithoutNorm ? number + 1 : number)")
      result[parts.joined(separator: ".")] = stored
    }
    return result
  }
}

/// What stands around a model's names: `module.`, `model.`, and PerceiverLM's own tables.
private struct Wrapper {
  /// What every name begins with.
  let prefix: String
  let isLanguageModel: Bool
  private static let inner = "perceiver_io."

  init(_ names: [String]) throws {
    let latents = names.filter { $0 == "latents" || $0.hasSuffix(".latents") }
    guard let name = latents.first, latents.count == 1 else {
      throw CheckpointError(
        "expected one tensor called latents, found \(latents.isEmpty ? "none" : "\(latents.count)")"
      )
    }
    let all = String(name.dropLast("latents".count))
    let outer = String(all.dropLast(Self.inner.count))
    isLanguageModel = all.hasSuffix(Self.inner) && names.contains(outer + "token_emb.weight")
    prefix = isLanguageModel ? outer : all
  }

  func layout(of names: [String]) throws -> CheckpointLayout {
    let whole = isLanguageModel ? prefix + Self.inner : prefix
    let stripped = Set(
      names.compactMap { $0.hasPrefix(whole) ? String($0.dropFirst(whole.count)) : nil })
    if let layout = CheckpointLayout.of(stripped) { return layout }
    let known = CheckpointLayout.known.first { known in
      stripped.contains(known.mark)
        || names.contains { $0 == known.mark || $0.hasSuffix("." + known.mark) }
    }
    throw CheckpointError(
      "expected a model of perceiver-pytorch 0.1.14 to 0.11.0, found "
        + (known?.is ?? "other tensors (no layers.0.cross_attn.fn.to_q.weight)"))
  }

  func canonicalName(_ name: String, _ layout: CheckpointLayout) throws -> String {
    guard name.hasPrefix(prefix) else {
      throw CheckpointError("tensor \(printable(name)): expected names that begin with \(prefix)")
    }
    let own = String(name.dropFirst(prefix.count))
    guard isLanguageModel, own.hasPrefix(Self.inner) else { return layout.canonicalName(own) }
    return Self.inner + layout.canonicalName(String(own.dropFirst(Self.inner.count)))
  }
}
