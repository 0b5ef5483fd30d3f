// An input or model that cannot be opened, as one line.

import Perceiver
import Tensors

/// What went wrong with a file or an option, in one line.
public struct InputFailure: Error, Hashable, CustomStringConvertible {
  /// Whose fault it is.
  public enum Kind: Sendable, Hashable {
    /// An option asks for what cannot be.
    case usage
    /// A file holds something else than was expected.
    case badData
    /// There is no such file, or it cannot be read.
    case unreadable
  }

  /// Whose fault it is.
  public let kind: Kind
  /// The file or option that it is about.
  public let subject: String
  /// What was expected, what was found.
  public let message: String

  /// A failure.
  public init(_ kind: Kind, _ subject: String, _ message: String) {
    (self.kind, self.subject, self.message) = (kind, subject, message)
  }

  /// A file that cannot be read.
  public init(_ error: FileAccessError) {
    let kind: Kind =
      switch error.reason {
      case .tooLarge, .changed: .badData
      case .missing, .notAFile, .refused: .unreadable
      }
    self.init(kind, InputBytes.name(error.path), error.description)
  }

  /// The line: `FILE: what`. A message that begins with the file already is the whole line.
  public var description: String {
    message.hasPrefix(subject + ": ") ? message : "\(subject): \(message)"
  }

  /// Runs `body`; what goes wrong in it is about a file, and is bad data unless more is known.
  ///
  /// - Parameter complete: Other errors that say already what they are about: they are thrown as they
  ///   are.
  public static func about<Result>(
    _ path: String, passing complete: [any Error.Type] = [], _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch  where error is InputFailure || error is ComputationCancelled {
      throw error
    } catch  where complete.contains(where: { $0 == type(of: error) }) {
      throw error
    } catch let error as FileAccessError {
      throw InputFailure(error)
    } catch {
      throw InputFailure(.badData, InputBytes.name(path), "\(error)")
    }
  }
}
