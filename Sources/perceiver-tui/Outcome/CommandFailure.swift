// An error as the command line shows it: what it is about, what is wrong, the exit status.

import Datasets
import Foundation
import Inputs
import Perceiver
import Tensors

/// A failure that is one line on standard error and an exit status.
struct CommandFailure: Error, CustomStringConvertible {
  /// What the program exits with.
  let status: ExitStatus
  /// The file or option that it is about.
  let subject: String?
  /// What is wrong, what was expected, what was found.
  let message: String

  init(_ status: ExitStatus, _ subject: String?, _ message: String) {
    self.status = status
    self.subject = subject
    self.message = message
  }

  /// A command line that is wrong.
  static func usage(_ message: String) -> CommandFailure {
    CommandFailure(.usage, nil, message)
  }

  /// An error of the library as the command line reports it; nil for errors of the parser.
  init?(_ error: any Error) {
    switch error {
    case let error as CommandFailure: self = error
    case is ComputationCancelled: self.init(.signal(SIGINT), nil, "interrupted")
    case let error as HyperparameterError: self.init(.usage, nil, error.description)
    case let error as ConfigurationError: self.init(.usage, nil, error.description)
    case let error as CheckpointError: self.init(.badData, nil, error.description)
    case let error as DatasetError:
      self.init(error.reason == .missing ? .noInput : .badData, error.path, error.description)
    case let error as InputFailure: self.init(error)
    case let error as FileAccessError: self.init(InputFailure(error))
    case let error as FileWriteError:
      self.init(.cannotWrite, error.path, error.description)
    case let error as TrainingError: self.init(error)
    default: return nil
    }
  }

  private init(_ error: InputFailure) {
    let status: ExitStatus =
      switch error.kind {
      case .usage: .usage
      case .badData: .badData
      case .unreadable: .noInput
      }
    self.init(status, error.subject, error.message)
  }

  private init(_ error: TrainingError) {
    let status: ExitStatus =
      switch error {
      case .unusable: .usage
      case .damaged: .badData
      case .notFinite, .exploded: .software
      }
    self.init(status, nil, error.description)
  }

  /// The line: `FILE: what`. A message that begins with the file already is the whole line.
  var description: String {
    guard let subject, !message.hasPrefix(subject + ": ") else { return message }
    return "\(subject): \(message)"
  }

  /// Puts the line on standard error.
  func print() {
    Messages.printLine(description)
  }

  /// Runs `body`; what goes wrong in it is about a file, and is bad data unless more is known.
  static func about<Result>(
    _ path: String, _ body: () throws -> Result
  ) throws -> Result {
    try InputFailure.about(path, passing: [CommandFailure.self, DatasetError.self], body)
  }
}
