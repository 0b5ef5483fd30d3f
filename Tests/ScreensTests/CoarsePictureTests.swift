// Pictures in few bytes: blocks of one colour, and words as they were.

import Screens
import Testing

@Suite struct CoarsePictureTests {
  private let red = Colour(200, 0, 0)
  private let blue = Colour(0, 0, 100)

  @Test("cells of a picture become blocks of their mean colour, words stay")
  func blocks() {
    var screen = Screen(width: 10, height: 1)
    for x in 0..<6 {
      screen.put("▀", x: x, y: 0, style: Style(foreground: red, background: blue))
    }
    screen.write("ab", x: 6, y: 0, style: .bold, within: screen.bounds)
    let coarse = screen.withCoarsePictures()
    for x in 0..<6 {
      #expect(coarse[x, 0].character == " ")
      #expect(coarse[x, 0].style == Style(background: Colour(100, 0, 50)))
    }
    for x in 6..<10 { #expect(coarse[x, 0] == screen[x, 0]) }
  }

  @Test("blocks of different colours stay apart, and cells alone as they were")
  func apart() {
    var screen = Screen(width: 9, height: 1)
    for x in 0..<4 { screen.put(" ", x: x, y: 0, style: Style(background: red)) }
    for x in 4..<9 { screen.put(" ", x: x, y: 0, style: Style(background: blue)) }
    let coarse = screen.withCoarsePictures()
    #expect(coarse[3, 0].style.background == red && coarse[4, 0].style.background == blue)
    #expect(coarse == screen)
    #expect(screen.withCoarsePictures(columns: 1) == screen)
  }

  @Test("a screen of any size is taken", arguments: [(0, 0), (1, 1), (3, 2)])
  func sizes(width: Int, height: Int) {
    let screen = Screen(width: width, height: height)
    #expect(screen.withCoarsePictures() == screen)
  }
}
