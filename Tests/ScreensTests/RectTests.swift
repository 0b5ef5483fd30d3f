// Areas and how they are divided.

import Screens
import Testing

@Suite struct RectTests {
  @Test("fixed parts keep their length and shares divide the rest without a gap")
  func split() {
    let area = Rect(x: 3, y: 4, width: 100, height: 10)
    let parts = area.split(.horizontally, into: [.share(2), .fixed(40), .share(1)])
    #expect(parts.map(\.width) == [40, 40, 20])
    #expect(parts.map(\.x) == [3, 43, 83])
    #expect(parts.allSatisfy { $0.y == 4 && $0.height == 10 })
    let rows = area.split(.vertically, into: [.share(1), .share(1), .share(1)])
    #expect(rows.map(\.height).reduce(0, +) == 10)
    #expect(rows.map(\.height).allSatisfy { (3...4).contains($0) })
  }

  @Test("parts lie one after another inside the area, whatever is asked", arguments: 0...30)
  func contained(length: Int) {
    let area = Rect(x: -2, y: 5, width: length, height: 3)
    let lengths: [[Rect.Length]] = [
      [.fixed(10), .share(1), .fixed(12)], [.fixed(-3), .share(.nan), .share(0.5)],
      [.share(0), .share(0)], [.fixed(.max), .fixed(.max), .share(1)], [],
    ]
    for wanted in lengths {
      let parts = area.split(.horizontally, into: wanted)
      #expect(parts.count == wanted.count)
      var x = area.x
      for part in parts {
        #expect(part.x == x && part.y == 5 && part.height == 3)
        x = part.endX
      }
      #expect(x <= area.endX)
      if wanted.contains(.share(1)) || wanted.contains(.share(0.5)) { #expect(x == area.endX) }
    }
  }

  @Test("a split at a length counts from the start, or from the end when negative")
  func splitAt() {
    let area = Rect(x: 0, y: 0, width: 20, height: 10)
    #expect(area.split(.horizontally, at: 5).second == Rect(x: 5, y: 0, width: 15, height: 10))
    #expect(area.split(.vertically, at: -2).second == Rect(x: 0, y: 8, width: 20, height: 2))
    #expect(area.split(.vertically, at: 99).second.isEmpty)
    #expect(area.split(.vertically, at: -99).first.isEmpty)
  }

  @Test("insets and intersections never become negative or leave the area")
  func insets() {
    let area = Rect(x: 2, y: 2, width: 3, height: 1)
    #expect(area.inset(by: 1) == Rect(x: 3, y: 3, width: 1, height: 0))
    #expect(area.inset(by: 9).isEmpty)
    #expect(area.intersection(Rect(x: 4, y: 0, width: 9, height: 9)).width == 1)
    #expect(area.intersection(Rect(x: 40, y: 0, width: 9, height: 9)).isEmpty)
    #expect(area.row(0) == area && area.row(1).isEmpty && area.row(-1).isEmpty)
    #expect(area.centred(width: 1, height: 9) == Rect(x: 3, y: 2, width: 1, height: 1))
  }
}
