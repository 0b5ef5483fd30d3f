// The formats that maps and tables are written in: one table for `render`, the program's exports
// and their help. A new format is one row.

import Screens
import Tensors

/// A format of written maps.
public struct MapFormat: Sendable, Hashable {
  /// Its name, as options have it.
  public let name: String
  /// The endings of its files' names, without a dot; the usual one first.
  public let endings: [String]
  /// How it is written.
  public let encoding: Encoding
  /// How tables with names are written; nil for a format that holds none.
  package let tables: (@Sendable (ReportTable) -> [UInt8])?

  /// How a format is written.
  public enum Encoding: Sendable {
    /// A picture of pixels.
    case picture(@Sendable (PixelImage) throws -> [UInt8])
    /// Numbers of any shape. The leading axes that have names are counted from 1, where a format has
    /// room for words.
    case numbers(@Sendable (_ values: Tensor, _ axes: [String]) -> [UInt8])
    /// Characters.
    case text(@Sendable (MapDrawing, TextPage) throws(MapSizeError) -> String)
  }

  /// All formats.
  public static let all: [MapFormat] = [
    MapFormat("png", .picture { try $0.png() }),
    MapFormat("ppm", .picture { $0.netpbm }),
    arrays,
    MapFormat(
      "csv", .numbers { Array($0.commaSeparatedValues(axes: $1).utf8) },
      tables: { Array($0.csv.utf8) }),
    MapFormat(
      "plain", endings: ["txt"],
      .text { drawing, page throws(MapSizeError) in try drawing.plainText(page) }),
    MapFormat(
      "ansi", endings: ["ansi", "ans"],
      .text { drawing, page throws(MapSizeError) in try drawing.ansiText(page) }),
  ]

  private init(
    _ name: String, endings: [String]? = nil, _ encoding: Encoding,
    tables: (@Sendable (ReportTable) -> [UInt8])? = nil
  ) {
    (self.name, self.endings, self.encoding) = (name, endings ?? [name], encoding)
    self.tables = tables
  }

  /// The format of a name; nil if there is none.
  public init?(_ name: String) {
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  /// The format that a file's name asks for by its ending; nil if there is none.
  public init?(fileName: String) {
    guard let dot = fileName.lastIndex(of: ".") else { return nil }
    let ending = fileName[fileName.index(after: dot)...].lowercased()
    guard let found = Self.all.first(where: { $0.endings.contains(ending) }) else { return nil }
    self = found
  }

  /// Arrays as NumPy has them.
  public static let arrays = MapFormat("npy", .numbers { values, _ in NumPyFile.bytes(values) })
  /// The formats whose encoding is a picture.
  public static let pictures = all.filter(\.isPicture)
  /// The formats that hold tables with names.
  package static let ofTables = all.filter { $0.tables != nil }

  /// Whether it is a picture of pixels.
  public var isPicture: Bool { if case .picture = encoding { true } else { false } }
  /// Whether it is characters.
  public var isText: Bool { if case .text = encoding { true } else { false } }

  /// Writes a map.
  ///
  /// - Parameters:
  ///   - drawing: The map.
  ///   - width: Columns of a picture; its own where nil.
  ///   - page: Where text is shown.
  /// - Throws: `MapSizeError`, `PictureError`.
  public func bytes(of drawing: MapDrawing, width: Int? = nil, page: TextPage) throws -> [UInt8] {
    switch encoding {
    case .picture(let encode): try encode(drawing.picture(width: width))
    case .numbers(let encode): encode(drawing.map, [])
    case .text(let encode): Array(try encode(drawing, page).utf8)
    }
  }

  public static func == (left: MapFormat, right: MapFormat) -> Bool { left.name == right.name }
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

// Numbers as comma-separated values.

extension Tensor {
  /// Numbers as CSV, the shortest digits that read back the same: a line for each row of
  /// `[rows, columns]`, or, where leading axes have names, a line for each of their entries. Those
  /// get a column each, counted from 1, and a first line that names the columns.
  ///
  /// - Precondition: more axes than there are names; two without names.
  public func commaSeparatedValues(axes names: [String] = []) -> String {
    precondition(names.isEmpty ? shape.count == 2 : shape.count > names.count)
    let leading = names.isEmpty ? 1 : names.count
    let rows = shape[..<leading].reduce(1, *)
    let columns = shape[leading...].reduce(1, *)
    var text = names.isEmpty ? "" : (names + ["values"]).joined(separator: ",") + "\n"
    withUnsafeElements { elements in
      for row in 0..<rows {
        var (rest, index) = (row, [String]())
        for axis in names.indices.reversed() {
          index.insert("\(rest % shape[axis] + 1)", at: 0)
          rest /= shape[axis]
        }
        let values = elements[row * columns..<(row + 1) * columns].map { "\($0)" }
        text += (index + values).joined(separator: ",") + "\n"
      }
    }
    return text
  }
}
