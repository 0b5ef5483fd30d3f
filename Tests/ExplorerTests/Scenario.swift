// Keys in, screen out: an explorer without terminal and threads, on a small model and picture.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Synchronization
import Tensors

/// An exploration in which effects are done at once, in the order in which they are asked for.
struct Scenario {
  private(set) var state: ExplorerState
  /// What the program would do outside: quit, suspend, redraw.
  private(set) var own: [String] = []
  /// Timers that were started and have not gone off.
  private(set) var timers: [ExplorerTimer] = []
  /// Effects that wait while `isHolding`.
  private(set) var held: [ExplorerEffect] = []
  /// Steps of a training that are asked for and wait for `train`.
  private(set) var steps: ExplorerEffect?
  /// Whether effects wait until `release()`.
  var isHolding = false
  let files: MemoryFiles
  private let performer: EffectPerformer

  /// A model of 3 layers with 8 latents on a picture of 12 × 8 pixels, started; without hints unless
  /// they are what a test is about.
  init(
    width: Int = 80, height: Int = 24, depth: ColourDepth = .indexed256,
    symbols: Symbols = .unicode, configuration: PerceiverConfiguration = Self.small,
    input: Input? = nil, queries: NamedQueries? = nil, weights: LoadedWeights? = nil,
    preferences: ExplorerPreferences = .init(), hints: ExplorerPreferences.Hints = .off,
    files: MemoryFiles = MemoryFiles(), inputs: InputSequence? = nil, isStarted: Start = .started,
    lines: [String] = []
  ) {
    self.files = files
    performer = EffectPerformer(files: files.files)
    let input = input ?? Self.picture()
    var preferences = preferences
    preferences.hints = hints
    var configuration = configuration
    configuration.inputChannels = input.channels
    configuration.inputAxes = input.axes.count
    state = ExplorerState(
      choices: Choices(
        input: input,
        settings: ModelSettings(
          configuration: weights?.model.configuration ?? ModelConfiguration(configuration),
          source: weights.map { .weights($0) } ?? .seed(0), mask: nil, queries: queries)),
      terminal: TerminalFacts(width: width, height: height, depth: depth, symbols: symbols),
      preferences: preferences, inputs: inputs, lines: lines)
    if isStarted == .started { send(.start) }
  }

  /// A session that was opened, started.
  init(_ session: OpenedSession, width: Int = 120, height: Int = 40) {
    files = MemoryFiles()
    performer = EffectPerformer(files: files.files)
    state = ExplorerState(
      choices: session.firstChoices,
      terminal: TerminalFacts(
        width: width, height: height, depth: .indexed256, symbols: .unicode), session: session)
    send(.start)
  }

  enum Start { case started, notYet }

  static let small = PerceiverConfiguration(
    numFreqBands: 2, depth: 3, numLatents: 8, latentDim: 16, crossHeads: 1, latentHeads: 4,
    crossDimHead: 8, latentDimHead: 4, numClasses: 10)

  /// A Perceiver IO whose outputs at the positions of a picture are a picture.
  static let io: PerceiverConfiguration = {
    var configuration = PerceiverConfiguration(
      numFreqBands: 4, maxFreq: 12, depth: 2, numLatents: 8, latentDim: 16, latentHeads: 4,
      crossDimHead: 8, latentDimHead: 4)
    configuration.variant = .io
    configuration.queriesDim = configuration.positionFeatures
    configuration.logitsDim = 3
    configuration.decoderFF = true
    return configuration
  }()

  /// A picture of so many pixels: red grows to the right, green downwards.
  static func picture(width: Int = 12, height: Int = 8, name: String = "ramp.ppm") -> Input {
    var samples: [Float] = []
    for y in 0..<height {
      for x in 0..<width { samples += [Float(x) / Float(width), Float(y) / Float(height), 0.5] }
    }
    let image = PixelImage(width: width, height: height, channels: 3, samples: samples)
    let tensor = Tensor(shape: [height, width, 3], values: samples.map { $0 * 2 - 1 })
    return Input(name: name, tensor: tensor, content: .picture(image))
  }

