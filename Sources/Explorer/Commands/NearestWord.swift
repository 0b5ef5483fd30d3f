// A mistyped word that is nearly one of some names: which of them may have been meant.

/// Names that a mistyped word may stand for.
package enum NearestWord {
  /// How many letters of a word may be wrong, missing, too many or exchanged: a short one is soon another.
  private static func mostMistakes(in word: String) -> Int { word.count < 5 ? 1 : 2 }

  /// The name that a word of letters, `-` and `_` is almost; nil where it is one, is too short to tell, or
  /// none is near.
  package static func nearest(to word: String, among names: [String]) -> String? {
    guard word.count > 2, word.count <= 64, !names.contains(word),
      word.allSatisfy({ $0.isASCII && ($0.isLetter || "-_".contains($0)) })
    else { return nil }
    let ranked = names.map { (name: $0, mistakes: mistakes(word.lowercased(), $0)) }
    guard let nearest = ranked.min(by: { $0.mistakes < $1.mistakes }),
      nearest.mistakes <= mostMistakes(in: word)
    else { return nil }
    return nearest.name
  }

  /// How many letters must be changed, added, left out or exchanged with a neighbour (optimal string
  /// alignment).
  package static func mistakes(_ left: String, _ right: String) -> Int {
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
