// Tensors of a file that are not the model's, in words.

import Tensors

/// What is said of tensors that are not read.
enum LeftOutTensors {
  /// - Parameters:
  ///   - wasChosen: Whether the beginning was asked for, or found among others.
  ///   - isOfTraining: Whether the file is a training that was saved by this program.
  static func notes(
    _ tensors: [LeftOutTensor], prefix: String, wasChosen: Bool, ofTraining isOfTraining: Bool
  ) -> [String] {
    guard !tensors.isEmpty else { return [] }
    if isOfTraining, tensors.allSatisfy({ Trainer.isOptimizerState($0.name) }) {
      return [
        "the file is of a training: its model is opened, and the optimiser's state is left out"
      ]
    }
    let shown = tensors.count <= most ? tensors.map { printable($0.name) } : grouped(tensors)
    let more = shown.count > most ? " and \(shown.count - most) more" : ""
    let which =
      wasChosen && !prefix.isEmpty
      ? "the model is the tensors whose names begin with \(printable(prefix)); " : ""
    return [
      "\(which)left out: \(tensors.count) tensor\(tensors.count == 1 ? "" : "s") beside it, "
        + shown.prefix(most).joined(separator: ", ") + more
    ]
  }

  private static let most = 8

  /// The first parts of names, with how many begin so.
  private static func grouped(_ tensors: [LeftOutTensor]) -> [String] {
    var counts: [String: Int] = [:]
    var order: [LeftOutTensor] = []
    func first(_ tensor: LeftOutTensor) -> String { String(tensor.name.prefix { $0 != "." }) }
    for tensor in tensors {
      counts[first(tensor), default: 0] += 1
      if counts[first(tensor)] == 1 { order.append(tensor) }
    }
    return order.map { tensor in
      let count = counts[first(tensor)] ?? 1
      return count == 1 ? printable(tensor.name) : "\(printable(first(tensor))). (\(count))"
    }
  }
}
