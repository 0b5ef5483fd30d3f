// The cheapest way to write a row of cells, for pictures: in 256 colours (PairDithering.swift) and on the
// way to the terminal (EconomicalPictures.swift).

/// Follows the cheapest ways to write the cells of a row, one cell after another (beam search, Lowerre
/// 1976). What a cell costs depends on what was set for the cell before, and all ways together are too
/// many; the cheapest of those that were followed is found, which need not be the cheapest of all.
struct BeamSearch<State: Equatable, Step> {
  /// A way to write the cells so far.
  struct Path {
    /// What is set behind them. Of two ways that end alike the cheaper one is followed.
    let state: State
    /// What it took.
    let cost: Float
    fileprivate let link: Link?
  }

  /// How a cell is written, and after which path of the cell before it.
  fileprivate struct Link {
    let step: Step
    let former: Int
  }

  /// How many ways are followed.
  private let followed: Int
  /// Those to write the cells so far, the cheapest first.
  private(set) var paths: [Path] = []
  private var next: [Path] = []
  /// The links of all cells so far, as many for each as ways are followed.
  private var links: [Link?] = []

  init(following followed: Int) { self.followed = followed }

  /// Begins a row.
  mutating func begin(_ state: State) {
    paths = [Path(state: state, cost: 0, link: nil)]
    next.removeAll(keepingCapacity: true)
    links.removeAll(keepingCapacity: true)
  }

  /// Takes in a way to write the next cell, if it is among the best.
  ///
  /// - Parameters:
  ///   - former: The number of the path that it goes on from.
  ///   - cost: What all cells take with it.
  mutating func extend(_ former: Int, to state: State, by step: Step, cost: Float) {
    if next.count == followed, cost >= next[next.count - 1].cost { return }
    if let same = next.firstIndex(where: { $0.state == state }) {
      guard cost < next[same].cost else { return }
      next.remove(at: same)
    }
    let place = next.firstIndex { cost < $0.cost } ?? next.count
    let link = Link(step: step, former: former)
    next.insert(Path(state: state, cost: cost, link: link), at: place)
    if next.count > followed { next.removeLast() }
  }

  /// Goes on to the cell behind the next one.
  ///
  /// - Precondition: There is a way to write it.
  mutating func advance() {
    swap(&paths, &next)
    next.removeAll(keepingCapacity: true)
    for slot in 0..<followed { links.append(slot < paths.count ? paths[slot].link : nil) }
  }

  /// The steps of the cheapest way, one for each cell.
  func cheapest() -> [Step] {
    var steps: [Step] = []
    var slot = 0
    for start in stride(from: 0, to: links.count, by: followed).reversed() {
      guard let link = links[start + slot] else { break }
      steps.append(link.step)
      slot = link.former
    }
    return steps.reversed()
  }
}

extension BeamSearch: Sendable where State: Sendable, Step: Sendable {}
extension BeamSearch.Path: Sendable where State: Sendable, Step: Sendable {}
extension BeamSearch.Link: Sendable where State: Sendable, Step: Sendable {}
