// Where everything stands, for any size of the terminal.

import Screens

/// The areas of a screen. They never overlap and never leave it.
public struct ScreenLayout: Sendable {
  /// One part of the right column.
  package struct Part: Sendable {
    /// Which part it is.
    package let pane: any ColumnPane.Type
    /// The row of its title, counted from the column's upper edge.
    package let titleRow: Int
    /// The area inside the frame.
    package let area: Rect
  }

  /// The least size at which the screen is drawn.
  public static let leastWidth = 60
  /// The least size at which the screen is drawn.
  public static let leastHeight = 18

  /// The first line.
  public let title: Rect
  /// The lines under it that say what is shown and what to press; nil where there are none.
  public let hints: Rect?
  /// The frame around the large pane and the strip.
  public let left: Rect
  /// The large pane, inside the frame.
  public let map: Rect
  /// The strip of latents inside the frame; nil where there is no room.
  public let latents: Rect?
  /// The line above a strip that stands beside the large pane; nil where the rule above it has its
  /// title.
  public let latentsTitle: Rect?
  /// The frame around the right column.
  public let right: Rect
  /// The parts of the right column.
  package let column: [Part]
  /// The line of stages.
  public let timeline: Rect
  /// The last line: keys, or what is typed, or a message.
  public let footer: Rect

  /// Whether latents are shown in a strip where there is room.
  public enum Strip: Sendable, Hashable, CaseIterable {
    /// Below the large pane, or beside it where that leaves pictures more room.
    case shown
    /// Not at all: the large pane shows them.
    case none
  }

  /// Whether sentences stand under the title.
  public enum HintLines: Sendable, Hashable, CaseIterable {
    /// None.
    case none
    /// As many as leave the picture its room: none where rows are few.
    case whereThereIsRoom
    /// The same, where one line is enough for what is shown.
    case brief
    /// Two lines at least: without them nothing on the screen would make sense.
    case always

    /// Rows of all sentences together.
    func rows(width: Int, height: Int) -> Int {
      guard self != .none else { return 0 }
      // In few columns a sentence takes more lines.
      if self == .always, width < 80, height >= 20 { return 4 }
      if height < 22 { return self == .always ? 2 : 0 }
      // Two lines for what is shown, where it needs them, and one for what to press.
      return self == .always || self == .whereThereIsRoom && height >= 30 && width < 150 ? 3 : 2
    }
  }

  /// Whether a training is watched.
  public enum Training: Sendable, Hashable, CaseIterable {
    /// There is none.
    case none
    /// A picture is learnt: figures and curve are shown, there are no classes.
    case ofPicture
    /// Labelled pictures are learnt: figures, curve and classes are shown.
    case ofClasses
  }

  /// Whether a map that explains is shown.
  public enum ExplanationNotes: Sendable, Hashable, CaseIterable {
    /// There is none.
    case none
    /// What it means and whether it is to be believed is said beside it.
    case shown
  }

  /// What decides which parts the right column has.
  public struct Content: Sendable, Hashable {
    /// Whether a training is watched.
    public var training: Training
    /// Whether a map that explains is shown.
    public var explanation: ExplanationNotes

    /// What a column is about; by default nothing in particular.
    public init(training: Training = .none, explanation: ExplanationNotes = .none) {
      (self.training, self.explanation) = (training, explanation)
    }
  }

  /// Lays out a screen; nil where it is too small.
  ///
  /// - Parameter pictures: The proportions of what the large pane shows, which then gets the most room
  ///   for them; nil where it shows no pictures.
  public init?(
    width: Int, height: Int, strip: Strip = .shown, hints: HintLines = .none,
    content: Content = .init(), pictures: PictureShape? = nil
  ) {
    guard width >= Self.leastWidth, height >= Self.leastHeight else { return nil }
    let bounds = Rect(x: 0, y: 0, width: width, height: height)
    let hintRows = hints.rows(width: width, height: height)
    let rows = bounds.split(
      .vertically, into: [.fixed(1), .fixed(hintRows), .share(1), .fixed(1), .fixed(1)])
    (title, timeline, footer) = (rows[0], rows[3], rows[4])
    self.hints = hintRows > 0 ? rows[1] : nil
    (left, right) = rows[2].split(.horizontally, at: -Self.columnWidth(of: width))

    let inside = left.inset(by: 1)
    let large =
      strip == .none
      ? Large(map: inside) : Self.large(in: inside, columns: width, showing: pictures)
    (map, latents, latentsTitle) = (large.map, large.latents, large.latentsTitle)
    column = Self.parts(of: right, content)
  }

