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
    let methods: [ExplanationMethod]
    /// Whether methods without an answer are passed over and said, instead of ending the command.
    let isWholeList: Bool
    let target: String?
    let against: String?
    let settings: ExplanationSettings
    let changes: ChangeOptions
    /// Which tables are asked for.
    let questions: QuestionOptions
    /// The class that the input is of, as people wrote it; nil for none.
    var label: InputLabels.Label?
    /// The file of an object's mask; nil for none.
    var objectMask: String?
    /// Whether maps are measured by hiding.
    let trusts: Bool
    /// Whether the gain beside a random order's is measured for the captions of figures.
    let measuresFigures: Bool
  }

  /// What its parts are asked with.
  struct Inquiry {
    /// Complete.
    let run: PerceiverRun
    let target: ExplanationTarget
    let settings: ExplanationSettings
    let progress: ComputationProgress
    let cancellation: Cancellation
  }

  private let findings: Findings
  private let record: Record
  /// What figures say below each map, by method.
  private let figureFacts: [String: ExplanationFigure.Facts]
  /// What is explained, in words; nil where the model has no such thing.
  private let targetTitle: String?
  private let kinds: [Modality]
  private let stageMaps: [StageMaps]

  /// - Parameters:
  ///   - another: Another input as the model reads it.
  ///   - progress: Told what is computed; `cancellation` tells it how far that is.
  /// - Throws: `CommandFailure`, `ConfigurationError`, `ComputationCancelled`.
  init(
    of prepared: PreparedInput, by model: Perceiver, options: Options, reader: InputReader,
    another: (String) throws -> PreparedInput, progress: ComputationProgress,
    cancellation: Cancellation
  ) throws {
    let run = try prepared.begin(model).completed(cancellation: cancellation)
    var findings = Findings(
      input: prepared.input.fullName, words: run.tokenWords,
      undefined: try Self.undefined(options, of: run))
    try Self.checkFinite(options, prepared.input.fullName, run)
    let target = try Self.target(options, of: run)
    let resolved =
      options.asksForClass || options.asksForEffects || run.output?.shape.count == 1
      ? try Self.resolved(target, options, of: run) : nil
    let settings = try options.questions.following(options.settings, of: run, options.methods)
    if settings.measure == .logProbability, !run.scoresClasses {
      throw CommandFailure(.usage, "--measure", "expected a model that scores classes")
    }
    let inquiry = Inquiry(
      run: run, target: target, settings: settings, progress: progress, cancellation: cancellation)
    // What is wrong with them shows before any map is computed.
    try options.questions.check(run)
    findings.label = try options.label.map { try Self.label($0, of: run) }
    findings.object = try options.objectMask.map {
      try MaskedObject($0, axes: prepared.input.axes, of: run, reader: reader)
    }
    let whatIf =
      options.changes.isEmpty
      ? nil : try WhatIf(run, of: target, cancellation: cancellation)
    var changes = try options.changes.changes(
      of: run, axes: prepared.input.axes, reader: reader,
      open: { try another($0).begin(model) }, cancellation: cancellation)
    if options.questions.classes {
      // All their stages are told of.
      for index in changes.indices {
        changes[index].run = try changes[index].run.completed(cancellation: cancellation)
      }
    }
    var stageMaps: [StageMaps] = []
    for method in options.methods where method.problem(run) == nil {
      progress.begin(method.name)
      do {
        let question = method.question(target, settings)
        guard options.questions.byStage, let question = question as? any StagewiseMapQuestion else {
          findings.maps.append((method.name, try question.map(run, cancellation: cancellation)))
          continue
        }
        let (map, parts) = try question.mapWithParts(run, cancellation: cancellation)
        findings.maps.append((method.name, map))
        stageMaps.append(StageMaps(parts, named: method.name, of: map, run))
      } catch let error as ConfigurationError where options.isWholeList {
        findings.undefined.append(.init(name: method.name, reason: error.description))
      }
    }
    guard
      !findings.maps.isEmpty || !options.changes.isEmpty || options.questions.asksForTables
    else {
      throw CommandFailure(.usage, "--method", "no method has an answer for this model")
    }
    for (name, map) in findings.maps {
      findings.pointing[name] = findings.object?.pointing(map.values)
    }
    if options.trusts {
      findings.trust = try Trust(findings.maps, on: findings.object, of: prepared, inquiry)
    }
    findings.effects = try whatIf.map { try Self.effects(changes, $0, inquiry) } ?? []
    findings.direct = try options.questions.direct ? Self.direct(inquiry) : nil
    findings.tables = try Self.tables(
      options.questions, inquiry, findings, stageMaps, changes)
    kinds = run.model.configuration.modalities(inputAxes: prepared.input.axes)
    record = Record(findings, of: run, axes: prepared.input.axes, resolved, kinds)
    self.stageMaps = stageMaps
    targetTitle = resolved?.title
    figureFacts =
      options.measuresFigures
      ? try Self.figureFacts(findings, inquiry) : [:]
    figures = Self.figures(findings, of: run)
    self.findings = findings
  }

  /// What is kept of it for tables over several inputs.
  let figures: InputFigures

  /// What is said of it.
  var lines: [String] { findings.lines }

  /// Writes its files.
  ///
  /// - Throws: `CommandFailure`.
  func write(to folder: TraceFolder, asPictures: Bool, over photo: PixelImage?) throws {
    for (name, map) in findings.maps {
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
    for table in findings.tables {
      try folder.write(table.name.file) { try $0(Array(table.table.csv.utf8)) }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try folder.write("explain.json") {
      try $0(Array(encoder.encode(record)) + [UInt8(ascii: "\n")])
    }
  }

  /// Writes a figure of each map and table, as a picture and as SVG.
  ///
  /// - Throws: `CommandFailure`, `PictureError`.
  func writeFigures(to folder: TraceFolder, of input: Input, width: Int) throws {
    for (name, map) in findings.maps {
      guard let facts = figureFacts[name] else { continue }
      let figure = ExplanationFigure.make(
        of: map, facts, name: input.title, photo: input.frames.first, text: input.text,
        kinds: kinds, appearance: Self.appearance)
      try folder.write(figure, named: name, width: width)
    }
    let tables = Self.tableFigures(findings, name: input.title, target: targetTitle)
    for table in tables { try folder.write(table.figure, named: table.name, width: width) }
  }

  private static let appearance = MapAppearance(transfer: .linear, colours: .viridis)
}

extension Explanation.Options {
  /// Whether a class or a number of the output is named, or measured by.
  fileprivate var asksForClass: Bool { target != nil || against != nil || trusts }

  /// Whether it is asked what becomes of a class or a number of the output.
  fileprivate var asksForEffects: Bool { !changes.isEmpty || questions.sweep != nil }
}

extension Explanation {
  /// Methods that have no answer for the model.
  ///
  /// - Throws: `CommandFailure` where one was asked for by its name.
  private static func undefined(
    _ options: Options, of run: PerceiverRun
  ) throws -> [Record.Undefined] {
    try options.methods.compactMap { method in
      guard let problem = method.problem(run) else { return nil }
      guard options.isWholeList else {
        throw CommandFailure(.usage, "--method", "\(method.name): \(problem)")
      }
      return .init(name: method.name, reason: problem)
    }
  }

  /// - Throws: `CommandFailure` where an output is asked about that is NaN or infinite.
  private static func checkFinite(_ options: Options, _ input: String, _ run: PerceiverRun) throws {
    let isAsked =
      options.asksForClass || !options.changes.isEmpty || options.questions.asksForAnswers
      || !options.isWholeList && options.methods.contains(where: \.asksForTarget)
    guard isAsked, let output = run.output, !output.isFinite else { return }
    throw CommandFailure(
      .software, input, "the model's output is NaN or infinite, so there is no answer to explain")
  }

  /// The target that options name.
  private static func target(
    _ options: Options, of run: PerceiverRun
  ) throws -> ExplanationTarget {
    func choice(_ text: String, _ option: String) throws -> ExplanationTarget.Choice {
      do {
        return try run.targetChoice(named: text)
      } catch let error as ConfigurationError {
        throw CommandFailure(.usage, option, error.description)
      }
    }
    return ExplanationTarget(
      try options.target.map { try choice($0, "--target") } ?? .answer,
      against: try options.against.map { try choice($0, "--against") })
  }

  /// The target's numbers; nil where nobody asked for them and the model has none.
  ///
  /// - Throws: `CommandFailure` with the option that is wrong.
  private static func resolved(
    _ target: ExplanationTarget, _ options: Options, of run: PerceiverRun
  ) throws -> ResolvedTarget? {
    do {
      return try run.resolve(target)
    } catch let error as ConfigurationError {
      // Of a model that ends with its latents, effects say what it lacks.
      guard options.asksForClass || options.asksForEffects && run.hasOutput else { return nil }
      let isTargetRight = (try? run.resolve(ExplanationTarget(target.choice))) != nil
      let option =
        if isTargetRight {
          "--against"
        } else if options.target != nil || run.hasOutput {
          // Where an output has many numbers, nothing but a target says which is meant.
          "--target"
        } else {
          options.against != nil ? "--against" : "--trust"
        }
      // The library says which half of the target is wrong; here the option does.
      let problem = error.description.split(separator: ": ", maxSplits: 1).last.map(String.init)
      throw CommandFailure(.usage, option, problem ?? error.description)
    }
  }

  private static func effects(
    _ changes: [ChangeOptions.Change], _ whatIf: WhatIf, _ inquiry: Inquiry
  ) throws -> [Record.EffectRecord] {
    inquiry.progress.begin("changes")
    return try changes.enumerated().map { done, change in
      inquiry.cancellation.report(done, of: changes.count)
      let answer = try whatIf.answer(of: change.run, cancellation: inquiry.cancellation)
      return Record.EffectRecord(
        what: change.what, logits: answer.logits.values,
        effect: answer.effect.isOfClasses ? answer.effect.numbers : nil,
        output: .init(answer.effect),
        recovery: try change.recovery(
          into: inquiry.run, of: inquiry.target, cancellation: inquiry.cancellation))
    }
  }
}
