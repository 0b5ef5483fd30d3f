// An object whose pixels a person marked: how a map lies to it, and keeping it in a file.

import Perceiver
import Pictures
import Tensors

extension ExplorerState {
  /// How the shown map lies to the object; nil where there is none, or no map over its pixels.
  var objectReading: Pointing? {
    guard let object = choices.object, open.modalities.isEmpty else { return nil }
    if isExplanationShown {
      return (shownExplanation?.values).flatMap { try? Pointing($0, object: object.hidden) }
    }
    guard choices.view.replacement == nil, stageID?.kind.mapGround == .tokens,
      let shown = shownMap, shown.isWanted
    else { return nil }
    return try? Pointing(shown.map.values, object: object.hidden)
  }

  /// What is done with the object: kept, hidden, put away, written and read.
  mutating func object(_ arguments: CommandArguments) throws(CommandError) -> [ExplorerEffect] {
    let word = String(arguments.rest.prefix { $0 != " " })
    let path = String(arguments.rest.dropFirst(word.count)).trimmed
    switch word {
    case "keep":
      guard let marks = choices.changes.hidden else {
        throw CommandError(
          "object: nothing is hidden that could be kept; \(keyName("mark")) marks a rectangle")
      }
      (choices.object, choices.changes.hidden) = (marks, nil)
      tellObject()
    case "hide":
      let object = try keptObject()
      choices.changes.hidden = object
      message = .information(object.words(of: tokenWord))
    case "clear":
      _ = try keptObject()
      choices.object = nil
      message = .information("the object is put away; \(keyName("undo")) brings it back")
    case "save":
      let object = try keptObject()
      let named = try CommandArguments(name: "object save", rest: path).path()
      let formats = object.formats
      guard formats.contains(where: { $0.writes(named) }) else {
        throw CommandError(
          "object save: expected a name that ends in "
            + "\(formats.flatMap(\.endings).map { "." + $0 }.joined(separator: ", ")), found "
            + printable(named))
      }
      message = .information("writing \(named)")
      return [.writeObject(object, path: named)]
    case "open":
      let named = try CommandArguments(name: "object open", rest: path).path()
      message = .information("reading \(named)")
      return [
        .loadObject(path: named, input: choices.input, tokens: choices.tokenAxes)
      ]
    default:
      throw CommandError(
        "object: expected keep, hide, clear, save FILE or open FILE, found \(arguments.found)")
    }
    return []
  }

  private func keptObject() throws(CommandError) -> PixelMarks {
    guard let object = choices.object else {
      throw CommandError("object: there is none; :object keep keeps the hidden pixels as one")
    }
    return object
  }

  private mutating func tellObject() {
    guard let object = choices.object else { return }
    message = .information(
      "an object of \(Figures.grouped(object.count)) of \(Figures.grouped(object.hidden.count)) "
        + "\(tokenWord)s; the readout says how maps lie to it")
  }

  /// Takes an object in that was read.
  mutating func keepObject(_ outcome: Outcome<NamedMask>) {
    switch outcome {
    case .success(let mask):
      guard mask.mask.shape == choices.tokenAxes else {
        message = .error(
          "\(mask.name): expected an object of \(choices.tokenAxes), found \(mask.mask.shape)")
        return
      }
      guard let object = PixelMarks(axes: mask.mask.shape, hidden: mask.mask.keeps) else {
        message = .error(
          "\(mask.name): expected an object with a pixel that is not zero, found none")
        return
      }
      choices.object = object
      tellObject()
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }

  /// Says that an object was written.
  mutating func finishWritingObject(_ outcome: Outcome<String>) {
    switch outcome {
    case .success(let path): message = .information("wrote \(path)")
    case .cancelled: break
    case .failure(let reason): message = .error(reason)
    }
  }
}

extension PixelMarks {
  /// An array of the tokens' axes: 1 on the marks, 0 elsewhere.
  var array: Tensor { Tensor(shape: axes, values: hidden.map { $0 ? 1 : 0 }) }

  /// How a file holds marks so that they can be read again as they are.
  struct Format: Sendable {
    /// What names of such files end in.
    let endings: [String]
    /// How it is written.
    fileprivate let encoding: MapFormat.Encoding

    /// Whether a file of a name is of this format.
    func writes(_ path: String) -> Bool {
      endings.contains { path.lowercased().hasSuffix("." + $0) }
    }
  }

  /// The formats that hold these marks: arrays, and of marks with rows and columns pictures, white where
  /// a mark is and black elsewhere.
  var formats: [Format] {
    MapFormat.all.compactMap { format in
      if format == .arrays { return Format(endings: format.endings, encoding: format.encoding) }
      guard axes.count == 2, format.isPicture else { return nil }
      // Netpbm has an ending of its own for grey.
      let endings = format.endings + (format.endings.contains("ppm") ? ["pgm"] : [])
      return Format(endings: endings, encoding: format.encoding)
    }
  }

  /// The marks as a file of a name.
  ///
  /// - Throws: `PictureError`; `CommandError` where no format goes with the name.
  func bytes(for path: String) throws -> [UInt8] {
    switch formats.first(where: { $0.writes(path) })?.encoding {
    case .numbers(let encode): return encode(array, [])
    case .picture(let encode):
      return try encode(
        PixelImage(
          width: axes[1], height: axes[0], channels: 1, samples: hidden.map { $0 ? 1 : 0 }))
    case .text, nil: throw CommandError("\(path): no format for marks")
    }
  }
}