  /// Takes an action in and does what it asks for, until nothing is left to do.
  mutating func send(_ action: ExplorerAction) {
    var waiting = [action]
    while !waiting.isEmpty {
      for effect in state.update(waiting.removeFirst()) {
        switch effect {
        case .quit: own.append("quit")
        case .suspend: own.append("suspend")
        case .redraw: own.append("redraw")
        case .copy(let text): own.append("copy \(text)")
        case .startTimer(let timer, _): timers.append(timer)
        case .cancel: break
        case .train: steps = effect
        default:
          if isHolding {
            held.append(effect)
          } else if let answer = performer.perform(effect, cancellation: Cancellation()) {
            waiting.append(answer)
          }
        }
      }
    }
  }

  /// Presses keys by their names; a text in quotes is typed: `"'depth 2'"`.
  mutating func press(_ keys: String...) {
    for name in keys {
      if name.count > 2, name.first == "'", name.last == "'" {
        for character in name.dropFirst().dropLast() { send(.input(.key(.character(character)))) }
      } else if let key = Key(name) {
        send(.input(.key(key)))
      } else {
        preconditionFailure("\(name) is no key")
      }
    }
  }

  /// Types a command and runs it.
  mutating func command(_ line: String) {
    press(":", "'\(line)'", "Enter")
  }

  /// Does what was held, in order, and goes on without holding.
  mutating func release() {
    isHolding = false
    releaseOnce()
  }

  /// Does what was held, in order; what that asks for is held in turn.
  mutating func releaseOnce() {
    let effects = held
    held = []
    for effect in effects {
      if let answer = performer.perform(effect, cancellation: Cancellation()) { send(answer) }
    }
  }

  /// Does the first of what was held; what that asks for is held behind the others.
  mutating func releaseFirst() {
    guard !held.isEmpty else { return }
    let effect = held.removeFirst()
    if let answer = performer.perform(effect, cancellation: Cancellation()) { send(answer) }
  }

  /// Takes the steps of a training that are asked for, so many at a time and as often.
  mutating func train(_ count: Int = 4, times: Int = 1) {
    for _ in 0..<times {
      guard let answer = takeSteps(count) else { return }
      send(answer)
    }
  }

  /// The answer to the steps that are asked for, not yet sent.
  mutating func takeSteps(_ count: Int = 4) -> ExplorerAction? {
    guard case .train(let trainer, let budget, let round)? = steps else { return nil }
    steps = nil
    let few = TrainingBudget(steps: min(count, budget.steps), seconds: 600)
    return performer.perform(.train(trainer, few, round: round), cancellation: Cancellation())
  }

  /// Lets the timers go off that were started.
  mutating func letTimersGoOff() {
    let due = timers
    timers = []
    for timer in due { send(.timer(timer)) }
  }

  /// What is on the screen.
  var screen: Screen {
    var cache = RenderCache()
    return state.screen(cache: &cache)
  }

