// Where a person's own files are: ~ and ~user at the beginning of a path, as a shell has them, and the
// folders that the XDG Base Directory Specification has for what programs keep.

import Foundation

/// Folders of people.
package enum HomeFolder {
  /// What a program keeps for a person.
  package enum Purpose {
    /// How the person wants the program to be.
    case configuration
    /// What is taken up again at the next start.
    case state

    fileprivate var variable: String {
      switch self {
      case .configuration: "XDG_CONFIG_HOME"
      case .state: "XDG_STATE_HOME"
      }
    }

    fileprivate var usual: String {
      switch self {
      case .configuration: "/.config"
      case .state: "/.local/state"
      }
    }
  }

  /// The home folder that an environment names; nil where it names none. Without HOME nothing is kept.
  package static func named(by environment: [String: String]) -> String? {
    environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The folder in which programs keep something; nil where there is none. A path that is relative
  /// counts as none, as the specification asks.
  package static func folder(
    for purpose: Purpose, environment: [String: String]
  ) -> String? {
    if let given = environment[purpose.variable], given.hasPrefix("/") { return given }
    return named(by: environment).map { $0 + purpose.usual }
  }

  /// The path with the home folder in place of `~` or `~user`; as it is where nobody is called so,
  /// or where something lies under the name as it stands.
  package static func expanded(
    _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    guard path.first == "~" else { return path }
    let name = path.dropFirst().prefix { $0 != "/" }
    guard !FileNames.exists(String(path.prefix(1 + name.count))),
      let home = name.isEmpty ? named(by: environment) ?? recorded(nil) : recorded(String(name))
    else { return path }
    return home + path.dropFirst(1 + name.count)
  }

  /// The home folder that the system has of a person, or of whoever runs the program.
  private static func recorded(_ user: String?) -> String? {
    var record = passwd()
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    // What is found points into the buffer, and is read before that goes.
    return withUnsafeMutablePointer(to: &record) { record in
      buffer.withUnsafeMutableBufferPointer { buffer in
        guard let space = buffer.baseAddress else { return nil }
        var found: UnsafeMutablePointer<passwd>?
        let status =
          user.map { getpwnam_r($0.systemPath, record, space, buffer.count, &found) }
          ?? getpwuid_r(getuid(), record, space, buffer.count, &found)
        guard status == 0, let folder = found?.pointee.pw_dir else { return nil }
        return String(fileName: UnsafeRawBufferPointer(start: folder, count: strlen(folder)))
      }
    }
  }
}
