// What the readout says: numbers of what is seen, and a cursor only where there can be one.

import Explorer
import Foundation
import Inputs
import Perceiver
import Pictures
import Screens
import Tensors
import Testing

@Suite struct ReadoutTests {
  @Test("while the reconstruction shows, the readout is of it, and offers no cursor")
  func reconstruction() {
    var scenario = Scenario(width: 120, height: 40, configuration: Scenario.io)
    #expect(scenario.text.contains("i: cursor on a pixel"))
    scenario.press("R")
    #expect(scenario.text.contains("reconstruction after this stage"), "\(scenario.text)")
    for words in ["made 12 × 8 pixels", "max ", "mean "] {
      #expect(scenario.text.contains("│" + words), "\(words): \(scenario.text)")
    }
    for words in ["i: cursor", "entropy", "half the weight", "readout [i]"] {
      #expect(!scenario.text.contains(words), "\(words): \(scenario.text)")
    }
    scenario.press("R")
    #expect(scenario.text.contains("entropy"))
  }

  @Test(
    "of a hidden pixel it is said that none reads it, and no reader is listed",
    arguments: [80, 120])
  func hiddenPixel(width: Int) {
    var scenario = Scenario(width: width, height: width / 3)
    scenario.press("i")
    #expect(scenario.text.contains("rank "))
    scenario.command("hide 0,0,2x2")
    #expect(scenario.text.contains("rank "))
    scenario.command("hide 2,4,4x5")
    #expect(scenario.text.contains("hidden: no"), "\(scenario.text)")
    for words in ["rank ", "top readers", "read by ", "weight 0"] {
      #expect(!scenario.text.contains(words), "\(words): \(scenario.text)")
    }
    // Without the changes it is read as before.
    scenario.press("!")
    #expect(scenario.text.contains("rank "))
    #expect(!scenario.text.contains("hidden: no"))
  }

  @Test("a grid has no cursor, and none is offered")
  func grid() {
    var scenario = Scenario(width: 120, height: 40)
    #expect(scenario.text.contains("i: cursor on a pixel"))
    scenario.press("g")
    #expect(!scenario.text.contains("i: cursor"), "\(scenario.text)")
    #expect(scenario.text.contains("entropy"))
  }

  @Test("a cursor is offered in the words of the input")
  func places() {
    let numbers = (0..<40).map { Float(sin(Double($0) / 3)) }
    func scenario(_ tensor: Tensor, _ content: Input.Content) -> Scenario {
      Scenario(
        width: 120, height: 40, input: Input(name: "input", tensor: tensor, content: content))
    }
    let line = Tensor(shape: [40, 1], values: numbers)
    #expect(scenario(line, .sound(rate: 8000)).text.contains("i: cursor on a sample"))
    #expect(scenario(line, .array(shown: [])).text.contains("i: cursor on a position"))
    let frame = PixelImage(
      width: 5, height: 4, channels: 1, samples: [Float](repeating: 0.5, count: 20))
    let film = scenario(
      Tensor(shape: [2, 4, 5, 1], values: numbers), .frames([frame, frame]))
    #expect(film.text.contains("i: cursor on the frame"))
    var latents = Scenario(width: 120, height: 40)
    latents.press("→")
    #expect(latents.text.contains("i: cursor on a latent"))
  }
}
