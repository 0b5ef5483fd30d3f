// What a person does to the program, as the terminal driver reports it and scripts can spell it.

/// Something that came from the terminal.
public enum InputEvent: Hashable, Sendable {
  /// A key was pressed.
  case key(Key)
  /// The mouse did something.
  case mouse(MouseEvent)
  /// The terminal now has so many columns and rows.
  case resize(width: Int, height: Int)
  /// Text was pasted as one; it may hold newlines, and is not made of keys.
  case paste(String)
}

/// Something the mouse did in a cell.
public struct MouseEvent: Hashable, Sendable {
  /// What the mouse did.
  public enum Action: Hashable, Sendable {
    case press(Button)
    case release(Button)
    /// Moved while a button was held.
    case drag(Button)
    /// Moved with no button held.
    case move
    case scrollUp
    case scrollDown
  }

  /// A button of the mouse.
  public enum Button: Hashable, Sendable {
    case left, middle, right
  }

  /// What the mouse did.
  public let action: Action
  /// The cell it was at.
  public let position: Point
  /// The keys that were held.
  public let modifiers: Key.Modifiers

  /// Something the mouse did in a cell.
  public init(_ action: Action, at position: Point, modifiers: Key.Modifiers = []) {
    self.action = action
    self.position = position
    self.modifiers = modifiers
  }
}
