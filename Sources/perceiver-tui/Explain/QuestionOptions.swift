// Questions whose answers are tables.

import ArgumentParser
import Perceiver

/// Which tables are asked for.
struct QuestionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Switch off each stage, head or latent by itself, and say what that changes; several with "
        + "commas between them.", valueName: Self.names.joined(separator: "|")))
  var sweep: String?

  private static let names = Sweep.Parts.allCases.map(\.rawValue)

  func validate() throws { _ = try sweeps() }

  /// What is switched off, in the order of the list.
  func sweeps() throws -> [Sweep.Parts] {
    guard let sweep else { return [] }
    let asked = sweep.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    for name in asked where Sweep.Parts(rawValue: name) == nil {
      throw ValidationError(
        "--sweep: expected names among \(Self.names.joined(separator: ", ")), found \(name)")
    }
    return Sweep.Parts.allCases.filter { asked.contains($0.rawValue) }
  }

  /// Whether anything is asked that needs no map.
  var asksForTables: Bool { sweep != nil }
}
