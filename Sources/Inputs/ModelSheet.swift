// What a model of a file is, and where each of it is known from: for `info` and the program's notes.

import Perceiver
import Pictures
import Tensors

/// One thing that is known of a model.
public struct ModelSheetRow: Sendable, Hashable {
  /// What it is: `class`, `answers`.
  public let name: String
  /// What is known.
  public let value: String
  /// Where it is known from.
  public let origin: String

  /// Makes a row.
  public init(name: String, value: String, origin: String) {
    (self.name, self.value, self.origin) = (name, value, origin)
  }

  /// The first names, and how many more there are.
  public static func list(_ names: [String]) -> String {
    let most = 16
    let others = names.count > most ? " and \(names.count - most) others" : ""
    return names.prefix(most).joined(separator: ", ") + others
  }
}

extension ModelSource {
  /// What the model is, a row each: file, class, numbers, labels, how its answer is read, and how
  /// photos and text become its input. Empty for untrained models.
  ///
  /// - Throws: `InputFailure` with the file that describes photos.
  public func sheet(_ description: ModelDescription) throws -> [ModelSheetRow] {
    guard let checkpoint else { return [] }
    let configuration = description.configuration
    let said = given.origin ?? "no file"
    var rows = [
      ModelSheetRow(name: "file", value: checkpoint.path, origin: checkpoint.format),
      ModelSheetRow(
        name: "class", value: "\(checkpoint.package) \(checkpoint.layout)",
        origin: "its tensors' names"),
      ModelSheetRow(
        name: "numbers", value: Self.types(checkpoint.entries), origin: "the file's header"),
    ]
    if let count = configuration.classCount {
      let names = configuration.classNames
      let named =
        checkpoint.namesClasses && !given.saysLabels
        ? "what the class does where no file says" : said
      rows.append(
        ModelSheetRow(
          name: "labels", value: names.map { ModelSheetRow.list($0) } ?? "\(count), by number",
          origin: names == nil ? "the last layer" : named))
      rows.append(
        ModelSheetRow(
          name: "answers", value: configuration.problem.words,
          origin: given.saysProblem ? said : "what classifiers usually do"))
    }
    if let processor = try photoProcessor() {
      rows.append(
        ModelSheetRow(
          name: "photos", value: "\(processor)",
          origin: checkpoint.photoProcessorName ?? "what the class does where no file says"))
    } else if let preprocessing = configuration.preprocessing {
      rows.append(ModelSheetRow(name: "pictures", value: "\(preprocessing)", origin: said))
    }
    guard case .tokens(let vocabulary, let longest) = configuration.input else { return rows }
    if let form = configuration.textForm {
      let around = form.start == nil ? "" : ", between \(form.specials(form.start, form.end))"
      rows.append(
        ModelSheetRow(
          name: "text",
          value: "bytes of UTF-8 from \(form.offset) on\(around), at most \(longest) tokens",
          origin: "the class"))
    } else {
      rows.append(
        ModelSheetRow(
          name: "text",
          value: "arrays (.npy) of tokens' numbers from 0 to \(vocabulary - 1), at most \(longest)",
          origin: "the embedding's rows"))
    }
    return rows
  }

  /// The types of tensors, the most frequent first: `F32`, or `F16, I64`.
  private static func types(_ entries: [TensorEntry]) -> String {
    let counts = Dictionary(grouping: entries, by: \.type.name).mapValues(\.count)
    return counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map(\.key)
      .joined(separator: ", ")
  }
}

extension ProblemType {
  /// How an answer is read, in words.
  public var words: String {
    switch self {
    case .classes: "softmax: one of the classes is right"
    case .labels: "sigmoid: each label by itself"
    case .values: "regression: numbers as they are"
    }
  }
}

extension TextForm {
  /// Names of the tokens around a text.
  fileprivate func specials(_ start: Int?, _ end: Int?) -> String {
    [start, end].compactMap { $0.map(shown) }.joined(separator: " and ")
  }
}
