// Training in the program: steps taken are shown, snapshots come back, and what was trained stays.

import Explorer
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite struct TrainingTests {
  private func started(
    _ configuration: PerceiverConfiguration = Scenario.io, width: Int = 120, height: Int = 40,
    files: MemoryFiles = MemoryFiles()
  ) -> Scenario {
    var scenario = Scenario(
      width: width, height: height, configuration: configuration, files: files)
    scenario.press("t")
    return scenario
  }

  // MARK: - A picture

  @Test("a key begins the training, the loss falls, and title and pane say how far it is")
  func learning() throws {
    var scenario = started()
    #expect(scenario.state.training?.phase == .running)
    #expect(scenario.text.contains("no step yet"))
    scenario.train(1)
    let first = try #require(scenario.state.training?.latest?.loss)
    scenario.train(30, times: 3)
    let session = try #require(scenario.state.training)
    #expect(session.step > 40)
    #expect(try #require(session.latest?.loss) < 0.8 * first)
    #expect(scenario.lines[0].contains("in training, step \(session.step)"))
    #expect(scenario.text.contains("step \(session.step) of 1500"))
    #expect(session.history.entries.last?.lastStep == session.step)
  }

  @Test("the shown run is that of the present parameters, at once and without a gap")
  func live() throws {
    var scenario = started()
    scenario.train(5)
    for key in ["Home", "→", "End", "R", "m", "R"] {
      scenario.press(key)
      scenario.train(3)
      #expect(scenario.state.run?.model.origin == .trained(steps: scenario.state.training!.step))
      #expect(scenario.state.stage != nil && !scenario.state.isComputingStage)
      #expect(scenario.lines[0...1].allSatisfy { !$0.contains("computing") })
    }
    let session = try #require(scenario.state.training)
    let model = try #require(session.trainer?.model)
    let output = try model(
      scenario.state.choices.input.tensor, queries: model.configuration.ownQueries)
    scenario.press("End")
    #expect(scenario.state.run?.output == output)
  }

  @Test("the reconstruction comes nearer to the picture")
  func reconstruction() throws {
    func error(_ scenario: Scenario) throws -> Double {
      let line = try #require(scenario.lines.first { $0.contains("mean squared error") })
      let words = line.split(separator: " ").drop { $0 != "error" }.dropFirst()
      return try #require(words.first.flatMap { Double($0.filter { $0 != "│" }) })
    }
    var scenario = started()
    #expect(scenario.lines[1].contains("decoder · reconstruction"))
    scenario.train(1)
    let before = try error(scenario)
    scenario.train(60, times: 4)
    let after = try error(scenario)
    #expect(after < 0.5 * before)
    // Every stage can be asked, though only the last one learns to answer.
    scenario.press("Home")
    #expect(scenario.lines[1].contains("cross 1 · reconstruction"))
    let early = try error(scenario)
    #expect(early > 0)
    scenario.press("R")
    #expect(scenario.lines[1].contains("head 1 of 1"))
  }

  @Test("for another model than an IO one, one is made, and undo brings the former back")
  func anotherModel() {
    var scenario = started(Scenario.small)
    let configuration = scenario.state.choices.settings.configuration.perceiverPytorch
    #expect(configuration?.variant == .io && configuration?.logitsDim == 3)
    #expect(configuration?.queriesDim == configuration?.positionFeatures)
    #expect(scenario.said.contains("a small Perceiver IO"))
    // Once that is read, the keys of a training stand there.
    scenario.letTimersGoOff()
    #expect(scenario.status.contains("N one step"))
    scenario.train(1)
    scenario.press("T", "u", "u")
    var small = Scenario.small
    small.inputChannels = 3
    #expect(scenario.state.choices.settings.configuration.perceiverPytorch == small)
    #expect(scenario.lines[0].contains("untrained, seed 0"))
  }

  @Test("a large picture is scaled down for it, and the title says so")
  func smaller() {
    let input = Scenario.picture(width: 300, height: 150)
    var scenario = Scenario(width: 120, configuration: Scenario.io, input: input)
    scenario.press("t")
    #expect(scenario.state.choices.input.axes == [48, 96])
    #expect(scenario.lines[0].contains("scaled down from 300 × 150"))
  }

  @Test(
    "as many steps are taken as were asked for, of a picture and of data",
    arguments: [
      ("train steps=3", Scenario.io), ("train bars steps=3", Scenario.small),
      ("train  bars   steps=3", Scenario.small), ("train steps=3 bars", Scenario.small),
    ])
  func steps(command: String, configuration: PerceiverConfiguration) {
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.command(command)
    #expect(scenario.state.training?.lesson.recipe.steps == 3, "\(scenario.status)")
    scenario.train(2, times: 2)
    #expect(scenario.text.contains("training complete") && scenario.text.contains("3 of 3"))
    scenario.command("train steps=9")
    #expect(scenario.said.contains("a training is open"))
    #expect(scenario.state.training?.lesson.recipe.steps == 3)
  }

  @Test("what is no picture cannot be learnt, and that is said")
  func noPicture() {
    let sound = Tensor(shape: [40, 2], values: (0..<80).map { Float($0 % 7) })
    var scenario = Scenario(input: Input(array: sound, name: "sound.npy"))
    scenario.press("t")
    #expect(scenario.state.training == nil)
    #expect(scenario.said.contains("expected a picture to learn, found sound.npy"))
  }

  // MARK: - Pausing, steps and snapshots

  @Test("it pauses, takes single steps, and goes on")
  func pausing() {
    var scenario = started()
    scenario.train(5)
    scenario.press("t")
    #expect(scenario.text.contains("training paused"))
    // What was under way when it was paused still counts.
    scenario.train(2)
    #expect(scenario.state.training?.step == 7)
    #expect(scenario.steps == nil)
    scenario.press("N", "N")
    scenario.train(4)
    scenario.train(4)
    #expect(scenario.state.training?.step == 9 && scenario.steps == nil)
    scenario.press("t")
    scenario.train(4)
    #expect(scenario.state.training?.step == 13)
    scenario.press("N")
    scenario.train(1)
    #expect(scenario.state.training?.phase == .paused && scenario.steps == nil)
  }

  @Test("Ctrl-C pauses, and twice quits")
  func cancelling() {
    var scenario = started()
    scenario.press("Ctrl-C")
    #expect(scenario.state.training?.phase == .paused && scenario.own.isEmpty)
    scenario.press("Ctrl-C")
    #expect(scenario.own == ["quit"])
  }

  @Test("snapshots are kept at doubled steps and by a key, and are gone back to and forward")
  func snapshots() throws {
    var scenario = started()
    scenario.train(100, times: 3)
    scenario.train(6)
    func steps() -> [Int] { scenario.state.training?.snapshots.all.map(\.step) ?? [] }
    #expect(steps() == [0, 16, 32, 64])
    scenario.press("M")
    #expect(steps() == [0, 16, 32, 64, 70])
    scenario.train(2)
    let trained = try #require(scenario.state.training?.trainer?.model)
    scenario.press("U")
    #expect(scenario.state.training?.step == 70 && steps().last == 72)
    scenario.press("U", "U")
    #expect(scenario.state.training?.step == 32)
    #expect(scenario.state.run?.model.origin == .trained(steps: 32))
    #expect(scenario.state.training?.history.entries.last?.lastStep == 32)
    scenario.command("moment")
    #expect(scenario.said.contains("0 16 32 64 70 72"))
    scenario.command("snapshot 33")
    #expect(scenario.said.contains("expected one of 0 16 32"))
    // The steps are the same when they are taken anew.
    scenario.press("t")
    scenario.train(100)
    scenario.train(8)
    let again = try #require(scenario.state.training?.trainer?.model)
    let name = "latents"
    #expect(again.parameter(named: name) == trained.parameter(named: name))
    scenario.command("snapshot 0")
    scenario.press("U")
    #expect(scenario.said.contains("no earlier snapshot"))
  }

  @Test("steps that were under way when a snapshot was gone back to are dropped")
  func lateSteps() throws {
    var scenario = started()
    scenario.train(16)
    scenario.train(4)
    let underWay = scenario.takeSteps(4)
    let late = try #require(underWay)
    scenario.press("U")
    scenario.send(late)
    #expect(scenario.state.training?.step == 16)
    scenario.press("t")
    let stillUnderWay = scenario.takeSteps(4)
    scenario.press("T")
    scenario.send(try #require(stillUnderWay))
    #expect(scenario.state.training == nil)
    #expect(scenario.lines[0].contains("trained here, step 16"))
  }

  @Test("a loss that is not finite pauses with its step and tensor, and the snapshot before stays")
  func notFinite() {
    let image = PixelImage(
      width: 4, height: 4, channels: 3, samples: .init(repeating: .nan, count: 48))
    let input = Input(
      name: "nan.png", tensor: Tensor(shape: [4, 4, 3], repeating: .nan), content: .picture(image))
    var scenario = Scenario(width: 120, configuration: Scenario.io, input: input)
    scenario.press("t")
    scenario.train(4)
    #expect(scenario.state.training?.phase == .paused && scenario.state.training?.step == 0)
    #expect(scenario.text.contains("training paused, step 1: "))
    #expect(scenario.text.contains("found NaN"))
    #expect(scenario.state.training?.snapshots.all.map(\.step) == [0])
  }

  // MARK: - What stays

  @Test("stopping keeps the trained model open; undo and redo go between it and the untrained one")
  func stopping() {
    var scenario = started()
    scenario.train(5)
    scenario.press("T")
    #expect(scenario.said.hasSuffix(":save FILE writes it, t trains it further"))
    #expect(scenario.state.training == nil)
    #expect(scenario.lines[0].contains("trained here, step 5"))
    #expect(scenario.state.run?.model.origin == .trained(steps: 5))
    let stages = scenario.state.run?.stages.count
    #expect(stages == 4)
    scenario.press("u")
    #expect(scenario.state.run?.model.origin == .untrained(seed: 0))
    scenario.press("Ctrl-R")
    #expect(scenario.state.run?.model.origin == .trained(steps: 5))
    scenario.press("t")
    #expect(
      scenario.said.hasSuffix("it continues from step 5, and its steps are counted anew"),
      "\(scenario.said)")
    scenario.train(3)
    #expect(scenario.state.training?.step == 3)
    scenario.press("T", "u")
    #expect(scenario.lines[0].contains("trained here, step 5"))
  }

  @Test("a training that ends before its first step leaves the model as it was")
  func stoppingAtOnce() {
    var scenario = started()
    scenario.press("T")
    #expect(scenario.state.training == nil)
    #expect(scenario.lines[0].contains("untrained, seed 0"))
  }

  @Test("model and input cannot be changed under a training, and nothing is lost by trying")
  func fixed() {
    let files = MemoryFiles(inputs: ["other.ppm": Scenario.picture(width: 5, height: 5)])
    var scenario = started(Scenario.small, files: files)
    scenario.train(5)
    let before = scenario.state.choices
    for line in ["seed 7", "depth 1", "open other.ppm", "weights small.safetensors", "train bars"] {
      scenario.command(line)
      #expect(scenario.state.choices == before, "\(line)")
      #expect(scenario.text.contains("a training is open"), "\(line)")
    }
    for key in ["r", ">", "a"] {
      scenario.press(key)
      #expect(scenario.state.choices == before)
    }
    // Undo reaches the view, and stops where the training began.
    scenario.press("s", "u", "u", "u", "u")
    #expect(scenario.state.choices == before)
    scenario.train(5)
    #expect(scenario.state.training?.step == 10)
  }

  @Test("a trained model is saved, and quitting asks where it is not")
  func saving() throws {
    var scenario = started()
    scenario.train(5)
    scenario.press("q")
    #expect(scenario.own.isEmpty && scenario.said.contains("the trained model is not saved"))
    scenario.press("s", "q")
    #expect(scenario.own.isEmpty)
    // Ctrl-C asks too, however often it was pressed to stop something.
    scenario.press("s", "Ctrl-C", "Ctrl-C")
    #expect(scenario.said.contains("the trained model is not saved: :save FILE saves it, Ctrl-C"))
    #expect(scenario.own.isEmpty)
    scenario.command("save model.safetensors")
    #expect(scenario.files["model.safetensors"] != nil)
    scenario.press("T")
    #expect(scenario.said.contains("the model of step 5 is open"))
    scenario.press("q")
    #expect(scenario.own == ["quit"])
    scenario.command("save model.safetensors")
    #expect(scenario.text.contains("is there already. Replace it?"))
    scenario.press("n", "Esc")
    scenario.command("save model.json")
    #expect(scenario.said.contains("expected a name for safetensors"))
  }

  @Test("the reconstruction is exported")
  func exporting() throws {
    var scenario = started()
    scenario.train(5)
    scenario.command("export back.npy")
    let bytes = try #require(scenario.files["back.npy"])
    #expect(try NumPyFile.tensor(bytes).shape == [8, 12, 3])
    scenario.press("e")
    #expect(scenario.text.contains("reconstruction"))
  }

  // MARK: - Labelled pictures

  @Test("data give classes and channels to the model, which learns them; examples are looked at")
  func data() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("train bars")
    let configuration = scenario.state.choices.settings.configuration.perceiverPytorch
    #expect(configuration?.numClasses == 2 && configuration?.inputChannels == 1)
    #expect(configuration?.depth == 3)
    #expect(scenario.said.contains("24 examples in 2 classes"))
    #expect(scenario.lines[0].contains("bars 1: lying 6×6×1"))
    scenario.train(1)
    let first = try #require(scenario.state.training?.latest?.loss)
    scenario.train(100, times: 2)
    let session = try #require(scenario.state.training)
    #expect(session.phase == .complete)
    #expect(try #require(session.latest?.loss) < first)
    #expect(scenario.text.contains("accuracy"))
    #expect(scenario.state.position == 0)
    scenario.press("End")
    #expect(scenario.text.contains("output, chance 0.5 ") && scenario.text.contains("upright"))
    scenario.press(".")
    #expect(scenario.lines[0].contains("bars 2: upright 6×6×1"))
    scenario.press(",", ",")
    #expect(scenario.lines[0].contains("bars 24: upright"))
    #expect(scenario.state.run?.stages.isEmpty == false)
    scenario.press("T")
    #expect(scenario.said.hasSuffix(":save FILE writes it, :train DATA trains it further"))
    #expect(scenario.state.run?.model.configuration.classNames == ["lying", "upright"])
    #expect(scenario.lines[0].contains("trained here, step 10"))
    #expect(scenario.text.contains("upright"))
    // The data can be looked at with the model that learnt them, and the hint says how.
    let next = HintText(scenario.state).next
    #expect(next.allSatisfy { $0.hasPrefix("Next: . shows the next example") }, "\(next)")
    let history = scenario.state.history.canRedo
    scenario.press(".")
    #expect(scenario.lines[0].contains("bars 1: lying"))
    #expect(scenario.state.run?.stages.isEmpty == false)
    scenario.press(".", ".")
    #expect(scenario.lines[0].contains("bars 3: lying"))
    #expect(scenario.state.history.canRedo == history)
    let help = HelpText(scenario.state).lines.map { $0.map(\.text).joined() }
    #expect(help.contains("while an example of labelled data is open"))
  }

  @Test("weights that know their classes keep them for other data, and leave them when they go")
  func classNames() throws {
    let files = MemoryFiles()
    var scenario = Scenario(width: 120, height: 40, files: files)
    scenario.command("train bars")
    #expect(files.classesAskedFor.withLock { $0 } == nil)
    scenario.train(1)
    scenario.press("T")
    scenario.command("train bars steps=2")
    #expect(files.classesAskedFor.withLock { $0 } == ["lying", "upright"])
    scenario.train(2)
    scenario.press("T")
    scenario.command("seed 0")
    #expect(scenario.state.run?.model.configuration.perceiverPytorch?.numClasses == 2)
    #expect(scenario.state.run?.model.configuration.classNames == nil)
  }

  @Test("data that the model cannot learn are refused with the reason")
  func wrongData() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.command("train nowhere")
    #expect(scenario.said.contains("nowhere: no such file"))
    var io = Scenario(width: 120, height: 40, configuration: Scenario.io)
    io.command("train bars")
    #expect(io.said.contains("expected a model that tells classes apart, found Perceiver IO"))
    #expect(io.state.training == nil)
    scenario.command("weights small.safetensors")
    scenario.command("train bars")
    #expect(scenario.said.contains("need other parameters than small.safetensors has"))
  }

  @Test("while a training is watched its panes keep to the screen at every size")
  func everySize() {
    var scenario = started()
    scenario.train(20)
    for (width, height) in [
      (0, 0), (1, 1), (59, 17), (60, 18), (80, 24), (100, 30), (200, 60), (300, 100),
    ] {
      scenario.send(.input(.resize(width: width, height: height)))
      scenario.train(1)
      #expect(scenario.screen.width == width && scenario.screen.height == height)
      if width >= 80 {
        #expect(scenario.text.contains("loss"), "\(width) × \(height)")
      }
    }
  }
}
