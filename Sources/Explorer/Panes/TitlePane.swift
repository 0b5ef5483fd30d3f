// The first line: what is looked at, which model looks, and where it stands.

import Inputs
import Perceiver
import Pictures
import Screens

package enum TitlePane {
  package static func draw(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    let line = area.row(0)
    guard !line.isEmpty else { return }
    let separator = " \(state.terminal.symbols.separator) "
    let x =
      screen.write(
        " perceiver", x: line.x, y: line.y, style: state.preferences.theme.title, within: line) + 2
    // On a narrow line the stage's time leaves its room to what is looked at.
    let timed = position(state, showsTime: line.width >= 72)
    let untimed = position(state, showsTime: false)
    /// The columns beside what stands at the right. Two words that touch would read as one: a gap of two
    /// stands between the halves.
    func room(beside right: String) -> Int {
      max(0, line.endX - min(right.displayWidth + 3, line.width) - x)
    }
    let forms = facts(
      state, width: (room(beside: timed), room(beside: untimed)), separator)
    // The longest form that fits; what matters least goes first.
    let (shown, right) =
      forms.lazy.compactMap { form -> (String, String)? in
        let text = form.parts.joined(separator: separator)
        return (form.yieldsTime ? [timed, untimed] : [timed]).first {
          text.displayWidth <= room(beside: $0)
        }.map { (text, $0) }
      }.first ?? (forms[forms.count - 1].parts.joined(separator: separator), timed)
    screen.write(
      shown, in: Rect(x: x, y: line.y, width: room(beside: right), height: 1),
      symbols: state.terminal.symbols)
    let width = min(right.displayWidth + 1, line.width)
    screen.write(
      right + " ", in: Rect(x: line.endX - width, y: line.y, width: width, height: 1), .trailing,
      symbols: state.terminal.symbols)
  }

  /// Something that is said of input and model.
  private struct Form {
    let parts: [String]
    /// Whether the stage's time goes before this does.
    var yieldsTime = false
  }

  /// What is said of input and model, from the fullest to the briefest form.
  ///
  /// - Parameters:
  ///   - width: The columns for it beside the stage's time, and without that.
  ///   - separator: What will stand between two facts.
  private static func facts(
    _ state: ExplorerState, width: (timed: Int, untimed: Int), _ separator: String
  ) -> [Form] {
    let input = state.choices.input
    let times = String(state.terminal.symbols.times)
    // Pictures are measured as people do, width first; arrays keep the order of their axes.
    let shape = input.tensor.shape
    let isPicture = input.axes.count == 2 && input.hasPictures
    let measures = isPicture ? [shape[1], shape[0]] + shape[2...] : shape
    let size = measures.map(String.init).joined(separator: times)
    let named = "\(input.name) \(size)" + (input.isText ? " tokens" : "")
    let notes = input.notes.isEmpty ? [] : [input.notes.map(\.brief).joined(separator: ", ")]
    // Which part it is, and what was chosen for it, are dropped last.
    var part: [String] = input.window.map { [$0.words] } ?? []
    let place = state.inputs?.words(for: input)
    if let place { part.insert(place, at: 0) }
    let choices: [String] = input.notes.filter(\.isChoice).map(\.brief)
    let kept: [String] = [named] + part + choices
    let briefly: [String] = [input.name] + part + choices
    let origin = Self.origin(state)
    let brief: String =
      switch state.choices.settings.source {
      case _ where state.training != nil: "step \(state.trainingStep)"
      case .seed: "untrained"
      case .weights(let weights): weights.trainedSteps == nil ? weights.name : "trained here"
      }
    let mask =
      (state.choices.settings.mask.map { ["mask \($0.name)"] } ?? [])
      + state.choices.changes.words(in: state.stageIDs)
    var costs: [String] = []
    if let cost = state.costs.applied {
      costs = ["\(Figures.count(Double(cost.parameters))) parameters", Figures.flops(cost.flops)]
    }
    let kind = state.choices.settings.configuration.title
    // What it reads positions by is the least of its name.
    let briefKind = kind.firstRange(of: " with ").map { String(kind[..<$0.lowerBound]) } ?? kind
    let full: [String] = [named] + (notes.isEmpty || place != nil ? part : []) + notes
    let unsized: [String] = [input.name] + full.dropFirst()
    /// With a remark before the whole length of the names of files; one that takes the place of the
    /// stage's time leaves the model a name.
    func tight(_ remark: String, yieldsTime: Bool = false) -> [Form] {
      let ellipsis = state.terminal.symbols.ellipsis
      let names = [input.name, input.name.truncated(toWidth: leastName, ellipsis: ellipsis)]
      return names.compactMap { (name: String) -> Form? in
        let said: [String] = [name] + part + choices + [remark]
        let room = yieldsTime ? width.untimed : width.timed
        let rest = room - (said + mask + [""]).joined(separator: separator).displayWidth
        guard rest >= leastName else {
          return yieldsTime ? nil : Form(parts: said + mask)
        }
        return Form(
          parts: said + [brief.truncated(toWidth: rest, ellipsis: ellipsis)] + mask,
          yieldsTime: yieldsTime)
      }
    }
    /// That the photo was of another size or kind than the model reads, in few words: `28×28 grey from
    /// colour`, then `28×28 grey`. It goes after the model's class and the stage's time.
    let became: [String] = becoming(input.notes.compactMap(\.change), times)
    /// What names the model and all that is changed, with a remark behind what is said of the input. The
    /// model's class goes after the stage's time, the input's size, and the words about its origin.
    func whole(_ remark: [String]) -> [Form] {
      let (full, unsized) = (full + remark, unsized + remark)
      let (kept, briefly) = (kept + remark, briefly + remark)
      func classed(_ input: [String], _ names: [[String]]) -> [Form] {
        names.map { Form(parts: input + $0 + mask, yieldsTime: true) }
      }
      func plain(_ parts: [String]) -> Form { Form(parts: parts + mask) }
      let names = [[kind, origin], [kind, brief], [briefKind, brief]]
      let noted = remark.isEmpty ? became : []
      return classed(full, names) + classed(unsized, Array(names.dropFirst()))
        + noted.prefix(1).flatMap { classed([input.name] + part + choices + [$0], names) }
        + [plain(full + [origin]), plain(full + [brief]), plain(unsized + [brief])]
        + noted.flatMap { tight($0, yieldsTime: true) }
        + classed(kept, names) + classed(briefly, Array(names.dropFirst()))
        + [plain(kept + [origin]), plain(kept + [brief]), plain(briefly + [brief])]
    }
    // Where the photo is not as in training, that is said before all else but what is looked at.
    let remarks = state.trainingRemarks
    let longest = full + remarks.prefix(1) + [kind, origin] + mask
    var forms = [Form(parts: longest + costs), Form(parts: longest + costs.prefix(1))]
    forms += remarks.flatMap { whole([$0]) } + remarks.suffix(1).flatMap { tight($0) } + whole([])
    let changed = state.choices.changes.briefWords
    var last: [Form] = []
    if !mask.isEmpty { last.append(Form(parts: briefly + mask, yieldsTime: !changed.isEmpty)) }
    // That something is off or hidden is said at any width.
    if !changed.isEmpty {
      last += [[input.name, brief], [input.name], []].map { (names: [String]) -> Form in
        Form(parts: names + changed, yieldsTime: true)
      }
    }
    // A long name is what is cut off last of all.
    let rest: [[String]] =
      (mask.isEmpty ? [] : [kept + [origin], kept + [brief]])
      + [briefly + [brief], briefly, part + choices + [input.name]]
    return forms + last + rest.map { Form(parts: $0) }
  }

  /// What a photo became and from what, then what it became alone; nothing where it is as it was.
  private static func becoming(_ changes: [InputNote.Change], _ times: String) -> [String] {
    guard let last = changes.last else { return [] }
    func shortly(_ words: String) -> String { words.replacing(" × ", with: times) }
    let made = shortly(changes.map(\.made).joined(separator: " "))
    return ["\(made) from \(shortly(last.from))", made]
  }

  /// Columns at which a file's name that is cut off still says which file it is.
  private static let leastName = 8

  /// Where the model's weights are from.
  static func origin(_ state: ExplorerState) -> String {
    if let training = state.training { return "in training, step \(training.step)" }
    switch state.choices.settings.source {
    case .seed(let seed): return "untrained, seed \(seed)"
    case .weights(let weights):
      return weights.trainedSteps.map { "trained here, step \($0)" } ?? "weights \(weights.name)"
    }
  }

  private static func position(_ state: ExplorerState, showsTime: Bool = true) -> String {
    if state.isBuilding {
      return "\(state.spinner) building model\(state.terminal.symbols.ellipsis)"
    }
    guard let stageID = state.stageID else { return "no model" }
    let number = "\(stageID.name), \(stageID.index + 1) of \(state.stageIDs.count)" + block(state)
    if state.isComputingStage, let run = state.run, state.stage == nil || state.target != nil {
      let next =
        state.stageIDs.indices.contains(run.stages.count)
        ? state.stageIDs[run.stages.count].name : ""
      return "\(number)  \(state.spinner) computing \(next)"
    }
    guard showsTime, let stage = state.stage else { return number }
    // A time has the room of the longest, so that what stands beside it does not come and go.
    return "\(number)  " + Figures.seconds(stage.seconds).padded(toWidth: 7, .trailing)
  }

  /// Which block of stages is shown, of a model whose blocks are long enough to lose count in.
  private static func block(_ state: ExplorerState) -> String {
    // The decoder is a stage of its own, and no block of the model.
    let blocks = state.stageBlocks.filter {
      state.stageIDs[$0.lowerBound].kind != .decoderCrossAttention
    }
    guard blocks.count > 1, blocks.contains(where: { $0.count > 2 }),
      let index = blocks.firstIndex(where: { $0.contains(state.position) })
    else { return "" }
    return " \(state.terminal.symbols.separator) block \(index + 1) of \(blocks.count)"
  }
}
