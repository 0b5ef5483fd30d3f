import Explorer
import Inputs
import Perceiver
import Screens
import Testing

@Suite("Maps over text")
struct TextPaneTests {
  @Test(
    "a character of several bytes has the mean of those numbers that are finite",
    arguments: [
      ([0.25, 0.75], 0.5), ([.nan, 0.75], 0.75), ([0.25, -.infinity], 0.25), ([.nan, .nan], nil),
    ] as [([Float], Float?)])
  func means(_ values: [Float], _ mean: Float?) throws {
    let form = try #require(try LoadedWeights.fixture("masked_lm").model.configuration.textForm)
    let text = ByteTokenizer(form).text(of: Array("é".utf8).map { Int($0) + form.offset })
    var asked: [Float] = []
    var screen = Screen(width: 4, height: 1)
    TextPane.draw(
      text, values: values,
      style: {
        asked.append($0)
        return .plain
      }, Scenario().state, in: Rect(x: 0, y: 0, width: 4, height: 1), on: &screen)
    #expect(asked.count == 1)
    #expect(asked.first.flatMap { $0.isNaN ? nil : $0 } == mean)
  }
}
