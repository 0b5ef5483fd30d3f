// The table of hyperparameters: every entry reads, writes, steps and refuses its own.

import Foundation
import Perceiver
import Testing

@Suite("The table of hyperparameters")
struct HyperparameterTests {
  static let names = HyperparameterCatalog.all.map(\.name)

  private func entry(_ name: String) throws -> Hyperparameter {
    try #require(HyperparameterCatalog[name])
  }

  /// A value in range other than the default.
  private static func other(_ entry: Hyperparameter) -> HyperparameterValue {
    let value = entry.value(in: PerceiverConfiguration())
    let up = entry.value(value, steppedBy: 1)
    return up == value ? entry.value(value, steppedBy: -1) : up
  }

  /// `num_freq_bands` as `numFreqBands`; the one exception is that axes are several.
  private static func propertyName(_ entry: Hyperparameter) -> String {
    guard entry.name != "input_axis" else { return "inputAxes" }
    let words = entry.name.split(separator: "_")
    return words.dropFirst().reduce(String(words[0])) { $0 + ($1 == "ff" ? "FF" : $1.capitalized) }
  }

  /// Each stored property of a configuration as text, but for what its classes are called and how its
  /// pictures are prepared, of which nothing is computed.
  private static func fields(_ configuration: PerceiverConfiguration) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: Mirror(reflecting: configuration).children
        .filter { !["givenClassNames", "preprocessing"].contains($0.label) }
        .map { ($0.label ?? "", "\($0.value)") })
  }

  @Test("One entry for each property, each under its own name, found in both spellings")
  func complete() throws {
    #expect(Set(Self.names).count == Self.names.count)
    #expect(Self.names.count == Self.fields(PerceiverConfiguration()).count)
    for entry in HyperparameterCatalog.all {
      #expect(HyperparameterCatalog[entry.name]?.name == entry.name)
      #expect(HyperparameterCatalog[entry.optionName]?.name == entry.name)
      #expect(!entry.optionName.contains("_") && !entry.help.isEmpty)
    }
    #expect(HyperparameterCatalog["cross_dim"] == nil)
  }

  @Test("Changing one changes one property, and no two entries the same")
  func ownProperty() throws {
    let before = Self.fields(PerceiverConfiguration())
    var changed: Set<String> = []
    for entry in HyperparameterCatalog.all {
      var configuration = PerceiverConfiguration()
      try entry.set(Self.other(entry), in: &configuration)
      #expect(entry.value(in: configuration) == Self.other(entry))
      let after = Self.fields(configuration)
      let differing = before.keys.filter { before[$0] != after[$0] }
      #expect(differing == [Self.propertyName(entry)], "\(entry.name) changes \(differing)")
      changed.formUnion(differing)
    }
    #expect(changed.count == Self.names.count)
  }

  @Test("A value shown and typed again is the same value", arguments: names)
  func roundTrip(_ name: String) throws {
    let entry = try entry(name)
    var values = [entry.value(in: PerceiverConfiguration()), Self.other(entry)]
    switch entry.domain {
    case .integer(let range, _):
      values += [.integer(range.lowerBound), .integer(range.upperBound)]
    case .real(let range, _):
      values += [.real(range.lowerBound), .real(range.upperBound), .real(range.upperBound / 3)]
    case .choice(let choices): values += choices.map { .choice($0) }
    case .toggle: values += [.toggle(true), .toggle(false)]
    case .layers: values += [.layers(.all), .layers(.each([false, true, true]))]
    }
    for value in values { #expect(try entry.parse(value.description) == value) }
  }

  @Test("Steps stay in range, up and down, however far", arguments: names)
  func steps(_ name: String) throws {
    let entry = try entry(name)
    for steps in [1, -1, 2, 7, -7, 1000, -1000, 1_000_000, .max, .min] {
      var value = entry.value(in: PerceiverConfiguration())
      for _ in 0..<3 {
        value = entry.value(value, steppedBy: steps)
        #expect(entry.domain.contains(value), "\(name) by \(steps): \(value)")
      }
    }
    #expect(entry.value(Self.other(entry), steppedBy: 0) == Self.other(entry))
  }

  @Test("Steps by one, by doubling and by a share land where a person expects")
  func stepValues() throws {
    let cases: [(String, HyperparameterValue, Int, HyperparameterValue)] = [
      ("depth", .integer(6), 1, .integer(7)), ("depth", .integer(1), -1, .integer(1)),
      ("num_latents", .integer(256), 1, .integer(512)),
      ("num_latents", .integer(256), -1, .integer(128)),
      ("num_latents", .integer(300), 1, .integer(512)),
      ("num_latents", .integer(300), -1, .integer(256)),
      ("num_latents", .integer(1), -1, .integer(1)),
      ("num_classes", .integer(1_000_000), -1, .integer(524_288)),
      ("num_classes", .integer(524_288), 1, .integer(1_000_000)),
      ("attn_dropout", .real(0.1), 1, .real(0.15)), ("attn_dropout", .real(0.15), -1, .real(0.1)),
      ("attn_dropout", .real(0.95), 1, .real(0.999)), ("max_freq", .real(1), -1, .real(0.001)),
      ("max_freq", .real(10), 3, .real(13)),
      ("weight_tie_layers", .toggle(false), 3, .toggle(true)),
      ("weight_tie_layers", .toggle(true), 2, .toggle(true)),
      ("inverted_cross_attn", .layers(.none), 1, .layers(.all)),
      ("inverted_cross_attn", .layers(.all), -1, .layers(.none)),
    ]
    for (name, from, steps, to) in cases {
      #expect(try entry(name).value(from, steppedBy: steps) == to, "\(name) \(from) by \(steps)")
    }
  }

  @Test(
    "Typed values that are none are refused with name, expected and found",
    arguments: [
      ("depth", "", "depth: expected a whole number from 1 to 512, found nothing"),
      ("depth", "0", "depth: expected a whole number from 1 to 512, found 0"),
      ("depth", "3.", "depth: expected a whole number from 1 to 512, found 3."),
      ("depth", "513", "depth: expected a whole number from 1 to 512, found 513"),
      ("depth", "2.5", "depth: expected a whole number from 1 to 512, found 2.5"),
      ("depth", "six", "depth: expected a whole number from 1 to 512, found six"),
      (
        "depth", "99999999999999999999",
        "depth: expected a whole number from 1 to 512, found 99999999999999999999"
      ),
      ("max_freq", "nan", "max_freq: expected a number from 0.001 to 1000000.0, found nan"),
      ("max_freq", "inf", "max_freq: expected a number from 0.001 to 1000000.0, found inf"),
      ("max_freq", "-1", "max_freq: expected a number from 0.001 to 1000000.0, found -1"),
      ("attn_dropout", "1", "attn_dropout: expected a number from 0.0 to 0.999, found 1"),
      (
        "weight_tie_layers", "maybe", "weight_tie_layers: expected yes or no, found maybe"
      ),
      (
        "inverted_cross_attn", "yes,,no",
        "inverted_cross_attn: expected yes, no, or a list like no,yes,yes, found yes,,no"
      ),
    ])
  func refusesText(_ name: String, _ text: String, _ message: String) throws {
    let entry = try entry(name)
    let error = #expect(throws: HyperparameterError.self) { try entry.parse(text) }
    #expect(error?.description == message)
  }

  @Test("A value of another kind or out of range is refused and changes nothing", arguments: names)
  func refusesValues(_ name: String) throws {
    let entry = try entry(name)
    var wrong: [HyperparameterValue] = [.real(.nan), .real(.infinity), .real(-.infinity)]
    switch entry.domain {
    case .integer(let range, _):
      wrong += [.integer(range.upperBound + 1), .integer(range.lowerBound - 1), .toggle(true)]
    case .real(let range, _): wrong += [.real(range.upperBound.nextUp), .integer(1)]
    case .choice: wrong += [.choice("neither"), .choice(""), .toggle(true)]
    case .toggle: wrong += [.integer(1), .layers(.all)]
    case .layers: wrong += [.toggle(true), .integer(0)]
    }
    for value in wrong {
      var configuration = PerceiverConfiguration()
      let error = #expect(throws: HyperparameterError.self) {
        try entry.set(value, in: &configuration)
      }
      #expect(error?.name == name && error?.found == "\(value)")
      #expect(error?.expected == entry.domain.description)
      #expect(configuration == PerceiverConfiguration())
    }
  }

  @Test(
    "Yes and no are read in the words people type",
    arguments: [
      ("yes", true), ("YES", true), ("true", true), ("on", true), ("1", true), ("no", false),
      ("False", false), ("off", false), ("0", false),
    ])
  func switches(_ text: String, _ isOn: Bool) throws {
    #expect(try entry("attn_residual").parse(text) == .toggle(isOn))
    #expect(try entry("inverted_cross_attn").parse(text) == .layers(isOn ? .all : .none))
  }
}
