// Who gets the next key: the key table, or a line or dialog that is open.

import Screens

/// What keys act on.
public enum Mode: Sendable, Hashable {
  /// The key table.
  case normal
  /// The command line after `:`.
  case command(CommandLine)
  /// The search line after `/`.
  case search(SearchLine)
  /// A value of the hyperparameter of a name.
  case editing(hyperparameter: String, LineEditor)
  /// The number of a latent.
  case latentNumber(LineEditor)
  /// What to export, and where.
  case export(ExportDialog)
  /// Which class is explained, and what it is compared with.
  case classes(ClassDialog)
  /// A page of text over the screen.
  case page(PageReader)
}

/// The command line: text, where completion is, and where in the past lines one is.
public struct CommandLine: Sendable, Hashable {
  /// The line.
  public var line: LineEditor
  /// What Tab goes round, and which of them is in the line.
  public var completions: [String] = []
  /// The completion in the line.
  public var completionIndex: Int?
  /// Whether completions are files.
  var completionsAreFiles = false
  /// Which past line is shown, counted back from the latest; nil for the one being typed.
  public var pastIndex: Int?

  /// A command line with some text.
  public init(_ text: String = "") { line = LineEditor(text) }
}

/// The parts of the screen that the keys of lists and the frame's highlight go to.
public enum Focus: String, Sendable, Hashable, CaseIterable {
  /// The large pane.
  case map
  /// The strip of latents.
  case latents
  /// The hyperparameters.
  case hyperparameters
}
