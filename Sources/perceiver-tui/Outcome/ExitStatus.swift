// What the program's exit status means to scripts: the names of sysexits.h.

import Foundation

/// The exit statuses of perceiver-tui.
struct ExitStatus: Equatable {
  /// What the system is told.
  let code: Int32

  /// All went well.
  static let success = ExitStatus(code: 0)
  /// The command line is wrong, or asks for what cannot be.
  static let usage = ExitStatus(code: 64)
  /// A file's contents are damaged, or do not fit the model.
  static let badData = ExitStatus(code: 65)
  /// A file is not there or cannot be read.
  static let noInput = ExitStatus(code: 66)
  /// A computation that gave NaN or infinity, or a fault of the program.
  static let software = ExitStatus(code: 70)
  /// A file or standard output cannot be written.
  static let cannotWrite = ExitStatus(code: 73)

  /// A signal stopped the work: 130 for SIGINT, as shells count.
  static func signal(_ number: Int32) -> ExitStatus { ExitStatus(code: 128 + number) }

  /// What each means in a few words, as the manual lists them.
  static let meanings: [(status: ExitStatus, meaning: String)] = [
    (.success, "success"),
    (.usage, "the command line is wrong, or asks for what cannot be"),
    (.badData, "a file is damaged or does not fit the model, or a check found a difference"),
    (.noInput, "a file is not there or cannot be read"),
    (.software, "a computation gave NaN or infinity, or a fault of the program"),
    (.cannotWrite, "a file or standard output cannot be written"),
    (.signal(SIGINT), "Ctrl-C; other signals are 128 and their number"),
  ]
}
