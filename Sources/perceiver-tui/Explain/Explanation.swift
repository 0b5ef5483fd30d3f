// One input explained: maps by method, how much they are worth, and what changes do.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Tensors

/// Everything that `explain` says of one input.
struct Explanation {
  /// What is asked.
  struct Options {
    let target: String?
    let against: String?
    let settings: ExplanationSettings
    let changes: ChangeOptions
    /// Which tables are asked for.
    let questions: QuestionOptions
    /// The class that the input is of, as people wrote it; nil for none.
    var label: String?
    /// The file of an object's mask; nil for none.
    var objectMask: String?
    /// Whether maps are measured by hiding.
    let trusts: Bool
    /// Whether the gain beside a random order's is measured for the captions of figures.
    let measuresFigures: Bool
  }

  private let record: Record
  private let maps: [(name: String, map: ExplanationMap)]
  private let reported: [String]
  /// What figures say below each map, by method.
  private let figureFacts: [String: ExplanationFigure.Facts]
  private let kinds: [Modality]
  private let tables: [NamedTable]
  private let stageMaps: [StageMaps]

  /// - Parameters:
  ///   - isWholeList: Whether methods without an answer are passed over and said, instead of ending
  ///     the command.
  ///   - another: Another input as the model reads it.
  /// - Throws: `CommandFailure`, `ConfigurationError`, `ComputationCancelled`.
  init(
    of prepared: PreparedInput, by model: Perceiver, methods: [ExplanationMethod],
    isWholeList: Bool, options: Options, reader: InputReader,
    another: (String) throws -> PreparedInput, cancellation: Cancellation
  ) throws {
    let run = try prepared.begin(model).completed(cancellation: cancellation)
    var undefined: [Record.Undefined] = []
    for method in methods {
      guard let problem = method.problem(run) else { continue }
      guard isWholeList else {
        throw CommandFailure(.usage, "--method", "\(method.name): \(problem)")
      }
      undefined.append(.init(name: method.name, reason: problem))
    }
    let target = try Self.target(options, of: run)
    let isNamed = options.target != nil || options.against != nil
    let resolved =
      isNamed || options.trusts || run.output?.shape.count == 1
      ? try Self.resolved(target, of: run, isAsked: isNamed || options.trusts) : nil
    let settings = try options.questions.following(options.settings, of: run, methods)
    // What is wrong with them shows before any map is computed.
    let label = try options.label.map { try Self.label($0, of: run) }
    let object = try options.objectMask.map {
      try MaskedObject($0, axes: prepared.input.axes, of: run, reader: reader)
    }
    var maps: [(name: String, map: ExplanationMap)] = []
    var stageMaps: [StageMaps] = []
    for method in methods where method.problem(run) == nil {
      do {
        let question = method.question(target, settings)
        let map = try question.map(run, cancellation: cancellation)
        maps.append((method.name, map))
        guard options.questions.byStage else { continue }
        let parts = try StageMaps(question, named: method.name, map: map, of: run, cancellation)
        stageMaps += parts.map { [$0] } ?? []
      } catch let error as ConfigurationError where isWholeList {
        undefined.append(.init(name: method.name, reason: error.description))
      }
    }
    guard !maps.isEmpty || !options.changes.isEmpty || options.questions.asksForTables else {
      throw CommandFailure(.usage, "--method", "no method has an answer for this model")
    }
    var pointing: [String: Pointing] = [:]
    for (name, map) in maps { pointing[name] = object?.pointing(map.values) }
    let trust =
      try options.trusts
      ? Trust(run, prepared, target, maps, settings, cancellation) : nil
    let effects = try Self.effects(
      options.changes, of: run, prepared, target, reader, cancellation,
      open: { try another($0).begin(model).completed(cancellation: cancellation) })
    let tables = try Self.tables(
      options.questions, of: run, target, maps, settings, stageMaps, cancellation)
    let output = run.output
    let kinds = run.model.configuration.modalities(inputAxes: prepared.input.axes)
    record = Record(
      input: prepared.input.fullName, axes: prepared.input.axes, target: resolved?.index,
      targetName: resolved?.name, against: resolved?.against,
      againstName: resolved?.againstName,
      logits: output.map { $0.values.map { $0.isFinite ? $0 : nil } },
      probabilities: resolved.flatMap { _ in try? run.probabilities() },
      kinds: kinds.isEmpty ? nil : kinds.map(Record.KindRecord.init),
      maps: maps.map { name, map in
        Record.MapRecord(name, map, trust, pointing[name])
      }, label: label, object: object.map { Record.ObjectRecord(area: $0.area) },
      undefined: undefined, trust: trust?.record, effects: effects,
      tables: tables.isEmpty
        ? nil : Dictionary(uniqueKeysWithValues: tables.map { ($0.name.rawValue, $0.table) }))
    self.maps = maps
    self.tables = tables
    self.stageMaps = stageMaps
    reported =
      Self.report(
        prepared.input.fullName, maps, trust, pointing, label, object, undefined, effects)
      + Self.report(prepared.input.fullName, tables)
    self.kinds = kinds
    figureFacts =
      options.measuresFigures
      ? try Self.figureFacts(maps, run, target, settings, trust, cancellation) : [:]
    figures = Self.figures(prepared.input.fullName, run, maps, label, trust, pointing)
  }