  /// The lines of the screen.
  var lines: [String] {
    screen.plainText.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The whole screen as text, without what differs from run to run: a stage's time, and how far from
  /// what is said of the input it moves the stage's name.
  var text: String {
    var lines = lines
    if let first = lines.first {
      lines[0] = first.replacing(#/ {2,}[0-9.e-]+ m?s *$/#, with: "")
        .replacing(#/ {3,}/#, with: "   ")
    }
    return lines.joined(separator: "\n")
  }

  /// What is said at the moment, however many lines it takes.
  var said: String { state.message?.text ?? "" }

  /// The last line: keys, a message, or what is typed.
  var status: String { lines.last { !$0.isEmpty } ?? "" }
}

/// Files in memory, with what was written to them.
final class MemoryFiles: Sendable {
  private let contents: Mutex<[String: [UInt8]]>
  private let inputs: [String: Input]

  init(inputs: [String: Input] = [:], contents: [String: [UInt8]] = [:]) {
    self.inputs = inputs
    self.contents = Mutex(contents)
  }

  /// What stands in a file.
  subscript(path: String) -> [UInt8]? { contents.withLock { $0[path] } }
  /// The files, in order.
  var paths: [String] { contents.withLock { $0.keys.sorted() } }

  /// The classes that data were to have when they were opened last.
  let classesAskedFor = Mutex<[String]?>(nil)

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  var files: ExplorerFiles {
    ExplorerFiles(
      openInput: { [inputs] source, demand, cancellation in
        if case .file(let path) = source, let input = inputs[path] { return input }
        // Texts, pipes and what begins at the root are this machine's.
        guard case .file(let path) = source, !path.hasPrefix("/") else {
          return try InputReader().read(source, for: demand, cancellation: cancellation)
        }
        throw Missing(description: "\(path): no such file")
      },
      inputs: { try InputFolders.inNaturalOrder([$0], cancellation: $1) },
      fitInput: { try InputReader().likeTraining($0, of: $1) },
      openMask: { path, input, tokens in
        // A path from the root is a file of this machine.
        guard !path.hasPrefix("/") else {
          return NamedMask(
            try InputReader().readMask(path, of: input, tokens: tokens), name: path.fileName)
        }
        guard path == "half.png" else { throw Missing(description: "\(path): no such file") }
        let count = input.axes.reduce(1, *)
        return NamedMask(
          InputMask(TokenMask(shape: input.axes, keeps: (0..<count).map { $0 < count / 2 })),
          name: path)
      },
      openWeights: { request, input in
        let path = request.weights ?? ""
        guard ["small.safetensors", "grey.safetensors"].contains(path) else {
          throw Missing(description: "\(path): no such file")
        }
        var configuration = Scenario.small
        configuration.inputChannels = path == "grey.safetensors" ? 1 : input.channels
        configuration.inputAxes = input.axes.count
        configuration.depth = request.prefix == "teacher." ? 1 : 2
        let weights = LoadedWeights(model: try Perceiver(configuration, seed: 9), name: path)
        return OpenedWeights(weights: weights, input: input)
      },
      openSample: { [inputs] _ in
        guard let input = inputs["sample.ppm"] else {
          throw Missing(description: "the sample is not installed")
        }
        var configuration = Scenario.small
        configuration.inputChannels = input.channels
        configuration.crossHeads = 2
        return OpenedWeights(
          weights: LoadedWeights(model: try Perceiver(configuration, seed: 9), name: "sample"),
          input: input)
      },
      openData: { [self] path, classes, _ in
        guard path == "bars" else { throw Missing(description: "\(path): no such file") }
        classesAskedFor.withLock { $0 = classes }
        return TrainingData(name: path, examples: Bars())
      },
      write: { [self] bytes, path, existing in
        try contents.withLock { files in
          if existing == .refuse && files[path] != nil {
            throw Missing(description: "\(path): is there already")
          }
          files[path] = bytes
        }
      },
      writeModel: { [self] model, path, existing in
        contents.withLock { $0[path] = model.configuration }
      },
      exists: { [self] path in contents.withLock { $0[path] != nil } },
      isFolder: { [self] path in
        paths.contains { $0.hasPrefix(path + "/") }
          || path.hasPrefix("/") && FileNames.isFolder(path)
      },
      list: { [self] folder in
        let start = folder == "." ? "" : folder
        let names = (paths + inputs.keys).filter { $0.hasPrefix(start) }
          .map { $0.dropFirst(start.count) }
        let entries = Set(
          names.map { name in
            let slash = name.firstIndex(of: "/")
            return FolderEntry(
              name: String(slash.map { name[..<$0] } ?? name), isFolder: slash != nil)
          })
        return entries.sorted { $0.name < $1.name }
      },
      makeFolder: { _ in },
      keep: { [self] preference in
        try contents.withLock { files in
          let present = try files["config.json"].map { try JSONValue(parsing: $0) } ?? .object([])
          files["config.json"] = Array(preference.applied(to: present).text.utf8)
        }
        return "config.json"
      })
  }
}

/// Pictures of a bright bar on dark ground, lying and upright in turn.
struct Bars: LabelledExamples {
  let count = 24
  let shape = [6, 6, 1]
  let classNames = ["lying", "upright"]

  func label(at index: Int) -> Int { index % 2 }

  func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) {
    for stageID in 0..<36 {
      let line = index % 2 == 0 ? stageID / 6 : stageID % 6
      buffer[stageID] = line == index / 2 % 6 ? 1 : -1
    }
  }
}

extension LoadedWeights {
  /// The path of a folder of transformers, beside the tests of the library.
  static func fixtureFolder(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "PerceiverTests/Fixtures/huggingface/\(name)").path
  }

  /// A folder of transformers, beside the tests of the library.
  static func fixture(_ name: String) throws -> LoadedWeights {
    let checkpoint = try Checkpoint(path: fixtureFolder(name))
    let given = try GivenHyperparameters.of(checkpoint) ?? .init()
    return LoadedWeights(
      model: try checkpoint.model(try checkpoint.describe(given: given).configuration), name: name)
  }
}
