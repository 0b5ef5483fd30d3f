// Where everything stands, for any size of the terminal. A new pane is one line here.

import Screens

/// The areas of a screen. They never overlap and never leave it.
public struct ScreenLayout: Sendable, Hashable {
  /// The parts of the right column, from top to bottom.
  public enum Section: String, Sendable, Hashable, CaseIterable {
    case training, hyperparameters, readout, classes, legend
  }

  /// One part of the right column.
  public struct SectionArea: Sendable, Hashable {
    /// Which part it is.
    public let section: Section
    /// The row of its title, counted from the column's upper edge.
    public let titleRow: Int
    /// The area inside the frame.
    public let area: Rect
  }

  /// The least size at which the screen is drawn.
  public static let leastWidth = 60
  /// The least size at which the screen is drawn.
  public static let leastHeight = 18

  /// The first line.
  public let title: Rect
  /// The frame around the large pane and the strip.
  public let left: Rect
  /// The large pane, inside the frame.
  public let map: Rect
  /// The strip of latents inside the frame; nil where there is no room.
  public let latents: Rect?
  /// The frame around the right column.
  public let right: Rect
  /// The parts of the right column.
  public let sections: [SectionArea]
  /// The line of stages.
  public let timeline: Rect
  /// The last line: keys, or what is typed, or a message.
  public let footer: Rect

  /// Whether latents are shown in a strip where there is room.
  public enum Strip: Sendable, Hashable, CaseIterable {
    /// Below the large pane.
    case below
    /// Not at all: the large pane shows them.
    case none
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

  /// Lays out a screen; nil where it is too small.
  public init?(width: Int, height: Int, strip: Strip = .below, training: Training = .none) {
    guard width >= Self.leastWidth, height >= Self.leastHeight else { return nil }
    let bounds = Rect(x: 0, y: 0, width: width, height: height)
    let rows = bounds.split(.vertically, into: [.fixed(1), .share(1), .fixed(1), .fixed(1)])
    (title, timeline, footer) = (rows[0], rows[2], rows[3])
    let column = Self.columnWidth(of: width)
    (left, right) = rows[1].split(.horizontally, at: -column)

    let inside = left.inset(by: 1)
    let stripHeight = strip == .below ? Self.stripHeight(in: inside, columns: width) : 0
    if stripHeight > 0 {
      // One row between them is the rule with the strip's title.
      let parts = inside.split(.vertically, into: [.share(1), .fixed(1), .fixed(stripHeight)])
      (map, latents) = (parts[0], parts[2])
    } else {
      (map, latents) = (inside, nil)
    }
    sections = Self.sections(in: right, training)
  }

  /// The part of the right column, if it is shown.
  public func area(of section: Section) -> Rect? {
    sections.first { $0.section == section }?.area
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

  /// Rows of the strip of latents, 0 for none: square maps of eight latents fit beside each other.
  private static func stripHeight(in area: Rect, columns: Int) -> Int {
    guard area.height >= 26, columns >= 100 else { return 0 }
    let mapWidth = area.width / 8 - 1
    return min(max(5, mapWidth / 2 + 1), area.height / 4)
  }

  /// What each part needs at least, and may grow to.
  private static let needs: [(section: Section, least: Int, most: Int)] = [
    (.training, 9, 20), (.hyperparameters, 5, 24), (.readout, 4, 7), (.classes, 2, 12),
    (.legend, 2, 2),
  ]

  private static func sections(in column: Rect, _ training: Training) -> [SectionArea] {
    let inside = column.inset(by: 1)
    var shown = needs.filter { part in
      switch part.section {
      case .training: training != .none
      case .classes: training != .ofPicture
      case .hyperparameters, .readout, .legend: true
      }
    }
    // Rules stand between the parts.
    func rows(_ parts: [(section: Section, least: Int, most: Int)]) -> Int {
      parts.reduce(0) { $0 + $1.least } + parts.count - 1
    }
    if rows(shown) > inside.height { shown.removeAll { $0.section == .classes } }
    // What cannot be changed while a model is trained gives way to how that goes.
    if training != .none, rows(shown) > inside.height {
      shown.removeAll { $0.section == .hyperparameters }
      shown[0].least = max(
        0, min(shown[0].least, inside.height - rows(Array(shown.dropFirst())) - 1))
    }
    var free = max(0, inside.height - rows(shown))
    var heights = shown.map(\.least)
    // Rows that are left go round, so that no part starves another.
    while free > 0 {
      let before = free
      for index in shown.indices where heights[index] < shown[index].most && free > 0 {
        heights[index] += 1
        free -= 1
      }
      if free == before { break }
    }
    // What no part can use, the classes take.
    if free > 0, let last = shown.firstIndex(where: { $0.section == .classes }) {
      heights[last] += free
    }
    var y = inside.y
    return zip(shown, heights).map { part, height in
      defer { y += height + 1 }
      let area = Rect(x: inside.x, y: y, width: inside.width, height: height)
      return SectionArea(
        section: part.section, titleRow: y - 1 - column.y, area: area.intersection(inside))
    }
  }
}
