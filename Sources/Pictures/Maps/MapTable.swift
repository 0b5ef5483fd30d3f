// Numbers as comma-separated values.

import Tensors

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
