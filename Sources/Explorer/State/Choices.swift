// Everything a person chooses and undo reaches: input, parameters, selection and view.
// ExplorerState holds one Choices value and the former ones.

import Inputs
import Perceiver
import Screens
import Tensors

/// What a person has chosen; a former value of it is what undo goes back to.
public struct Choices: Sendable, Hashable {
  /// What the model looks at.
  public var input: Input
  /// The model that is asked for.
  public var settings: ModelSettings
  /// The hyperparameters as edited, not yet applied.
  public var draft: ModelConfiguration
  /// Which map is shown.
  public var selection = Selection()
  /// How it is shown.
  public var view = ViewOptions()
  /// What is taken away from the run to see what becomes of the answer.
  public var changes = RunChanges()

  /// The pixels of an object that maps are held against; nil for none.
  public var object: PixelMarks?

  /// The choices at the start: a model on an input.
  public init(input: Input, settings: ModelSettings) {
    self.input = input
    self.settings = settings
    draft = settings.configuration
  }

  /// The axes of the tokens that the model makes of the input: those of maps over it.
  var tokenAxes: [Int] { settings.configuration.tokenAxes(of: input.axes) }

  /// Positions of a text at which the model is to find what stands there, from 0.
  var maskedTokens: [Int] {
    guard input.isText, let mask = settings.configuration.textForm?.mask else { return [] }
    return input.tensor.withUnsafeElements { numbers in
      numbers.indices.filter { numbers[$0] == Float(mask) }
    }
  }

  /// Lets the decoder's queries of an untrained Perceiver IO have the channels of a position of the
  /// input, which changed with a hyperparameter.
  mutating func followInput(after hyperparameter: Hyperparameter) {
    guard case .seed = settings.source, settings.queries == nil,
      hyperparameter.name != HyperparameterCatalog.Name.queryChannels
    else { return }
    draft.fitQueriesToPositions()
  }

  /// The large things that choices hold and that others may hold too.
  var heldMemory: [HeldMemory] {
    var held: [HeldMemory] = []
    if case .weights(let weights) = settings.source {
      held.append(.init(owner: ObjectIdentifier(weights), bytes: 4 * weights.model.parameterCount))
    }
    if let queries = settings.queries {
      held.append(.init(owner: ObjectIdentifier(queries), bytes: 4 * queries.tensor.count))
    }
    return held
  }

  /// Whether the draft differs from the model that is asked for.
  public var hasDraftChanges: Bool { draft != settings.configuration }
}

/// The model that is asked for: hyperparameters and where the parameters come from.
public struct ModelSettings: Sendable, Hashable {
  /// The hyperparameters.
  public var configuration: ModelConfiguration
  /// Where the parameters come from.
  public var source: ParameterSource
  /// Which tokens may be read; all if nil.
  public var mask: NamedMask?
  /// What Perceiver IO's decoder is asked; the positions of the input if nil.
  public var queries: NamedQueries?

  /// A model that is asked for.
  public init(
    configuration: ModelConfiguration, source: ParameterSource, mask: NamedMask? = nil,
    queries: NamedQueries? = nil
  ) {
    self.configuration = configuration
    self.source = source
    self.mask = mask
    self.queries = queries
  }
}

extension ModelSettings {
  /// The mask for an input, of a mask for a longer array the part that goes with it; nil where there
  /// is none, or it does not fit.
  func mask(for input: Input) -> NamedMask? {
    mask?.fitting(input, tokens: configuration.tokenAxes(of: input.axes))
  }
}

/// Where a model's parameters come from.
public enum ParameterSource: Sendable, Hashable {
  /// Drawn as torch draws them after `torch.manual_seed(seed)`.
  case seed(UInt64)
  /// Read from a checkpoint.
  case weights(LoadedWeights)

  /// What one calls them: the file's name, or the seed.
  var words: String {
    switch self {
    case .seed(let seed): "seed \(seed)"
    case .weights(let weights): weights.name
    }
  }
}

/// A mask with the name of the file it was read from.
public struct NamedMask: Sendable, Hashable {
  /// The mask as it was read.
  public let read: InputMask
  /// The file's name.
  public let name: String
  /// The file it can be read from again; nil where it cannot.
  public let path: String?
  /// Which tokens may be read.
  public var mask: TokenMask { read.mask }

  /// A mask and its name.
  public init(_ read: InputMask, name: String, path: String? = nil) {
    (self.read, self.name, self.path) = (read, name, path)
  }

  /// The mask for another input, of a mask for a longer array the part that goes with it; nil where it
  /// does not fit.
  ///
  /// - Parameter tokens: The axes of the tokens that the model makes of the input.
  func fitting(_ input: Input, tokens: [Int]) -> NamedMask? {
    read.fitting(input, tokens: tokens).map { NamedMask($0, name: name, path: path) }
  }
}

/// A decoder's queries with the name of the file they were read from; equal only to themselves.
public final class NamedQueries: Sendable, Hashable {
  /// The queries: `[…axes, queries_dim]`.
  public let tensor: Tensor
  /// The file's name.
  public let name: String
  /// The file they can be read from again; nil where they cannot.
  public let path: String?

  /// Queries and their name.
  public init(tensor: Tensor, name: String, path: String? = nil) {
    self.tensor = tensor
    (self.name, self.path) = (name, path)
  }

  public static func == (left: NamedQueries, right: NamedQueries) -> Bool { left === right }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
