// The Fourier channels of positions: showing them, going from one to the next, opening one.

import Perceiver
import Screens

extension CommandGroup {
  static let channels = CommandGroup(
    "channels", "how the model is told where tokens lie",
    [
      Command(
        "channels", keys: [.character("B")], takes: "[N]",
        "the waves that tell the model where pixels lie, a map for each; N opens one",
        unless: \.reasonAgainstChannels,
        .set { state, arguments throws(CommandError) in try state.showChannels(arguments) }),
      Command(
        "next-channel", keys: [.right], "next channel",
        footer: .init("channel", keysOf: ["previous-channel", "next-channel"]), in: .channels,
        counting: .repeats, .change { $0.moveInChannels(by: 1) }),
      Command(
        "previous-channel", keys: [.left], "previous channel", in: .channels, counting: .repeats,
        .change { $0.moveInChannels(by: -1) }),
      Command(
        "channel-down", keys: [.down, .character("j")], "down the grid of channels",
        in: .channels, counting: .repeats, .change { $0.moveInChannelRows(by: 1) }),
      Command(
        "channel-up", keys: [.up, .character("k")], "up the grid of channels", in: .channels,
        counting: .repeats, .change { $0.moveInChannelRows(by: -1) }),
      Command(
        "open-channel", keys: [.enter], "this channel large over the picture, or the grid",
        footer: "large", in: .channels, .change { $0.channelTable.isOpen.toggle() }),
      Command(
        "leave-channels", keys: [.escape], "back to the grid, then to the map", footer: "leave",
        in: .channels, .change { $0.leaveChannels() }),
    ])
}
