// What commands ask of the model that options name.

import Inputs
import Perceiver
import Tensors

extension ModelSource {
  /// The channels that options or a configuration file give.
  var givenChannels: Int? { givenInteger(HyperparameterCatalog.Name.inputChannels) }

  /// What the classes are called that weights have learnt; nil for untrained ones and where nobody
  /// said.
  var learntClassNames: [String]? {
    guard checkpoint != nil, let names = given.classNames,
      names.count == givenClasses ?? names.count, names != names.indices.map(String.init)
    else { return nil }
    return names
  }

  /// The classes that options or a configuration file give.
  var givenClasses: Int? { givenInteger(HyperparameterCatalog.Name.classes) }

  /// Says on standard error whether weights are NaN or infinite; it reads the whole file.
  ///
  /// - Throws: `InputFailure`, `ComputationCancelled`.
  func noteNonFiniteWeights() throws {
    if let checkpoint, let note = try nonFiniteNote() {
      Messages.note("\(checkpoint.path): \(note)")
    }
  }

  /// Says on standard error whether weights that a run has read are NaN or infinite.
  ///
  /// - Throws: `ComputationCancelled`.
  func noteNonFiniteWeights(of run: PerceiverRun, _ cancellation: Cancellation) throws {
    if let checkpoint, let note = try run.nonFiniteNote(cancellation: cancellation) {
      Messages.note("\(checkpoint.path): \(note)")
    }
  }
}
