// The command line as the system has it: bytes, which need not be UTF-8.

import Foundation
import Tensors

/// What stands after the program's name.
enum ProgramArguments {
  /// The arguments; names that are not UTF-8 among them keep their bytes.
  static var all: [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map {
        String(fileName: UnsafeRawBufferPointer(start: $0, count: strlen($0)))
      }
    }
  }
}