  /// What is kept of it for tables over several inputs.
  let figures: InputFigures

  /// What is said of it, a line for each map.
  var lines: [String] { reported }

  /// Writes its files.
  ///
  /// - Throws: `CommandFailure`.
  func write(to folder: TraceFolder, asPictures: Bool, over photo: PixelImage?) throws {
    for (name, map) in maps {
      try folder.write(name + ".npy") { try $0(NumPyFile.bytes(map.values)) }
      guard asPictures else { continue }
      // Of several kinds of tokens, those of the pictures.
      let pictured = kinds.first { $0.axes.count == 3 }
      let numbers = map.values.isOfAllKinds(kinds) ? map.values.part(of: pictured) : map.values
      let drawing = MapDrawing(
        numbers.asFlatMap, photo: photo, appearance: Self.appearance, span: map.sign.span,
        overlay: .half)
      try folder.write(name + ".png") { try $0(drawing.picture().png()) }
    }
    for maps in stageMaps {
      try folder.write(StageMaps.file(maps.method)) { try $0(NumPyFile.bytes(maps.parts)) }
    }
    for table in tables {
      try folder.write(table.name.file) { try $0(Array(table.table.csv.utf8)) }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try folder.write("explain.json") {
      try $0(Array(encoder.encode(record)) + [UInt8(ascii: "\n")])
    }
  }

  /// Writes a figure of each map, as a picture and as SVG.
  ///
  /// - Throws: `CommandFailure`, `PictureError`.
  func writeFigures(to folder: TraceFolder, of input: Input, width: Int) throws {
    for (name, map) in maps {
      guard let facts = figureFacts[name] else { continue }
      let figure = ExplanationFigure.make(
        of: map, facts, name: input.name, photo: input.frames.first, text: input.text, kinds: kinds,
        appearance: Self.appearance)
      try folder.write(name + "-figure.png") { try $0(figure.picture(width: width).png()) }
      try folder.write(name + "-figure.svg") { try $0(Array(figure.svg(width: width).utf8)) }
    }
  }

  private static let appearance = MapAppearance(transfer: .linear, colours: .viridis)

  /// What figures say of maps: their gain beside a random order's as on screen, or as --trust has it.
  private static func figureFacts(
    _ maps: [(name: String, map: ExplanationMap)], _ run: PerceiverRun,
    _ target: ExplanationTarget, _ settings: ExplanationSettings, _ trust: Trust?,
    _ cancellation: Cancellation
  ) throws -> [String: ExplanationFigure.Facts] {
    var gains = trust?.gains.mapValues(\.gain) ?? [:]
    var random = trust?.record.random
    if trust == nil, run.scoresClasses {
      // What is hidden and shown is looked at by one class's probability.
      let target = ExplanationTarget(target.choice)
      // Tokens are hidden: a map that is finer than they are has no order of them.
      let measured = maps.filter { $0.map.values.count == run.tokenCount }
      let orders =
        [PixelOrder.random(run.tokenCount, seed: 0)]
        + measured.map { PixelOrder.of($0.map.values) }
      let curves = try Faithfulness.following(
        orders, of: run, target: target, cancellation: cancellation)
      random = curves[0].gain
      for (map, curve) in zip(measured, curves.dropFirst()) { gains[map.name] = curve.gain }
    }
    var facts: [String: ExplanationFigure.Facts] = [:]
    for (name, _) in maps {
      guard let method = ExplanationMethod.named(name) else { continue }
      facts[name] = .init(
        method, settings, target, of: run, gain: gains[name], randomGain: random)
    }
    return facts
  }

  private static func report(
    _ input: String, _ maps: [(name: String, map: ExplanationMap)], _ trust: Trust?,
    _ pointing: [String: Pointing], _ label: Record.LabelRecord?, _ object: MaskedObject?,
    _ undefined: [Record.Undefined], _ effects: [Record.EffectRecord]
  ) -> [String] {
    var lines = label.map { ["\(input): \($0.sentence)"] } ?? []
    lines += maps.map { name, map -> String in
      var line = "\(input): \(name): \(map.sentence)"
      for remainder in map.remainders where remainder.value.isFinite {
        line += " \(remainder.name): \(Figures.number(Float(remainder.value)))."
      }
      if let gain = trust?.gains[name] {
        line += " Gain \(Figures.number(Float(gain.gain)))"
        if let trust {
          line +=
            ", random \(Figures.number(Float(trust.record.random)))"
            + ", centre \(Figures.number(Float(trust.record.centre)))"
        }
        line += "."
      }
      if let content = trust?.contents[name] {
        line += " Content share \(Figures.number(content))."
      }
      if let pointing = pointing[name], let object {
        line += " Its largest value lies \(pointing.hits ? "on" : "off") the object"
        if let share = pointing.share { line += ", \(Figures.number(100 * share)) % of it on" }
        line += " (\(Figures.number(100 * object.area)) % of the picture)."
      } else if object != nil {
        line += " Not of the mask's size."
      }
      return line
    }
    lines += undefined.map { "\(input): \($0.name) is not defined: \($0.reason)" }
    lines += effects.map { effect in
      let numbers = effect.effect.map { Figures.number(Float($0)) }
      return
        "\(input): \(effect.what): Δlogit \(numbers[0]), Δlog p \(numbers[1]), Δp \(numbers[2]), "
        + "KL \(numbers[3])"
    }
    return lines
  }
}

extension Explanation {
  /// The target that options name.
  private static func target(
    _ options: Options, of run: PerceiverRun
  ) throws -> ExplanationTarget {
    func choice(_ text: String, _ option: String) throws -> ExplanationTarget.Choice {
      let names = run.model.configuration.classNames ?? []
      if let number = Int(text) { return .number(number) }
      if let exact = names.firstIndex(of: text) { return .number(exact) }
      let alike = names.indices.filter { names[$0].lowercased() == text.lowercased() }
      if alike.count == 1 { return .number(alike[0]) }
      if text == "answer" { return .answer }
      if text == "second" { return .second }
      throw CommandFailure(
        .usage, option,
        names.isEmpty
          ? "expected the number of a class from 0, since the model's classes have no names, found "
            + text
          : "expected a class from 0 to \(names.count - 1) or its name, such as \(names[0]), found "
            + text)
    }
    return ExplanationTarget(
      try options.target.map { try choice($0, "--target") } ?? .answer,
      against: try options.against.map { try choice($0, "--against") })
  }

