// The program without a terminal: keys go in one by one, each is done to its end, and the last screen
// comes out as text.

import Explorer
import Screens
import Tensors

/// An exploration in which effects are done at once, in the order in which they are asked for.
struct Replay {
  private var state: ExplorerState
  private let performer: EffectPerformer
  /// Steps of a training that are asked for; some are taken after each key.
  private var training: ExplorerEffect?
  private var isOver = false

  /// Begins an exploration on a screen of a size, drawn in characters.
  init(_ start: ExplorerStart, width: Int, height: Int, symbols: Symbols) {
    performer = EffectPerformer(files: start.files)
    var terminal = TerminalFacts(
      width: width, height: height, depth: .monochrome, symbols: symbols)
    terminal.showsAttributes = false
    state = ExplorerState(
      choices: start.choices, terminal: terminal, preferences: start.preferences,
      inputs: start.inputs, tour: start.tour,
      lines: start.lines, session: start.session)
    send(.start)
  }

  /// Presses keys, until one of them quits.
  mutating func press(_ script: KeyScript) {
    for key in script.keys where !isOver {
      send(.input(.key(key)))
      guard let steps = training else { continue }
      training = nil
      if let answer = performer.perform(steps, cancellation: Cancellation()) { send(answer) }
    }
  }

  /// The screen as text, a line for each row.
  var text: String {
    var cache = RenderCache()
    return state.screen(cache: &cache).plainText
  }

  private mutating func send(_ action: ExplorerAction) {
    var waiting = [action]
    while !waiting.isEmpty, !isOver {
      for effect in state.update(waiting.removeFirst()) {
        switch effect {
        case .quit: isOver = true
        // Nobody waits here for time to pass, and there is no terminal to do anything with.
        case .startTimer, .suspend, .redraw, .copy, .cancel: break
        // What keys of a script change is theirs alone: a person's configuration stays as it is.
        case .keep: break
        case .train: training = effect
        default:
          if let answer = performer.perform(effect, cancellation: Cancellation()) {
            waiting.append(answer)
          }
        }
      }
    }
  }
}
