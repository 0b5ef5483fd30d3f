import ArgumentParser

@main
struct PerceiverTUI: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "perceiver-tui")
}
