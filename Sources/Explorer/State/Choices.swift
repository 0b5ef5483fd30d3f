// Everything a person chooses and undo reaches: input, parameters, selection and view.
// ExplorerState holds one Choices value and the former ones.

import Perceiver
import Screens

/// What a person has chosen; a former value of it is what undo goes back to.
public struct Choices: Sendable, Hashable {
  /// What the model looks at.
  public var input: ExplorerInput
  /// The model that is asked for.
  public var settings: ModelSettings
  /// The hyperparameters as edited, not yet applied.
  public var draft: PerceiverConfiguration
  /// Which map is shown.
  public var selection = Selection()
  /// How it is shown.
  public var view = ViewOptions()

  /// The choices at the start: a model on an input.
  public init(input: ExplorerInput, settings: ModelSettings) {
    self.input = input
    self.settings = settings
    draft = settings.configuration
  }

  /// Whether the draft differs from the model that is asked for.
  public var hasDraftChanges: Bool { draft != settings.configuration }
}

/// The model that is asked for: hyperparameters and where the parameters come from.
public struct ModelSettings: Sendable, Hashable {
  /// The hyperparameters.
  public var configuration: PerceiverConfiguration
  /// Where the parameters come from.
  public var source: ParameterSource
  /// Which tokens may be read; all if nil.
  public var mask: NamedMask?

  /// A model that is asked for.
  public init(
    configuration: PerceiverConfiguration, source: ParameterSource, mask: NamedMask? = nil
  ) {
    self.configuration = configuration
    self.source = source
    self.mask = mask
  }
}

/// Where a model's parameters come from.
public enum ParameterSource: Sendable, Hashable {
  /// Drawn as torch draws them after `torch.manual_seed(seed)`.
  case seed(UInt64)
  /// Read from a checkpoint.
  case weights(LoadedWeights)
}

/// A model whose parameters were read from a file; equal only to itself.
public final class LoadedWeights: Sendable, Hashable {
  /// The model as loaded.
  public let model: Perceiver
  /// The file's name, for the title.
  public let name: String

  /// A model and the name of the file it was read from.
  public init(model: Perceiver, name: String) {
    self.model = model
    self.name = name
  }

  public static func == (left: LoadedWeights, right: LoadedWeights) -> Bool { left === right }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A mask with the name of the file it was read from.
public struct NamedMask: Sendable, Hashable {
  /// The mask.
  public let mask: TokenMask
  /// The file's name.
  public let name: String

  /// A mask and its name.
  public init(mask: TokenMask, name: String) {
    self.mask = mask
    self.name = name
  }
}
