// A preference that is changed inside the program and kept in the configuration file.

import Tensors

/// One entry of the configuration file.
public struct KeptPreference: Sendable, Hashable {
  /// Where it stands in the file: `["hints"]`, or `["colours", "frame"]`.
  public let path: [String]
  /// What stands there; nil takes the entry away, so that the program's own value holds.
  public let value: JSONValue?

  /// An entry.
  public init(_ path: [String], _ value: JSONValue?) { (self.path, self.value) = (path, value) }

  /// A configuration with the entry in it; all its others stay, in their order. An object whose last
  /// entry is taken away goes with it.
  public func applied(to file: JSONValue) -> JSONValue {
    Self.setting(value, at: path[...], in: file) ?? .object([])
  }

  private static func setting(
    _ value: JSONValue?, at path: ArraySlice<String>, in object: JSONValue
  ) -> JSONValue? {
    guard let name = path.first else { return value }
    var members: [JSONValue.Member] = []
    if case .object(let present) = object { members = present }
    let index = members.firstIndex { $0.name == name }
    let former = index.map { members[$0].value } ?? .object([])
    let new = setting(value, at: path.dropFirst(), in: former)
    switch (index, new) {
    case (let index?, let new?): members[index] = .init(name: name, value: new)
    case (let index?, nil): members.remove(at: index)
    case (nil, let new?): members.append(.init(name: name, value: new))
    case (nil, nil): break
    }
    return members.isEmpty && value == nil ? nil : .object(members)
  }
}

extension ExplorerState {
  /// Says where a preference is kept, or why it holds only until the program ends.
  mutating func finishKeeping(_ preference: KeptPreference, _ outcome: Outcome<String>) {
    let name = preference.path.joined(separator: ".")
    switch outcome {
    case .success(let path):
      guard case .string(let value)? = preference.value else {
        message = .information(
          "\(name): kept in \(path)" + (keyRemark.map { "; " + $0 } ?? ""))
        keyRemark = nil
        return
      }
      message = .information("\(name) \(value): kept in \(path)")
    case .failure(let reason):
      message = .error("\(name) holds until the program ends, for it cannot be kept: \(reason)")
    case .cancelled: break
    }
  }
}
