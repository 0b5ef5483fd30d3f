// The options that say what is shown first: those that :link writes.

import ArgumentParser
import Explorer
import Pictures
import Tensors

extension MapView: ExpressibleByArgument {}
extension ViewLink.Shown: ExpressibleByArgument {}

/// What `explore` shows first; each option is a command of the program.
struct ViewSelectionOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The stage to show: its number, or its name such as \"cross 2\". (default: 1)",
      valueName: "stage"))
  var stage: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The head, from 1, or mean. (default: 1)", valueName: "n"))
  var head: String?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The latent, from 1, or mean or max over latents; may be repeated: a number, and then mean. "
        + "(default: 1)", valueName: "n"))
  var latent: [String] = []

  @Flag(help: "Show scores, before the softmax, instead of probabilities.")
  var scores = false

  @Option(help: "How values become shades.")
  var scale: Transfer?

  @Option(
    name: [.customLong("colour-map"), .customLong("color-map")], help: "How shades become colours.")
  var colourMap: ColourMap?

  @Option(help: "How much of a photo the map covers.")
  var overlay: Overlay?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The frame of a video, from 1.", valueName: "n"))
  var frame: Int?

  @Option(help: "What the large pane shows.")
  var view: MapView?

  @Option(
    help: ArgumentHelp("Show what the answer rests on, by this method.", valueName: "method"))
  var why: String?

  @Option(help: "Show this in place of the map.")
  var show: ViewLink.Shown?

  @Option(
    name: .customLong("do"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Run a command as after : in the program, once all else is shown; may be repeated: "
        + "\"cursor 12 7\".", valueName: "command"))
  var commands: [String] = []

  @Option(
    help: ArgumentHelp(
      "Press these keys, print the last screen and end; no terminal is needed. Keys by their names, "
        + "text in single quotes: \"Right 3] ':depth 4' Enter\". Each key is done when its first "
        + "answer is there; of y, finer maps and their gains are not waited for.",
      valueName: "keys"))
  var keys: String?

  @Option(
    help: ArgumentHelp(
      "The size of the screen that --keys prints. (default: 80x24)", valueName: "wxh"))
  var screen: String?

  @Flag(
    name: [.customLong("screen-colours"), .customLong("screen-colors")],
    help: "Print the screen of --keys in 24-bit colours, as text with escape sequences.")
  var screenColours = false

  func validate() throws {
    if why != nil, show != nil {
      throw ValidationError("--show: expected no --why with it, found both")
    }
    if screen != nil, keys == nil {
      throw ValidationError("--screen: expected --keys with it, found none")
    }
    if screenColours, keys == nil {
      throw ValidationError("--screen-colours: expected --keys with it, found none")
    }
    _ = try script()
    _ = try size()
  }

  /// The lines that bring the view about, in their order.
  var lines: [String] {
    var parts: [ViewLink.Part] = []
    if let stage { parts.append(ViewLink.stage(stage)) }
    if let head { parts.append(ViewLink.head(head)) }
    parts += latent.map { ViewLink.latent($0) }
    if scores { parts.append(ViewLink.scores) }
    if let scale { parts.append(ViewLink.scale(scale)) }
    if let colourMap { parts.append(ViewLink.colourMap(colourMap)) }
    if let overlay { parts.append(ViewLink.overlay(overlay)) }
    if let frame { parts.append(ViewLink.frame(frame)) }
    if let view { parts.append(ViewLink.view(view)) }
    if let why { parts.append(ViewLink.why(why)) }
    if let show { parts.append(ViewLink.show(show)) }
    parts += commands.map { ViewLink.command($0) }
    return parts.map(\.line)
  }

  /// The keys to press; nil where a person presses them.
  func script() throws -> KeyScript? {
    do {
      return try keys.map { try KeyScript($0) }
    } catch let error as KeyScriptError {
      throw ValidationError("--keys: expected \(error.expected), found \(printable(error.found))")
    }
  }

  /// Columns and rows of the screen that is printed.
  func size() throws -> (width: Int, height: Int) {
    guard let screen else { return (80, 24) }
    let sides = screen.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let width = sides[0], let height = sides[1],
      (1...1000).contains(width), (1...1000).contains(height)
    else {
      throw ValidationError(
        "--screen: expected columns and rows such as 120x40, found \(printable(screen))")
    }
    return (width, height)
  }
}
