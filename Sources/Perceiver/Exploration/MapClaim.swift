// What a map says in words: its sentence, the screen's hint and the sentence's beginning are one.

/// What a map is about, in words.
package struct MapSubject: Sendable, Hashable {
  /// What is explained, or who holds what a rollout follows: `class 9 (Ankle boot)`, `the latents`.
  package let name: String
  /// What it is compared with; nil for nothing.
  package let against: String?
  /// The stage after which it is seen; nil for the last.
  package let stage: String?
  /// What the map's tokens are called.
  package let tokens: TokenWords

  /// Makes a subject.
  package init(
    _ name: String, against: String? = nil, after stage: String? = nil, tokens: TokenWords
  ) {
    (self.name, self.against, self.stage, self.tokens) = (name, against, stage, tokens)
  }

  /// `class 9 (Ankle boot)`, or with `against class 5 (Sandal)`.
  package var title: String { against.map { "\(name) against \($0)" } ?? name }

  /// The title at the beginning of a sentence: a byte stays as it is.
  private var opening: String {
    title.prefix { $0 != " " }.count == 1 ? title : title.firstUppercased
  }

  /// What signed maps say: `Warm pixels speak for class 9 (Ankle boot) and cold ones against it`, or
  /// `and cold ones for class 7 (Sneaker)` where that is what it is held against.
  var speech: MapClaim {
    MapClaim(
      "Warm \(tokens.many) speak for \(name)",
      and: " and cold ones \(against.map { "for \($0)" } ?? "against it")")
  }

  /// What maps of size say: `Class 9 (Ankle boot) rests on the bright pixels`.
  var rest: MapClaim { MapClaim("\(opening) rests on the bright \(tokens.many)") }

  /// What a slope's size says.
  var change: MapClaim {
    MapClaim(
      "\(opening) changes most with the values of the bright \(tokens.many)")
  }

  /// What a slope times a distance says.
  var raise: MapClaim {
    MapClaim("Warm \(tokens.many) raise \(title)", and: " and cold ones lower it")
  }
}

/// What a map says of its tokens, without the full stop: how a map's sentence begins.
package struct MapClaim: Sendable, Hashable {
  /// All of it.
  package let whole: String
  /// What of it fits a narrow line.
  package let brief: String

  /// - Parameter more: What follows where there is room.
  init(_ brief: String, and more: String = "") {
    (whole, self.brief) = (brief + more, brief)
  }

  init(whole: String, brief: String) { (self.whole, self.brief) = (whole, brief) }
}

/// A question that knows what its map says before there is one.
package protocol ClaimingQuestion: MapQuestion {
  /// What its map says of a subject.
  func claim(_ subject: MapSubject) -> MapClaim
}

extension ResolvedTarget {
  /// The target as what a map is about.
  func subject(_ tokens: TokenWords) -> MapSubject {
    MapSubject(name, against: againstName, tokens: tokens)
  }
}
