// What the environment says of colours and glyphs, and formats as options.

import ArgumentParser
import Foundation
import Pictures
import Screens

extension MapFormat: ExpressibleByArgument {
  /// The format of a name.
  public init?(argument: String) { self.init(argument) }
  public static var allValueStrings: [String] { all.map(\.name) }
  public var defaultValueDescription: String { name }
}

/// What the environment says of colours.
struct ColourEnvironment {
  private let variables: [String: String]

  init(_ variables: [String: String] = ProcessInfo.processInfo.environment) {
    self.variables = variables
  }

  /// Whether colours are unwanted (NO_COLOR) or the terminal has none.
  var isPlain: Bool {
    !(variables["NO_COLOR"] ?? "").isEmpty || ["dumb", "vt100"].contains(variables["TERM"])
  }

  /// The colours that are written where colours are wanted.
  var depth: ColourDepth {
    ["truecolor", "24bit"].contains(variables["COLORTERM"] ?? "") ? .direct : .indexed256
  }

  /// The glyphs of the locale's encoding.
  var symbols: Symbols {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { variables[$0] }.first { !$0.isEmpty }
    let encoding = (locale ?? "").lowercased()
    return encoding.contains("utf-8") || encoding.contains("utf8") ? .unicode : .ascii
  }
}
