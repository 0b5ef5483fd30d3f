// What is written out, in which format, and where: the dialog's state and the request it makes.

import Pictures

/// What can be exported.
public enum ExportSubject: String, Sendable, Hashable, CaseIterable {
  /// The map that is shown.
  case map
  /// The photo with the map over it.
  case overlay
  /// The photo beside the map that is seen, with a bar of colours and a caption; or a table with bars.
  case viewFigure
  /// The table that is seen in place of a map.
  case table
  /// All maps of the stage that is shown.
  case stage
  /// All maps of all computed stages.
  case run
  /// The screen as text.
  case screen
  /// The picture that the model reconstructs from the shown stage's latents.
  case reconstruction
  /// The photo beside many latents' scores at the cross-attentions.
  case figure
  /// All classes at the shown stage, or the predicted bytes.
  case classes
  /// The model, for PyTorch and for this program.
  case model
  /// All that is open, to be opened again.
  case session

  /// How it is called in the dialog, where the view has no word of its own for it.
  var label: String {
    switch self {
    case .map: "this map"
    case .overlay: "the map over the photo"
    case .viewFigure: "a figure: photo, map, scale, caption"
    case .table: "the table"
    case .classes: "all classes at this stage"
    case .figure: "Figure 3: photo and scores"
    case .stage: "all maps of this stage"
    case .run: "all maps of the computed stages"
    case .screen: "the screen as text"
    case .reconstruction: "the reconstruction"
    case .model: "the model's weights"
    case .session: "the session: all that is open"
    }
  }

  /// The formats it can have, the usual one first.
  package var formats: [ExportFormat] {
    switch self {
    case .map: MapFormat.all.map(ExportFormat.map)
    case .overlay: MapFormat.pictures.map(ExportFormat.map)
    case .figure, .viewFigure: Self.ofFigures
    case .table: Self.ofTables
    case .classes: Self.ofTables + Self.ofFigures
    case .stage, .run:
      MapFormat.all.filter { !$0.isText && !$0.isPicture }.map(ExportFormat.map)
        + MapFormat.pictures.map(ExportFormat.map)
    case .screen: [.text]
    case .reconstruction: (MapFormat.pictures + [.arrays]).map(ExportFormat.map)
    case .model: [.weights]
    case .session: [.session]
    }
  }

  private static let ofTables = (MapFormat.ofTables + [.arrays]).map(ExportFormat.map)
  private static let ofFigures = MapFormat.pictures.map(ExportFormat.map) + [.svg]

  /// Whether it is drawn at a width that a person chooses.
  func hasWidth(as format: ExportFormat) -> Bool {
    switch self {
    case .figure, .viewFigure: true
    case .classes: Self.ofFigures.contains(format)
    default: false
    }
  }
}

/// The formats of exported files.
public enum ExportFormat: Sendable, Hashable {
  /// One of the formats of maps.
  case map(MapFormat)
  /// Scalable drawings: figures.
  case svg
  /// Lines of text: the screen.
  case text
  /// A model's parameters as safetensors, and its arguments as JSON beside them.
  case weights
  /// What is open, as JSON.
  case session

  /// All formats that a name's ending says.
  package static let all: [ExportFormat] = MapFormat.all.map(ExportFormat.map) + [.svg, .weights]

  /// How files' names end, without a dot.
  public var ending: String {
    switch self {
    case .map(let format): format.endings[0]
    case .svg: "svg"
    case .text: "txt"
    case .weights: "safetensors"
    case .session: "json"
    }
  }

  /// The format that a file's name ends in; of text the screen's.
  init?(fileName: String) {
    if let format = MapFormat(fileName: fileName) {
      self = format.endings.contains("txt") ? .text : .map(format)
    } else if fileName.lowercased().hasSuffix(".svg") {
      self = .svg
    } else if fileName.lowercased().hasSuffix(".safetensors") {
      self = .weights
    } else {
      return nil
    }
  }
}

/// The export dialog: the chosen line, what it says, and whether it asks to replace a file.
public struct ExportDialog: Sendable, Hashable {
  /// The lines of the dialog.
  public enum Field: Int, Sendable, Hashable, CaseIterable {
    case subject, format, width, path
  }

  /// The lines that there are for what is exported.
  public var fields: [Field] {
    Field.allCases.filter { $0 != .width || subject.hasWidth(as: format) }
  }

  /// The line that keys act on.
  public var field = Field.subject
  /// What can be exported now.
  public let subjects: [ExportSubject]
  /// What is exported.
  public var subject: ExportSubject
  /// The format.
  public var format: ExportFormat
  /// The file, or the folder for a whole run.
  public var path: LineEditor
  /// The width of a figure in pixels, as it is typed.
  public var width = LineEditor.proposing("\(MapFigure.usualWidth)")
  /// Whether the name was typed, so that it is no longer proposed anew.
  public var isPathTyped = false
  /// A request that met a file which is there already.
  public var replacing: ExportRequest?
  /// The file that is there already.
  public var existingPath: String?

  /// A dialog about one of some subjects.
  public init(_ subject: ExportSubject, of subjects: [ExportSubject], path: String = "") {
    self.subjects = subjects
    self.subject = subject
    format = subject.formats[0]
    self.path = LineEditor(path)
  }
}

/// One thing to write to one destination.
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
  /// The width of a figure in pixels.
  public var width = MapFigure.usualWidth
  /// What happens to a file that is there.
  public var existing = Existing.refuse
  /// What a file of it cannot say; nil if it says all.
  var gap: String?
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
