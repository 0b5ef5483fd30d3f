// The Fourier channels of positions: which one is chosen, and what is seen of each.

import Perceiver
import Pictures
import Screens
import Tensors

/// How the channels of positions are shown.
struct ChannelTable: Sendable, Hashable {
  /// The chosen channel, from 0.
  var chosen = 0
  /// Whether it alone is shown, large.
  var isOpen = false
}

extension ExplorerState {
  /// Whether the large pane shows the channels of positions.
  var areChannelsShown: Bool {
    choices.view.replacement == .channels && reasonAgainstChannels == nil
  }

  /// Why there are no channels of positions to be shown; nil if there are.
  var reasonAgainstChannels: String? {
    choices.draft.reasonAgainstPositionChannels(inputAxes: choices.input.axes)
  }

  /// The channels of the hyperparameters as they are being changed, so that one sees what a change
  /// does before it is applied.
  var positionChannels: PositionChannels? {
    choices.draft.positionChannels(inputAxes: choices.input.axes)
  }

  /// The number of the chosen channel, within what there is.
  func chosenChannel(of channels: PositionChannels) -> Int {
    min(max(0, channelTable.chosen), channels.channels.count - 1)
  }

  /// The tiles of the channels in an area of the large pane.
  func channelTiles(_ channels: PositionChannels, in area: Rect) -> TileLayout? {
    TileLayout(
      .grid, area: area, grid: KeyGrid(shape: channels.axes), count: channels.channels.count,
      chosen: chosenChannel(of: channels), labelWidth: ChannelsPane.nameWidth)
  }

  /// Shows the channels, or one of them, or the map again.
  mutating func showChannels(_ arguments: CommandArguments) throws(CommandError) {
    guard let channels = positionChannels else { return }
    guard arguments.rest.isEmpty else {
      let count = channels.channels.count
      channelTable = ChannelTable(
        chosen: try arguments.number("a channel", in: 1...count) - 1, isOpen: true)
      choices.view.replacement = .channels
      isProbing = false
      return
    }
    let shows = choices.view.replacement != .channels
    choices.view.replacement = shows ? .channels : nil
    (isProbing, channelTable.isOpen) = (false, false)
    message = .information(
      shows
        ? "\(keyName("open-channel")) opens a channel; they follow num_freq_bands and max_freq"
        : mapView.name)
  }

  /// Goes on in the list of channels.
  mutating func moveInChannels(by steps: Int) {
    guard let channels = positionChannels else { return }
    let count = channels.channels.count
    channelTable.chosen = min(max(0, chosenChannel(of: channels) + steps), count - 1)
  }

  /// Goes up or down in the grid of channels, a row at a time; in one channel, to its neighbours.
  mutating func moveInChannelRows(by rows: Int) {
    guard let channels = positionChannels, let area = mainArea, !channelTable.isOpen,
      let tiles = channelTiles(channels, in: area)
    else { return moveInChannels(by: rows) }
    let goal = chosenChannel(of: channels) + rows * tiles.columns
    if channels.channels.indices.contains(goal) { channelTable.chosen = goal }
  }

  /// Leaves the large channel for the grid, or the grid for the map.
  mutating func leaveChannels() {
    if channelTable.isOpen {
      channelTable.isOpen = false
    } else {
      choices.view.replacement = nil
      message = .information(mapView.name)
    }
  }
}

extension PositionChannels {
  /// A channel as pixels of the screen, row by row: averaged where one of them stands for several
  /// tokens.
  ///
  /// - Parameters:
  ///   - region: The part of a frame that is shown; nil for all of it.
  ///   - frame: Which frame of a film.
  func pixels(
    of index: Int, columns: Int, rows: Int, region: PlaneRegion? = nil, frame: Int = 0
  ) -> [Float] {
    guard columns > 0, rows > 0 else { return [] }
    let (axis, line) = (channels[index].axis, line(index))
    switch axes.count - 1 - axis {
    case 0:
      let part = region.map { PlaneRegion(x: $0.x, y: 0, width: $0.width, height: 1) }
      let row = line.reshaped([1, line.count]).resampled(rows: 1, columns: columns, region: part)
      return Array(repeating: row.values, count: rows).flatMap { $0 }
    case 1:
      let part = region.map { PlaneRegion(x: 0, y: $0.y, width: 1, height: $0.height) }
      let column = line.reshaped([line.count, 1]).resampled(rows: rows, columns: 1, region: part)
      return column.values.flatMap { Array(repeating: $0, count: columns) }
    default:
      // A frame is one coordinate in time.
      return Array(repeating: line.values[min(frame, line.count - 1)], count: columns * rows)
    }
  }
}
