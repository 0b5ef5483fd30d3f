// A word that is neither a file nor a subcommand, but nearly one: what may have been meant.

import Explorer
import Tensors

/// The subcommand that a mistyped word may stand for.
enum NearestCommand {
  /// The failure of a word that is almost one of some names; nil where it is one, is an option or a
  /// path, or nothing is near.
  static func failure(of word: String?, among names: [String]) -> CommandFailure? {
    guard let word, word.first?.isLetter == true, !FileNames.exists(word),
      let nearest = NearestWord.nearest(to: word, among: names)
    else { return nil }
    return .usage("\(word): no such command or file; did you mean \(nearest)?")
  }
}
