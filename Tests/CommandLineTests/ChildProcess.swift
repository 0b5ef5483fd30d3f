// Short commands run to their end, for what tests need of the system around the program.

import Foundation

/// Runs commands without the handles of the test process: Foundation's own way hands them on, and
/// a server that a command leaves behind would then keep them open for ever.
enum ChildProcess {
  /// Why a command could not be run.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The environment commands get: that of this process when it was first asked for. A terminal
  /// being opened changes it for a moment, and must not be met there.
  static let environment = ProcessInfo.processInfo.environment

  /// Runs a command found in PATH, without standard input, and returns its exit status (128 and
  /// more for a signal) and what it wrote to standard output and error.
  static func run(_ command: [String]) throws -> (status: Int32, output: String) {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("ptui-output-\(getpid())-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: file) }

    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, file.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Tests run on threads that block signals, and a server that never hears of its children's
    // end would be of no use.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
    #if canImport(Darwin)
      flags |= Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #else
      // Closing what is not open does nothing here.
      for handle in Int32(3)..<256 { posix_spawn_file_actions_addclose(&actions, handle) }
    #endif
    posix_spawnattr_setflags(&attributes, flags)

    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var child: pid_t = 0
    let failed = posix_spawnp(&child, command[0], &actions, &attributes, &arguments, &variables)
    guard failed == 0 else {
      throw Failure(description: "\(command[0]): \(String(cString: strerror(failed)))")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    let output = (try? Data(contentsOf: file)) ?? Data()
    let signal = status & 0x7F
    return (
      signal == 0 ? status >> 8 & 0xFF : 128 + signal, String(decoding: output, as: UTF8.self)
    )
  }
}
