// Pictures with labels in memory, whatever files they came from. Formats/ has a file for each kind.

import Perceiver

/// Pictures of one shape, each with its class; a value whose pixels are shared.
public struct LabelledPictures: LabelledExamples {
  /// A picture that was left out.
  public struct Skipped: Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let reason: String

    /// One line: file and reason.
    public var description: String { "\(path): \(reason)" }
  }

  /// How many pictures there are.
  public let count: Int
  /// The shape of every picture: `[height, width, channels]`.
  public let shape: [Int]
  /// What the classes are called; labels are indices of it.
  public let classNames: [String]
  /// Pictures that could not be read and were left out.
  public let skipped: [Skipped]
  /// What a person should know of how they were read: files that were passed over, numbers that were
  /// scaled; one line each.
  public let notes: [String]
  private let pixels: Pixels
  private let labels: [Int32]

  /// Samples of all pictures, one picture after another.
  enum Pixels: Sendable {
    /// 0 for none, 255 for full.
    case bytes([UInt8])
    /// 0 for none, 1 for full.
    case floats([Float])

    var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .floats(let floats): floats.count
      }
    }
  }

  /// Makes a set of pictures.
  ///
  /// - Precondition: There are as many pictures as labels, and a name for each label.
  init(
    shape: [Int], classNames: [String], pixels: Pixels, labels: [Int32], skipped: [Skipped] = [],
    notes: [String] = []
  ) {
    precondition(pixels.count == labels.count * shape.reduce(1, *), "\(pixels.count) samples")
    precondition(labels.allSatisfy { classNames.indices.contains(Int($0)) }, "labels without names")
    self.init(
      count: labels.count, shape: shape, classNames: classNames, pixels: pixels, labels: labels,
      skipped: skipped, notes: notes)
  }

  private init(
    count: Int, shape: [Int], classNames: [String], pixels: Pixels, labels: [Int32],
    skipped: [Skipped], notes: [String]
  ) {
    self.count = count
    self.shape = shape
    self.classNames = classNames
    self.pixels = pixels
    self.labels = labels
    self.skipped = skipped
    self.notes = notes
  }

  /// The first pictures: `length` of them, or all where there are no more.
  public func prefix(_ length: Int) -> LabelledPictures {
    LabelledPictures(
      count: min(count, length), shape: shape, classNames: classNames, pixels: pixels,
      labels: labels, skipped: skipped, notes: notes)
  }

  /// Whether classes are called 0, 1, 2 and so on.
  public var hasNumberedClasses: Bool { classNames == classNames.indices.map(String.init) }

  /// The same pictures with the classes of another set, whose names count: labels become those of
  /// the same names. Classes that have numbers for names here are those of the same number there.
  ///
  /// - Throws: `DatasetError` where a class is not among them.
  public func matching(classes names: [String], of path: String) throws(DatasetError) -> Self {
    guard classNames != names else { return self }
    let hasNumbers = hasNumberedClasses
    var numbers: [Int32] = []
    for (index, name) in classNames.enumerated() {
      let number = hasNumbers && names.indices.contains(index) ? index : names.firstIndex(of: name)
      // A number that no picture has needs no class.
      let isUsed = !hasNumbers || labels.contains(Int32(index))
      guard number != nil || !isUsed else {
        throw DatasetError(
          path, "expected classes among the \(names.count) that are known, found \(name)")
      }
      numbers.append(Int32(number ?? 0))
    }
    return LabelledPictures(
      count: count, shape: shape, classNames: names, pixels: pixels,
      labels: labels.map { numbers[Int($0)] }, skipped: skipped, notes: notes)
  }

  /// The class of a picture.
  ///
  /// - Precondition: `index` is below `count`.
  public func label(at index: Int) -> Int {
    precondition(index < count, "picture \(index) of \(count)")
    return Int(labels[index])
  }

  /// Fills the buffer with a picture's samples, `[height, width, channels]`, in 0…1.
  ///
  /// - Precondition: `index` is below `count`; the buffer has as many elements as `shape`.
  public func read(_ index: Int, into buffer: UnsafeMutableBufferPointer<Float>) {
    let size = shape.reduce(1, *)
    precondition(index < count && buffer.count == size, "picture \(index) of \(count)")
    let start = index * size
    switch pixels {
    case .bytes(let bytes):
      for offset in 0..<size { buffer[offset] = Float(bytes[start + offset]) / 255 }
    case .floats(let floats):
      for offset in 0..<size { buffer[offset] = floats[start + offset] }
    }
  }
}
