// Hyperparameters from configuration files, and the reasons of a description's values.

import Perceiver
import Testing

@Suite("Hyperparameters that someone gave")
struct GivenHyperparametersTests {
  private static func read(_ json: String) throws -> GivenHyperparameters {
    try GivenHyperparameters(json: Array(json.utf8))
  }

  @Test("Arguments alone")
  func arguments() throws {
    let given = try Self.read(
      """
      {"depth": 3, "max_freq": 4, "ff_dropout": 0.25, "weight_tie_layers": true,
       "inverted_cross_attn": [false, true, true], "fourier_encode_data": false}
      """)
    #expect(
      given.values == [
        "depth": .integer(3), "max_freq": .real(4), "ff_dropout": .real(0.25),
        "weight_tie_layers": .toggle(true), "fourier_encode_data": .toggle(false),
        "inverted_cross_attn": .layers(.each([false, true, true])),
      ])
    #expect(given.notes.isEmpty)
    #expect(try Self.read("{}") == GivenHyperparameters())
    #expect(try Self.read("\u{FEFF}{\"depth\": 3.0}").values == ["depth": .integer(3)])
    let yaml = #expect(throws: ConfigurationError.self) { try Self.read("depth: 3\nlr: 0.1\n") }
    #expect(yaml?.description.contains("YAML, as Lightning's hparams.yaml") == true)
    #expect(
      try Self.read(#"{"inverted_cross_attn": true}"#).values["inverted_cross_attn"]
        == .layers(.all))
  }

  @Test("Arguments with class, module, version and defaults, which arguments override")
  func fixtureForm() throws {
    let given = try Self.read(
      """
      {"version": "0.11.0", "module": "perceiver_pytorch", "cls": "Perceiver", "note": "",
       "defaults": {"depth": 6, "num_latents": 9}, "args": {"depth": 3}}
      """)
    #expect(
      given.values == [
        "depth": .integer(3), "num_latents": .integer(9), "variant": .choice("perceiver"),
        "release": .choice("0.11.0"),
      ])
    #expect(
      try Self.read(#"{"args": {"depth": 3}, "version": "0.8.0"}"#).values == [
        "depth": .integer(3), "release": .choice("0.8.0"),
      ])
  }

  @Test("Names of classes are the model's where there are as many as classes")
  func classNames() throws {
    func describe(_ names: String, classes: Int = 2) throws -> ModelDescription {
      let given = try Self.read(
        """
        {"args": {"num_classes": \(classes)}, "perceiver_tui": {"class_names": \(names)}}
        """)
      return try ModelDescription(given: given, inputChannels: 3, inputAxes: 2)
    }
    let named = try describe(#"["a \"b\"", "é"]"#)
    #expect(named.configuration.classNames == ["a \"b\"", "é"] && named.notes.isEmpty)
    // Numbers say nothing, and belong to any number of classes.
    #expect(try describe(#"["0", "1"]"#).configuration.classNames == nil)
    let others = try describe(#"["a", "b"]"#, classes: 3)
    #expect(others.configuration.classNames == nil)
    #expect(
      others.notes == [
        "class_names are passed over: expected 3, as many as classes, found 2"
      ])
    var grown = named.configuration.arguments
    grown.numClasses = 4
    #expect(grown.classNames == nil)
  }

  @Test(
    "What is no list of names is refused",
    arguments: [
      ("3", "class_names: expected a list of names, found "),
      (#"["a", 3]"#, "class_names: expected names, found 3"),
      (#"["a", ""]"#, "class_names: expected names, found "),
      (#"["a", "b", "a"]"#, "class_names: expected each once, found a again"),
    ])
  func strangeClassNames(names: String, error: String) {
    let found = #expect(throws: ConfigurationError.self) {
      try Self.read(#"{"args": {}, "perceiver_tui": {"class_names": \#(names)}}"#)
    }
    #expect(found?.description.hasPrefix(error) == true, "\(found?.description ?? "")")
  }

  @Test("Every class by its module and its own name", arguments: Variant.allCases)
  func classes(_ variant: Variant) throws {
    let (module, name) = variant.pythonClass
    let given = try Self.read(
      #"{"args": {}, "module": "\#(module)", "cls": "\#(name)", "version": "0.11.0"}"#)
    #expect(given.values["variant"] == .choice(variant.rawValue))
  }

  @Test("No logits_dim is 0, as None in Python")
  func noLogits() throws {
    #expect(try Self.read(#"{"logits_dim": null}"#).values["logits_dim"] == .integer(0))
  }

  @Test("cross_dim is accepted, without effect, and said once")
  func crossDim() throws {
    let given = try Self.read(#"{"defaults": {"cross_dim": 1}, "args": {"cross_dim": 512}}"#)
    #expect(given.values.isEmpty)
    #expect(given.notes == [GivenHyperparameters.crossDimNote])
    #expect(given.overridden(by: given).notes == [GivenHyperparameters.crossDimNote])
    let description = try ModelDescription(given: given, inputChannels: 3, inputAxes: 2)
    #expect(description.notes == [GivenHyperparameters.crossDimNote])
  }

  @Test(
    "Refused, with location, expected and found",
    arguments: [
      ("{", "byte 1: expected '\"', found the end"),
      ("[]", "expected an object of arguments, found a list"),
      (
        #"{"dept": 3}"#,
        "configuration: expected perceiver-pytorch's arguments, found dept"
      ),
      (#"{"args": {"dept": 3}}"#, "args: expected perceiver-pytorch's arguments, found dept"),
      (
        #"{"args": {}, "defaults": {"x": 3}}"#,
        "defaults: expected perceiver-pytorch's arguments, found x"
      ),
      (#"{"args": []}"#, "args: expected an object of arguments, found a list"),
      (
        #"{"args": {}, "cls": "PerceiverAR"}"#,
        "cls: expected a class of perceiver-pytorch, found PerceiverAR"
      ),
      (#"{"args": {}, "cls": 7}"#, "cls: expected a class of perceiver-pytorch, found 7"),
      (
        #"{"args": {}, "module": "perceiver_pytorch.gate"}"#,
        "module: expected a class of perceiver-pytorch, found perceiver_pytorch.gate"
      ),
      (
        #"{"args": {}, "module": "gated", "cls": "PerceiverIO"}"#,
        "module: expected a class of perceiver-pytorch, found gated.PerceiverIO"
      ),
      (
        #"{"args": {}, "version": "0.1.9"}"#,
        "version: expected a release from 0.1.14 to 0.11.0, found 0.1.9"
      ),
      (
        #"{"args": {}, "version": "latest"}"#,
        "version: expected a release from 0.1.14 to 0.11.0, found latest"
      ),
      (#"{"depth": 0}"#, "depth: expected a whole number from 1 to 512, found 0"),
      (#"{"depth": 2.5}"#, "depth: expected a whole number from 1 to 512, found 2.5"),
      (#"{"depth": "2"}"#, "depth: expected a whole number from 1 to 512, found 2"),
      (#"{"depth": true}"#, "depth: expected a whole number from 1 to 512, found true"),
      (#"{"depth": null}"#, "depth: expected a whole number from 1 to 512, found null"),
      (#"{"max_freq": -1}"#, "max_freq: expected a number from 0.001 to 1000000.0, found -1"),
      (#"{"weight_tie_layers": 1}"#, "weight_tie_layers: expected yes or no, found 1"),
      (
        #"{"inverted_cross_attn": [true, 1]}"#,
        "inverted_cross_attn: expected yes, no, or a list like no,yes,yes, found a list"
      ),
    ])
  func refuses(_ json: String, _ message: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(json) }
    #expect(error?.description == message)
  }

  @Test("What is given later overrides, and the rest stays")
  func overriding() {
    var (file, options) = (GivenHyperparameters(), GivenHyperparameters())
    file.values = ["depth": .integer(3), "num_latents": .integer(9)]
    options.values = ["depth": .integer(4)]
    #expect(
      file.overridden(by: options).values == ["depth": .integer(4), "num_latents": .integer(9)])
  }

  @Test("A description says of each value where it came from")
  func sources() throws {
    var given = GivenHyperparameters()
    given.values = ["depth": .integer(3), "input_axis": .integer(1)]
    let description = try ModelDescription(given: given, inputChannels: 1, inputAxes: 2)
    let names = HyperparameterCatalog.all.filter { $0.applies(to: description.configuration) }
      .map(\.name)
    #expect(description.facts.map(\.name) == names)
    let sources = Dictionary(uniqueKeysWithValues: description.facts.map { ($0.name, $0.source) })
    #expect(sources["depth"] == .given)
    #expect(sources["input_axis"] == .given)
    #expect(sources["input_channels"] == .derived)
    #expect(sources.values.filter { $0 == .assumed }.count == names.count - 3)
    #expect(
      description.configuration.arguments
        == PerceiverConfiguration(inputChannels: 1, inputAxes: 1, depth: 3))
    for fact in description.facts {
      let entry = try #require(HyperparameterCatalog[fact.name])
      #expect(entry.value(in: description.configuration) == fact.value)
    }
  }

  @Test("A description refuses what no model can have")
  func impossible() {
    var given = GivenHyperparameters()
    given.values = ["inverted_cross_attn": .layers(.each([true, false]))]
    let list = #expect(throws: ConfigurationError.self) {
      try ModelDescription(given: given, inputChannels: 3, inputAxes: 2)
    }
    #expect(
      list?.description
        == "inverted_cross_attn: expected 6 entries, one for each layer, found 2")
    let axes = #expect(throws: HyperparameterError.self) {
      try ModelDescription(given: GivenHyperparameters(), inputChannels: 3, inputAxes: 4)
    }
    #expect(axes?.description == "input_axis: expected a whole number from 1 to 3, found 4")
  }

  @Test("A module is known by the name that Python's classes say, too")
  func dottedModule() throws {
    let json = #"{"args": {}, "module": "perceiver_pytorch.mixed_latents", "cls": "Perceiver"}"#
    let given = try GivenHyperparameters(json: Array(json.utf8))
    #expect(given.values["variant"] == .choice("mixed-latents"))
  }
}
