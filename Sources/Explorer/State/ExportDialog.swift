// What is written out, in which format, and where: the dialog's state and the request it makes.

/// What can be exported.
public enum ExportSubject: String, Sendable, Hashable, CaseIterable {
  /// The map that is shown.
  case map
  /// The photo with the map over it.
  case overlay
  /// All maps of the stage that is shown.
  case stage
  /// All maps of all computed stages.
  case run
  /// The screen as text.
  case screen
  /// The picture that the model gives back after the shown stage.
  case reconstruction
  /// The model, for PyTorch and for this program.
  case model

  /// How it is called in the dialog.
  var label: String {
    switch self {
    case .map: "this map"
    case .overlay: "the map over the photo"
    case .stage: "all maps of this stage"
    case .run: "all maps of the computed stages"
    case .screen: "the screen as text"
    case .reconstruction: "the picture given back"
    case .model: "the model's weights"
    }
  }

  /// The formats it can have, the usual one first.
  var formats: [ExportFormat] {
    switch self {
    case .map: [.png, .ppm, .npy, .csv]
    case .overlay: [.png, .ppm]
    case .stage, .run: [.npy, .csv, .png, .ppm]
    case .screen: [.text]
    case .reconstruction: [.png, .ppm, .npy]
    case .model: [.safetensors]
    }
  }
}

/// The formats of exported files.
public enum ExportFormat: String, Sendable, Hashable, CaseIterable {
  case png
  case ppm
  case npy
  case csv
  case text = "txt"
  case safetensors

  /// The format that a file's name ends in.
  init?(fileName: String) {
    guard let dot = fileName.lastIndex(of: ".") else { return nil }
    self.init(rawValue: fileName[fileName.index(after: dot)...].lowercased())
  }
}

/// The export dialog: the chosen line, what it says, and whether it asks to replace a file.
public struct ExportDialog: Sendable, Hashable {
  /// The lines of the dialog.
  public enum Field: Int, Sendable, Hashable, CaseIterable {
    case subject, format, path
  }

  /// The line that keys act on.
  public var field = Field.subject
  /// What is exported.
  public var subject = ExportSubject.overlay
  /// The format.
  public var format = ExportFormat.png
  /// The file, or the folder for a whole run.
  public var path: LineEditor
  /// Whether the name was typed, so that it is no longer proposed anew.
  public var isPathTyped = false
  /// A request that met a file which is there already.
  public var replacing: ExportRequest?
  /// The file that is there already.
  public var existingPath: String?

  /// A dialog with a proposed name.
  public init(path: String) { self.path = LineEditor(path) }
}

/// One thing to write to one place.
public struct ExportRequest: Sendable, Hashable {
  /// What happens to a file that is there.
  public enum Existing: Sendable, Hashable {
    case refuse, replace
  }

  /// What is exported.
  public var subject: ExportSubject
  /// The format.
  public var format: ExportFormat
  /// The file, or the folder for a whole run.
  public var path: String
  /// What happens to a file that is there.
  public var existing = Existing.refuse
  /// Of a model that was trained here, after how many steps.
  var trainedSteps: Int?

  /// The file of a model's arguments beside that of its weights: `model.json` for
  /// `model.safetensors`.
  public var argumentsPath: String {
    let suffix = ".safetensors"
    return (path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path) + ".json"
  }

  /// Something to write; a file that is there is not replaced.
  public init(subject: ExportSubject, format: ExportFormat, path: String) {
    self.subject = subject
    self.format = format
    self.path = path
  }
}
