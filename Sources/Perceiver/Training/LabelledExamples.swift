// What a classifier is trained on and measured by.

/// Labelled examples of one shape, read by number.
public protocol LabelledExamples: Sendable {
  /// How many there are.
  var count: Int { get }
  /// The shape of every example, channels last: `[height, width, channels]` for images.
  var shape: [Int] { get }
  /// What the classes are called; labels are indices of it.
  var classNames: [String] { get }
  /// How pictures became the examples' numbers; nil where nobody says.
  var preprocessing: Preprocessing? { get }
  /// The class of an example.
  func label(at index: Int) -> Int
  /// Fills the buffer with an example's numbers, row-major, in 0…1.
  ///
  /// - Precondition: The buffer has as many elements as `shape` has.
  func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>)
}

extension LabelledExamples {
  /// Nobody says how pictures became numbers.
  public var preprocessing: Preprocessing? { nil }
}
