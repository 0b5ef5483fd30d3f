// Pictures' colours as a screen shows them.

import Screens

extension Colour {
  /// A picture's colour as a screen shows it.
  package init(_ colour: RGB) {
    let bytes = colour.bytes
    self.init(bytes.red, bytes.green, bytes.blue)
  }
}
