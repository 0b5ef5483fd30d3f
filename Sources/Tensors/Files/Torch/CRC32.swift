// The checksum of zip archives, eight bytes at a time.

/// CRC-32 with the polynomial of zip, PNG and Ethernet.
enum CRC32 {
  /// The checksum of bytes; 0 of none.
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      var crc: UInt32 = ~0
      var position = 0
      while position + 8 <= bytes.count {
        let low = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        let high = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
        let mixed = crc ^ low
        let first =
          tables[7 << 8 | Int(mixed & 0xFF)] ^ tables[6 << 8 | Int(mixed >> 8 & 0xFF)]
          ^ tables[5 << 8 | Int(mixed >> 16 & 0xFF)] ^ tables[4 << 8 | Int(mixed >> 24)]
        let second =
          tables[3 << 8 | Int(high & 0xFF)] ^ tables[2 << 8 | Int(high >> 8 & 0xFF)]
          ^ tables[1 << 8 | Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
        crc = first ^ second
        position += 8
      }
      for byte in bytes[position...] {
        crc = tables[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8)
      }
      return ~crc
    }
  }

  // Entry 256 × k + b: what byte b does to the checksum when k more zero bytes follow it.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    for byte: UInt32 in 0..<256 {
      var crc = byte
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
      tables.append(crc)
    }
    for index in 256..<8 * 256 {
      let former = tables[index - 256]
      tables.append(tables[Int(former & 0xFF)] ^ (former >> 8))
    }
    return tables
  }()
}
