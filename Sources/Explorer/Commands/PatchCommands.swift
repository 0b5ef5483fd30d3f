// Putting another picture's latents in, to see where the answer is carried.

import Perceiver

extension CommandGroup {
  static let patch = CommandGroup(
    "patch", "where the answer is carried",
    [
      Command(
        .patch, keys: [.character("C")], takes: "[FILE]",
        "what the answer becomes with latents of the pinned picture, or of FILE, after each stage",
        Command.Action { state, arguments throws(CommandError) in
          try state.patch(arguments)
        }),
      Command(
        "leave-patch", keys: [.escape], "back to the map", footer: "leave", in: .patch,
        .change { $0.leavePatches() }),
    ])
}

extension ExplorerState {
  fileprivate mutating func patch(
    _ arguments: CommandArguments
  ) throws(CommandError) -> [ExplorerEffect] {
    if arguments.rest.isEmpty {
      if isPatchShown {
        leavePatches()
      } else if let reason = reasonAgainstPatching(from: nil) {
        message = .information(reason)
      } else {
        showPatches(from: nil)
      }
      return []
    }
    let path = try arguments.path()
    // What the model lacks does not depend on the picture.
    if let reason = reasonAgainstRecovery { throw CommandError("patch: \(reason)") }
    message = .information("reading \(path)")
    return [.openPatchSource(path: path, demand: demand)]
  }
}
