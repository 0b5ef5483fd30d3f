// The words over columns of numbers, and what they mean: for `?` and :help WORD. They are those of the
// tables themselves.

import Perceiver

/// A word over a column of numbers.
package struct ColumnWord: Sendable, Hashable {
  /// Its names: the heading, then others that it has on the screen.
  package let names: [String]
  /// What its numbers are, as the legend says it.
  package let meaning: String

  init(_ names: [String], _ meaning: String) {
    var seen: Set<String> = []
    (self.names, self.meaning) = (names.filter { seen.insert($0).inserted }, meaning)
  }

  /// A column of a table of numbers.
  init(_ column: NumberTable.Column) { self.init([column.title], column.meaning) }

  /// A column of the table of heads, with the names that it has in any width.
  init(_ words: HeadColumn.Words) {
    self.init([words.title, words.shortTitle], words.meaning)
  }

  /// Words of the glossary that stand over columns.
  static func ofGlossary(_ words: String...) -> [ColumnWord] {
    words.compactMap { GlossaryEntry.named($0).first }.map { ColumnWord([$0.word], $0.brief) }
  }

  /// Whether this is what a person typed.
  func isCalled(_ text: String) -> Bool { names.contains { $0.isSpelled(like: text) } }
}

/// A table, as the help calls it, with its columns.
package struct ColumnedTable: Sendable, Hashable {
  /// What it is called.
  package let name: String
  /// Its columns.
  package let columns: [ColumnWord]

  /// All tables. Models with classes and others have other columns; of a matrix only those are here
  /// that every model has, since the others are called as stages are.
  package static let all: [ColumnedTable] =
    NumberTable.allCases.map { table in
      .init(table.title) { table.columns([], scoresClasses: $0).map { ColumnWord($0) } }
    } + [
      .init(HeadsPane.topic) { scoresClasses in
        HeadColumn.allCases.map { ColumnWord($0.words(scoresClasses: scoresClasses)) }
      },
      .init(PixelReadersPane.topic) { _ in PixelReadersPane.numbers },
    ]

  /// - Parameter columns: The columns of models that score classes, or of others.
  private init(_ name: String, _ columns: (_ scoresClasses: Bool) -> [ColumnWord]) {
    var seen: Set<ColumnWord> = []
    self.name = name
    self.columns = [true, false].flatMap(columns).filter { seen.insert($0).inserted }
  }
}

extension HelpTopic {
  /// What a word means over columns, each meaning with the tables that have it; nil where it is over
  /// none.
  ///
  /// - Parameter entries: What the glossary says of the word, which is not said again.
  static func column(_ word: String, besides entries: [GlossaryEntry]) -> HelpTopic? {
    var meanings: [(column: ColumnWord, tables: [String])] = []
    for table in ColumnedTable.all {
      for column in table.columns where column.isCalled(word) {
        let sentence = GlossaryEntry.sentence(of: column.meaning, in: table.name)
        guard !entries.contains(where: { $0.meaning.hasPrefix(sentence) }) else { continue }
        if let index = meanings.firstIndex(where: { $0.column.meaning == column.meaning }) {
          meanings[index].tables.append(table.name)
        } else {
          meanings.append((column, [table.name]))
        }
      }
    }
    guard let first = meanings.first else { return nil }
    return HelpTopic(
      title: "\(first.column.names[0]), over a column",
      sentences: meanings.map { column, tables in
        "\(column.meaning.sentence) In the \(tables.count == 1 ? "table" : "tables"): "
          + tables.joined(separator: "; ") + "."
      })
  }

  /// The words that have an entry: those of the glossary, and others over columns.
  static let terms: [String] = {
    let words = GlossaryEntry.all.map(\.word)
    let columns = ColumnedTable.all.flatMap { $0.columns.map { $0.names[0] } }
    let others = columns.filter { name in !words.contains { $0.isSpelled(like: name) } }
    return Array(Set(words + others)).sorted()
  }()
}
