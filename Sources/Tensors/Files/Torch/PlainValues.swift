// What a training program keeps beside weights in a pickle, as plain values: Lightning's
// `hyper_parameters`. Objects of unknown classes are their attributes; nothing is executed.

extension Pickle {
  /// The most values that are unfolded: one object may stand in many locations.
  private static let mostUnfolded = 4096
  private static let deepest = 16

  /// The plain values under a key of the outermost dictionary; nil where there is no such key, or it
  /// holds more than settings.
  func plainValues(under key: String) -> JSONValue? {
    guard let members = dictionary(value),
      let found = members.first(where: { $0.key == .text(key) })?.value
    else { return nil }
    var room = Self.mostUnfolded
    return plain(found, depth: 0, room: &room)
  }

  /// A value as JSON: tuples and lists as lists, dictionaries and attributes of objects as objects,
  /// and null for what is neither.
  ///
  /// - Returns: nil where it is too much.
  private func plain(_ value: PickleValue, depth: Int, room: inout Int) -> JSONValue? {
    room -= 1
    guard room > 0, depth < Self.deepest else { return nil }
    switch value {
    case .none, .other, .global: return .null
    case .bool(let flag): return .bool(flag)
    case .integer(let number): return .integer(number)
    case .real(let number): return number.isFinite ? .real(number) : .null
    case .text(let text): return .string(text)
    case .object:
      if let elements = list(value) {
        var all: [JSONValue] = []
        for element in elements {
          guard let plain = plain(element, depth: depth + 1, room: &room) else { return nil }
          all.append(plain)
        }
        return .array(all)
      }
      guard let members = dictionary(value) ?? object(value)?.state.flatMap(dictionary) else {
        return .null
      }
      var all: [JSONValue.Member] = []
      var names: Set<String> = []
      for case (.text(let name), let inner) in members where names.insert(name).inserted {
        guard let plain = plain(inner, depth: depth + 1, room: &room) else { return nil }
        all.append(.init(name: name, value: plain))
      }
      return .object(all)
    }
  }
}
