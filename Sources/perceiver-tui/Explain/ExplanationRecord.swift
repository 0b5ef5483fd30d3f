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
        afterEighth = gain?.afterFirstEighth
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

    /// How near the parts of a logit come to it.
    struct DirectRecord: Encodable {
      /// Of all parts.
      let sum: Double
      /// The logit, or the difference of two, as the model has it.
      let value: Double
      /// What rounding leaves between them.
      let difference: Double
    }

    /// What maps are held against.
    struct TrustRecord: Encodable {
      /// The mean gain of three random orders.
      let random: Double?
      let centre: Double?
      let brightness: Double?
      /// The same orders with all that is known of them.
      let orders: [OrderRecord]

      init(_ orders: [Trust.Order]) {
        func gain(_ name: String) -> Double? { orders.first { $0.name == name }?.curves.gain }
        (random, centre, brightness) = (gain("random"), gain("centre"), gain("brightness"))
        self.orders = orders.map(OrderRecord.init)
      }
    }

    /// An order of pixels, as a map's is told.
    struct OrderRecord: Encodable {
      let name: String
      let gain: Double
      let insertion: [Double]
      let deletion: [Double]
      let afterEighth: Double
      let points: Bool?

      init(_ order: Trust.Order) {
        (name, points) = (order.name, order.points)
        (gain, insertion) = (order.curves.gain, order.curves.insertion)
        (deletion, afterEighth) = (order.curves.deletion, order.curves.afterFirstEighth)
      }

      enum CodingKeys: String, CodingKey {
        case name, gain, insertion, deletion, points
        case afterEighth = "p_after_8th"
      }
    }

    struct EffectRecord: Encodable {
      let what: String
      let logits: [Float]
      /// Δlogit, Δlog p, Δp, KL; nil of a model without classes.
      let effect: [Double]?
      /// What becomes of an output's number; nil of a model that scores classes.
      let output: OutputChange?
      /// Of what is put in from another input; nil of other changes.
      let recovery: RecoveryRecord?
    }

    /// The number of an output, or the difference of two, before a change and after it.
    struct OutputChange: Encodable {
      let before: Double
      let after: Double
      let difference: Double

      init?(_ effect: Effect) {
        guard !effect.isOfClasses else { return nil }
        (before, after, difference) = (effect.before, effect.after, effect.logit)
      }
    }

    /// How far what is put in brings the answer to the other input's.
    struct RecoveryRecord: Encodable {
      /// 0 not at all, 1 all the way.
      let value: Double
      /// By what: the other input's answer against the input's own, or the target.
      let of: String
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
    let direct: DirectRecord?
    /// By name, a list of rows each; nil where none is asked for.
    let tables: [String: ReportTable]?

    enum CodingKeys: String, CodingKey {
      case input, axes, target, against, logits, probabilities, kinds, maps, label, object,
        undefined, trust, effects, direct, tables
      case targetName = "target_name"
      case againstName = "against_name"
    }
  }
}

extension Explanation.Record {
  /// - Parameters:
  ///   - target: What is explained; nil where nobody asks and the model has none.
  ///   - kinds: Which numbers are of which kind of tokens; none where all are of one.
  init(
    _ findings: Explanation.Findings, of run: PerceiverRun, axes: [Int], _ target: ResolvedTarget?,
    _ kinds: [Modality]
  ) {
    input = findings.input
    self.axes = axes
    (self.target, targetName) = (target?.index, target?.name)
    (against, againstName) = (target?.against, target?.againstName)
    logits = run.output.map { $0.values.map { $0.isFinite ? $0 : nil } }
    probabilities = target.flatMap { _ in try? run.probabilities() }
    self.kinds = kinds.isEmpty ? nil : kinds.map(KindRecord.init)
    maps = findings.maps.map { name, map in
      MapRecord(name, map, findings.trust, findings.pointing[name])
    }
    (label, undefined) = (findings.label, findings.undefined)
    object = findings.object.map { ObjectRecord(area: $0.area) }
    trust = findings.trust.map { TrustRecord($0.orders) }
    effects = findings.effects
    direct = findings.direct.map {
      DirectRecord(sum: $0.sum, value: $0.value, difference: $0.sum - $0.value)
    }
    tables =
      findings.tables.isEmpty
      ? nil
      : Dictionary(uniqueKeysWithValues: findings.tables.map { ($0.name.rawValue, $0.table) })
  }
}
