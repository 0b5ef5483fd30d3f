// A configuration as JSON in the form in which it is read: perceiver-pytorch's arguments.

import Foundation
import Tensors

extension Perceiver {
  /// Version, module, class and arguments for the class of one release.
  ///
  /// - Parameter generation: Which weights it is written with; nil to leave it out.
  func exportedConfiguration(_ target: PerceiverConfiguration, generation: String?) -> [UInt8] {
    let (module, name) = target.variant.pythonClass
    var arguments = JSONObject()
    var others = JSONObject()
    for hyperparameter in HyperparameterCatalog.all where target.has(hyperparameter) {
      var value = hyperparameter.value(in: target)
      if hyperparameter.name == "input_channels", countsChannelsTwice(target) {
        value = .integer(target.inputChannels / 2)
      }
      if Self.isOurs(hyperparameter.name, target.variant) {
        others.add(hyperparameter.name, value)
      } else {
        arguments.add(hyperparameter.name, value)
      }
    }
    if let names = target.classNames, arguments.has("num_classes") {
      others.add(GivenHyperparameters.classNamesKey, names: names)
    }
    if let preprocessing = target.preprocessing {
      others.add(GivenHyperparameters.preprocessingKey, json: preprocessing.json)
    }
    if target.variant == .io { arguments.add("dim", .integer(target.tokenChannels)) }
    var root = JSONObject()
    root.add("package", .choice("perceiver-pytorch"))
    root.add("version", .choice("\(target.release)"))
    root.add("module", .choice(module))
    root.add("cls", .choice(name))
    root.add("args", arguments)
    if let generation { others.add(GivenHyperparameters.generationKey, .choice(generation)) }
    // What the class does not know and this library does: how an input becomes its tokens.
    root.add(GivenHyperparameters.ownKey, others)
    return Array((root.text(indent: 0) + "\n").utf8)
  }

  /// Whether the release's class reads data of twice as many channels as it is told.
  private func countsChannelsTwice(_ target: PerceiverConfiguration) -> Bool {
    target.variant == .bottomUp && target.release >= Release(0, 8, 8)
      && target.positionChannels > 0
  }

  /// Whether a hyperparameter is no argument of the class.
  private static func isOurs(_ name: String, _ variant: Variant) -> Bool {
    switch name {
    case "variant", "release", "attention_temperature": true
    case "num_freq_bands", "max_freq", "fourier_encode_data", "input_channels", "input_axis":
      variant == .io
    default: false
    }
  }
}

/// An object of JSON, written with its members in order, a line each.
private struct JSONObject {
  private enum Content {
    case text(String)
    case object(JSONObject)
  }

  private var members: [(name: String, content: Content)] = []

  func has(_ name: String) -> Bool { members.contains { $0.name == name } }

  mutating func add(_ name: String, names: [String]) {
    let texts = names.map { JSONValue.string($0).text }
    members.append((name, .text("[" + texts.joined(separator: ", ") + "]")))
  }

  mutating func add(_ name: String, json: JSONValue) {
    members.append((name, .text(json.text)))
  }

  mutating func add(_ name: String, _ object: JSONObject) {
    members.append((name, .object(object)))
  }

  mutating func add(_ name: String, _ value: HyperparameterValue) {
    // Those that say what is written stand elsewhere.
    guard !["variant", "release", "attention_temperature"].contains(name) else { return }
    members.append((name, .text(Self.text(name, value))))
  }

  private static func text(_ name: String, _ value: HyperparameterValue) -> String {
    switch value {
    case .integer(0) where name == "logits_dim": "null"
    case .integer(let number): "\(number)"
    case .real(let number): "\(number)"
    case .toggle(let isOn): "\(isOn)"
    case .choice(let word): "\"\(word)\""
    case .layers(.none): "false"
    case .layers(.all): "true"
    case .layers(.each(let layers)): "[" + layers.map { "\($0)" }.joined(separator: ", ") + "]"
    }
  }

  func text(indent: Int) -> String {
    let inner = String(repeating: " ", count: indent + 1)
    let lines = members.map { member -> String in
      switch member.content {
      case .text(let text): "\(inner)\"\(member.name)\": \(text)"
      case .object(let object): "\(inner)\"\(member.name)\": \(object.text(indent: indent + 1))"
      }
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n" + String(repeating: " ", count: indent)
      + "}"
  }
}
