// A path as it is typed, or as a terminal pastes a file that is dropped on it.

import Tensors

/// Paths in quotes, with backslashes, or as file URLs.
package enum TypedPath {
  /// The path that is meant. `'a b.png'`, `"a b.png"`, `a\ b.png` and `file:///a%20b.png` all are
  /// `a b.png`; what is not whole, such as an open quote, is the name as it stands.
  package static func parse(_ text: String) -> String {
    if let path = ofURL(text) { return path }
    if let first = text.first, quotes.contains(first) { return unquoted(text) ?? text }
    return unescaped(text)
  }

  /// A path in a form that `parse` gives back.
  package static func typed(_ path: String) -> String {
    guard parse(path) != path || path.first == " " || path.last == " " else { return path }
    return "'"
      + path.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }

  /// The path in a quote that is not closed yet, and the quote; nil where none is open.
  static func opened(_ text: String) -> (path: String, quote: Character)? {
    guard let quote = text.first, quotes.contains(quote), unquoted(text) == nil else { return nil }
    return unquoted(text + String(quote)).map { ($0, quote) }
  }

  /// A path behind a quote, which stays open where more of it is to be typed.
  static func typed(_ path: String, in quote: Character, staysOpen: Bool) -> String {
    let inside = path.map { character in
      switch (character, quote) {
      case ("'", "'"): "'\\''"
      case ("\"", "\""), ("\\", "\""), ("$", "\""), ("`", "\""): "\\\(character)"
      default: String(character)
      }
    }
    return "\(quote)\(inside.joined())" + (staysOpen ? "" : "\(quote)")
  }

  /// The path that a terminal pastes for a file that is dropped on it; nil for other text.
  package static func pasted(_ text: String) -> String? {
    let line = text.trimmed
    guard !line.isEmpty, line.utf8.count <= 4096, !line.contains(where: \.isNewline) else {
      return nil
    }
    let path = parse(line)
    let begins = ["/", "~/", "./", "../"].contains { path.hasPrefix($0) }
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    let isFile = path.contains(".") && !path.contains(" ") && endings.contains(ending)
    return begins || isFile || ofURL(line) != nil ? path : nil
  }

  /// What names of files end in that the program opens.
  private static let endings = InputFileNames.endings.union([
    "txt", "safetensors", "pt", "pth", "bin", "ckpt",
  ])

  private static let quotes: [Character] = ["'", "\""]

  /// What a shell makes of a word that begins with a quote; nil if a quote stays open, or a space is
  /// outside.
  private static func unquoted(_ text: String) -> String? {
    var result = ""
    var quote: Character?
    var characters = text[...]
    while let character = characters.popFirst() {
      switch (character, quote) {
      case (let mark, let open?) where mark == open: quote = nil
      case ("\\", "\"") where characters.first.map { "\"\\$`".contains($0) } == true,
        ("\\", nil) where !characters.isEmpty:
        if let next = characters.popFirst() { result.append(next) }
      case (let mark, nil) where quotes.contains(mark): quote = mark
      case (" ", nil): return nil
      default: result.append(character)
      }
    }
    return quote == nil ? result : nil
  }

  /// The text without backslashes before what a shell would else take for its own.
  private static func unescaped(_ text: String) -> String {
    guard text.contains("\\") else { return text }
    var result = ""
    var characters = text[...]
    while let character = characters.popFirst() {
      if character == "\\", let next = characters.first, isSpecial(next) {
        result.append(next)
        characters.removeFirst()
      } else {
        result.append(character)
      }
    }
    return result
  }

  private static func isSpecial(_ character: Character) -> Bool {
    character.isASCII && !character.isLetter && !character.isNumber
  }

  /// The path of `file:///…` or `file://host/…`, its %XX as the bytes they are.
  private static func ofURL(_ text: String) -> String? {
    let scheme = "file://"
    guard text.lowercased().hasPrefix(scheme) else { return nil }
    guard let slash = text.dropFirst(scheme.count).firstIndex(of: "/") else { return nil }
    var bytes: [UInt8] = []
    var rest = Array(text[slash...].utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), value != 0
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(fileName: bytes)
  }
}

/// Names of files that hold pictures, arrays, sounds and films.
package enum InputFileNames {
  /// What those of pictures and arrays end in.
  package static let picturesAndArrays: Set<String> = [
    "png", "jpg", "jpeg", "jfif", "gif", "webp", "tif", "tiff", "bmp", "dib", "ppm", "pgm", "pbm",
    "pnm", "pam", "npy", "npz",
  ]

  /// What all of them end in; of films also those that ffmpeg opens.
  static let endings = picturesAndArrays.union([
    "wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "au", "caf", "w64", "y4m", "mp4",
    "m4v", "m4a", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "ogv",
  ])

  /// Whether a name ends as those of inputs do that are not text.
  static func areInputs(_ name: String) -> Bool { has(name, endings) }

  /// Whether a name ends as those of pictures and arrays do.
  static func arePicturesOrArrays(_ name: String) -> Bool { has(name, picturesAndArrays) }

  private static func has(_ name: String, _ endings: Set<String>) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    return endings.contains(name[name.index(after: dot)...].lowercased())
  }
}

/// Names of files that hold weights.
enum ModelFileNames {
  /// Whether a name ends as those of files do that a model is opened from: weights, or what lists the
  /// files of a folder that has them in parts.
  static func areModels(_ path: String) -> Bool {
    areWeights(path) || path.lowercased().hasSuffix(".index.json")
  }

  /// Whether a name ends as those of weights do.
  static func areWeights(_ path: String) -> Bool {
    ["safetensors", "pt", "pth", "bin", "ckpt"].contains { path.lowercased().hasSuffix("." + $0) }
  }
}
