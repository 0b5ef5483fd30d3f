// Small data sets in MNIST's format, made of numbers.

/// An IDX file of unsigned bytes.
///
/// - Parameters:
///   - shape: The lengths that the header announces; they need not fit the elements.
///   - type: The type that it announces: 8 for unsigned bytes.
public func idxBytes(shape: [Int], elements: [UInt8], type: UInt8 = 8) -> [UInt8] {
  var header: [UInt8] = [0, 0, type, UInt8(shape.count)]
  for length in shape {
    for shift in [24, 16, 8, 0] { header.append(UInt8(truncatingIfNeeded: length >> shift)) }
  }
  return header + elements
}

/// Pictures `[count, side, side]` of classes that can be told apart, and their labels, as IDX files.
///
/// The picture of class c is bright in column c and dark elsewhere, with a little of something else.
///
/// - Precondition: At most as many classes as columns.
public func stripedPictures(
  count: Int, side: Int, classes: Int
) -> (images: [UInt8], labels: [UInt8]) {
  precondition(classes <= side)
  let labels = (0..<count).map { UInt8($0 % classes) }
  var pixels: [UInt8] = []
  for (index, label) in labels.enumerated() {
    for place in 0..<side * side {
      let base: UInt8 = place % side == Int(label) ? 200 : 10
      pixels.append(base + UInt8((place * 7 + index * 13) % 40))
    }
  }
  return (
    idxBytes(shape: [count, side, side], elements: pixels),
    idxBytes(shape: [count], elements: labels)
  )
}
