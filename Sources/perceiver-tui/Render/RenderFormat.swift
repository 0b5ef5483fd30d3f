// The forms a map can be drawn in, and which one is meant when none is named.

import ArgumentParser
import Foundation
import Screens

/// A form of a drawn map.
enum RenderFormat: String, CaseIterable, ExpressibleByArgument {
  /// Half blocks in the terminal's colours.
  case ansi
  /// ASCII characters, with the map described in words.
  case plain
  /// A binary PPM picture.
  case ppm
  /// A PNG picture.
  case png

  /// Whether it is bytes that a terminal cannot show.
  var isPicture: Bool { self == .ppm || self == .png }

  /// The form that a file's name asks for.
  init?(fileName: String) {
    switch (fileName as NSString).pathExtension.lowercased() {
    case "png": self = .png
    case "ppm": self = .ppm
    case "txt": self = .plain
    case "ansi", "ans": self = .ansi
    default: return nil
    }
  }
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
