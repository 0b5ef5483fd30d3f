// A file of trained parameters: whose it is and which model it makes.

import Tensors

/// An opened checkpoint whose family is known and whose tensors go by the family's own names.
public struct Checkpoint: Sendable {
  /// The file.
  public let path: String
  /// The model's tensors as stored.
  public let entries: [TensorEntry]
  /// What the names of the model's tensors begin with in the file, but for parts that wrappers put
  /// between; empty if nothing.
  public let modulePrefix: String
  /// Tensors beside the model's that are not read.
  public let leftOut: [LeftOutTensor]
  /// What the file's reader chose or left out, a sentence each.
  public let notes: [String]
  /// The model folder in which the file lies, with what lies beside it; nil for a file by itself.
  let folder: ModelFolder?
  /// The file of the folder that says how photos are prepared; nil where none does.
  public var photoProcessorName: String? { folder?.photoProcessorName }
  let reader: any FamilyCheckpoint
  private let file: TensorFile
  /// Stored names by the family's own; names of tied layers lead to one tensor.
  private let storedNames: [String: String]

  /// Opens a file or folder of any family's models.
  ///
  /// - Parameters:
  ///   - path: safetensors, a state dict of torch.save, a model folder or a file in one, or
  ///     `OWNER/NAME` of the Hub's cache.
  ///   - stateDict: Which state dict of a torch.save file to read, or what names begin with; nil to
  ///     find it.
  ///   - prefix: What the names of the model's tensors begin with, such as `teacher`; nil to find it.
  /// - Throws: `CheckpointError`, `ModelFolderError` or `TensorFileError` for a damaged file or unknown
  ///   layout, `FileAccessError` if it cannot be read.
  public init(path: String, stateDict: String? = nil, prefix: String? = nil) throws {
    let choice = ModuleChoice(
      stateDict: stateDict, prefix: prefix,
      modules: { names in ModelFamilies.all.flatMap { $0.modules(in: names) } },
      preferred: { Trainer.isSaved(in: $0) ? Trainer.parameterPrefix : nil })
    folder = try ModelFolder.opened(path, choosing: choice)
    file = try folder?.file ?? TensorFile(path: path, choosing: choice)
    self.path = folder?.weightsPath ?? path
    let names = try Self.names(of: file, in: folder)
    (modulePrefix, storedNames, reader) = (names.prefix, names.stored, names.reader)
    entries = file.entries.filter { !names.strange.contains($0.name) }
    leftOut =
      file.entries.filter { names.strange.contains($0.name) }.map(LeftOutTensor.init)
      + file.leftOut
    notes =
      (folder?.notes ?? []) + file.notes
      + LeftOutTensors.notes(
        leftOut, prefix: names.prefix, wasChosen: file.prefix != nil,
        ofTraining: Trainer.isSaved(in: file.metadata))
  }

  /// The names as the first family reads them that knows them.
  private static func names(of file: TensorFile, in folder: ModelFolder?) throws -> FamilyNames {
    // A folder says what it is; names of tensors would be a riddle there.
    if let folder, !folder.isNamedFile,
      !ModelFamilies.all.contains(where: { $0.has(modelType: folder.modelType) })
    {
      let refusal = ModelFamilies.all.lazy.compactMap {
        $0.refusal(ofModelType: folder.modelType)
      }.first
      let opened = ModelFamilies.all.compactMap(\.openedFolders).joined(separator: " and ")
      throw CheckpointError(
        "config.json: model_type: expected perceiver, found \(printable(folder.modelType)): "
          + (refusal ?? "only \(opened) can be opened"))
    }
    for family in ModelFamilies.all {
      if let names = try family.names(of: file) { return names }
    }
    throw CheckpointError("expected a model, found tensors of something else")
  }

  /// The package whose names the file has: `perceiver-pytorch`.
  public var package: String { reader.package }

  /// Its releases that have them: `0.11.0`, `0.8.0 to 0.10.1`.
  public var layout: String { reader.layout }

  /// Whether the model reads numbers of tokens, and not data.
  public var readsTokens: Bool { reader.readsTokens }

