// Asking why the model answered so, over the picture.

import Explorer
import Perceiver
import Screens
import Testing

@Suite struct WhyTests {
  /// The numbers behind a word in what the screen says.
  private func number(after word: String, in scenario: Scenario) -> Double? {
    guard let range = scenario.text.firstRange(of: word) else { return nil }
    return Double(scenario.text[range.upperBound...].prefix { "0123456789.e-".contains($0) })
  }

  @Test("y shows what the answer rests on, refined over half pictures, and Esc attention again")
  func shows() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("y")
    #expect(scenario.state.choices.view.replacement == .why)
    #expect(scenario.text.contains("relevance"))
    #expect(scenario.text.contains("16 half pictures"))
    #expect(scenario.text.contains("rests on"))
    scenario.press("Esc")
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(!scenario.text.contains("half pictures"))
  }

  @Test("a method's first map is whole: what comes after it only refines it, or measures it")
  func refinements() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    scenario.isHolding = true
    scenario.press("y")
    /// Of the questions that are asked one after another, which refine a map; of attention none does.
    func refining() -> [Bool] {
      var kinds: [Bool] = []
      while let effect = scenario.held.first {
        if case .answer(let request, _, _, _) = effect {
          switch request.subject {
          case .why, .trust: kinds.append(scenario.state.isRefinement(request))
          default: #expect(!scenario.state.isRefinement(request))
          }
        }
        scenario.releaseFirst()
      }
      return kinds
    }
    // The map, its mean over 2, 6 and 16 half pictures, and seven numbers of its trust.
    #expect(refining() == [false] + [Bool](repeating: true, count: 10))
    // What another method shows first is whole too.
    scenario.press("y")
    let next = refining()
    #expect(next.first == false && next.dropFirst().allSatisfy { $0 } && next.count > 1)
  }

  @Test("y goes through every method that the model has, each once, and then back to attention")
  func methods() {
    var scenario = Scenario(width: 140, height: 40)
    var seen: [String] = []
    repeat {
      scenario.press("y")
      guard scenario.state.choices.view.replacement == .why else { break }
      seen.append(scenario.lines[1].split(separator: "·").dropFirst()[1].trimmingSpaces)
      #expect(!scenario.text.contains("asking why"), "\(seen)")
      #expect(!scenario.state.isBusy, "\(seen)")
    } while seen.count < 30
    #expect(seen.prefix(2) == ["relevance", "direct-pixels"])
    #expect(Set(seen).count == seen.count)
    #expect(
      Set(seen).isSuperset(of: ["toggles", "integrated-gradients", "occlusion", "rise"]))
    #expect(Set(seen).isSuperset(of: ["rollout-half", "rollout-alti", "relevance-paper"]))
    #expect(!seen.contains("relevance-sampled") && !seen.contains("through-decoder"))
    #expect(scenario.state.choices.view.replacement == nil)
  }

  @Test("beside a map stand its gain and a random order's, and the class without its first eighth")
  func trust() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("y")
    for word in ["gain ", ", random "] {
      let gain = try #require(number(after: word, in: scenario))
      #expect(abs(gain) <= 1)
    }
    let before = try #require(number(after: "│p ", in: scenario))
    #expect(before > 0 && before < 1)
    #expect(scenario.text.contains(", 1/8 hidden"))
    #expect(scenario.text.contains(", random 1/8"))
  }

  @Test("a map whose values are all equal orders nothing: it has no gain, and that is said")
  func flat() {
    // Of one pixel there is nothing to order.
    var scenario = Scenario(width: 120, height: 40, input: Scenario.picture(width: 1, height: 1))
    scenario.press("y")
    #expect(scenario.text.contains("gain none: all values equal"))
    #expect(!scenario.text.contains("1/8 hidden") && !scenario.text.contains(", random "))
  }

  @Test("signed maps hold the answer against the second class, and the legend says which is warm")
  func forAndAgainst() throws {
    var scenario = Scenario(width: 140, height: 40)
    scenario.press("End", "y", "y")
    let top = try #require(scenario.state.shownScores?.top)
    let (first, second) = ("class \(top[0].index)", "class \(top[1].index)")
    #expect(scenario.lines[1].contains("direct-pixels · \(first) against \(second)"))
    #expect(scenario.text.contains("warm \(first), cold \(second)"))
    #expect(scenario.text.contains("speak for \(first)"))
    scenario.command("against nothing")
    #expect(scenario.text.contains("warm for, cold against"))
  }

  @Test("what was read speaks for a class after every stage too")
  func afterStages() {
    var scenario = Scenario(width: 140, height: 40)
    scenario.command("why direct-pixels")
    #expect(scenario.lines[1].contains("after cross 1"))
    scenario.press("→")
    #expect(scenario.lines[1].contains("after latent 1.1"))
    scenario.press("End")
    #expect(!scenario.lines[1].contains("after "))
  }

  @Test("a method is chosen by its name, with completion; another name or case is told")
  func byName() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press(":", "'why rollout-v'", "Tab", "Enter")
    #expect(scenario.lines[1].contains("rollout-value"))
    scenario.command("why magic")
    #expect(scenario.said.contains("expected one of relevance"))
    scenario.command("why through-decoder")
    #expect(scenario.said.contains("why through-decoder:"))
    #expect(scenario.lines[1].contains("rollout-value"))
  }

  @Test("Y lists classes with their probabilities and what they are compared with, found by typing")
  func classes() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("Y")
    #expect(scenario.text.contains("the answer"))
    #expect(scenario.text.contains("the second class"))
    let top = try #require(scenario.state.shownScores?.top)
    #expect(scenario.state.run?.isComplete == true)
    let third = top[2].index
    scenario.press("'\("class \(third)")'", "Enter")
    #expect(scenario.lines[1].contains("relevance · class \(third)"))
    // Held against another class it is for and against.
    scenario.press("Y", "Tab", "Home", "Down", "Down", "Enter")
    let against = "class \(third) against class \(top[1].index)"
    #expect(scenario.lines[1].contains("direct-pixels · \(against)"))
    // Pasted text finds too, and Enter chooses nothing where nothing is found.
    scenario.press("Y")
    scenario.send(.input(.paste("no\nsuch class")))
    scenario.press("Enter")
    #expect(scenario.state.mode != .normal)
    scenario.press("Esc")
    scenario.press("Y", "Esc")
    #expect(scenario.lines[1].contains(against))
    scenario.press("u", "u")
    #expect(scenario.state.choices.view.why == WhyQuestion())
  }

  @Test("a class against itself is refused in a sentence")
  func sameClass() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    let answer = try #require(scenario.state.shownScores?.top.first?.index)
    scenario.command("against \(answer)")
    #expect(scenario.said.contains("expected two different classes"))
    scenario.command("against nothing")
    scenario.command("why-class 10")
    #expect(scenario.said.contains("expected a number from 0 to 9, found 10"))
  }

  @Test("a class that another model does not have is dropped, and that is said")
  func foreignClass() throws {
    var configuration = Scenario.small
    configuration.numClasses = 12
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.command("why-class 11")
    scenario.command("against 10")
    #expect(scenario.lines[1].contains("class 11 against class 10"))
    // Its weights are of ten classes.
    scenario.command("weights small.safetensors")
    #expect(scenario.said.contains("the model has no class 11: it is not asked for"))
    #expect(scenario.said.contains("the model has no class 10: it is not asked for"))
    #expect(scenario.state.choices.view.why.choice == .answer)
    #expect(scenario.state.choices.view.why.against == .automatic)
    #expect(scenario.state.shownWhy != nil)
    scenario.press("u")
    #expect(scenario.state.choices.view.why.choice == .number(11))
  }

  @Test("a class that becomes what is explained is not held against itself, and that is said")
  func heldAgainstItself() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End", "y")
    let top = try #require(scenario.state.shownScores?.top)
    scenario.command("against \(top[1].index)")
    #expect(scenario.lines[1].contains("class \(top[0].index) against class \(top[1].index)"))
    scenario.command("why-class \(top[1].index)")
    #expect(
      scenario.said.contains(
        "class \(top[1].index) is what is explained: it is not held against itself"))
    #expect(scenario.state.choices.view.why.against == .automatic)
    #expect(scenario.state.shownWhy != nil)
    #expect(!scenario.said.contains("expected"))
  }

  @Test("the readout names the explanation's value at the cursor, not attention's")
  func cursor() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("→", "y", "i")
    #expect(scenario.text.contains("pixel (6, 4)"))
    #expect(scenario.text.contains("value "))
    #expect(!scenario.text.contains("top readers"))
    scenario.press("Shift-→")
    #expect(scenario.text.contains("pixel (7, 4)"))
    scenario.press("Esc")
    #expect(scenario.state.choices.view.replacement == .why)
  }

  @Test("what takes long says how far it is, and is dropped where one has left")
  func progress() throws {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("End")
    scenario.isHolding = true
    scenario.command("why occlusion")
    let held = scenario.held
    guard case .answer(let request, _, _, let generation)? = held.last else {
      Issue.record("nothing is asked")
      return
    }
    scenario.send(.progressed(request, done: 3, total: 25, generation: generation))
    #expect(scenario.text.contains("3 of 25"))
    scenario.press("Esc")
    scenario.release()
    #expect(scenario.state.choices.view.replacement == nil)
    #expect(!scenario.state.isBusy)
  }

  @Test("only one view takes the map's place: the figure, or why")
  func replaces() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("F", "y")
    #expect(scenario.text.contains("half pictures"))
    scenario.press("F")
    #expect(scenario.state.choices.view.replacement == .figure)
    #expect(!scenario.text.contains("half pictures"))
  }

  @Test("a model that ends with its latents shows from where all stages read")
  func noAnswer() {
    var configuration = Scenario.small
    configuration.finalClassifierHead = false
    var scenario = Scenario(width: 120, height: 40, configuration: configuration)
    scenario.press("y")
    #expect(scenario.lines[1].contains("rollout-residual"))
    scenario.press("Y")
    #expect(scenario.status.contains("the model scores no classes"))
  }

  @Test("changing the model asks again, of the new one")
  func asksAgain() {
    var scenario = Scenario(width: 120, height: 40)
    scenario.press("y")
    let former = scenario.text
    scenario.command("seed 5")
    #expect(scenario.text.contains("16 half pictures"))
    #expect(scenario.text != former)
  }

  @Test("at 80 × 24 the readout says all of what a map leaves over")
  func remainder() {
    var scenario = Scenario()
    func readout() -> String {
      let lines = scenario.lines
      let start = lines.firstIndex { $0.contains("readout") } ?? 0
      let words = lines[(start + 1)...].prefix { !$0.contains("├") }.map { line in
        line.split(separator: "│").last.map(String.init) ?? ""
      }
      return words.joined(separator: " ").split(separator: " ").joined(separator: " ")
    }
    scenario.command("why integrated-gradients")
    #expect(readout().contains("what its sum lacks of the change from the baseline"))
    scenario.command("why relevance")
    #expect(readout().contains("its standard error over half pictures"))
    scenario.command("why rollout-half")
    #expect(readout().contains("share of the initial latents"))
  }

  @Test("it fits small screens and terminals without colours")
  func small() {
    for depth in [ColourDepth.monochrome, .indexed256] {
      var scenario = Scenario(width: 60, height: 18, depth: depth)
      scenario.press("y")
      #expect(scenario.text.contains("relevance"))
      scenario.press("Y")
      #expect(scenario.text.contains("compared with"))
    }
  }

  @Test("at 80 × 24 what the map means is said in whole sentences")
  func wholeSentences() throws {
    var scenario = Scenario(width: 80, height: 24)
    scenario.press("y")
    let first = try #require(scenario.lines.firstIndex { $0.contains("what the map means") })
    let end = try #require(
      scenario.lines.firstIndex { $0.contains("─ readout") || $0.contains("├ readout") })
    for line in scenario.lines[first + 1..<end] {
      #expect(!line.dropLast().hasSuffix("…"), "\(scenario.text)")
    }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    split(separator: " ").joined(separator: " ")
  }
}
