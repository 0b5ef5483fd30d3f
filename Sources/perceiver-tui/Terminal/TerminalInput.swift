// From the numbers of CTerminal to the events of Screens.

import CTerminal
import Screens

extension InputEvent {
  /// The event that was read, nil when it means nothing here; to be made before the next is read.
  init?(_ event: ct_event) {
    switch UInt32(bitPattern: event.kind) {
    case CT_EVENT_CHARACTER.rawValue:
      guard let key = Key(scalar: event.value, held: event.modifiers) else { return nil }
      self = .key(key)
    case CT_EVENT_KEY.rawValue:
      guard let key = Key(code: event.value, held: event.modifiers) else { return nil }
      self = .key(key)
    case CT_EVENT_MOUSE.rawValue:
      guard let mouse = MouseEvent(event) else { return nil }
      self = .mouse(mouse)
    case CT_EVENT_PASTE.rawValue:
      var length = 0
      guard let bytes = ct_paste(&length), length > 0 else { return nil }
      let text = UnsafeBufferPointer(start: bytes, count: length)
      self = .paste(String(decoding: text.lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    default:
      return nil
    }
  }
}

extension Key {
  private static let bases: [UInt32: Key.Base] = [
    CT_KEY_LEFT.rawValue: .left, CT_KEY_RIGHT.rawValue: .right, CT_KEY_UP.rawValue: .up,
    CT_KEY_DOWN.rawValue: .down, CT_KEY_HOME.rawValue: .home, CT_KEY_END.rawValue: .end,
    CT_KEY_PAGE_UP.rawValue: .pageUp, CT_KEY_PAGE_DOWN.rawValue: .pageDown,
    CT_KEY_INSERT.rawValue: .insert, CT_KEY_DELETE.rawValue: .delete,
    CT_KEY_BACKSPACE.rawValue: .backspace, CT_KEY_BACK_TAB.rawValue: .backTab,
    CT_KEY_ENTER.rawValue: .enter,
  ]

  fileprivate init?(code: UInt32, held: Int32) {
    let modifiers = Key.Modifiers(rawValue: UInt8(truncatingIfNeeded: held & 7))
    if let base = Self.bases[code] {
      self.init(base, modifiers)
    } else if code > CT_KEY_FUNCTION.rawValue {
      self.init(.function(Int(code - CT_KEY_FUNCTION.rawValue)), modifiers)
    } else {
      return nil
    }
  }

  fileprivate init?(scalar: UInt32, held: Int32) {
    let modifiers = Key.Modifiers(rawValue: UInt8(truncatingIfNeeded: held & 7))
    switch scalar {
    case 0: self.init(.character(" "), modifiers.union(.control))
    case 8, 127: self.init(.backspace, modifiers)
    case 9: self.init(.tab, modifiers)
    case 10, 13: self.init(.enter, modifiers)
    case 27: self.init(.escape, modifiers)
    case 1..<32:
      // Ctrl clears the bits that tell letters from these.
      guard let letter = Unicode.Scalar(scalar + 64) else { return nil }
      self.init(.character(Character(letter)), modifiers.union(.control))
    default:
      guard let typed = Unicode.Scalar(scalar), typed.properties.generalCategory != .control
      else { return nil }
      self.init(.character(Character(typed)), modifiers)
    }
  }
}

extension MouseEvent {
  // How SGR reports number buttons: two bits, then flags.
  private static let moved: UInt32 = 32
  private static let wheel: UInt32 = 64

  fileprivate init?(_ event: ct_event) {
    let position = Point(x: Int(event.x), y: Int(event.y))
    let modifiers = Key.Modifiers(rawValue: UInt8(truncatingIfNeeded: event.modifiers & 7))
    let number = event.value & 3
    if event.value & Self.wheel != 0 {
      guard number < 2, event.value < 128 else { return nil }
      self.init(number == 0 ? .scrollUp : .scrollDown, at: position, modifiers: modifiers)
      return
    }
    guard event.value < 64 else { return nil }
    let buttons: [Button] = [.left, .middle, .right]
    guard number < 3 else {
      guard event.value & Self.moved != 0 else { return nil }
      self.init(.move, at: position, modifiers: modifiers)
      return
    }
    let button = buttons[Int(number)]
    let action: Action =
      event.released != 0
      ? .release(button) : event.value & Self.moved != 0 ? .drag(button) : .press(button)
    self.init(action, at: position, modifiers: modifiers)
  }
}
