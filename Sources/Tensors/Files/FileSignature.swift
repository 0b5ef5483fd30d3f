// What a file's first bytes say it is: the formats that can be read, and common others by name.

/// A kind of file as its first bytes tell it.
enum FileSignature {
  case safetensors
  case zip
  /// What torch.save wrote before PyTorch 1.6.
  case legacyTorch
  /// Something else, with what it is and what to do about it.
  case unreadable(String)

  init(of bytes: UnsafeRawBufferPointer) {
    if Prefix("PK\u{3}\u{4}").matches(bytes) || Prefix("PK\u{5}\u{6}").matches(bytes) {
      self = .zip
    } else if Prefix("{", at: 8).matches(bytes) {
      // Before the others: a header's length may begin as they do.
      self = .safetensors
    } else if Self.legacyNumber.matches(bytes) {
      self = .legacyTorch
    } else if let other = Self.others.first(where: { $0.matches(bytes) }) {
      self = .unreadable(other.description)
    } else {
      let count = bytes.count
      self = .unreadable(count < 9 ? "a file of \(count) bytes" : "a file of another kind")
    }
  }

  private struct Prefix {
    let bytes: [UInt8]
    let offset: Int
    let description: String

    init(_ bytes: [UInt8], at offset: Int = 0, _ description: String = "") {
      (self.bytes, self.offset, self.description) = (bytes, offset, description)
    }

    init(_ text: String, at offset: Int = 0, _ description: String = "") {
      self.init(Array(text.utf8), at: offset, description)
    }

    func matches(_ file: UnsafeRawBufferPointer) -> Bool {
      file.count >= offset + bytes.count
        && file[offset..<offset + bytes.count].elementsEqual(bytes)
    }
  }

  private static let saveAgain =
    "load it in PyTorch and save the state dict again: torch.save(state_dict, \"model.pt\")"

  /// The pickled number 0x1950a86a20f9469cfc6c.
  private static let legacyNumber = Prefix([
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ])

  // Order matters: the first that matches is said.
  private static let others: [Prefix] = [
    Prefix([0x80, 0x02], "a plain pickle; " + saveAgain),
    Prefix([0x80, 0x03], "a plain pickle; " + saveAgain),
    Prefix([0x80, 0x04], "a plain pickle; " + saveAgain),
    Prefix([0x80, 0x05], "a plain pickle; " + saveAgain),
    Prefix([0x1F, 0x8B], "a gzip file; unpack it with gunzip"),
    Prefix([0x93] + Array("NUMPY".utf8), "a NumPy array"),
    Prefix([0x89] + Array("HDF".utf8), "an HDF5 file"),
    Prefix("GGUF", "a GGUF file"),
    Prefix("version https://git-lfs", "a Git LFS pointer; fetch the file with git lfs pull"),
    Prefix("<", "a page of HTML or XML, not the file itself"),
    Prefix("ustar", at: 257, "a tar archive; if torch.save wrote it, " + saveAgain),
  ]
}
