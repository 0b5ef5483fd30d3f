// The names that exports are proposed under.

import Inputs
import Perceiver

extension ExplorerState {
  /// A name that says what the file holds: `cat-cross-2-head-1-latent-17.png`.
  func proposedPath(_ subject: ExportSubject, _ format: ExportFormat) -> String {
    var parts = [Self.stem(of: choices.input.name)]
    let stageName = (stageID?.name ?? "photo").replacingSpaces
    switch subject {
    case .map: parts += viewFileNameParts
    case .overlay: parts += viewFileNameParts + ["overlay"]
    case .viewFigure where isReconstructionShown:
      parts += [stageName, "reconstruction"] + frameNameParts + ["figure"]
    case .viewFigure: parts += viewFileNameParts + ["figure"]
    case .table: parts.append(shownTable?.fileName ?? "table")
    case .figure: parts.append("figure3")
    case .stage: parts += [stageName, "maps"] + changedNameParts(through: position)
    case .run:
      let last = (run?.stages.count ?? 0) - 1
      return ([parts[0], "maps"] + changedNameParts(through: last)).joined(separator: "-")
    case .screen: parts.append("screen")
    case .reconstruction: parts += [stageName, "reconstruction"] + frameNameParts
    case .classes: parts += [stageName, predictsTokens ? "predictions" : "classes"]
    case .model: parts = [Self.stem(of: modelName)]
    case .session: parts.append("session")
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "-") + "." + format.ending
  }

  /// What says that maps of a stage are of the run with changes.
  private func changedNameParts(through stage: Int) -> [String] {
    open.shownChanges(through: stage) == nil ? [] : ["changed"]
  }

  /// Which frame of a film a model gives back; nothing where it gives a picture.
  private var frameNameParts: [String] {
    guard case .frames? = givenPicture else { return [] }
    return ["frame-\(choices.view.frame + 1)"]
  }

  /// What a file of what is seen is called after.
  private var viewFileNameParts: [String] {
    let changed = shownMappedRun == .changed ? ["changed"] : []
    if areHeadTilesShown { return ["heads"] + changed }
    if let table = shownTable { return [table.fileName] }
    if areChannelsShown, !isDifferenceShown, let channels = positionChannels {
      let index = chosenChannel(of: channels)
      return [
        "channel-\(index + 1)",
        Self.nameSafe(ChannelsPane.name(channels.channels[index], of: channels)),
      ]
    }
    let parts = isExplanationShown ? whyFileNameParts : mapFileNameParts
    return parts + changed + (isDifferenceShown ? ["minus-pinned"] : [])
  }

  /// What a file of a map of attention is called after: its stage, head and latent.
  private var mapFileNameParts: [String] {
    guard let stageID else { return ["photo"] }
    return [
      stageID.name.replacingSpaces, choices.selection.heads(at: stageID).fileName,
      isMatrixShown ? "matrix" : choices.selection.queries(of: latentCount).fileName,
    ]
  }

  /// What a file of the shown map that explains is called after: its method, and what is explained.
  private var whyFileNameParts: [String] {
    if isThroughDecoderShown {
      return ["through-decoder"] + [throughDecoderWords.map(Self.nameSafe)].compactMap(\.self)
    }
    guard let why = shownWhy?.request else { return ["why"] }
    let asks = ExplanationMethod.named(why.method)?.asksForTarget ?? false
    return [why.method] + (asks ? [Self.nameSafe(whyWords(why.target))] : [])
  }

  /// What a file of the model is called after.
  var modelName: String {
    training?.lesson.name ?? loadedWeights?.name
      ?? choices.settings.configuration.word
  }

  static func stem(of name: String) -> String {
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let safe = nameSafe(stem)
    return safe.isEmpty ? "map" : safe
  }

  /// A text with `-` for what a file's name had better not have.
  private static func nameSafe(_ text: String) -> String {
    String(text.map { $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : "-" })
  }
}

extension HeadSelection {
  var fileName: String {
    switch self {
    case .one(let head): "head-\(head + 1)"
    case .mean: "mean-of-heads"
    }
  }
}

extension QuerySelection {
  var fileName: String {
    switch self {
    case .one(let latent): "latent-\(latent + 1)"
    case .mean: "mean"
    case .maximum: "maximum"
    }
  }
}

extension String {
  /// With `-` for each space, as file names have it.
  var replacingSpaces: String { String(map { $0 == " " ? "-" : $0 }) }
}
