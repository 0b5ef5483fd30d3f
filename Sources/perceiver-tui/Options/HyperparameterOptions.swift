// The options of hyperparameters: one for each row of the drawn family's table, and no other list.
//
// The parser looks for options among what `Mirror` shows of a type. Stored properties are what it shows
// by itself; here it shows the table's rows instead, and `init(from:)` reads each row back.

import ArgumentParser
import Perceiver
import Tensors

/// What options say of hyperparameters, as typed; the table says what it means.
struct HyperparameterOptions: ParsableArguments, CustomReflectable {
  /// The table's rows as help lists them: those that say which class of model it is stand first.
  static let table: [Hyperparameter] = {
    let all = UntrainedModels.own.hyperparameters
    return all.filter(\.isChoice) + all.filter { !$0.isChoice }
  }()

  /// The given texts by the hyperparameters' names.
  private var texts: [String: String] = [:]

  init() {}

  init(from decoder: any Decoder) throws {
    let options = try decoder.container(keyedBy: Row.self)
    for hyperparameter in Self.table {
      texts[hyperparameter.name] =
        hyperparameter.isFlag
        ? try options.decode(Flag<Bool?>.self, forKey: Row(hyperparameter)).wrappedValue
          .map { HyperparameterValue.toggle($0).description }
        : try options.decode(Option<String?>.self, forKey: Row(hyperparameter)).wrappedValue
    }
  }

  /// The declarations, under the names that `init(from:)` looks for.
  var customMirror: Mirror {
    Mirror(
      self,
      children: Self.table.map { Mirror.Child(label: $0.name, value: $0.declaration) },
      displayStyle: .struct)
  }

  /// What is typed for a hyperparameter; nil where its option is not given.
  subscript(name: String) -> String? { texts[name] }

  /// The first option that is given, in the table's order and as the command line calls it; nil for
  /// none.
  var firstGiven: String? {
    Self.table.first { texts[$0.name] != nil }.map { "--\($0.optionName)" }
  }

  /// The values, by the hyperparameters' names.
  ///
  /// - Throws: `ValidationError` with the first option whose text is no value.
  func values() throws -> [String: HyperparameterValue] {
    var values: [String: HyperparameterValue] = [:]
    for hyperparameter in Self.table {
      guard let text = texts[hyperparameter.name] else { continue }
      do {
        values[hyperparameter.name] = try hyperparameter.parse(text)
      } catch {
        throw ValidationError(
          "--\(hyperparameter.optionName): expected \(error.expected), found "
            + printable(error.found))
      }
    }
    return values
  }

  /// A hyperparameter as the key under which the parser keeps its option.
  private struct Row: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ hyperparameter: Hyperparameter) { stringValue = hyperparameter.name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension Hyperparameter {
  fileprivate var isChoice: Bool { if case .choice = domain { true } else { false } }

  /// Whether it is given by a pair of flags, `--weight-tie-layers` and `--no-weight-tie-layers`, and
  /// not by an option with a value.
  fileprivate var isFlag: Bool {
    switch domain {
    case .toggle, .layers: true
    case .integer, .real, .choice: false
    }
  }

  /// What the parser makes an option, its help and completions of.
  ///
  /// Whatever follows an option is its value, so that `--depth -1` is refused for its range.
  fileprivate var declaration: Any {
    isFlag
      ? Flag<Bool?>(
        name: .customLong(optionName), inversion: .prefixedNo, help: ArgumentHelp(helpWithDefault))
      : Option<String?>(
        name: .customLong(optionName), parsing: .unconditional,
        help: ArgumentHelp(helpWithDefault, valueName: valueName))
  }

  private var valueName: String {
    switch domain {
    case .integer: "n"
    case .real: "x"
    case .choice: "name"
    case .toggle, .layers: "yes|no"
    }
  }

  private var helpWithDefault: String {
    let standard = source ?? "\(value(in: UntrainedModels.own.defaults))"
    return "\(help) (\(name), default: \(standard))"
  }
}
