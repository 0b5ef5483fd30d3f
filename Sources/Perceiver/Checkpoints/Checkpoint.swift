// A file of trained parameters: which layout it has and which model it makes.

import Tensors

/// An opened checkpoint whose layout is known and whose tensors go by the names of 0.11.0.
public struct Checkpoint: Sendable {
  /// The file.
  public let path: String
  /// The class of model.
  public let variant: Variant
  /// The model's tensors as stored.
  public let entries: [TensorEntry]
  /// What the names of the model's tensors begin with in the file, but for parts that wrappers put
  /// between; empty if nothing.
  public let modulePrefix: String
  /// Tensors beside the model's that are not read.
  public let leftOut: [LeftOutTensor]
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
  ///   - stateDict: Which state dict of a torch.save file to read, or what names begin with; nil to
  ///     find it.
  ///   - prefix: What the names of the model's tensors begin with, such as `teacher`; nil to find it.
  /// - Throws: `CheckpointError` or `TensorFileError` for a damaged file or unknown layout,
  ///   `FileAccessError` if it cannot be read.
  public init(path: String, stateDict: String? = nil, prefix: String? = nil) throws {
    file = try TensorFile(
      path: path,
      choosing: ModuleChoice(
        stateDict: stateDict, prefix: prefix, modules: { ModelNames.all(in: $0).map(\.prefix) }))
    self.path = path
    // `save_model` keeps one of several equal tensors and says which names it dropped.
    let aliases = file.metadata.filter { [file] alias, kept in
      alias != ModelExport.argumentsKey && file.entry(named: alias) == nil
        && file.entry(named: kept) != nil
    }
    let names = file.entries.map(\.name) + aliases.keys.sorted()
    let model = try ModelNames(in: names.map(ModuleChoice.unwrapped), behind: file.prefix)
    modulePrefix = model.prefix
    layoutTable = model.layout
    variant = model.isLanguageModel ? .languageModel : model.layout.variant
    var storedNames: [String: String] = [:]
    var tied = TiedNames()
    var strange: Set<String> = []
    for name in names {
      guard let canonical = try model.canonicalName(ModuleChoice.unwrapped(name)) else {
        strange.insert(name)
        continue
      }
      if let kept = aliases[name] {
        let keptName = try model.canonicalName(ModuleChoice.unwrapped(kept))
        try tied.add(dropped: canonical, kept: keptName ?? kept)
      }
      guard storedNames.updateValue(aliases[name] ?? name, forKey: canonical) == nil else {
        throw CheckpointError("tensor \(printable(name)): expected one \(canonical), found two")
      }
    }
    for other in file.leftOut { try model.checkNoDamage(ModuleChoice.unwrapped(other.name)) }
    entries = file.entries.filter { !strange.contains($0.name) }
    leftOut =
      file.entries.filter { strange.contains($0.name) }.map(LeftOutTensor.init) + file.leftOut
    notes =
      file.notes
      + LeftOutTensors.notes(leftOut, prefix: model.prefix, wasChosen: file.prefix != nil)
    // 0.10.0 has no norm before the residual's two layers, which are then numbered from 0.
    self.storedNames = Self.shiftingResidualsWithoutNorm(storedNames, file)
  }

  /// The releases of perceiver-pytorch whose names the file has: `0.11.0`, `0.8.0 to 0.10.1`.
  public var layout: String {
    let (first, last) = (layoutTable.releases.lowerBound, layoutTable.releases.upperBound)
    return first == last ? "\(first)" : "\(first) to \(last)"
  }

  /// The configuration that this library wrote into the file with the weights; nil where it did
  /// not write it.
  var ownArguments: String? { file.metadata[ModelExport.argumentsKey] }

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
    guard shape(of: first) == shape(of: second) else { return false }
    if let areSame = try file.haveSameBytes(a, b) { return areSame }
    guard let left = try tensor(first),
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
