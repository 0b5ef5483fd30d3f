// Which pixels an option names: a rectangle as people write it, or what a file marks.

import Inputs
import Perceiver
import Pictures
import Tensors

enum PixelRegion {
  /// For each token whether it is named: its pixel, or most of its pixels where it stands for several.
  ///
  /// - Parameters:
  ///   - text: A rectangle, or the name of a file.
  ///   - axes: Those of the input.
  ///   - option: The option that says so, for errors.
  /// - Throws: `CommandFailure` for a rectangle that is none or lies outside, `InputFailure` for a file
  ///   that does not fit.
  static func tokens(
    _ text: String, axes: [Int], of run: PerceiverRun, reader: InputReader, option: String
  ) throws -> [Bool] {
    guard PixelRectangle.isWritten(as: text) else {
      if let found = numbers(meant: text) {
        throw CommandFailure(
          .usage, option,
          "expected a rectangle as row,column,heightxwidth, such as 10,20,30x40, or a file, found "
            + text + (found == 4 ? "" : ", which has \(found) number\(found == 1 ? "" : "s")"))
      }
      return try reader.readMask(text, axes: axes, tokens: run.mapAxes).keeps
    }
    guard axes.count == 2, run.mapAxes.count == 2 else {
      throw CommandFailure(
        .usage, option,
        "expected a file that marks what is hidden, since a rectangle needs two axes, found \(text) "
          + "for an input of \(axes.map(String.init).joined(separator: " × "))")
    }
    guard let rectangle = PixelRectangle(text), rectangle.fits(rows: axes[0], columns: axes[1])
    else {
      throw CommandFailure(
        .usage, option,
        "expected row,column,heightxwidth inside an input of two axes, found \(text) for one of "
          + axes.map(String.init).joined(separator: " × "))
    }
    let pixels = (0..<axes[0] * axes[1]).map { pixel in
      let (row, column) = pixel.quotientAndRemainder(dividingBy: axes[1])
      return rectangle.contains(row: row, column: column)
    }
    guard run.mapAxes != axes else { return pixels }
    // As files of masks are brought to tokens.
    let tokens = Tensor(shape: axes, values: pixels.map { $0 ? 1 : 0 })
      .resampled(rows: run.mapAxes[0], columns: run.mapAxes[1]).values.map { $0 >= 0.5 }
    guard tokens.contains(true) else {
      throw CommandFailure(
        .usage, option,
        "expected pixels that are most of a token, found \(text) where tokens are "
          + run.mapAxes.map(String.init).joined(separator: " × ") + " of "
          + axes.map(String.init).joined(separator: " × ") + " pixels")
    }
    return tokens
  }

  /// How many numbers a text has that can be meant as a rectangle alone: it has nothing but numbers and
  /// what stands between them, and no file is called so. Nil for all else.
  static func numbers(meant text: String) -> Int? {
    guard text.contains(where: { ",;x×".contains($0) }), text.contains(where: \.isNumber),
      text.allSatisfy({ $0.isASCII && $0.isNumber || ",;x×.+- ".contains($0) }),
      !FileNames.exists(text)
    else { return nil }
    return text.split { !$0.isNumber && $0 != "." }.count
  }
}
