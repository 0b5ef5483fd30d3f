// Texts and films that are longer than a model reads: moving from one part to another.

import Inputs
import Tensors
import Testing

@Suite("A longer input is looked at in windows")
struct WindowTests {
  private static func film(window: Int) throws -> Input {
    let frame = try #require(Scenario.picture(width: 4, height: 3).picture)
    return Input(
      name: "film", tensor: Tensor(shape: [2, 3, 4, 3], repeating: Float(window)),
      content: .frames([frame, frame]), path: "film", window: InputWindow(window, of: 2))
  }

  @Test(":window N opens another window of what is open")
  func next() throws {
    let second = try Self.film(window: 1)
    var scenario = Scenario(
      input: try Self.film(window: 0), files: MemoryFiles(inputs: ["film": second]))
    scenario.press(":", "'window 2'", "Enter")
    #expect(scenario.state.choices.input == second)
    #expect(scenario.status.contains("part 2 of 2"), "\(scenario.status)")
    #expect(scenario.lines[0].contains("part 2 of 2"), "\(scenario.lines[0])")
  }

  @Test("a window that is not there, and an input without windows, are said")
  func reasons() throws {
    var film = Scenario(input: try Self.film(window: 0))
    film.press(":", "'window 3'", "Enter")
    #expect(film.status.contains("window: expected a window from 1 to 2, found 3"))
    var picture = Scenario()
    picture.press(":", "'window 2'", "Enter")
    #expect(picture.status.contains("the model reads all of this input"))
  }
}
