// Elements of a mapped file as float32: in place where they lie so, else converted; and back.

/// The elements of one tensor of a mapped file.
struct StoredElements {
  let mapping: MappedFile
  let entry: TensorEntry

  /// The elements as float32: a view of the file, read when it is first looked at, if they are stored
  /// so, row-major and on a float's boundary; else converted, float64 to the nearest float32.
  ///
  /// - Throws: `TensorFileError` if they are no floats.
  func tensor() throws(TensorFileError) -> Tensor {
    if entry.type == .float32, entry.strides == nil, let view { return view }
    try load()
    switch entry.type {
    case .float32: return converted { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float64: return converted { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .float16: return converted { Float(halfBits: UInt16(littleEndian: $0)) }
    case .bfloat16:
      return converted { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) }
    case .other: throw notFloats
    }
  }

  /// The elements as float32 whatever numbers they are: integers to the nearest float32, truth
  /// values as 0 and 1.
  ///
  /// - Throws: `TensorFileError` for floats of 8 bits.
  func numbers() throws(TensorFileError) -> Tensor {
    guard case .other(let type, _) = entry.type else { return try tensor() }
    try load()
    switch type {
    case "I64": return converted { Float(Int64(littleEndian: $0)) }
    case "U64": return converted { Float(UInt64(littleEndian: $0)) }
    case "I32": return converted { Float(Int32(littleEndian: $0)) }
    case "U32": return converted { Float(UInt32(littleEndian: $0)) }
    case "I16": return converted { Float(Int16(littleEndian: $0)) }
    case "U16": return converted { Float(UInt16(littleEndian: $0)) }
    case "I8": return converted { (element: Int8) in Float(element) }
    case "U8", "BOOL": return converted { (element: UInt8) in Float(element) }
    default: throw notFloats
    }
  }

  /// How many elements are NaN or infinite as float32.
  ///
  /// - Throws: `TensorFileError` if the elements are no floats.
  func nonFiniteCount() throws(TensorFileError) -> Int {
    guard entry.strides == nil else {
      return try tensor().withUnsafeElements { $0.count { !$0.isFinite } }
    }
    try load()
    switch entry.type {
    case .float32: return count { UInt32(littleEndian: $0) & 0x7F80_0000 == 0x7F80_0000 }
    case .float64: return count { !Float(Double(bitPattern: UInt64(littleEndian: $0))).isFinite }
    case .float16: return count { UInt16(littleEndian: $0) & 0x7C00 == 0x7C00 }
    case .bfloat16: return count { UInt16(littleEndian: $0) & 0x7F80 == 0x7F80 }
    case .other: throw notFloats
    }
  }

  private var notFloats: TensorFileError {
    TensorFileError(
      "tensor \(printable(entry.name)): expected F32, F64, F16 or BF16, found \(entry.type.name)")
  }

  /// Whether another tensor of the same shape has the same bytes; no more is read than up to the
  /// first difference. Nil where bytes alone do not tell.
  ///
  /// - Throws: `TensorFileError` if the file has changed.
  func hasSameBytes(as other: StoredElements) throws(TensorFileError) -> Bool? {
    guard entry.type == .float32, other.entry.type == .float32, entry.strides == nil,
      other.entry.strides == nil, entry.bytes.count == other.entry.bytes.count
    else { return nil }
    // The first piece is small: tensors that differ mostly do so at once.
    var (start, piece) = (0, 1 << 10)
    while start < entry.bytes.count {
      let count = min(piece, entry.bytes.count - start)
      let mine = entry.bytes.lowerBound + start..<entry.bytes.lowerBound + start + count
      let others =
        other.entry.bytes.lowerBound + start..<other.entry.bytes.lowerBound + start + count
      try mapping.loadTensor(mine)
      try other.mapping.loadTensor(others)
      guard mapping.bytes[mine].elementsEqual(other.mapping.bytes[others]) else { return false }
      (start, piece) = (start + count, 1 << 16)
    }
    return true
  }

  private func load() throws(TensorFileError) { try mapping.loadTensor(entry.bytes) }

  private var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: mapping.bytes[entry.bytes])
  }

  private var view: Tensor? {
    let bytes = bytes
    guard let address = bytes.baseAddress, !bytes.isEmpty,
      UInt(bitPattern: address) % UInt(MemoryLayout<Float>.alignment) == 0
    else { return nil }
    let storage = FloatStorage(
      viewing: bytes.assumingMemoryBound(to: Float.self), of: mapping, at: entry.bytes)
    return Tensor(shape: entry.shape, storage: storage, offset: 0)
  }

  private func converted<Stored: FixedWidthInteger>(_ convert: (Stored) -> Float) -> Tensor {
    let bytes = bytes
    return Tensor(shape: entry.shape) { out in
      guard let strides = entry.strides else {
        for index in out.indices { out[index] = convert(bytes.element(at: index)) }
        return
      }
      guard let inner = strides.last, let length = entry.shape.last else { return }
      var walk = StridedWalk(shape: entry.shape.dropLast(), strides: strides.dropLast())
      for row in stride(from: 0, to: out.count, by: max(1, length)) {
        for index in 0..<length {
          out[row + index] = convert(bytes.element(at: walk.offset + index * inner))
        }
        walk.advance()
      }
    }
  }

  private func count<Stored: FixedWidthInteger>(where isCounted: (Stored) -> Bool) -> Int {
    let bytes = bytes
    var count = 0
    for index in 0..<bytes.count / MemoryLayout<Stored>.size
    where isCounted(
      bytes.element(at: index))
    {
      count += 1
    }
    return count
  }
}

/// Offsets of the entries of some axes, the last fastest.
private struct StridedWalk {
  let shape: [Int]
  let strides: [Int]
  var offset = 0
  private var indices: [Int]

  init(shape: some Collection<Int>, strides: some Collection<Int>) {
    self.shape = Array(shape)
    self.strides = Array(strides)
    indices = [Int](repeating: 0, count: shape.count)
  }

  mutating func advance() {
    for axis in indices.indices.reversed() {
      indices[axis] += 1
      offset += strides[axis]
      if indices[axis] < shape[axis] { return }
      offset -= shape[axis] * strides[axis]
      indices[axis] = 0
    }
  }
}

extension MappedFile {
  /// Reads bytes of tensors, unless they were read before.
  ///
  /// - Throws: `TensorFileError` if they cannot be read, or were written to since the file was opened.
  func loadTensor(_ range: Range<Int>) throws(TensorFileError) {
    do { try load(range) } catch { throw TensorFileError(error.description) }
  }
}

extension UnsafeRawBufferPointer {
  /// Element `index` of numbers one after another, wherever they begin.
  @inline(__always)
  fileprivate func element<Stored: FixedWidthInteger>(at index: Int) -> Stored {
    loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
  }
}

extension [UInt8] {
  /// Appends floats, each lowest byte first.
  mutating func append(littleEndian elements: UnsafeBufferPointer<Float>) {
    #if _endian(little)
      append(contentsOf: UnsafeRawBufferPointer(elements))
    #else
      for element in elements {
        withUnsafeBytes(of: element.bitPattern.littleEndian) { append(contentsOf: $0) }
      }
    #endif
  }
}

extension Float {
  /// The value of IEEE half-precision bits; written out because Float16 is not on every platform.
  init(halfBits bits: UInt16) {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: self = sign * fraction * 0x1p-24
    case 31: self = fraction == 0 ? sign * .infinity : .nan
    default:
      self = sign * (1024 + fraction) * Float(sign: .plus, exponent: exponent - 25, significand: 1)
    }
  }
}
