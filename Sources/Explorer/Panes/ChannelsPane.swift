// What the model is told of where tokens lie: the Fourier channels as small maps, or one of them large
// over the picture.

import Perceiver
import Pictures
import Screens

package enum ChannelsPane: MainPane {
  package static let topic = "fourier"

  package static func isShown(_ state: ExplorerState) -> Bool { state.areChannelsShown }

  /// Columns for a channel's name under its map.
  static let nameWidth = 10

  /// Sines and cosines lie between these.
  private static let scale = FittedTransfer(.linear, to: [-1, 1] as [Float])

  package static func draw(
    _ state: ExplorerState, in area: Rect, on screen: inout Screen, cache: inout RenderCache
  ) {
    guard !area.isEmpty, let channels = state.positionChannels else { return }
    if state.channelTable.isOpen {
      return drawOne(channels, state, in: area, on: &screen, cache: &cache)
    }
    guard let tiles = state.channelTiles(channels, in: area) else { return }
    let isLine = channels.axes.count == 1
    for index in tiles.latents {
      let map = tiles.map(of: index)
      let numbers = pixels(
        channels, index, columns: map.width, rows: isLine ? 1 : 2 * map.height, state, &cache)
      let colours =
        state.terminal.depth.showsPictures
        ? state.choices.view.colours.colours(of: numbers, by: scale).map(Colour.init) : []
      Tiles.draw(
        state, numbers, colours, scale, isLine: isLine, in: map, on: &screen, cache: &cache)
      Tiles.drawLabel(
        name(channels.channels[index], of: channels),
        isChosen: index == state.chosenChannel(of: channels), state,
        in: tiles.label(of: index), on: &screen)
    }
    Tiles.drawRemark(tiles, state, on: &screen)
  }

  /// One channel over the picture, as maps of attention are.
  private static func drawOne(
    _ channels: PositionChannels, _ state: ExplorerState, in area: Rect, on screen: inout Screen,
    cache: inout RenderCache
  ) {
    let grid = KeyGrid(shape: channels.axes)
    let index = state.chosenChannel(of: channels)
    guard grid.rows > 1 else {
      let line = pixels(channels, index, columns: area.width, rows: 1, state, &cache)
      screen.drawColumns(
        line.map { Double($0 + 1) / 2 }, in: area, style: state.preferences.theme.bar,
        symbols: state.terminal.symbols)
      return
    }
    let viewport = state.viewport(of: grid, in: area)
    let numbers = pixels(
      channels, index, columns: viewport.resolution.width, rows: viewport.resolution.height,
      of: viewport, state, &cache)
    guard state.terminal.depth.showsPictures else {
      ShadeGlyphs.draw(
        numbers, columns: viewport.resolution.width, shading: scale, in: viewport.cells,
        symbols: state.terminal.symbols, on: &screen)
      return
    }
    let overlay = state.choices.view.overlay == .off ? Overlay.half : state.choices.view.overlay
    let photo = overlay == .alone ? [] : state.inputColours(viewport, cache: &cache)
    let colours = state.choices.view.colours.colours(
      of: numbers, by: scale, over: photo, overlay)
    state.terminal.canvas.draw(
      colours.map(Colour.init), width: viewport.resolution.width, in: viewport.cells, on: &screen,
      dithering: &cache.dithering)
  }

  /// A channel as pixels of the screen: computed once for a size, an input's axes and a part of them.
  private static func pixels(
    _ channels: PositionChannels, _ index: Int, columns: Int, rows: Int,
    of viewport: Viewport? = nil, _ state: ExplorerState, _ cache: inout RenderCache
  ) -> [Float] {
    let frame = state.choices.view.frame
    let key = RenderCache.ChannelKey(
      axes: channels.axes, channel: channels.channels[index], columns: columns, rows: rows,
      viewport: viewport, frame: frame)
    return cache.channel(key) {
      channels.pixels(
        of: index, columns: columns, rows: rows, region: viewport?.region, frame: frame)
    }
  }

  /// A channel in few words: `sin y 3.25`.
  static func name(_ channel: PositionChannels.Channel, of channels: PositionChannels) -> String {
    let axis = axisName(channel.axis, of: channels)
    let frequency = channel.frequency.map { " " + Figures.number(Double($0), digits: 3) } ?? ""
    return "\(channel.wave.rawValue) \(axis)\(frequency)"
  }

  /// What an axis is called: `x` across, `y` down, `t` in time.
  private static func axisName(_ axis: Int, of channels: PositionChannels) -> String {
    ["x", "y", "t"][min(2, channels.axes.count - 1 - axis)]
  }

  /// A channel in full: `3.25 waves down the picture`.
  private static func words(
    _ channel: PositionChannels.Channel, of channels: PositionChannels
  ) -> String {
    let direction = ["across", "down", "in time"][min(2, channels.axes.count - 1 - channel.axis)]
    guard let frequency = channel.frequency else { return "the position \(direction)" }
    let number = Figures.number(Double(frequency), digits: 3)
    return "\(number) \(number == "1" ? "wave" : "waves") \(direction)"
  }

  /// Which channel it is, for captions.
  static func caption(_ index: Int, of channels: PositionChannels) -> String {
    let channel = channels.channels[index]
    return "channel \(index + 1) of \(channels.channels.count), \(name(channel, of: channels)), "
      + words(channel, of: channels)
  }

  static func title(_ state: ExplorerState, width: Int) -> String {
    guard let channels = state.positionChannels else { return "channels" }
    let separator = " \(state.terminal.symbols.separator) "
    let count = channels.channels.count
    var forms: [[String]]
    if state.channelTable.isOpen {
      let index = state.chosenChannel(of: channels)
      let channel = channels.channels[index]
      let number = "channel \(index + 1) of \(count)"
      let name = name(channel, of: channels)
      forms = [[number, name, words(channel, of: channels)], [number, name], [name]]
    } else {
      let highest = channels.channels.compactMap(\.frequency).max()
      let top = highest.map { ["up to \(Figures.number(Double($0), digits: 3)) waves"] } ?? []
      forms = [["where tokens lie", "\(count) channels"] + top, ["\(count) channels"] + top]
    }
    if state.choices.hasDraftChanges {
      forms = forms.map { $0 + ["not applied"] } + forms
    }
    let texts = forms.map { $0.joined(separator: separator) }
    return texts.first { $0.displayWidth <= width } ?? texts[texts.count - 1]
  }

  /// What the chosen channel is, for the readout.
  static func readout(_ state: ExplorerState) -> [[StyledText]] {
    guard let channels = state.positionChannels else { return [] }
    let index = state.chosenChannel(of: channels)
    let channel = channels.channels[index]
    let label = state.preferences.theme.label
    return [
      [StyledText(name(channel, of: channels), .bold)],
      [StyledText(words(channel, of: channels), label)],
      [StyledText("channel \(index + 1) of \(channels.channels.count)", label)],
    ]
  }

  /// The legend: from trough to crest.
  static func drawLegend(_ state: ExplorerState, in area: Rect, on screen: inout Screen) {
    LegendPane.drawRamp(state, -1, 1, in: area.row(0), on: &screen)
    if area.height > 1 {
      screen.write(
        "the same for every picture", in: area.row(1), style: state.preferences.theme.label,
        symbols: state.terminal.symbols)
    }
  }
}