  /// Whether the package gives classes names of its own where no file has any.
  package var namesClasses: Bool { reader.namesClasses }

  /// What the file says of itself.
  var metadata: [String: String] { file.metadata }

  /// The settings of the training that wrote it, where the file has them.
  var hyperparameters: JSONValue? { file.hyperparameters }

  /// Finds the model's hyperparameters: derived from the file, else as given, else assumed.
  ///
  /// - Throws: `CheckpointError` where a given value contradicts the file, or nothing gives a value
  ///   that the file leaves open and no default fits; `HyperparameterError` where a given value is
  ///   out of range.
  public func describe(given: GivenHyperparameters) throws -> ModelDescription {
    try reader.describe(self, given: given)
  }

  /// How the file stores tensors.
  public var format: String { "\(file.format)" }

  /// The shape of a tensor by the family's name.
  func shape(of name: String) -> [Int]? {
    storedNames[name].flatMap { file.entry(named: $0)?.shape }
  }

  /// The type of a tensor's elements, by the family's name.
  func elementType(of name: String) -> ElementType? {
    storedNames[name].flatMap { file.entry(named: $0)?.type }
  }

  /// Bytes of all tensors of the file.
  public var byteCount: Int { file.entries.reduce(0) { $0 + $1.bytes.count } }

  /// The name by which a model of this file knows a stored tensor; tied layers have one for all.
  package func parameterName(ofStored name: String, in model: Perceiver) -> String? {
    storedNames.first { $0.value == name }.map { model.plan.storedName(of: $0.key) }
  }

  /// The family's names of all tensors.
  var names: some Collection<String> { storedNames.keys }

  /// A whole number that stands alone in the file, by its name behind the module's prefix; nil where
  /// there is none.
  func counter(_ name: String) -> Int? {
    let stored = modulePrefix + name
    guard let entry = file.entry(named: stored), entry.shape.isEmpty, !entry.type.isFloat,
      let value = try? file.numbers(named: stored).values.first
    else { return nil }
    return Int(exactly: value)
  }

  /// A tensor by the family's name.
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

  /// What becomes of a tensor that is no parameter of the plan.
  func surplus(_ name: String, in plan: ModelPlan) -> SurplusTensor {
    reader.surplus(name, in: plan)
  }

  /// What lies beside the weights, or in them; nil if nothing.
  func givenBeside() throws -> GivenHyperparameters? { try reader.given(self) }

  /// A sentence about weights that are NaN or infinite; nil if all are numbers. It reads the whole
  /// file.
  ///
  /// - Throws: `TensorFileError`, `ComputationCancelled`.
  public func nonFiniteNote(cancellation: Cancellation? = nil) throws -> String? {
    var wrong: [(name: String, count: Int)] = []
    for name in names.sorted() {
      try cancellation?.check()
      let count = try nonFiniteCount(name)
      if count > 0 { wrong.append((name, count)) }
    }
    return Self.note(nonFinite: wrong)
  }

  /// The sentence about tensors with weights that are NaN or infinite; nil where there are none.
  static func note(nonFinite wrong: [(name: String, count: Int)]) -> String? {
    guard let first = wrong.first else { return nil }
    let all = wrong.reduce(0) { $0 + $1.count }
    return "\(all) weights are NaN or infinite, in \(wrong.count) tensors; the first is "
      + "\(first.name)"
  }
}

extension GivenHyperparameters {
  /// The hyperparameters that come with a checkpoint: those of the file beside it or in it. Notes
  /// say which were used, and what was passed over. Nil if there are none.
  ///
  /// - Throws: `FileAccessError` where a file is there and cannot be read, `ConfigurationError` with
  ///   its name where it is no JSON or gives an argument a value that it cannot have.
  public static func of(_ checkpoint: Checkpoint) throws -> GivenHyperparameters? {
    try checkpoint.givenBeside()
  }
}

// A checkpoint whose contents make no model.

/// A checkpoint that cannot be used.
public struct CheckpointError: Error, Hashable, CustomStringConvertible {
  /// One line: where in the file, what was expected, what was found.
  public let description: String

  /// Makes the error.
  public init(_ description: String) { self.description = description }
}
