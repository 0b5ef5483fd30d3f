// Who reads a pixel: every head and latent of every cross-attention, the largest weights first.

import Perceiver

/// What one latent gives a pixel through one head.
public struct PixelReader: Sendable, Hashable {
  /// The stage's index in the run.
  public let stage: Int
  /// The head, from 0.
  public let head: Int
  /// The latent, from 0.
  public let latent: Int
  /// The weight.
  public let weight: Float
}

extension PixelReader {
  /// The most readers that are listed.
  private static let most = 400

  /// The readers of a key at all computed cross-attentions, the largest weights first.
  static func all(of key: Int, in run: PerceiverRun) -> [PixelReader] {
    let readers = run.stages.filter { $0.id.kind == .crossAttention }.flatMap { stage in
      guard let maps = LatentMaps(run, at: stage.id.index), key < maps.mapSize else {
        return [PixelReader]()
      }
      let weights = maps.received(byKey: key, as: .probabilities)
      return (0..<maps.heads).flatMap { head in
        let row = weights.row(head).values
        // Those that were taken away read nothing, and are no readers.
        return run.latentNumbers(before: stage.id.index).map { latent in
          PixelReader(stage: stage.id.index, head: head, latent: latent, weight: row[latent])
        }
      }
    }
    return Array(
      readers.sorted {
        (-$0.weight, $0.stage, $0.head, $0.latent) < (-$1.weight, $1.stage, $1.head, $1.latent)
      }.prefix(most))
  }
}

extension ExplorerState {
  /// Whether the large pane lists who reads the pixel at the cursor.
  var areReadersShown: Bool {
    choices.view.replacement == .readers && reasonAgainstReaders == nil
  }

  /// Why there is no such list.
  var reasonAgainstReaders: String? {
    if let reason = reasonAgainstStages { return reason }
    if choices.input.isText { return "only pixels have readers: this input is text" }
    return stageIDs.contains { $0.kind == .crossAttention }
      ? nil : "no cross-attention reads the picture"
  }

  /// The question who reads the pixel, of the stages that are computed: of the run with changes where
  /// it has them too.
  var wantedReaders: MapRequest? {
    guard areReadersShown, let run, !run.stages.isEmpty else { return nil }
    // Kinds of tokens lie one behind another among the keys.
    let key = probedKey + (open.inputModality?.tokens.lowerBound ?? 0)
    let last = run.stages.count - 1
    return MapRequest(
      stage: last, value: .probabilities, subject: .readers(key: key),
      changed: open.shownChanges(through: last)?.generation)
  }

  /// Who reads the pixel; nil until it is known.
  var shownReaders: [PixelReader]? {
    guard let request = wantedReaders, case .readers(let readers)? = open.answers[request] else {
      return nil
    }
    return readers
  }

  /// The weight of each pixel were all read alike.
  var uniformWeight: Double { 1 / Double(max(1, choices.tokenAxes.reduce(1, *))) }

  /// Lists who reads the pixel at the cursor, or shows the map again.
  mutating func toggleReaders() {
    let shows = choices.view.replacement != .readers
    choices.view.replacement = shows ? .readers : nil
    readerIndex = 0
    guard shows else {
      message = .information(mapView.name)
      return
    }
    // Without a cursor it is the pixel at which one would come out.
    if !isProbing, !isProbingLatents { toggleProbe() }
    isProbing = false
    message = .information(
      "\(keyName("show-reader")) goes to a map, \(keyName("leave-readers")) back")
  }

  mutating func moveInReaders(by steps: Int) {
    readerIndex = min(max(0, readerIndex + steps), max(0, (shownReaders?.count ?? 1) - 1))
  }

  /// Goes to the map of the chosen reader, with the cursor on the pixel.
  mutating func showReader() {
    guard let readers = shownReaders, readers.indices.contains(readerIndex) else { return }
    let reader = readers[readerIndex]
    choices.view.replacement = nil
    choices.selection.setHead(reader.head, for: stageIDs[reader.stage].kind)
    choose(latent: reader.latent)
    go(to: reader.stage)
    isProbing = true
  }

  /// Puts the cursor on the pixel that the shown map has most of, then on the next.
  mutating func goToNextPeak() {
    guard let values = isWhyShown ? explainedTokens : shownMap?.map.values.values else {
      message = .information("the map is still being computed")
      return
    }
    // From where it was put itself it goes on; a cursor that was moved says nothing of the map.
    let present =
      isProbing && latestPeak == MapPeak(key: probedKey, of: peakedMap)
        && values.indices.contains(probedKey) ? probedKey : nil
    // The next smaller number, equal ones in the order of pixels.
    func isBehind(_ key: Int) -> Bool {
      guard let present else { return true }
      return (-values[key], key) > (-values[present], present)
    }
    let behind = values.indices.filter { values[$0].isFinite && isBehind($0) }
    guard let next = behind.min(by: { (-values[$0], $0) < (-values[$1], $1) }) else {
      message = .information("this was the least of all pixels")
      return
    }
    let at = KeyGrid(shape: open.tokenAxes).coordinate(of: next)
    choices.view.frame = KeyGrid(shape: open.tokenAxes).frames > 1 ? at.frame : choices.view.frame
    probe(column: at.column, row: at.row)
    latestPeak = MapPeak(key: probedKey, of: peakedMap)
  }

  /// The map whose peaks the cursor goes through.
  private var peakedMap: MapPeak.Map? {
    if isWhyShown { return whyMethod.map { .explanation($0.name, whyTarget($0)) } }
    return shownMap.map { .attention($0.request) }
  }
}

/// Where the cursor was put because a map has much there.
struct MapPeak: Sendable, Hashable {
  /// A map, whether it is refined in the meantime or not.
  enum Map: Sendable, Hashable {
    case attention(MapRequest)
    case explanation(String, ExplanationTarget)
  }

  let key: Int
  let map: Map?

  init(key: Int, of map: Map?) { (self.key, self.map) = (key, map) }
}
