// `explain --planted`: a model's methods held against pictures that are drawn so that it is known
// which pixels decide.

import Datasets
import Foundation
import Inputs
import Perceiver
import Pictures
import Tensors

/// One measurement of a model's methods over planted pictures, or a shard of it.
struct PlantedCauses {
  private let source: ModelSource
  private let description: ModelDescription
  private let question: PlantedRecord.Question
  private let candidates: [PlantedCandidate]
  private let undefined: [PlantedTable.Undefined]
  private let model: Perceiver
  private let examples: ScaledExamples
  private let drawn: PlantedPictures

  /// Opens the model and draws the pictures.
  ///
  /// - Parameters:
  ///   - methods: Those that are asked for; nil for all that have an answer.
  ///   - count: How many pictures.
  ///   - settings: What methods are told; its seed chooses the pictures too.
  /// - Throws: `CommandFailure` for a model that does not tell the shapes of signs apart, or for a
  ///   method that has no answer; `ComputationCancelled`.
  init(
    _ request: ModelRequest, methods: [ExplanationMethod]?, count: Int,
    settings: ExplanationSettings, cancellation: Cancellation
  ) throws {
    source = try ModelSource(request)
    let name = request.weights ?? ""
    description = try source.describe(inputChannels: 3, inputAxes: 2)
    for note in description.notes { Messages.note(note) }
    let configuration = description.configuration
    guard configuration.inputChannels == 3, configuration.inputAxes == 2,
      configuration.classCount == PlantedPictures.classNames.count
    else {
      let classes = configuration.classCount.map { "\($0) classes" } ?? "no classes"
      throw CommandFailure(
        .usage, name,
        "expected a model that reads pictures in colour and tells the "
          + "\(PlantedPictures.classNames.count) planted classes apart, found "
          + "\(configuration.inputChannels) channels, \(configuration.inputAxes) axes and "
          + classes)
    }
    drawn = try Self.drawn(count, seed: settings.seed, cancellation)
    let named = configuration.classNames ?? drawn.pictures.classNames
    let pictures = try CommandFailure.about(name) { [drawn] in
      try drawn.pictures.matching(classes: named, of: name)
    }
    let scaling = PixelScaling(ScalingChoice().preprocessing(over: source.given.preprocessing))
    examples = try ScaledExamples(pictures, scaling)
    model = try source.model(description)
    let asked = methods ?? ExplanationMethod.all
    let reasons = try Self.reasons(asked, model, examples, name)
    if methods != nil, let first = reasons.first {
      throw CommandFailure(.usage, "--method", "\(first.name): \(first.reason)")
    }
    undefined = reasons
    candidates =
      asked.filter { method in !reasons.contains { $0.name == method.name } }.flatMap {
        Self.candidates($0, settings, black: scaling.black)
      } + PlantedCandidate.controls
    question = PlantedRecord.Question(
      model: name, parameters: model.parameterCount, weights: try model.fingerprint(),
      seed: settings.seed, pictures: count,
      methods: candidates.map(\.name), samples: settings.samples, nodes: settings.nodes,
      baseline: settings.baseline)
  }

  /// Draws the pictures, and says how many of them there are by now.
  private static func drawn(
    _ count: Int, seed: UInt64, _ cancellation: Cancellation
  ) throws -> PlantedPictures {
    let progress = ProgressLine()
    defer { progress.clear() }
    return try PlantedPictures(.test, count: count, seed: seed, cancellation: cancellation) {
      done, total in
      progress.draw(done: Double(done) / Double(total)) { "drawing picture \(done) of \(total)" }
    }
  }

  /// Methods that the model has no answer for, and why.
  private static func reasons(
    _ methods: [ExplanationMethod], _ model: Perceiver, _ examples: ScaledExamples, _ name: String
  ) throws -> [PlantedTable.Undefined] {
    let run = try CommandFailure.about(name) { try model.begin(input(0, of: examples)) }
    guard run.tokenCount == examples.shape[0] * examples.shape[1] else {
      throw CommandFailure(
        .usage, name,
        "expected a model whose tokens are pixels, found \(run.tokenCount) tokens of "
          + "\(examples.shape[0]) × \(examples.shape[1]) pixels")
    }
    return methods.compactMap { method in
      method.problem(run).map { .init(name: method.name, reason: $0) }
    }
  }

  /// A method as it is measured: integrated gradients from black too, where nobody names a ground.
  private static func candidates(
    _ method: ExplanationMethod, _ settings: ExplanationSettings, black: Float?
  ) -> [PlantedCandidate] {
    let own = PlantedCandidate(method, settings)
    guard method.name == "integrated-gradients", settings.baseline == nil, let black, black != 0
    else { return [own] }
    var fromBlack = settings
    fromBlack.baseline = black
    return [
      own,
      PlantedCandidate(
        method, fromBlack, name: method.name + "-black",
        summary: method.summary + ", the ground black instead of 0"),
    ]
  }

  private static func input(_ index: Int, of examples: ScaledExamples) -> Tensor {
    Tensor(shape: examples.shape) { examples.read(index, into: $0) }
  }
}

