// The families of models, and how each knows its files.

import Tensors

/// A family of models as the reader of files sees it. What a model of it is stands in its
/// configuration.
protocol ModelFamily: Sendable {
  /// The beginnings of names behind which a model of the family stands.
  func modules(in names: [String]) -> [String]

  /// What the names of a file of tensors are; nil where none of the family's models is in it.
  ///
  /// - Throws: `CheckpointError` where the names are the family's and make no model.
  func names(of file: TensorFile) throws -> FamilyNames?

  /// Whether the `model_type` of a folder's `config.json` is one of the family's.
  func has(modelType: String) -> Bool

  /// What a model of the family's package is whose `model_type` this is, and which is none of the
  /// family's; nil of all others.
  func refusal(ofModelType modelType: String) -> String?

  /// The package: `perceiver-pytorch`.
  var package: String { get }

  /// What of the family's folders can be opened, in a sentence's words; nil of a family that has files.
  var openedFolders: String? { get }

  /// What the layout of the family's folders is called; nil of a family that has files.
  var folderLayout: String? { get }

  /// The family's own configuration of a model, which may be another's; nil where the family has no
  /// folders, or knows nothing of the other.
  ///
  /// - Throws: `ConfigurationError` where it knows the other and has no class for the model.
  func folderConfiguration(
    of configuration: any FamilyConfiguration
  ) throws -> (any FolderConfiguration)?
}

extension ModelFamily {
  func has(modelType: String) -> Bool { false }
  func refusal(ofModelType modelType: String) -> String? { nil }
  var openedFolders: String? { nil }
  var folderLayout: String? { nil }
  func folderConfiguration(
    of configuration: any FamilyConfiguration
  ) throws -> (any FolderConfiguration)? { nil }

  /// What the names of the one model begin with, or of the one that was chosen; nil where the
  /// family has none in the file.
  ///
  /// - Throws: `CheckpointError` where there are several.
  func onlyModule(in file: TensorFile) throws -> String? {
    let found = modules(in: file.plainNames)
    let chosen = file.prefix.map { prefix in found.filter { $0 == prefix } } ?? found
    guard chosen.count <= 1 else {
      throw CheckpointError("expected one model, found \(chosen.count)")
    }
    return chosen.first
  }
}

extension [String] {
  /// What stands before a name in those that end in it, alone or behind a dot.
  func beginnings(of name: String) -> [String] {
    let inner = "." + name
    // Every opened file's names are held against those of all families, and the last letters alone
    // tell most of them apart.
    let last = name.utf8.last
    return filter { $0.utf8.last == last && ($0 == name || $0.hasSuffix(inner)) }
      .map { String($0.dropLast(name.count)) }
  }
}

/// A family whose untrained models are drawn here. Others come as trained weights.
protocol DrawnFamily: ModelFamily {
  /// What they begin from, and how a person chooses among them.
  var untrained: UntrainedModels { get }
}

/// A family's untrained models, for those who draw and train them.
public struct UntrainedModels: Sendable {
  /// The family's package: `perceiver-pytorch`.
  public let package: String
  /// The hyperparameters where nothing is given.
  public let defaults: ModelConfiguration
  /// What makes a model that tells classes apart.
  public let classifier: HyperparameterChoice
  /// What makes a model whose outputs a picture is compared with.
  public let reconstruction: HyperparameterChoice

  /// Every hyperparameter that a person may choose, in the order in which they are shown.
  public var hyperparameters: [Hyperparameter] { defaults.catalog }

  /// Those of the family that has them.
  public static let own = ModelFamilies.drawn.untrained
}

/// A hyperparameter with a value, as a person writes it: `variant io`.
public struct HyperparameterChoice: Sendable, Hashable, CustomStringConvertible {
  /// The hyperparameter.
  public let name: String
  /// Its value.
  public let value: String

  /// In a sentence: `variant io`.
  public var description: String { "\(name) \(value)" }
  /// On the command line: `--variant io`.
  public var option: String { "--\(name) \(value)" }
  /// In the program: `:variant io`.
  public var command: String { ":\(name) \(value)" }

  /// The same hyperparameter with what a model has.
  func found(_ value: String) -> HyperparameterChoice { .init(name: name, value: value) }
}

/// The families, in the order in which a file is held against them. The last says what a file is
/// instead that is none of theirs.
enum ModelFamilies {
  static let all: [any ModelFamily] = [
    HuggingFaceFamily(), KrassermFamily(), drawn,
  ]

  /// The one whose untrained models are drawn here.
  static let drawn: any DrawnFamily = PerceiverPytorchFamily()
}

/// A file's names as a family reads them.
struct FamilyNames: Sendable {
  /// What the names of the model's tensors begin with in the file.
  let prefix: String
  /// Stored names by the family's own; names of tied layers lead to one tensor.
  let stored: [String: String]
  /// Names of tensors that are not the model's.
  let strange: Set<String>
  let reader: any FamilyCheckpoint
}

/// What a family makes of an opened file.
protocol FamilyCheckpoint: Sendable {
  /// The package and the releases whose names the file has: `perceiver-pytorch`, `0.11.0`.
  var package: String { get }
  var layout: String { get }
  /// Whether the model reads numbers of tokens.
  var readsTokens: Bool { get }

  /// What lies beside the weights, or in them; nil if nothing.
  func given(_ checkpoint: Checkpoint) throws -> GivenHyperparameters?
  /// What the `config.json` of a case of reference values says of the model.
  func given(
    byCase json: [UInt8], _ checkpoint: Checkpoint
  ) throws -> GivenHyperparameters?
  /// Whether the package gives classes names of its own where no file has any.
  var namesClasses: Bool { get }
  /// What the package's files of reference values hold, and under which names.
  var reference: ReferenceForm { get }
  /// The model's hyperparameters, each with its reason.
  func describe(_ checkpoint: Checkpoint, given: GivenHyperparameters) throws -> ModelDescription
  /// What becomes of a tensor that is no parameter of the plan.
  func surplus(_ name: String, in plan: ModelPlan) -> SurplusTensor
}

extension FamilyCheckpoint {
  func given(
    byCase json: [UInt8], _ checkpoint: Checkpoint
  ) throws -> GivenHyperparameters? { try given(checkpoint) }
  var namesClasses: Bool { false }
}

/// What becomes of a tensor that a model has no parameter for.
enum SurplusTensor: Sendable, Hashable {
  /// It must hold what this parameter does, which tied layers share.
  case repeats(String)
  /// It is passed over.
  case passedOver
  /// It is one too many.
  case refused
}