  /// The part of the right column, if it is shown.
  package func area(of pane: any ColumnPane.Type) -> Rect? {
    column.first { $0.pane == pane }?.area
  }

  private static func columnWidth(of width: Int) -> Int {
    switch width {
    case ..<72: 25
    case ..<100: 31
    case ..<160: 41
    case ..<240: 47
    default: 55
    }
  }

  /// The large pane and the strip.
  private struct Large {
    let map: Rect
    var latents: Rect?
    var latentsTitle: Rect?
    /// Cells of pictures.
    var filled = 0
  }

  /// The least columns of a strip beside the large pane, and the least rows of one below it.
  private static let leastStrip = (width: 9, height: 5)
  /// The least that the large pane keeps, however narrow or flat a picture is: words stand there too.
  private static let leastMap = (width: 12, height: 4)

  /// The large pane and the strip where there is room for it. Pictures get the most room that they can
  /// use; the strip takes what they leave, beside them or below.
  private static func large(in inside: Rect, columns: Int, showing pictures: PictureShape?) -> Large
  {
    let height = stripHeight(in: inside, columns: columns)
    guard let pictures else {
      return height > 0 ? below(inside, rows: height) : Large(map: inside)
    }
    // Small screens have a strip where it takes nothing of the pictures.
    let isOwed = height > 0
    var best: Large?
    func consider(_ large: Large?) {
      if let large, large.filled > best?.filled ?? -1 { best = large }
    }
    let room = pictures.fit(in: inside.inset(bottom: isOwed ? height + 1 : 0))
    let rows = inside.height - 1 - max(leastMap.height, room.height)
    if rows >= leastStrip.height {
      var large = below(inside, rows: rows)
      large.filled = room.filled
      consider(large)
    }
    let other = pictures.fit(in: inside.inset(right: isOwed ? leastStrip.width + 1 : 0))
    let width = inside.width - 1 - max(leastMap.width, other.width)
    if width >= leastStrip.width, inside.height > leastStrip.height {
      var large = beside(inside, columns: width)
      large.filled = other.filled
      consider(large)
    }
    return best ?? Large(map: inside)
  }

  private static func below(_ inside: Rect, rows: Int) -> Large {
    // One row between them is the rule with the strip's title.
    let parts = inside.split(.vertically, into: [.share(1), .fixed(1), .fixed(rows)])
    return Large(map: parts[0], latents: parts[2])
  }

  private static func beside(_ inside: Rect, columns: Int) -> Large {
    // One column between them is a rule; the strip's title is its first line.
    let parts = inside.split(.horizontally, into: [.share(1), .fixed(1), .fixed(columns)])
    return Large(
      map: parts[0], latents: parts[2].inset(top: 1), latentsTitle: parts[2].row(0))
  }

  /// Rows of the strip of latents below the large pane, 0 for none: square maps of eight latents fit
  /// beside each other.
  private static func stripHeight(in area: Rect, columns: Int) -> Int {
    guard area.height >= 26, columns >= 100 else { return 0 }
    let mapWidth = area.width / 8 - 1
    return min(max(leastStrip.height, mapWidth / 2 + 1), area.height / 4)
  }

  private static func parts(of column: Rect, _ content: Content) -> [Part] {
    let inside = column.inset(by: 1)
    var shown = Panes.column.filter { $0.isWanted(with: content) }
    // Rules stand between the parts.
    func rows() -> Int { shown.reduce(0) { $0 + $1.rows.lowerBound } + shown.count - 1 }
    while rows() > inside.height,
      let index = shown.indices.min(by: {
        shown[$0].yields(to: content) < shown[$1].yields(to: content)
      }), shown[index].yields(to: content) != .never
    {
      shown.remove(at: index)
    }
    var heights = shown.map { $0.rows.lowerBound }
    var free = inside.height - rows()
    if free < 0 {
      heights[0] = max(0, heights[0] + free)
      free = 0
    }
    // Rows that are left go round, so that no part starves another.
    while free > 0 {
      let before = free
      for index in shown.indices where heights[index] < shown[index].rows.upperBound && free > 0 {
        heights[index] += 1
        free -= 1
      }
      if free == before { break }
    }
    if free > 0, let last = shown.firstIndex(where: { $0 == ClassesPane.self }) {
      heights[last] += free
    }
    var y = inside.y
    return zip(shown, heights).map { pane, height in
      defer { y += height + 1 }
      let area = Rect(x: inside.x, y: y, width: inside.width, height: height)
      return Part(pane: pane, titleRow: y - 1 - column.y, area: area.intersection(inside))
    }
  }
}
