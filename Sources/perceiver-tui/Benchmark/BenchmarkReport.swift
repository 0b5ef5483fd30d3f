// What was measured, as a table or JSON.

import Explorer
import Foundation
import Pictures
import Screens

/// The figures of one work.
struct BenchmarkResult: Codable {
  let name: String
  /// Median and least of the repetitions.
  let seconds: Double
  let leastSeconds: Double
  /// Multiplications and additions, and bytes that must be moved; 0 where no floor is known.
  let operations: Double
  let bytes: Double
  /// The most memory that a process which did this alone has had.
  let peakBytes: Double
  /// Pixels of the picture, where sizes are compared.
  let pixels: Int?

  init(
    _ name: String, _ timing: Timing, operations: Double, bytes: Double, pixels: Int? = nil
  ) {
    self.name = name
    seconds = timing.median
    leastSeconds = timing.least
    self.operations = operations
    self.bytes = bytes
    self.pixels = pixels
    peakBytes = Stopwatch.peakBytes
  }
}

/// A benchmark's results beside the machine's rates.
struct BenchmarkReport {
  /// The figures of a work, and what the machine could do at the time.
  struct Result {
    let figures: BenchmarkResult
    let rates: MachineRates

    /// Seconds below which the work cannot be done; nil where none are known.
    var floor: Double? {
      let floor = rates.floor(operations: figures.operations, bytes: figures.bytes)
      return floor > 0 ? floor : nil
    }
  }

  /// Rates at the beginning.
  let machine: MachineRates
  let isSmall: Bool
  var results: [Result] = []

  private static let columns = [19, 11, 13, 10, 10, 8, 8]

  private func row(_ cells: [String]) -> String {
    zip(cells, Self.columns).map { cell, width in
      cell.padding(toLength: max(width, cell.count), withPad: " ", startingAt: 0)
    }.joined().trimmingSuffix(" ") + "\n"
  }

  private var kernels: String {
    machine.kernels.isEmpty ? "" : " (\(machine.kernels) kernels)"
  }

  /// The machine, and the names of the columns.
  func heading() -> String {
    """
    \(isSmall ? "small, " : "")\(machine.threads) threads, \
    matrix products \(Figures.flops(machine.productRate))/s\(kernels), \
    memory \(Figures.bytes(machine.memoryRate))/s

    """ + row(["work", "time", "operations", "bytes", "floor", "ratio", "peak memory"])
  }

  func line(_ result: Result) -> String {
    let (figures, floor) = (result.figures, result.floor)
    return row([
      figures.name, Figures.seconds(figures.seconds),
      floor == nil ? "" : Figures.flops(figures.operations),
      floor == nil ? "" : Figures.bytes(figures.bytes), floor.map(Figures.seconds) ?? "",
      floor.map { Figures.number(figures.seconds / $0) } ?? "", Figures.bytes(figures.peakBytes),
    ])
  }

  /// How cost grows with pixels, where several sizes were measured.
  func closing() -> String {
    guard let growth else { return "" }
    return "cost grows as pixels to the power \(Figures.number(growth.exponent)); memory by "
      + "\(Figures.number(growth.bytesPerPixel)) bytes a pixel\n"
  }

  func json() throws -> String {
    struct Document: Encodable {
      let machine: MachineRates
      let works: [Work]
      let exponent: Double?
      let bytesPerPixel: Double?
    }
    struct Work: Encodable {
      let result: Result

      func encode(to encoder: any Encoder) throws {
        try result.figures.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(result.rates.productRate, forKey: .productRate)
        try container.encode(result.rates.memoryRate, forKey: .memoryRate)
        try container.encodeIfPresent(result.floor, forKey: .floorSeconds)
        try container.encodeIfPresent(
          result.floor.map { result.figures.seconds / $0 }, forKey: .ratioToFloor)
      }

      enum Key: CodingKey { case productRate, memoryRate, floorSeconds, ratioToFloor }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let document = Document(
      machine: machine, works: results.map(Work.init), exponent: growth?.exponent,
      bytesPerPixel: growth?.bytesPerPixel)
    return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
  }

  /// The slope of log seconds over log pixels by least squares, and what memory grows by between
  /// the two largest sizes.
  private var growth: (exponent: Double, bytesPerPixel: Double)? {
    let sized = results.map(\.figures).compactMap { result in
      result.pixels.map { (pixels: Double($0), result: result) }
    }
    guard sized.count >= 3 else { return nil }
    let points = sized.map { (log($0.pixels), log($0.result.seconds)) }
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.0 } / count
    let meanY = points.reduce(0) { $0 + $1.1 } / count
    let exponent =
      points.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
      / points.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
    let (large, less) = (sized[sized.count - 1], sized[sized.count - 2])
    return (
      exponent,
      (large.result.peakBytes - less.result.peakBytes) / (large.pixels - less.pixels)
    )
  }
}
