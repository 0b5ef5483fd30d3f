// `explain.json`: what is written of an input that was explained.

import Perceiver
import Pictures

extension Explanation {
  /// `explain.json`.
  struct Record: Encodable {
    struct Undefined: Encodable {
      let name: String
      let reason: String
    }

    struct RemainderRecord: Encodable {
      let name: String
      let value: Double?
    }

    /// Which numbers of a map are of which kind of tokens.
    struct KindRecord: Encodable {
      let name: String
      let first: Int
      let axes: [Int]

      init(_ kind: Modality) {
        (name, first, axes) = (kind.name, kind.tokens.lowerBound, kind.axes)
      }
    }

    struct MapRecord: Encodable {
      let name: String
      let file: String
      let sum: Double?
      let leftOver: [RemainderRecord]
      let sentence: String
      let gain: Double?
      let insertion: [Double]?
      let deletion: [Double]?
      /// The class's probability where the map's first eighth is hidden.
      let afterEighth: Double?
      let contentShare: Double?
      /// The share of its positive values on the object, and whether its largest value lies there.
      let share: Double?
      let points: Bool?

      enum CodingKeys: String, CodingKey {
        case name, file, sum, sentence, gain, insertion, deletion, share, points
        case leftOver = "left_over"
        case afterEighth = "p_after_8th"
        case contentShare = "content_share"
      }

      init(
        _ name: String, _ map: ExplanationMap, _ trust: Trust?, _ pointing: Pointing?
      ) {
        (share, points) = (pointing?.share, pointing?.hits)
        let gain = trust?.gains[name]
        afterEighth = gain?.probability(hiding: 0.125)
        contentShare = trust?.contents[name]
        self.name = name
        file = name + ".npy"
        sum = map.sum.isFinite ? map.sum : nil
        leftOver = map.remainders.map {
          RemainderRecord(name: $0.name, value: $0.value.isFinite ? $0.value : nil)
        }
        sentence = map.sentence
        (self.gain, insertion, deletion) = (gain?.gain, gain?.insertion, gain?.deletion)
      }
    }

    /// What the input is, and whether the model says so.
    struct LabelRecord: Encodable {
      let number: Int
      let name: String?
      let answer: Int
      let isRight: Bool

      /// For people.
      var sentence: String {
        let title = name.map { "class \(number) (\($0))" } ?? "class \(number)"
        return isRight ? "answered rightly: \(title)." : "answered wrongly: it is \(title)."
      }

      enum CodingKeys: String, CodingKey {
        case number = "class"
        case name, answer
        case isRight = "right"
      }
    }

    /// An object that a file marks.
    struct ObjectRecord: Encodable {
      /// Its share of the pixels.
      let area: Double
    }

    struct TrustRecord: Encodable {
      /// The mean gain of three random orders.
      let random: Double
      let centre: Double
      let brightness: Double?
    }

    struct EffectRecord: Encodable {
      let what: String
      let logits: [Float]
      /// Δlogit, Δlog p, Δp, KL.
      let effect: [Double]
    }

    let input: String
    let axes: [Int]
    let target: Int?
    let targetName: String?
    let against: Int?
    let againstName: String?
    let logits: [Float?]?
    let probabilities: [Double]?
    let kinds: [KindRecord]?
    let maps: [MapRecord]
    let label: LabelRecord?
    let object: ObjectRecord?
    let undefined: [Undefined]
    let trust: TrustRecord?
    let effects: [EffectRecord]
    /// By name, a list of rows each; nil where none is asked for.
    let tables: [String: ReportTable]?

    enum CodingKeys: String, CodingKey {
      case input, axes, target, against, logits, probabilities, kinds, maps, label, object,
        undefined,
        trust, effects, tables
      case targetName = "target_name"
      case againstName = "against_name"
    }
  }
}
