// Whether a sound is whole. libsndfile reads what is there of most files, and takes that for all.

/// Where sounds other than WAV say that they end.
enum SoundEnd {
  /// What is wrong where a file ends before it says so; nil where it does not, or does not say.
  static func flaw(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: "OggS".utf8) {
      return endsInLastPage(bytes)
        ? nil : "cut short: its last page is not marked as the sound's end"
    }
    guard let end = stated(bytes), end > bytes.count else { return nil }
    return "cut short: \(bytes.count) of \(end) bytes are there"
  }

  /// The size that a file states; nil where it states none.
  private static func stated(_ bytes: [UInt8]) -> Int? {
    func end(_ start: Int, _ size: Int?) -> Int? {
      size.flatMap {
        let (end, isBeyond) = $0.addingReportingOverflow(start)
        return isBeyond || $0 < 0 ? nil : end
      }
    }
    switch bytes.word(at: 0) {
    case "FORM": return end(8, bytes.number(at: 4, UInt32.self, isBig: true))
    case "riff": return bytes.number(at: 16, UInt64.self)
    case ".snd":
      let size = bytes.number(at: 8, UInt32.self, isBig: true)
      return size == Int(UInt32.max)
        ? nil : end(bytes.number(at: 4, UInt32.self, isBig: true) ?? 0, size)
    case "caff":
      var start = 8
      // A chunk that begins beyond the bytes, which a damaged size can say, says nothing.
      while start <= bytes.count - 12,
        let size = bytes.number(at: start + 4, Int64.self, isBig: true)
      {
        // -1 is a size that was not known.
        guard size >= 0, let next = end(start + 12, size) else { return nil }
        if bytes.word(at: start) == "data" { return next }
        start = next
      }
      return nil
    default: return nil
    }
  }

  /// The longest page of an Ogg file: 27 bytes, 255 lengths and as many parts of 255 bytes.
  private static let longestPage = 27 + 255 + 255 * 255

  /// Whether an Ogg file's last page is there to its end and marked as the last.
  private static func endsInLastPage(_ bytes: [UInt8]) -> Bool {
    let first = max(0, bytes.count - longestPage)
    let mark = Array("OggS".utf8)
    for start in (first..<max(first, bytes.count - 26)).reversed()
    where bytes[start..<start + 4].elementsEqual(mark) {
      let lengths = bytes[(start + 27)...].prefix(Int(bytes[start + 26]))
      let end = start + 27 + Int(bytes[start + 26]) + lengths.reduce(0) { $0 + Int($1) }
      return end <= bytes.count && bytes[start + 5] & 4 != 0
    }
    return false
  }
}
