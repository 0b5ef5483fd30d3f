// The program without a terminal: keys go in one by one, each is done until its answer is there, and
// the last screen comes out as text.

import Explorer
import Screens
import Tensors

/// An exploration in which effects are done at once, in the order in which they are asked for.
///
/// A key is done when the first whole answer to it is on the screen: the stage, its map, the table, and
/// of `y` the method's first map. What would only make that map finer, or say how far to believe it, is
/// not waited for, as a person need not wait for it before the next key; the screen says that it is on
/// its way.
struct Replay {
  /// What the screen comes out as.
  enum Form {
    /// Characters alone.
    case plain
    /// Characters with the escape sequences of 24-bit colours.
    case coloured

    /// The colours that panes draw with.
    fileprivate var depth: ColourDepth { self == .coloured ? .direct : .monochrome }
  }

  private var state: ExplorerState
  private let performer: EffectPerformer
  /// Steps of a training that are asked for; some are taken after each key.
  private var training: ExplorerEffect?
  private var isOver = false
  private let form: Form

  /// Begins an exploration on a screen of a size.
  init(_ start: ExplorerStart, width: Int, height: Int, symbols: Symbols, form: Form) {
    performer = EffectPerformer(files: start.files)
    self.form = form
    var terminal = TerminalFacts(
      width: width, height: height, depth: form.depth, symbols: symbols)
    terminal.showsAttributes = form == .coloured
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
    let screen = state.screen(cache: &cache)
    return form == .coloured ? screen.ansiText(depth: form.depth) : screen.plainText
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
        case .answer(let request, _, _, _) where state.isRefinement(request): break
        default:
          if let answer = performer.perform(effect, cancellation: Cancellation()) {
            waiting.append(answer)
          }
        }
      }
    }
  }
}
