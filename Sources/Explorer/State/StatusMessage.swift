// One sentence for the person, in the status line.

/// A sentence in the status line.
public struct StatusMessage: Sendable, Hashable {
  /// How serious it is.
  public enum Kind: Sendable, Hashable {
    /// Something was done.
    case information
    /// Something could not be done.
    case error
  }

  /// How serious it is.
  public let kind: Kind
  /// The sentence, on one line.
  public let text: String

  /// A sentence; line breaks become spaces, and what no line has room for is left out.
  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    let shown = text.prefix(Self.longest)
    self.text =
      String(shown.map { $0.isNewline ? " " : $0 }) + (shown.endIndex < text.endIndex ? "…" : "")
  }

  private static let longest = 2000

  /// Says that something was done.
  public static func information(_ text: String) -> StatusMessage { .init(.information, text) }
  /// Says that something could not be done, and why.
  public static func error(_ text: String) -> StatusMessage { .init(.error, text) }
}
