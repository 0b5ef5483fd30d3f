// Where the answer is carried: another picture's latents and pixels put into the run.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite struct PatchTests {
  /// A picture that the untrained model answers otherwise than the ramp.
  func other() throws -> Input {
    let ramp = Scenario.picture()
    let model = try Perceiver(Scenario.small.reading(ramp), seed: 0)
    func answer(_ input: Input) throws -> Int {
      try model.begin(input.tensor).completed().resolve(.answer).index
    }
    let mine = try answer(ramp)
    for kind in 1..<60 {
      let samples = (0..<12 * 8 * 3).map { (index: Int) -> Float in
        let step: Int = (index * kind * 7 + kind) % (kind + 2)
        return Float(step) / Float(kind + 2)
      }
      let image = PixelImage(width: 12, height: 8, channels: 3, samples: samples)
      let input = Input(
        name: "other.ppm",
        tensor: Tensor(
          shape: [8, 12, 3], values: samples.map { (sample: Float) -> Float in 6 * sample - 3 }),
        content: .picture(image))
      if try answer(input) != mine { return input }
    }
    throw NoOther()
  }

  private struct NoOther: Error {}

  private func scenario(
    width: Int = 120, height: Int = 40, configuration: PerceiverConfiguration = Scenario.small
  ) throws -> Scenario {
    Scenario(
      width: width, height: height, configuration: configuration,
      files: MemoryFiles(inputs: [
        "other.ppm": try other(),
        "large.ppm": Scenario.picture(width: 20, height: 9, name: "large.ppm"),
        "same.ppm": Scenario.picture(name: "same.ppm"),
        "grey.npy": Input(
          name: "grey.npy", tensor: Tensor(shape: [8, 12, 1]),
          content: .picture(
            PixelImage(
              width: 12, height: 8, channels: 1, samples: [Float](repeating: 0, count: 96)))),
      ]))
  }

  /// The numbers that stand in a stage's line.
  private func numbers(_ stage: String, _ scenario: Scenario) -> [Double] {
    let line = scenario.lines.first { $0.hasPrefix("│" + stage.padding(12)) } ?? ""
    let inside = line.dropFirst(13).split(separator: "│").first ?? ""
    return inside.split(separator: " ").compactMap { Double($0) }
  }

  @Test("the strip has the library's recovery after each stage and at each cross-attention")
  func recovers() throws {
    var scenario = try scenario()
    scenario.command("patch other.ppm")
    #expect(scenario.lines[1].contains("where the answer is carried · from other.ppm"))
    let run = try #require(scenario.state.run)
    let patching = try Patching(from: run.beginning(on: other().tensor), into: run)
    for id in run.stageIDs {
      var expected = [try patching.recovery(patching.latents(after: id.index))]
      if id.kind == .crossAttention {
        expected.append(try patching.recovery(patching.input(at: id.index)))
      }
      let shown = numbers(id.name, scenario)
      #expect(shown.count == expected.count, "\(id.name): \(shown)")
      for (ours, theirs) in zip(shown, expected) {
        #expect(ours == Double(Figures.number(theirs, digits: 2)), "\(id.name)")
      }
    }
    #expect(numbers(run.stageIDs.last?.name ?? "", scenario).first == 1)
    #expect(scenario.text.contains("Latents carry more than half of the answer from"))
    #expect(scenario.text.contains("0 class \(patching.target.against ?? -1)"))
    #expect(scenario.text.contains("1 class \(patching.target.index)"))
    #expect(!scenario.state.isBusy)
  }

  @Test("C takes the pinned picture's latents, and Esc or C goes back to the map")
  func pinned() throws {
    var scenario = try scenario()
    scenario.press("C")
    #expect(scenario.said.contains("there is no second picture: P pins this one"))
    scenario.press("P", "C")
    #expect(scenario.said.contains("the pinned view is of this picture"))
    scenario.command("open other.ppm")
    scenario.press("C")
    #expect(scenario.lines[1].contains("where the answer is carried · from ramp.ppm"))
    #expect(numbers("cross 1", scenario).count == 2)
    // Stages are gone through as ever, and the line of the shown one is the chosen one.
    scenario.press("→")
    #expect(scenario.state.position == 1)
    scenario.press("Esc")
    #expect(scenario.text.contains("pinned") && !scenario.text.contains("carried by latents"))
    scenario.press("C", "C")
    #expect(!scenario.text.contains("carried by latents"))
    scenario.command("seed 3")
    scenario.press("C")
    #expect(scenario.said.contains("the pinned view is of another model"))
  }

  @Test("numbers come one by one, with what is done of how many, and leaving drops the rest")
  func progress() throws {
    var scenario = try scenario()
    scenario.press("End")
    scenario.isHolding = true
    scenario.command("patch other.ppm")
    for _ in 0..<4 { scenario.releaseOnce() }
    let done = scenario.text.contains("putting parts of the other picture in: ")
    #expect(done)
    #expect(scenario.held.count == 1, "one question at a time")
    // Keys are answered meanwhile.
    scenario.press("←")
    #expect(scenario.state.position == (scenario.state.run?.stageIDs.count ?? 0) - 2)
    scenario.press("Esc")
    scenario.release()
    #expect(!scenario.state.isBusy)
    #expect(scenario.state.choices.view.replacement == nil)
  }

  @Test("a chosen class against another is what the strip measures, of pictures answered alike too")
  func chosenLead() throws {
    let ramp = Scenario.picture()
    let alike = Input(
      name: "alike.ppm",
      tensor: Tensor(shape: ramp.tensor.shape, values: ramp.tensor.values.map { $0 * 0.999 }),
      content: ramp.content)
    var scenario = Scenario(
      width: 120, height: 40, files: MemoryFiles(inputs: ["alike.ppm": alike]))
    scenario.press("End")
    let run = try #require(scenario.state.run)
    let answer = try run.resolve(.answer).index
    #expect(
      try run.beginning(on: alike.tensor).completed().resolve(.answer).index == answer)
    let other = answer == 3 ? 4 : 3
    scenario.command("against \(other)")
    scenario.command("patch alike.ppm")
    let patching = try Patching(
      from: run.beginning(on: alike.tensor), into: run,
      by: .init(.number(answer), against: .number(other)))
    for id in run.stageIDs {
      let expected = try patching.recovery(patching.latents(after: id.index))
      #expect(
        numbers(id.name, scenario).first == Double(Figures.number(expected, digits: 2)),
        "\(id.name): \(scenario.text)")
    }
    #expect(scenario.text.contains("0 as here, 1 as there"), "\(scenario.text)")
    #expect(!scenario.text.contains("answered alike"))
  }

  @Test("what cannot be put in is said in a sentence: another size, the same answer, no classes")
  func refuses() throws {
    var scenario = try scenario()
    scenario.command("patch large.ppm")
    #expect(
      scenario.said.contains(
        "large.ppm: expected an input of the same size, [8, 12], found [9, 20]"))
    // An untrained model reads what it is given: its channels are those of the open picture.
    scenario.command("patch grey.npy")
    #expect(
      scenario.said.contains("grey.npy: expected 3 channels (input_channels), found 1"),
      "\(scenario.said)")
    scenario.press("P")
    scenario.command("open large.ppm")
    scenario.press("C")
    #expect(
      scenario.said.contains(
        "ramp.ppm: expected an input of the same size, [9, 20], found [8, 12]"))
    scenario.command("open same.ppm")
    scenario.press("P")
    scenario.command("patch missing.ppm")
    #expect(scenario.said.contains("missing.ppm: no such file"))
    scenario.command("patch same.ppm")
    #expect(scenario.said.contains("expected two inputs with different answers"))
    #expect(scenario.text.contains("it was stopped, or both pictures"), "\(scenario.text)")
    var configuration = Scenario.small
    configuration.finalClassifierHead = false
    var headless = try self.scenario(configuration: configuration)
    headless.command("patch other.ppm")
    #expect(headless.said.contains("the model scores no classes"))
  }

  @Test("Ctrl-C stops it, and the next key begins again")
  func stops() throws {
    var scenario = try scenario()
    scenario.press("End")
    scenario.isHolding = true
    scenario.command("patch other.ppm")
    scenario.releaseOnce()
    guard case .answer(let request, _, _, let generation)? = scenario.held.last else {
      Issue.record("nothing is asked")
      return
    }
    scenario.press("Ctrl-C")
    scenario.send(.answered(request, .cancelled, generation: generation))
    #expect(scenario.text.contains("it was stopped"))
    scenario.press("→")
    scenario.release()
    #expect(numbers("cross 1", scenario).count == 2)
  }

  @Test(
    "where latents carry the answer and which reading recovers most of it is said at every width")
  func sentence() throws {
    for (width, height) in [(120, 40), (80, 24), (60, 18)] {
      var scenario = try scenario(width: width, height: height)
      scenario.command("patch other.ppm")
      let run = try #require(scenario.state.run)
      let patching = try Patching(from: run.beginning(on: other().tensor), into: run)
      let carried = try #require(
        run.stageIDs.first {
          (try? patching.recovery(patching.latents(after: $0.index))) ?? 0 >= 0.5
        })
      let readings = try run.stageIDs.filter { $0.kind == .crossAttention }.map {
        (name: $0.name, recovery: try patching.recovery(patching.input(at: $0.index)))
      }
      let most = try #require(readings.max { $0.recovery < $1.recovery })
      // Lines of the pane one behind another, without what stands beside it.
      let pane = scenario.lines.filter { $0.hasPrefix("│") }.map {
        $0.dropFirst().prefix { $0 != "│" }.trimmingCharacters(in: .whitespaces)
      }.joined(separator: " ")
      let recovery = Figures.number(most.recovery, digits: 2)
      let read =
        width < 80
        ? "read by \(most.name), \(recovery)."
        : "that of \(most.name) recovers the most, \(recovery)."
      #expect(most.recovery > 0)
      #expect(pane.contains(" from \(carried.name) on, "), "\(pane)")
      #expect(pane.contains(read), "\(pane)")
      #expect(scenario.lines.contains { $0.contains("recovery") }, "\(scenario.text)")
    }
  }

  @Test("it fits small screens and terminals without colours")
  func small() throws {
    for symbols in [Symbols.unicode, .ascii] {
      var scenario = Scenario(
        width: 60, height: 18, depth: .monochrome, symbols: symbols,
        files: MemoryFiles(inputs: ["other.ppm": try other()]))
      scenario.command("patch other.ppm")
      #expect(scenario.text.contains("cross 1"))
      #expect(scenario.text.contains("0 class"))
    }
  }
}

extension String {
  fileprivate func padding(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension PerceiverConfiguration {
  fileprivate func reading(_ input: Input) -> PerceiverConfiguration {
    var configuration = self
    configuration.inputChannels = input.channels
    configuration.inputAxes = input.axes.count
    return configuration
  }
}
