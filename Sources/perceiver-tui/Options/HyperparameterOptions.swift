// Options and flags whose names and help come from the catalog of hyperparameters.

import ArgumentParser
import Perceiver

extension Option where Value == String? {
  /// The option of a hyperparameter that takes a value, read later by the catalog.
  ///
  /// Whatever follows is the value, so that `--depth -1` is refused for its range.
  init(hyperparameter name: String) {
    let entry = HyperparameterCatalog.entry(name)
    self.init(
      name: .customLong(entry.optionName), parsing: .unconditional,
      help: ArgumentHelp(entry.helpWithDefault, valueName: entry.valueName))
  }
}

extension Flag where Value == Bool? {
  /// The pair of flags of a hyperparameter that is yes or no: `--weight-tie-layers` and
  /// `--no-weight-tie-layers`.
  init(hyperparameter name: String) {
    let entry = HyperparameterCatalog.entry(name)
    self.init(
      name: .customLong(entry.optionName), inversion: .prefixedNo,
      help: ArgumentHelp(entry.helpWithDefault))
  }
}

extension HyperparameterCatalog {
  /// The entry of a name that this program spells out.
  fileprivate static func entry(_ name: String) -> Hyperparameter {
    guard let entry = self[name] else { preconditionFailure("\(name) is not in the catalog") }
    return entry
  }
}

extension Hyperparameter {
  fileprivate var valueName: String {
    switch domain {
    case .integer: "n"
    case .real: "x"
    case .choice: "name"
    case .toggle, .layers: "yes|no"
    }
  }

  fileprivate var helpWithDefault: String {
    // These two are found in the input or the checkpoint.
    let derived = ["input_channels", "input_axis"].contains(name)
    let value = derived ? "from the input" : "\(value(in: UntrainedModels.own.defaults))"
    return "\(help) (\(name), default: \(value))"
  }
}
