// What the program's exit status means to scripts: the names of sysexits.h.

/// The exit statuses of perceiver-tui.
enum ExitStatus: Int32 {
  /// All went well.
  case success = 0
  /// The command line is wrong, or asks for what cannot be.
  case usage = 64
  /// A file's contents are damaged, or do not fit the model.
  case badData = 65
  /// A file is not there or cannot be read.
  case noInput = 66
  /// A fault of the program.
  case software = 70
  /// A file or standard output cannot be written.
  case cannotWrite = 73
  /// A person or another process stopped the work: SIGHUP, SIGINT, SIGTERM.
  case interrupted = 130
}