extension PlantedCauses {
  /// Measures all pictures, or those of a shard, and writes what was found: of all the table; of a
  /// shard its part, and the table too where the other parts are there.
  ///
  /// - Parameter asPictures: Whether pictures and their objects are written too; not of a shard.
  /// - Throws: `CommandFailure`, `ComputationCancelled`.
  func run(
    shard: InputList.Shard?, into path: String, existing: TraceFolder.ExistingFiles,
    asPictures: Bool, cancellation: Cancellation
  ) throws {
    guard let shard else {
      let folder = try TraceFolder(path: path, existing: existing, contents: .planted)
      let record = try measured(every: 1, from: 0, cancellation)
      if asPictures { try writePictures(to: folder) }
      return try finish(record, in: folder)
    }
    let parts = ShardParts<PlantedRecord>(of: shard, in: path, existing: existing)
    let name = PlantedRecord.shardName(shard)
    let folder = try Self.folder(path, existing, of: [name])
    /// Refuses a shard of another measurement than that of the parts and the table in the folder.
    func checkFitsOthers() throws {
      if existing == .keep { try checkTable(in: path) }
      _ = try parts.others(of: question)
    }
    try checkFitsOthers()
    let own = try measured(every: shard.count, from: shard.index, cancellation)
    // Parts may have come while this one was computed.
    try checkFitsOthers()
    try folder.write(name) { try $0(Self.json(own)) }
    try folder.commit()
    let others = try parts.others(of: question)
    guard others.areComplete, let all = PlantedRecord.joining(others.parts + [own]) else {
      try StandardOutput().write(lines: [
        "\(path)/\(name): \(own.pictures.count) pictures; \(others.sentence(of: shard.count))"
      ])
      return
    }
    try finish(all, in: Self.folder(path, .replace, of: PlantedRecord.tableNames))
  }

  /// Refuses a folder with the table of another measurement, which the last shard would replace.
  private func checkTable(in path: String) throws {
    let file = path + "/" + PlantedRecord.tableNames[0]
    guard FileNames.exists(file) else { return }
    try CommandFailure.about(file) {
      let bytes = try WholeFile.read(file, limit: 1 << 30)
      let table = try? JSONDecoder().decode(PlantedRecord.Table.self, from: Data(bytes))
      guard table?.question == question else {
        throw CommandFailure(
          .cannotWrite, file,
          "is there already, of another measurement; --force replaces it")
      }
    }
  }

  private func finish(_ record: PlantedRecord, in folder: TraceFolder) throws {
    let table = PlantedTable(record, candidates, undefined: undefined)
    try folder.write("planted.json") { try $0(Self.json(table)) }
    try folder.write("planted.csv") { try $0(Array(record.csv.utf8)) }
    try folder.commit()
    try StandardOutput().write(lines: table.lines)
  }

  /// Writes every picture, and beside it its object in white.
  private func writePictures(to folder: TraceFolder) throws {
    let (height, width) = (drawn.pictures.shape[0], drawn.pictures.shape[1])
    for number in 0..<drawn.pictures.count {
      let samples = Tensor(shape: drawn.pictures.shape) { drawn.pictures.read(number, into: $0) }
      let name = "pictures/\(number)-\(drawn.pictures.classNames[drawn.causes[number].shape])"
      let object = drawn.causes[number].object.map { $0 ? Float(1) : 0 }
      for (name, channels, samples) in [
        (name + ".png", drawn.pictures.shape[2], samples.values), (name + "-object.png", 1, object),
      ] {
        try folder.write(name) {
          try $0(
            PixelImage(width: width, height: height, channels: channels, samples: samples).png())
        }
      }
    }
  }

  private static func folder(
    _ path: String, _ existing: TraceFolder.ExistingFiles, of names: [String]
  ) throws -> TraceFolder {
    try TraceFolder(
      path: path, existing: existing,
      contents: .init(subfolder: nil, first: names, isOwn: { names.contains($0) }))
  }

  private static func json(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try Array(encoder.encode(value)) + [UInt8(ascii: "\n")]
  }

  /// Measures every `step`-th picture from the `first` on.
  private func measured(
    every step: Int, from first: Int, _ cancellation: Cancellation
  ) throws -> PlantedRecord {
    let progress = ProgressLine()
    defer { progress.clear() }
    let numbers = Array(stride(from: first, to: examples.count, by: step))
    let start = ContinuousClock.now
    var record = PlantedRecord(question: question, pictures: [])
    for (done, number) in numbers.enumerated() {
      progress.draw(done: Double(done) / Double(numbers.count)) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let left = done > 0 ? seconds / Double(done) * Double(numbers.count - done) : .infinity
        return "\(done)/\(numbers.count) pictures, \(EpochFigures.clock(left)) left"
      }
      record.pictures.append(try measured(number, cancellation))
    }
    return record
  }

  private func measured(
    _ number: Int, _ cancellation: Cancellation
  ) throws -> PlantedRecord.Picture {
    let input = Self.input(number, of: examples)
    let run = try model.begin(input).completed(cancellation: cancellation)
    let answer = try run.resolve(.answer).index
    let picture = PlantedCandidate.Picture(
      run: run, input: input, object: drawn.causes[number].object,
      seed: question.seed &+ UInt64(number))
    return PlantedRecord.Picture(
      number: number, label: examples.label(at: number), answer: answer,
      probability: try run.probabilities()[answer],
      measures: try PlantedCandidate.measure(candidates, on: picture, cancellation: cancellation))
  }
}

extension TraceFolder.Contents {
  /// What `explain --planted` writes of all pictures.
  fileprivate static let planted = TraceFolder.Contents(
    subfolder: "pictures", first: PlantedRecord.tableNames
  ) { name in
    PlantedRecord.tableNames.contains(name)
      || name.wholeMatch(of: #/pictures/[0-9]+-[a-z]+(-object)?\.png/#) != nil
  }
}

extension PixelScaling {
  /// The number that black becomes; nil where channels differ.
  fileprivate var black: Float? {
    let values = Set(
      (0..<max(mean.count, deviation.count)).map { channel in
        -mean[mean.count == 1 ? 0 : channel] / deviation[deviation.count == 1 ? 0 : channel]
      })
    return values.count == 1 ? values.first : nil
  }
}
