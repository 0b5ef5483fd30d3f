// ~ and ~user at the beginning of a path, as a shell has them.

import Foundation
import Inputs
import Tensors

/// Folders of people.
package enum HomeFolder {
  /// The path with the home folder in place of `~` or `~user`; as it is where nobody is called so,
  /// or where something lies under the name as it stands.
  package static func expanded(
    _ path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    guard path.first == "~" else { return path }
    let name = path.dropFirst().prefix { $0 != "/" }
    guard !FileNames.exists(String(path.prefix(1 + name.count))),
      let home = name.isEmpty ? environment["HOME"] ?? folder(of: nil) : folder(of: String(name))
    else { return path }
    return home + path.dropFirst(1 + name.count)
  }

  /// A source with the home folder in its path; files that are one together were opened by theirs.
  static func expanded(_ source: InputSource) -> InputSource {
    if case .file(let path) = source { .file(expanded(path)) } else { source }
  }

  /// The home folder of a person, or of whoever runs the program.
  private static func folder(of user: String?) -> String? {
    var (record, buffer) = (passwd(), [CChar](repeating: 0, count: 1 << 14))
    var found: UnsafeMutablePointer<passwd>?
    let status =
      user.map { getpwnam_r($0.systemPath, &record, &buffer, buffer.count, &found) }
      ?? getpwuid_r(getuid(), &record, &buffer, buffer.count, &found)
    guard status == 0, let folder = found?.pointee.pw_dir else { return nil }
    return String(fileName: UnsafeRawBufferPointer(start: folder, count: strlen(folder)))
  }
}
