// What to press next, in a sentence under the title: what the keys of where one is do.

import Perceiver
import Screens

/// The sentence about keys.
struct NextKeys {
  private let state: ExplorerState

  init(_ state: ExplorerState) { self.state = state }

  /// What one key does, in words that name it by its command: a part whose key does nothing now is left
  /// out.
  private struct Part: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    let words: String
    /// The same in fewer words.
    var brief: String
    /// The commands whose keys the words name.
    let commands: [Command.ID]
    /// Whether it is said at any width.
    var stays = false

    init(stringLiteral words: String) { self.init(Words(stringLiteral: words)) }
    init(stringInterpolation words: Words.StringInterpolation) {
      self.init(Words(stringInterpolation: words))
    }
    init(_ words: Words, brief: Words? = nil) {
      (self.words, self.brief, commands) = (words.text, (brief ?? words).text, words.commands)
    }

    /// What leads back out is said at any width.
    static func leaving(_ words: Words, brief: Words? = nil) -> Part {
      var part = Part(words, brief: brief)
      part.stays = true
      return part
    }
  }

  /// A command's key, as it is shown.
  private struct CommandKey {
    let command: Command.ID
    let name: String
  }

  /// Words that know which commands' keys they name.
  private struct Words: ExpressibleByStringInterpolation {
    let text: String
    let commands: [Command.ID]

    struct StringInterpolation: StringInterpolationProtocol {
      fileprivate var text = ""
      fileprivate var commands: [Command.ID] = []

      init(literalCapacity: Int, interpolationCount: Int) {}

      mutating func appendLiteral(_ literal: String) { text += literal }

      mutating func appendInterpolation(_ key: CommandKey) {
        text += key.name
        commands.append(key.command)
      }
    }

    init(stringLiteral text: String) { (self.text, commands) = (text, []) }
    init(stringInterpolation words: StringInterpolation) {
      (text, commands) = (words.text, words.commands)
    }
  }

  /// From the fullest to the briefest: parts are left out from the end, but for how one leaves; before
  /// that, all take fewer words.
  var forms: [String] {
    var parts = parts.filter { part in
      part.commands.allSatisfy { CommandTable[$0].reason(state) == nil }
    }
    guard !parts.isEmpty else { return [""] }
    func sentence(_ words: (Part) -> String) -> String {
      "Next: " + parts.map(words).joined(separator: ", ") + "."
    }
    var forms = [sentence(\.words), sentence(\.brief)]
    while parts.count > 1, let index = parts.dropFirst().lastIndex(where: { !$0.stays }) {
      parts.remove(at: index)
      forms += [sentence(\.words), sentence(\.brief)]
    }
    return forms
  }

  private func key(_ id: Command.ID) -> CommandKey {
    CommandKey(command: id, name: state.reachableKeyName(id))
  }

  /// How one chooses what is explained.
  private var chosenTarget: Part {
    guard state.givesRows else {
      return Part(
        "\(key("why-class")) chooses the class", brief: "\(key("why-class")) another class")
    }
    guard state.missingOutput == nil else {
      return state.choices.input.isText
        ? Part(
          "\(key(.toggleProbe)) puts the cursor on a token", brief: "\(key(.toggleProbe)) a token")
        : Part(":output N chooses what is explained", brief: ":output N chooses")
    }
    return Part(
      "\(key("why-class")) chooses the number that is explained",
      brief: "\(key("why-class")) another number")
  }

  /// What each key does, the most useful first.
  private var parts: [Part] {
    switch state.keyContexts.first ?? .everywhere {
    case .marking:
      return [
        Part("arrows grow the rectangle", brief: "arrows grow it"),
        "\(key("finish-mark")) hides it", .leaving("\(key("leave-mark")) leaves"),
      ]
    case .text, .probe:
      return [
        Part("arrows move the cursor", brief: "arrows move"),
        Part(
          "\(key("follow-probe")) goes to the latent that reads it most",
          brief: "\(key("follow-probe")) to its top latent"),
        Part("\(key("mark")) begins a rectangle to hide", brief: "\(key("mark")) hides"),
        .leaving("\(key("leave-probe")) leaves"),
      ]
    case .why:
      return [
        Part("\(key(.why)) asks by the next method", brief: "\(key(.why)) the next method"),
        .leaving(
          "\(key("leave-why")) goes back to attention", brief: "\(key("leave-why")) leaves"),
        chosenTarget,
      ]
        + (state.isWhyRefining
          ? ["\(key("refine")) stops averaging"]
          : state.isWhyStopped ? ["\(key("refine")) goes on averaging"] : [])
    case .headTiles:
      return [
        "arrows choose a head",
        Part("\(key("show-head")) goes to its map", brief: "\(key("show-head")) its map"),
        Part("\(key("head-maps")) shows numbers", brief: "\(key("head-maps")) numbers"),
        Part(
          "\(key("cycle-scale-scope")) gives all one scale",
          brief: "\(key("cycle-scale-scope")) one scale"),
        .leaving("\(key("leave-heads")) leaves"),
      ]
    case .heads:
      return [
        Part("\(key("show-head")) shows this head's map", brief: "\(key("show-head")) its map"),
        "\(key("sort-heads")) sorts", .leaving("\(key("leave-heads")) leaves"),
      ]
    case .table:
      return [
        Part(
          "\(key(.numberTable)) shows the next table", brief: "\(key(.numberTable)) next table"),
        "\(key("sort-table")) sorts",
      ]
        + (state.reasonAgainstColumns == nil
          ? [Part("arrows show more columns", brief: "arrows: more columns")] : [])
        + [
          Part(
            "\(key("show-row")) goes to a line's map", brief: "\(key("show-row")) the line's map"),
          .leaving("\(key("leave-table")) leaves"),
        ]
    case .readers:
      return [
        Part(
          "\(key("show-reader")) goes to this reader's map", brief: "\(key("show-reader")) its map"),
        .leaving("\(key("leave-readers")) leaves"),
      ]
    case .patch: return [.leaving("\(key("leave-patch")) goes back to the map")]
    case .grid:
      return [
        Part("arrows go through the small maps", brief: "arrows choose"),
        Part("\(key("open-cell")) shows one large", brief: "\(key("open-cell")) shows it large"),
        "\(key("next-stage")) the next stage", .leaving("\(key("leave-grid")) leaves"),
      ]
    case .channels:
      return [
        Part(
          "\(key("open-channel")) opens this channel or closes it",
          brief: "\(key("open-channel")) opens it"),
        Part(
          "\(key("next-channel")) the next channel", brief: "\(key("next-channel")) the next"),
      ]
        + (mayChangeBands
          ? [Part(":num_freq_bands N changes them", brief: ":num_freq_bands N")] : [])
        + [.leaving("\(key("leave-channels")) leaves")]
    case .training: return training
    case .examples:
      return ["\(key("next-example")) shows the next example"] + exploring
    case .hyperparameters:
      return [
        Part(
          "\(key("list-down")) and \(key("list-up")) choose",
          brief: "\(key("list-down")) \(key("list-up")) choose"),
        Part(
          "\(key("decrease")) and \(key("increase")) change",
          brief: "\(key("decrease")) \(key("increase")) change"),
        "\(key(.applyDraft)) applies", .leaving("\(key("next-pane")) leaves"),
      ]
    case .marks, .tour, .leavingTour, .everywhere: return exploring
    }
  }

  /// Whether the model may have other waves than those that are shown.
  private var mayChangeBands: Bool {
    state.reasonAgainstChange == nil
      && state.catalog.named("num_freq_bands").map { state.reasonFixed($0) == nil } ?? false
  }

  private var training: [Part] {
    switch state.training?.phase {
    case .running?, .preparing?:
      return [
        "watch, or \(key(.train)) pauses",
        Part(
          "\(key(.toggleReconstruction)) goes between the picture and the maps",
          brief: "\(key(.toggleReconstruction)) the picture or the maps"),
        .leaving(
          "\(key(.stopTraining)) stops and keeps the model", brief: "\(key(.stopTraining)) stops"),
      ]
    default:
      return [
        "\(key(.train)) goes on",
        .leaving(
          "\(key(.stopTraining)) stops and keeps the model", brief: "\(key(.stopTraining)) stops"),
        ":save FILE writes it",
      ]
    }
  }

  private var exploring: [Part] {
    guard state.run != nil else {
      return state.isBuilding
        ? [
          Part("wait; keys that need the model wait too", brief: "wait"),
          "\(key(.quit)) quits",
        ]
        : ["\(key("undo")) undoes", "\(key("next-pane")) goes to the hyperparameters"]
    }
    if state.isThroughDecoderShown {
      return [
        .leaving("\(key(.throughDecoder)) goes back to attention"),
        "\(key("next-head")) the next head",
      ]
    }
    if state.isWholePhotoShown { return [.leaving("\(key(.wholePhoto)) goes back to attention")] }
    if state.isReconstructionShown {
      return [
        "\(key("next-stage")) the next stage",
        .leaving("\(key(.toggleReconstruction)) goes back to attention"),
      ]
    }
    let isLast = state.position == state.stageIDs.count - 1
    var parts: [Part] = []
    if !isLast { parts.append("\(key("next-stage")) the next stage") }
    let why: Part = "\(key(.why)) why it answered so"
    if isLast { parts.append(why) }
    parts += ["\(key("next-latent")) the next latent", "\(key("next-head")) the next head"]
    if !isLast { parts.append(why) }
    parts += ["\(key(.toggleProbe)) a cursor"]
    // Left out where one input is open, as all whose keys do nothing.
    parts.append(
      Part("\(key("next-input")) the next input", brief: "\(key("next-input")) next input"))
    return parts + [":tour a tour"]
  }
}
