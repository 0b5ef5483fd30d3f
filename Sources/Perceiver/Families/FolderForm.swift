// What a model is as a folder that `from_pretrained` opens: what config.json says, and what its tensors
// are called. Families that have such folders answer; see FolderExport for how one is made.

import Tensors

/// A configuration whose package keeps models in folders.
protocol FolderConfiguration: FamilyConfiguration {
  /// What the layout is called on the command line: `huggingface`.
  static var folderLayout: String { get }
  /// The package whose classes open the folder.
  static var package: String { get }
  /// What scores are divided by beyond the root of the channels, which no folder can say.
  var attentionTemperature: Double { get set }

  /// - Throws: `ConfigurationError` where `config.json` cannot say what the model is.
  func folderForm() throws -> FolderForm
}

/// A folder's own account of its model.
struct FolderForm {
  /// The class that opens it.
  let className: String
  /// The members of `config.json` that say what the model is.
  let configuration: [JSONValue.Member]
  /// Names in the file that are not the parameters' own, by those.
  var storedNames: [String: String] = [:]
  /// What all names in the file begin with.
  var prefix = ""
  /// Tensors beside the parameters that the class computes and saves all the same, by their names.
  var buffers: [String: Tensor] = [:]
  /// Counters that training keeps in the file, by their names.
  var counters: [String] = []
}

extension FolderForm {
  /// Names of classes in both directions, as transformers' configurations have them.
  static func labels(_ all: [String]) -> [JSONValue.Member] {
    var seen: Set<String> = []
    let numbers = all.enumerated().filter { seen.insert($0.element).inserted }
    return [
      .init(
        name: "id2label",
        value: .object(
          all.enumerated().map { .init(name: "\($0.offset)", value: .string($0.element)) })),
      .init(
        name: "label2id",
        value: .object(numbers.map { .init(name: $0.element, value: .integer($0.offset)) })),
    ]
  }
}

extension JSONValue.Member {
  init(_ name: String, _ number: Int) { self.init(name: name, value: .integer(number)) }
  init(_ name: String, _ number: Int?) {
    self.init(name: name, value: number.map { .integer($0) } ?? .null)
  }
  init(_ name: String, _ text: String) { self.init(name: name, value: .string(text)) }
  init(_ name: String, isOn: Bool) { self.init(name: name, value: .bool(isOn)) }
  init(_ name: String, _ numbers: [Int]) {
    self.init(name: name, value: .array(numbers.map { .integer($0) }))
  }
  init(_ name: String, _ members: [JSONValue.Member]) {
    self.init(name: name, value: .object(members))
  }
}
