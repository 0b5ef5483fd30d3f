// Inputs that were given together, to be looked at one after another.

import Inputs

/// Files in order, one of which is looked at.
public struct InputSequence: Sendable, Hashable {
  /// The files, two or more.
  public let paths: [String]
  /// The one that was asked for last, from 0.
  public internal(set) var index: Int
  /// What opens those again that can be read only once, by their paths.
  private var kept: [String: InputSource] = [:]

  /// Files, of which the first is looked at; nil where there is none to go to.
  public init?(_ paths: [String]) {
    guard paths.count > 1 else { return nil }
    (self.paths, index) = (paths, 0)
  }

  /// Where it is among how many, as in `2 of 5 inputs`.
  var words: String { words(at: index) }

  private func words(at place: Int) -> String { "\(place + 1) of \(paths.count) inputs" }

  /// Where an open input is among how many; nil where it is none of them.
  func words(for input: Input) -> String? {
    let place =
      paths.indices.first { $0 == index && isInput(input, at: $0) }
      ?? paths.indices.first { isInput(input, at: $0) }
    return place.map(words(at:))
  }

  /// Whether an input is the one at a place; one that no file is named for, by its name.
  private func isInput(_ input: Input, at index: Int) -> Bool {
    switch input.source {
    case .file(let path): path == paths[index]
    case .kept(let own): own.paths == [paths[index]]
    case .files, .text: false
    case nil: input.name == paths[index].fileName
    }
  }

  /// What opens one of them.
  func source(at index: Int) -> InputSource { kept[paths[index]] ?? .file(paths[index]) }

  /// Remembers what opens an input again that can be read only once, if it is one of them.
  mutating func keep(_ input: Input) {
    guard case .kept(let own)? = input.source, case .file(let path) = own.source,
      paths.contains(path)
    else { return }
    kept[path] = .kept(own)
  }
}

extension ExplorerState {
  /// Why there is no other input to go to; nil if there is.
  var reasonNoInputs: String? {
    inputs == nil
      ? "one input is open; :open FOLDER, or several on the command line, are gone through" : nil
  }

  /// Opens the input so many on from the one that was asked for last, or the one at the end.
  mutating func openInput(by steps: Int) -> [ExplorerEffect] {
    guard var inputs else { return [] }
    let goal = min(max(0, inputs.index + steps), inputs.paths.count - 1)
    guard goal != inputs.index else {
      message = .information(
        "this is the \(steps > 0 ? "last" : "first") of \(inputs.paths.count) inputs")
      return []
    }
    inputs.index = goal
    self.inputs = inputs
    let path = inputs.paths[goal]
    message = .information("reading \(path), \(goal + 1) of \(inputs.paths.count)")
    return [.openInput(inputs.source(at: goal), demand: demand)]
  }
}
