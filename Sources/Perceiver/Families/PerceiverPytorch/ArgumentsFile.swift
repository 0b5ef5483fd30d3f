// Hyperparameters of perceiver-pytorch as its users write them down: arguments in JSON.

import Tensors

extension GivenHyperparameters {
  /// What is said of `cross_dim` wherever it is given.
  public static let crossDimNote =
    "cross_dim is ignored: perceiver-pytorch dropped it in 0.1.20 and never used it"

  /// Whether an untrained model of these arguments reads numbers of tokens.
  public var asksForTokens: Bool { values["variant"] == .choice(Variant.languageModel.rawValue) }

  /// Checks every value on its own, before any is reckoned with.
  func checkRanges() throws(HyperparameterError) {
    var configuration = ModelConfiguration(PerceiverConfiguration())
    for hyperparameter in HyperparameterCatalog.all {
      guard let value = values[hyperparameter.name] else { continue }
      try hyperparameter.set(value, in: &configuration)
    }
  }

  /// Reads perceiver-pytorch's arguments from JSON: an object of arguments, or an object with
  /// `version`, `module`, `cls`, `args` and perhaps `defaults`, which `args` override.
  ///
  /// - Throws: `ConfigurationError` with the location, what was expected and what was found.
  public init(json bytes: [UInt8]) throws { try self.init(json: bytes, unknown: .refused) }

  /// What becomes of arguments that perceiver-pytorch does not have.
  enum UnknownArguments {
    case refused
    /// They are passed over, and a note names them.
    case noted
  }

  init(json bytes: [UInt8], unknown: UnknownArguments) throws {
    let json: JSONValue
    do {
      json = try JSONValue(parsing: bytes)
    } catch {
      let isYAML = Self.isYAML(bytes)
      throw ConfigurationError(
        "\(error)"
          + (isYAML ? ": YAML, as Lightning's hparams.yaml; write the arguments as JSON" : ""))
    }
    guard case .object = json else {
      throw ConfigurationError("expected an object of arguments, found \(json.kind)")
    }
    guard let arguments = json["args"] else {
      try read(json, of: "configuration", unknown)
      try readOwn(json[Self.ownKey], unknown)
      return
    }
    try readClass(json)
    if let defaults = json["defaults"] { try read(defaults, of: "defaults", unknown) }
    try read(arguments, of: "args", unknown)
    try readOwn(json[Self.ownKey], unknown)
  }

  /// Reads what this library says and the class does not know.
  private mutating func readOwn(_ own: JSONValue?, _ unknown: UnknownArguments) throws {
    guard let own else { return }
    if let names = own[Self.classNamesKey] { classNames = try Self.names(names) }
    if let json = own[Self.preprocessingKey] {
      do { preprocessing = try Preprocessing(json) } catch {
        throw ConfigurationError("\(Self.preprocessingKey): \(error)")
      }
    }
    generation = own[Self.generationKey]?.string
    try read(own, of: Self.ownKey, unknown)
  }

