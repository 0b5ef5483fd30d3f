// A word that is neither a file nor a subcommand, but nearly one: what may have been meant.

import Tensors

/// The subcommand that a mistyped word may stand for.
enum NearestCommand {
  /// The most letters that may be wrong, missing, too many or exchanged.
  private static let mostMistakes = 2

  /// The failure of a word that is almost one of some names; nil where it is one, is an option or a
  /// path, or nothing is near.
  static func failure(of word: String?, among names: [String]) -> CommandFailure? {
    guard let word, word.count > mostMistakes, word.allSatisfy({ $0.isASCII && $0.isLetter }),
      !names.contains(word), !FileNames.exists(word)
    else { return nil }
    let ranked = names.map { (name: $0, mistakes: mistakes(word.lowercased(), $0)) }
    guard let nearest = ranked.min(by: { $0.mistakes < $1.mistakes }),
      nearest.mistakes <= mostMistakes
    else { return nil }
    return .usage("\(word): no such command or file; did you mean \(nearest.name)?")
  }

  /// How many letters must be changed, added, left out or exchanged with a neighbour (optimal string
  /// alignment).
  static func mistakes(_ left: String, _ right: String) -> Int {
    let (a, b) = (Array(left), Array(right))
    var rows = [Array(0...b.count)]
    for i in 1...max(1, a.count) where i <= a.count {
      var row = [i]
      for j in 1...max(1, b.count) where j <= b.count {
        let isSame = a[i - 1] == b[j - 1]
        var least = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (isSame ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          least = min(least, rows[i - 2][j - 2] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
