// What terminfo and the locale say of a terminal's keys and letters, for the parser in Screens.

import CTerminal
import Foundation
import Screens

extension TerminalInputParser {
  /// Reads what the terminal sends that CTerminal has open.
  static func ofOpenTerminal() -> TerminalInputParser {
    var names = TerminalKeys.extendedNames
    var number: Int32 = 0
    while let name = ct_key_name(number) {
      names.append(String(cString: name))
      number += 1
    }
    let capabilities = names.compactMap { name in
      ct_capability(name).map { bytes in
        (
          name: name,
          // Bytes, and not text: terminals of 8 bits send some that are no UTF-8.
          bytes: UnsafeBufferPointer(start: bytes, count: strlen(bytes)).map {
            UInt8(bitPattern: $0)
          }
        )
      }
    }
    return TerminalInputParser(
      keys: TerminalKeys(capabilities), decoder: ct_is_utf8() == 1 ? .utf8 : .ofLocale)
  }
}

extension CharacterDecoder {
  fileprivate static let ofLocale = CharacterDecoder.locale { bytes in
    var scalar: UInt32 = 0
    return switch UInt32(ct_decode(bytes, bytes.count, &scalar)) {
    case CT_DECODED.rawValue: Unicode.Scalar(scalar).map { .scalar($0) } ?? .invalid
    case CT_INCOMPLETE.rawValue: .incomplete
    default: .invalid
    }
  }
}
