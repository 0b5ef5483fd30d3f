// What `--help` says, held against the catalog of hyperparameters.

import Foundation
import Perceiver
import Testing

@Suite("Help")
struct HelpTests {
  @Test(
    "every subcommand that takes a model explains every hyperparameter",
    arguments: ["explore", "trace", "explain", "render", "train", "info"])
  func listsHyperparameters(subcommand: String) throws {
    let help = try Program.run([subcommand, "--help"], environment: ["COLUMNS": "200"])
    #expect(help.status == 0)
    #expect(help.standardError.isEmpty)
    let words = help.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("(input_axis, default: from the input)"))
    for hyperparameter in HyperparameterCatalog.all {
      #expect(words.contains("--" + hyperparameter.optionName))
      #expect(words.contains(hyperparameter.help), "\(hyperparameter.name)")
      let standard =
        hyperparameter.source ?? "\(hyperparameter.value(in: PerceiverConfiguration()))"
      #expect(words.contains("(\(hyperparameter.name), default: \(standard))"))
    }
  }

  @Test("the program's own help names every subcommand and hyperparameter")
  func rootHelp() throws {
    let help = try Program.run(["--help"])
    #expect(help.status == 0)
    for name in [
      "explore", "trace", "explain", "render", "train", "evaluate", "info", "convert", "verify",
      "bench", "keys", "manual",
    ]
      + HyperparameterCatalog.all.map({ "--" + $0.optionName })
    {
      #expect(help.text.contains(name), "\(name)")
    }
  }

  @Test(
    "model options are the catalog's entries and five others, and the same everywhere",
    arguments: ["explore", "trace", "explain", "render", "train", "evaluate", "info", "convert"])
  func optionsAreTheCatalog(subcommand: String) throws {
    let dump = try Program.run([subcommand, "--experimental-dump-help"])
    let described = try JSONDecoder().decode(HelpDump.self, from: Data(dump.standardOutput))
    let options = Set(described.optionNames(section: "Model"))
    let catalog = HyperparameterCatalog.all.flatMap { entry in
      switch entry.domain {
      case .integer, .real, .choice: [entry.optionName]
      case .toggle, .layers: [entry.optionName, "no-" + entry.optionName]
      }
    }
    #expect(
      options == Set(catalog + ["weights", "state-dict", "prefix", "config", "seed", "cross-dim"]))
  }

  @Test(
    "completions of every shell and the man page name every hyperparameter's option",
    arguments: [
      ["--generate-completion-script", "bash"], ["--generate-completion-script", "zsh"],
      ["--generate-completion-script", "fish"], ["manual"],
    ])
  func completions(arguments: [String]) throws {
    let result = try Program.run(arguments)
    #expect(result.status == 0)
    let text = result.text.replacing("\\-", with: "-")
    // fish has options without their dashes.
    for entry in HyperparameterCatalog.all {
      #expect(text.contains(entry.optionName), "\(entry.name)")
      guard case .toggle = entry.domain else { continue }
      #expect(text.contains("no-" + entry.optionName), "\(entry.name)")
    }
  }

  @Test("--version prints one line")
  func version() throws {
    let result = try Program.run(["--version"])
    #expect(result.status == 0)
    #expect(result.text.wholeMatch(of: #/[0-9]+\.[0-9]+\.[0-9]+\n/#) != nil)
  }
}

/// The part of `--experimental-dump-help` that is looked at here.
private struct HelpDump: Decodable {
  struct Command: Decodable {
    let commandName: String
    let arguments: [Argument]?
  }
  struct Argument: Decodable {
    struct Name: Decodable {
      let name: String
    }
    let kind: String
    let sectionTitle: String?
    let names: [Name]?
    let preferredName: Name?
  }
  let command: Command

  func optionNames(section: String) -> [String] {
    (command.arguments ?? []).filter { $0.sectionTitle == section }
      .compactMap { $0.preferredName?.name }
  }
}
