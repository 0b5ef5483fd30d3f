// `explain`: maps of what an answer rests on, and what changes would do to it, without a terminal.

import ArgumentParser
import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Tensors

/// Runs a model on inputs and writes why it answered as it did.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write why the model answers as it does: maps over the input as .npy, and JSON.",
    discussion: """
      Into the folder of --output, all at the end or nothing; for several inputs, or the files of a \
      folder, into a folder for each inside it:
        METHOD.npy    […axes] float32, a number for every pixel
        METHOD-by-stage.npy
                      what each reading brings to it, with --by-stage
        METHOD.png    the same over the photo, with --pictures
        METHOD-figure.png, METHOD-figure.svg
                      photo, map, a bar of colours with numbers and a caption, with --figure
        TABLE-figure.png, TABLE-figure.svg
                      a table with bars, with --figure, and the changes' as effects
        explain.json  input, axes, label and object where they are given, target, against, logits, probabilities; kinds, of \
      inputs of sound and frames together (name, first, axes); maps (name, file, sum, \
      what is left over, a sentence that says what it means, with --trust its gain, p without its first eighth and its \
      content share); undefined \
      (methods that have no answer for the model, and why); trust; effects; direct, which says how near the parts of \
      --direct come to the logit; tables

      Tables, which are printed too, and stand in explain.json by their names:
      \(tableList)

      With --planted and no INPUT, methods are measured on pictures that the program draws, and of \
      which it is known which pixels decide: those of a red sign, whose shape is the class, while a green \
      sign and blobs mislead (train planted learns them). Over the pictures that the model answers \
      rightly, of each method that it has an answer for, beside the object itself, random numbers, \
      the centre and brightness: the share of the map on the object, whether its largest value lies \
      there, its gain (as --trust), and the class's probability p where the first 24th of the \
      pixels, one fewer than the object has, and where the first eighth is hidden:
        planted.json  the table: means and 95 % intervals
        planted.csv   a row for each picture and method
        pictures/     each picture as NUMBER-CLASS.png, its object as NUMBER-CLASS-object.png, with \
      --pictures
      With --shard planted-I-of-N.json is written, and the table by the shard that ends last.

      Methods:
      \(methodList)
      """)

  @OptionGroup(title: "Input") var input: InputOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The folder for the files; it is made if need be.", valueName: "dir"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "Methods, with commas between them, or all. (default: \(ExplanationMethod.defaultName); with "
        + "--planted all)",
      valueName: "name,…|all"))
  var method: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The class that is explained, by number from 0 or by name; of other models a number of the "
        + "output, or ROW:NUMBER for one of a row, and where bytes are predicted PLACE:BYTE, such as "
        + "17:o; 17:answer is the largest there. (default: the model's answer)", valueName: "class")
  )
  var target: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The class that it is compared with, or second for the answer's nearest.",
      valueName: "class"))
  var against: String?

  @OptionGroup(title: "Methods") var settings: ExplainOptions

  @OptionGroup(title: "What if") var changes: ChangeOptions

  @OptionGroup(title: "Tables") var questions: QuestionOptions

  @Flag(
    help: "Write each map as a picture over the photo too; with --planted the pictures themselves.")
  var pictures = false

  @Flag(
    help: """
      Write each map as a figure too, as PNG and SVG: photo, map, a bar of colours with numbers, and \
      a caption with its meaning, method, class, and its gain beside a random order's; and each table \
      with a bar beside each number.
      """)
  var figure = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The width of figures in pixels. (default: \(MapFigure.usualWidth))", valueName: "n"))
  var width: Int?

  @Flag(
    help: """
      Say for each map how much it is worth: the class's probability where its first pixels alone \
      are read, less where they are hidden (of other models the output's number), beside random orders, the centre and brightness; and how \
      far it is from the map of a grey picture.
      """)
  var trust = false

  @Flag(help: "Hold methods against pictures whose cause is known, instead of explaining INPUT.")
  var planted = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many of these pictures; --seed chooses others. (default: 500)", valueName: "n"))
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "Of several inputs only every N-th, from the I-th on: N of these share the work.",
      valueName: "i/n"))
  var shard: String?

  @Flag(help: "Replace the files of an earlier explanation in the folder.")
  var force = false

  @OptionGroup(title: "Model") var model: ModelOptions

  private static var methodList: String {
    ExplanationMethod.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n")
  }

  private static var tableList: String {
    ExplainTable.allCases.map(\.helpLine).joined(separator: "\n")
  }

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output: expected a folder, found nothing") }
    if let (name, _) = [("--target", target), ("--against", against)].first(where: { $0.1 == "" }) {
      throw ValidationError("\(name): expected a class, found nothing")
    }
    _ = try methods()
    _ = try shardChoice()
    if let width {
      guard figure else {
        throw ValidationError("--width: expected --figure with it, found none")
      }
      guard MapFigure.widths.contains(width) else {
        throw ValidationError(
          "--width: expected a whole number from \(MapFigure.widths.lowerBound) to "
            + "\(MapFigure.widths.upperBound), found \(width)")
      }
    }
    if planted {
      try checkPlanted()
    } else {
      try input.checkIsGiven()
      if input.text != nil, let found = questions.firstOfFile {
        throw ValidationError("\(found): expected a file as INPUT, found --text")
      }
      if count != nil {
        throw ValidationError("--count: expected --planted with it, found an input")
      }
    }
  }

  /// Refuses what says nothing of drawn pictures.
  private func checkPlanted() throws {
    let others = [
      ("--measure", settings.measure != nil), ("--target", target != nil),
      ("--against", against != nil), ("--trust", trust),
      ("--figure", figure),
      ("--hide and its like", !changes.isEmpty),
    ]
    if let found = input.firstGiven ?? questions.firstGiven ?? others.first(where: \.1)?.0 {
      throw ValidationError("--planted: expected no \(found) with it, found one")
    }
    if pictures, shard != nil {
      throw ValidationError("--pictures: expected no --shard with --planted, found one")
    }
    if model.weights == nil {
      throw ValidationError("--weights: expected a trained model, found none")
    }
    if let count, !(1...1_000_000).contains(count) {
      throw ValidationError("--count: expected a number from 1 to 1000000, found \(count)")
    }
  }

  func run() throws {
    if planted { return try runPlanted() }
    var request = try model.request()
    // The seed is that of half pictures and noise where weights need none.
    if request.weights != nil { request.seed = nil }
    let source = try ModelSource(request)
    try source.noteNonFiniteWeights()
    let isOne = try InputReader.areOne(input.inputs, for: source.demand)
    let list = try InputList(
      input.inputs, areOne: isOne, text: input.text, into: output, shard: shardChoice())
    let labels = try questions.labels.map { try InputLabels($0) }
    let masks = questions.objectMask.map { ObjectMasks(path: $0) }
    // What is wrong with a file shows before anything is computed.
    for item in list.items {
      _ = try labels?.label(of: item)
      _ = try masks?.file(for: item)
    }
    let hasTables = list.areSeveral && (trust || labels != nil || masks != nil)
    let progress = ComputationProgress()
    defer { progress.clear() }
    let notes = InputNotes(areSeveral: list.items.count > 1) { note in
      // What is said stands on a line of its own.
      progress.clear()
      Messages.note(note)
    }
    defer { notes.finish() }
    try Interruption.cancelling(progress: progress) { cancellation in
      var tables =
        hasTables
        ? try FolderTables(
          folderQuestion(list), into: output, shard: shardChoice(),
          existing: force ? .replace : .keep,
          figureWidth: figure ? width ?? MapFigure.usualWidth : nil) : nil
      var known: (description: ModelDescription, model: Perceiver)?
      for (done, item) in list.items.enumerated() {
        progress.begin(input: item.name, number: done + 1, of: list.items.count)
        func prepare(_ item: InputSource) throws -> PreparedInput {
          var request = try input.request()
          request.input = item
          return try PreparedInput(request, for: source) { notes.add($0, of: item.name) }
        }
        let prepared = try prepare(item.source)
        let isFirst = known == nil
        if known?.description.configuration != prepared.description.configuration {
          known = (
            prepared.description,
            try source.model(prepared.description, cancellation: cancellation)
          )
        }
        guard let known else { continue }
        if isFirst {
          try labels?.check(list.items, for: known.model.configuration)
          try tables?.begin(by: known.model.fingerprint())
        }
        let folder = try TraceFolder(
          path: item.folder, existing: force ? .replace : .keep, contents: .explanation)
        let explained = try Explanation(
          of: prepared, by: known.model,
          options: explanationOptions(label: labels?.label(of: item), mask: masks?.file(for: item)),
          reader: InputReader(input.request().options),
          another: { try prepare(.file($0)) }, progress: progress, cancellation: cancellation)
        progress.clear()
        try explained.write(to: folder, asPictures: pictures, over: prepared.input.picture)
        if figure {
          try explained.writeFigures(
            to: folder, of: prepared.input, width: width ?? MapFigure.usualWidth)
        }
        try cancellation.check()
        try folder.commit()
        try StandardOutput().write(lines: explained.lines)
        var figures = explained.figures
        figures.number = item.number
        tables?.add(figures)
      }
      try tables?.write()
    }
  }

  private func runPlanted() throws {
    var request = try model.request()
    // The seed is that of the pictures, half pictures and noise.
    request.seed = nil
    let settings = try settings.values(seed: model.seedValue())
    try Interruption.cancelling { cancellation in
      let causes = try PlantedCauses(
        request, methods: method == "all" ? nil : methods(), count: count ?? 500,
        settings: settings, cancellation: cancellation)
      try causes.run(
        shard: shardChoice(), into: output, existing: force ? .replace : .keep,
        asPictures: pictures, cancellation: cancellation)
    }
  }

  /// What is asked of several inputs.
  private func folderQuestion(_ list: InputList) throws -> FolderRecord.Question {
    let settings = try settings.values(seed: model.seedValue())
    let named = try methods() ?? Self.usualMethods
    return FolderRecord.Question(
      model: model.weights, fingerprint: nil,
      methods: method == "all" ? nil : named.map(\.name), target: target, against: against,
      labels: questions.labels, objectMask: questions.objectMask, trust: trust,
      seed: settings.seed, samples: settings.samples, nodes: settings.nodes,
      baseline: settings.baseline, measure: self.settings.measure?.rawValue,
      latent: questions.latent, after: questions.after, inputs: list.total, names: list.paths,
      preparation: input.preparation)
  }

  private func explanationOptions(
    label: InputLabels.Label?, mask: String?
  ) throws -> Explanation.Options {
    Explanation.Options(
      methods: try methods() ?? Self.usualMethods,
      isWholeList: method == "all" || method == nil && questions.asksForTables, target: target,
      against: against, settings: try settings.values(seed: model.seedValue()),
      changes: changes, questions: questions, label: label, objectMask: mask, trusts: trust,
      measuresFigures: figure)
  }

  private static let usualMethods = ExplanationMethod.all.filter {
    $0.name == ExplanationMethod.defaultName
  }

  /// The methods that are asked for, in the order of the table; nil if none is named.
  private func methods() throws -> [ExplanationMethod]? {
    guard let method else { return nil }
    if method == "all" { return ExplanationMethod.all }
    let names = method.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    for name in names where ExplanationMethod.named(name) == nil {
      let known = ExplanationMethod.all.map(\.name)
      throw ValidationError(
        "--method: expected all or names among " + known.joined(separator: ", ") + ", found \(name)"
          + (NearestWord.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""))
    }
    return ExplanationMethod.all.filter { names.contains($0.name) }
  }

  private func shardChoice() throws -> InputList.Shard? {
    guard let shard else { return nil }
    let parts = shard.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count > 0,
      (1...count).contains(index)
    else {
      throw ValidationError("--shard: expected i/n with i from 1 to n, found \(shard)")
    }
    return InputList.Shard(index: index - 1, count: count)
  }
}

extension TraceFolder.Contents {
  /// What `explain` writes.
  static let explanation = TraceFolder.Contents(subfolder: nil) { name in
    name == "explain.json" || ExplainTable.allCases.contains { !$0.isOfFolder && name == $0.file }
      || ExplanationMethod.all.contains { method in
        [".npy", "-by-stage.npy", ".png", "-figure.png", "-figure.svg"].contains {
          name == method.name + $0
        }
      }
      || Explanation.namesOfTableFigures.contains { table in
        ["-figure.png", "-figure.svg"].contains { name == table + $0 }
      }
  }
}