  /// Whether the first line that says anything is `name:` or `name: value`, or begins a document.
  private static func isYAML(_ bytes: [UInt8]) -> Bool {
    let lines = String(decoding: bytes.prefix(4096), as: UTF8.self).split(
      whereSeparator: \.isNewline)
    guard let line = lines.first(where: { !$0.hasPrefix("#") }) else { return false }
    if line.hasPrefix("---") { return true }
    guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return false }
    let rest = line[colon...].dropFirst()
    return line[..<colon].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
      && (rest.isEmpty || rest.hasPrefix(" "))
  }

  private static func names(_ json: JSONValue) throws -> [String] {
    guard case .array(let elements) = json else {
      throw ConfigurationError("\(classNamesKey): expected a list of names, found \(json.kind)")
    }
    var seen: Set<String> = []
    return try elements.map { element in
      guard let name = element.string, !name.isEmpty else {
        throw ConfigurationError("\(classNamesKey): expected names, found \(element.text)")
      }
      guard seen.insert(name).inserted else {
        throw ConfigurationError(
          "\(classNamesKey): expected each once, found \(printable(name)) again")
      }
      return name
    }
  }

  /// Where a configuration that this library wrote holds what is no argument of the class.
  static let ownKey = "perceiver_tui"
  /// Where it holds what the classes are called.
  static let classNamesKey = "class_names"
  /// Where it holds how pictures become numbers.
  static let preprocessingKey = "preprocessing"
  /// Where it holds which weights it was written with.
  static let generationKey = "weights"

  /// Reads class and release of a configuration that says them.
  private mutating func readClass(_ json: JSONValue) throws {
    let (module, name) = (json["module"], json["cls"])
    if module != nil || name != nil {
      guard let variant = Variant(module: module?.string, name: name?.string) else {
        let found = [module, name].compactMap { $0?.text }.joined(separator: ".")
        throw ConfigurationError(
          "\(module == nil ? "cls" : "module"): expected a class of perceiver-pytorch, "
            + "found \(found)")
      }
      values["variant"] = .choice(variant.rawValue)
    }
    guard let version = json["version"] else { return }
    guard let release = Release(version.text) else {
      throw ConfigurationError(
        "version: expected a release from 0.1.14 to 0.11.0, found \(version.text)")
    }
    values["release"] = .choice(release.description)
  }

  private mutating func read(
    _ json: JSONValue, of location: String, _ unknown: UnknownArguments
  ) throws {
    guard case .object(let members) = json else {
      throw ConfigurationError("\(location): expected an object of arguments, found \(json.kind)")
    }
    var passedOver: [String] = []
    for member in members {
      if location == Self.ownKey,
        [Self.classNamesKey, Self.preprocessingKey, Self.generationKey].contains(member.name)
      {
        continue
      }
      if location == "configuration", member.name == Self.ownKey { continue }
      if member.name == "cross_dim" {
        if !notes.contains(Self.crossDimNote) { notes.append(Self.crossDimNote) }
        continue
      }
      guard let hyperparameter = HyperparameterCatalog.all.first(where: { $0.name == member.name })
      else {
        guard unknown == .noted else {
          throw ConfigurationError(
            "\(location): expected perceiver-pytorch's arguments, found \(printable(member.name))")
        }
        passedOver.append(member.name)
        continue
      }
      // Python's None, which logits_dim alone may be: no last linear layer.
      if case .null = member.value, member.name == "logits_dim" {
        values[member.name] = .integer(0)
        continue
      }
      values[member.name] = try hyperparameter.value(from: member.value)
    }
    if !passedOver.isEmpty {
      let names = passedOver.prefix(8).map { printable($0) }.joined(separator: ", ")
      notes.append(
        "\(location): \(names)\(passedOver.count > 8 ? " and others" : "") passed over: no arguments "
          + "of perceiver-pytorch")
    }
  }
}

extension Hyperparameter {
  /// The value that a configuration file gives.
  fileprivate func value(from json: JSONValue) throws -> HyperparameterValue {
    let value: HyperparameterValue? =
      switch (domain, json) {
      case (.integer, .integer(let number)): .integer(number)
      // Programs that know no integers write 3.0.
      case (.integer, .real(let number)): Int(exactly: number).map { .integer($0) }
      case (.real, .integer(let number)): .real(Double(number))
      case (.real, .real(let number)): .real(number)
      case (.toggle, .bool(let isOn)): .toggle(isOn)
      case (.choice, .string(let word)): .choice(word)
      case (.layers, .bool(let isOn)): .layers(isOn ? .all : .none)
      case (.layers, .array(let elements)): Self.layers(elements).map { .layers(.each($0)) }
      default: nil
      }
    guard let value, domain.contains(value) else {
      throw ConfigurationError("\(name): expected \(domain), found \(json.text)")
    }
    return value
  }

  private static func layers(_ elements: [JSONValue]) -> [Bool]? {
    let flags = elements.compactMap { element -> Bool? in
      guard case .bool(let isOn) = element else { return nil }
      return isOn
    }
    return flags.count == elements.count ? flags : nil
  }
}

extension JSONValue {
  fileprivate var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The value in few words, for error messages.
  fileprivate var text: String {
    switch self {
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .string(let value): printable(value)
    case .null, .array, .object: kind
    }
  }
}