  /// The target's numbers; nil where nobody asked for them and the model has none.
  private static func resolved(
    _ target: ExplanationTarget, of run: PerceiverRun, isAsked: Bool
  ) throws -> ResolvedTarget? {
    do {
      return try run.resolve(target)
    } catch  where !isAsked {
      return nil
    }
  }

  private static func effects(
    _ changes: ChangeOptions, of run: PerceiverRun, _ prepared: PreparedInput,
    _ target: ExplanationTarget, _ reader: InputReader, _ cancellation: Cancellation,
    open: (String) throws -> PerceiverRun
  ) throws -> [Record.EffectRecord] {
    guard !changes.isEmpty else { return [] }
    let whatIf = try WhatIf(run, of: target, cancellation: cancellation)
    let all = try changes.changes(
      of: run, axes: prepared.input.axes, reader: reader, open: open)
    return try all.map { change in
      let answer = try whatIf.answer(of: change.run, cancellation: cancellation)
      return Record.EffectRecord(
        what: change.what, logits: answer.logits.values, effect: answer.effect.numbers)
    }
  }

  /// Gains of maps, and what they are held against; how much of them is content.
  struct Trust {
    var gains: [String: Faithfulness] = [:]
    /// How far each map is from that on a picture without content, from 0 to 1.
    var contents: [String: Double] = [:]
    var record: Record.TrustRecord

    init(
      _ run: PerceiverRun, _ prepared: PreparedInput, _ target: ExplanationTarget,
      _ maps: [(name: String, map: ExplanationMap)], _ settings: ExplanationSettings,
      _ cancellation: Cancellation
    ) throws {
      func gain(_ order: [Int]) throws -> Faithfulness {
        try Faithfulness(of: run, order: order, target: target, cancellation: cancellation)
      }
      let count = run.tokenCount
      let random = try (0..<3).map {
        try gain(PixelOrder.random(count, seed: settings.seed &+ UInt64($0))).gain
      }
      // The data of a token that is a pixel has a brightness.
      let isPicture = !prepared.input.isText && prepared.input.axes == run.mapAxes
      record = Record.TrustRecord(
        random: random.reduce(0, +) / Double(random.count),
        centre: try gain(PixelOrder.centre(run.mapAxes)).gain,
        brightness: isPicture
          ? try gain(PixelOrder.brightness(prepared.input.tensor)).gain : nil)
      for (name, map) in maps where map.values.count == count {
        gains[name] = try gain(PixelOrder.of(map.values))
      }
      contents = try Self.contents(run, target, maps, settings, cancellation)
    }
  }
}
