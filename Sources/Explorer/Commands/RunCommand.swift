// Runs a typed line: a command of the table, or a hyperparameter with its value.

import Perceiver
import Tensors

extension ExplorerState {
  /// Runs a line; what is wrong with it is said in the status line, and nothing changes.
  mutating func run(command line: String) -> [ExplorerEffect] {
    let text = line.trimmed
    guard !text.isEmpty else { return [] }
    let name = String(text.prefix { $0 != " " })
    let rest = String(text.dropFirst(name.count)).trimmed
    do throws(CommandError) {
      if let command = CommandTable.command(name) {
        return try command.perform(&self, CommandArguments(name: command.name, rest: rest))
      }
      guard HyperparameterCatalog[name] != nil else {
        throw CommandError(
          "\(printable(name)) is no command and no hyperparameter; :help lists them")
      }
      try setAndApply([name] + CommandArguments(name: name, rest: rest).words)
    } catch {
      message = .error(error.description)
    }
    return []
  }

  /// Changes the draft by names and values; all of them or none.
  mutating func set(_ words: [String]) throws(CommandError) {
    guard !words.isEmpty, words.count.isMultiple(of: 2) else {
      throw CommandError(
        "set: expected names and values, found \(words.last.map { "\($0) without a value" } ?? "nothing")"
      )
    }
    var draft = choices.draft
    for index in stride(from: 0, to: words.count, by: 2) {
      guard let hyperparameter = HyperparameterCatalog[words[index]] else {
        throw CommandError("\(words[index]) is no hyperparameter; / finds them")
      }
      guard !Self.fixedByInput.contains(hyperparameter.name) else {
        throw CommandError("\(hyperparameter.name) is what the input has")
      }
      do {
        try hyperparameter.set(try hyperparameter.parse(words[index + 1]), in: &draft)
      } catch {
        throw CommandError("\(error)")
      }
      if let reason = reasonFixed(hyperparameter), let weights = loadedWeights,
        hyperparameter.value(in: draft) != weights.trained(hyperparameter)
      {
        throw CommandError(
          "\(hyperparameter.name) is fixed by the weights: \(reason); :seed 0 lets go of them")
      }
    }
    choices.draft = draft
    for word in words {
      if let changed = HyperparameterCatalog[word] { choices.followInput(after: changed) }
    }
    if let index = HyperparameterCatalog.all.firstIndex(where: {
      $0.name == HyperparameterCatalog[words[0]]?.name
    }) {
      hyperparameterIndex = index
    }
  }

  private mutating func setAndApply(_ words: [String]) throws(CommandError) {
    let before = choices.draft
    guard words.count > 1 else {
      let name = HyperparameterCatalog[words[0]]
      let value = name.map { "\($0.value(in: choices.draft))" } ?? ""
      message = .information("\(words[0]) is \(value)")
      return
    }
    try set(words)
    do {
      try choices.draft.validate()
    } catch {
      choices.draft = before
      throw CommandError("\(error)")
    }
    if let reason = reasonAgainstApplying(choices.draft) {
      choices.draft = before
      throw CommandError(reason)
    }
    applyDraft()
  }

  /// Goes to a stage by number, counted from 1, or by name: `cross 2`, or `cross-2` as in file names.
  mutating func goToStage(named name: String) throws(CommandError) {
    guard let last = places.last else { throw CommandError(reasonAgainstStages ?? "no stages") }
    if let number = Int(name), places.indices.contains(number - 1) {
      go(to: number - 1)
    } else if let place = places.first(where: {
      $0.name == name || $0.name.replacingSpaces == name
    }) {
      go(to: place.index)
    } else {
      throw CommandError(
        "stage: expected 1 to \(places.count) or a name such as \(last.name), found "
          + (name.isEmpty ? "nothing" : name))
    }
  }

  /// Begins a training on the picture or on data, of so many steps if it says how many; without
  /// either, does what the key does.
  mutating func train(_ arguments: CommandArguments) throws(CommandError) -> [ExplorerEffect] {
    guard !arguments.rest.isEmpty else { return perform(.train) }
    if let reason = reasonAgainstChange { throw CommandError(reason) }
    var path = arguments.rest
    var steps: Int?
    let mark = "steps="
    let words = arguments.words
    for (word, isLast) in [(words.last, true), (words.first, false)] {
      guard steps == nil, let word, word.hasPrefix(mark) else { continue }
      let number = CommandArguments(
        name: "\(arguments.name): steps", rest: String(word.dropFirst(mark.count)))
      steps = try number.number("a number", in: 1...1_000_000)
      path = String(isLast ? path.dropLast(word.count) : path.dropFirst(word.count)).trimmed
    }
    guard !path.isEmpty else { return beginTrainingOnPicture(steps: steps) }
    path = TypedPath.parse(path)
    message = .information("reading \(path)")
    return [
      .openData(
        path: path, classes: loadedWeights?.model.configuration.classNames, demand: demand,
        steps: steps)
    ]
  }

  /// Goes to a kept moment of the training by its step, or lists them.
  mutating func goToMoment(_ arguments: CommandArguments) throws(CommandError) -> [ExplorerEffect] {
    guard let moments = training?.moments.all, !moments.isEmpty else {
      throw CommandError("moment: there is no training")
    }
    let steps = moments.map { "\($0.step)" }.joined(separator: " ")
    guard !arguments.rest.isEmpty else {
      message = .information("moments at steps \(steps); :moment N goes to one")
      return []
    }
    guard let step = Int(arguments.rest), let moment = training?.moments.moment(at: step) else {
      throw CommandError("moment: expected one of \(steps), found \(arguments.found)")
    }
    return go(to: moment)
  }

  /// Chooses a head, counted from 1, or the mean over heads.
  mutating func chooseHead(_ arguments: CommandArguments) throws(CommandError) {
    guard let place else { throw CommandError(reasonAgainstStages ?? "no stages") }
    if arguments.rest == "mean" {
      choices.selection.headsAreAveraged = true
      return
    }
    let head = try arguments.number("a head", in: 1...max(1, place.heads))
    choices.selection.setHead(head - 1, for: place.kind)
  }
}

extension String {
  var trimmed: String {
    var part = Substring(self)
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}
