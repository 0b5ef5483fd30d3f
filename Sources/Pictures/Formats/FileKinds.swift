// Every kind of file that is known by its first bytes, in one table: what reads it, or the line that
// makes something readable of it. Messages, help and README say what this table says.

/// A kind of file, told by its first bytes and never by its name.
public struct FileKind: Sendable {
  /// What becomes of such a file where a picture or array is wanted.
  public enum Use: Sendable, Hashable {
    /// It is read as a picture.
    case picture(PictureFormat)
    /// It is read as an array.
    case array
    /// It is read as a sound.
    case sound
    /// It is read as frames.
    case film
    /// It is not read; what to do instead.
    case advice(String)
  }

  /// What it is called, with its article: "a HEIC photo".
  public let name: String
  /// What becomes of it.
  public let use: Use
  private let matches: @Sendable (FirstBytes) -> Bool

  private init(_ name: String, _ use: Use, _ matches: @escaping @Sendable (FirstBytes) -> Bool) {
    (self.name, self.use, self.matches) = (name, use, matches)
  }

  /// The kind whose first bytes these are, or nil.
  public init?(of bytes: [UInt8]) {
    let first = FirstBytes(bytes)
    guard let kind = Self.all.first(where: { $0.matches(first) }) else { return nil }
    self = kind
  }

  /// Whether it is a film or a sound that needs another program to be read.
  public var isRecording: Bool {
    guard case .advice = use else { return false }
    return Self.films.contains { $0.name == name }
  }

  /// Whether it is a WAV, in either byte order or of 64 bits.
  public var isWAV: Bool { name == Self.wav.name }

  /// How many first bytes tell a file's kind.
  public static let decidingBytes = 1024

  /// What is read as a picture, as messages and help list it.
  public static let pictureNames = "PPM, PGM, PBM, PAM, PNG, JPEG, GIF, BMP, TIFF or WebP"

  /// What is read as a sound, as messages and help list it.
  public static let soundNames = "WAV, FLAC, Ogg, MP3, AIFF, AU, CAF or Wave64"

  /// What a file is called in a message, and what to do with it: "a HEIC photo (heif-convert IN
  /// OUT.png makes one)".
  public var described: String {
    if case .advice(let line) = use { "\(name); \(line)" } else { name }
  }

  /// What bytes are called in a message: their kind, or their first few.
  public static func described(_ bytes: [UInt8]) -> String {
    if let kind = FileKind(of: bytes) { return kind.described }
    let first = bytes.prefix(8)
    if first.isEmpty { return "an empty file" }
    if first.allSatisfy({ (32..<127).contains($0) }) {
      return "\"\(String(decoding: first, as: UTF8.self))\""
    }
    let digits = first.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return "bytes " + digits.joined(separator: " ")
  }
}

// MARK: - The table

extension FileKind {
  /// All kinds; the first that matches counts.
  public static let all: [FileKind] =
    pictures + arrays + sounds + photos + drawings + films + packed + others

  private static let pictures: [FileKind] = [
    .init("a Netpbm picture", .picture(.netpbm)) {
      $0.starts("P") && (UInt8(ascii: "1")...UInt8(ascii: "7")).contains($0[1] ?? 0)
        && !$0.starts("P7 332")
    },
    .init("a PNG picture", .picture(.png)) { $0.starts([0x89] + Array("PNG".utf8)) },
    .init("a JPEG photo", .picture(.jpeg)) { $0.starts([0xFF, 0xD8, 0xFF]) },
    .init("a GIF picture", .picture(.gif)) { $0.starts("GIF87a") || $0.starts("GIF89a") },
    .init("a BMP picture", .picture(.bmp)) {
      // Two letters are few, so the header's length is looked at too.
      $0.starts("BM") && BMPHeader.headerSizes.contains(Int($0[14] ?? 0))
        && [15, 16, 17].allSatisfy { [first = $0] offset in first[offset] == 0 }
    },
    .init("a Canon raw photo (CR2)", .advice("dcraw -T IN makes a TIFF of it")) {
      $0.starts([0x49, 0x49, 0x2A, 0]) && $0.has("CR", at: 8)
    },
    .init("a TIFF picture", .picture(.tiff)) { first in
      [
        [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0], [0x4D, 0x4D, 0, 0x2B],
      ]
      .contains { first.starts($0) }
    },
    .init("a WebP picture", .picture(.webp)) { $0.starts("RIFF") && $0.has("WEBP", at: 8) },
  ]

  private static let arrays: [FileKind] = [
    .init("a NumPy array", .array) { $0.starts([0x93] + Array("NUMPY".utf8)) },
    .init("an archive of NumPy arrays (.npz)", .array) {
      $0.starts("PK\u{3}\u{4}") && $0.firstZipName.hasSuffix(".npy")
    },
  ]

  private static let photos: [FileKind] = [
    .init("an AVIF picture", .advice("avifdec IN OUT.png converts it")) {
      $0.hasBrand(["avif", "avis"])
    },
    .init("a HEIC photo", .advice("heif-convert IN OUT.png converts it")) {
      $0.hasBrand(["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"])
    },
    .init(
      "a Canon raw photo (CR3)", .advice("exiftool -b -JpgFromRaw IN > OUT.jpg takes its photo")
    ) {
      $0.hasBrand(["crx "])
    },
    .init("a JPEG XL picture", .advice("djxl IN OUT.png converts it")) {
      $0.starts([0xFF, 0x0A]) || $0.starts([0, 0, 0, 0x0C]) && $0.has("JXL ", at: 4)
    },
    .init("a JPEG 2000 picture", .advice("opj_decompress -i IN -o OUT.png converts it")) {
      $0.starts([0xFF, 0x4F, 0xFF, 0x51]) || $0.starts([0, 0, 0, 0x0C]) && $0.has("jP  ", at: 4)
    },
    .init("an OpenEXR picture", .advice("convert IN OUT.png converts it")) {
      $0.starts([0x76, 0x2F, 0x31, 0x01])
    },
    .init("a Radiance picture", .advice("convert IN OUT.png converts it")) {
      $0.starts("#?RADIANCE")
    },
    .init("a PFM picture", .advice("convert IN OUT.png converts it")) {
      $0.starts("PF\n") || $0.starts("Pf\n")
    },
    .init("a DICOM picture", .advice("dcm2pnm +on IN OUT.png converts it")) {
      $0.has("DICM", at: 128)
    },
    .init(
      "a FITS picture", .advice("np.save(\"OUT.npy\", astropy.io.fits.getdata(\"IN\")) converts it")
    ) {
      $0.starts("SIMPLE  =")
    },
  ]

  private static let drawings: [FileKind] = [
    .init("a Photoshop document (PSD)", .advice("convert \"IN[0]\" OUT.png converts it")) {
      $0.starts("8BPS")
    },
    .init("a GIMP document (XCF)", .advice("export it as PNG from GIMP")) { $0.starts("gimp xcf") },
    .init("an icon (ICO)", .advice("convert \"IN[0]\" OUT.png converts it")) {
      $0.starts([0, 0, 1, 0]) && $0[5] == 0 && $0[4] != 0
    },
    .init("an SVG drawing", .advice("rsvg-convert -o OUT.png IN converts it")) { first in
      first.textStarts("<svg") || first.textStarts("<?xml") && first.text.contains("<svg")
    },
    .init("a PDF document", .advice("pdftoppm -png -singlefile IN OUT converts its first page")) {
      $0.starts("%PDF")
    },
    .init("a PostScript document", .advice("convert IN OUT.png converts it")) { $0.starts("%!PS") },
  ]

  private static let films: [FileKind] = [
    .init(
      "an MP4 or QuickTime video", .advice("ffmpeg -i IN -frames:v 1 OUT.png takes its first frame")
    ) {
      $0.has("ftyp", at: 4) || $0.has("moov", at: 4)
    },
    .init(
      "a Matroska or WebM video", .advice("ffmpeg -i IN -frames:v 1 OUT.png takes its first frame")
    ) {
      $0.starts([0x1A, 0x45, 0xDF, 0xA3])
    },
    .init("an AVI video", .advice("ffmpeg -i IN -frames:v 1 OUT.png takes its first frame")) {
      $0.starts("RIFF") && $0.has("AVI ", at: 8)
    },
    .init("an MPEG video", .advice("ffmpeg -i IN -frames:v 1 OUT.png takes its first frame")) {
      $0.starts([0, 0, 1, 0xBA]) || $0.starts([0, 0, 1, 0xB3])
    },
    .init("a Y4M film", .film) { $0.starts("YUV4MPEG2 ") },
    .init("an Ogg film or speech", .advice("ffmpeg -i IN OUT.wav converts its sound")) {
      $0.starts("OggS")
    },
  ]

  private static let wav = FileKind("a WAV sound", .sound) { first in
    ["RIFF", "RIFX", "RF64", "BW64"].contains { first.starts($0) } && first.has("WAVE", at: 8)
  }

  // What libsndfile reads, of what people have.
  private static let sounds: [FileKind] = [
    wav,
    .init("a FLAC sound", .sound) { $0.starts("fLaC") },
    .init("an Ogg sound", .sound) { first in
      // A first page of one part, which begins with the mark of its encoding.
      first.starts("OggS")
        && ["\u{1}vorbis", "OpusHead", "\u{7F}FLAC"].contains { first.has($0, at: 28) }
    },
    .init("an MP3 sound", .sound) { $0.starts("ID3") || $0.isLayer3 },
    .init("an AIFF sound", .sound) {
      $0.starts("FORM") && ($0.has("AIFF", at: 8) || $0.has("AIFC", at: 8))
    },
    .init("an AU sound", .sound) { $0.starts(".snd") },
    .init("a CAF sound", .sound) { $0.starts("caff") },
    .init("a Wave64 sound", .sound) {
      $0.starts(Array("riff".utf8) + [0x2E, 0x91, 0xCF, 0x11]) && $0.has("wave", at: 24)
    },
  ]

  private static let packed: [FileKind] = [
    .init(
      "a PyTorch checkpoint", .advice("--weights IN opens it, or :weights IN in the program")
    ) {
      $0.starts("PK\u{3}\u{4}")
        && ($0.firstZipName.hasSuffix("/data.pkl") || $0.firstZipName.hasSuffix("/.format_version"))
    },
    .init("a zip archive", .advice("unpack it with unzip IN")) {
      $0.starts("PK\u{3}\u{4}") || $0.starts("PK\u{5}\u{6}")
    },
    .init("a gzip file", .advice("unpack it with gunzip IN")) { $0.starts([0x1F, 0x8B]) },
    .init("a bzip2 file", .advice("unpack it with bunzip2 IN")) { $0.starts("BZh") },
    .init("an xz file", .advice("unpack it with unxz IN")) {
      $0.starts([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])
    },
    .init("a Zstandard file", .advice("unpack it with unzstd IN")) {
      $0.starts([0x28, 0xB5, 0x2F, 0xFD])
    },
    .init("a 7z archive", .advice("unpack it with 7z x IN")) {
      $0.starts([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C])
    },
    .init("a RAR archive", .advice("unpack it with unrar x IN")) { $0.starts("Rar!") },
    .init("a tar archive", .advice("unpack it with tar xf IN")) { $0.has("ustar", at: 257) },
  ]

  private static let others: [FileKind] = [
    .init(
      "a Git LFS pointer, not the file itself", .advice("fetch the file with git lfs pull")
    ) { $0.starts("version https://git-lfs") },
    .init(
      "a page of HTML, not the file itself",
      .advice("download the file again, by its direct address")
    ) { first in
      ["<!doctype html", "<html", "<head", "<body", "<!--"].contains { first.textStarts($0) }
    },
    .init("an XML file", .advice("convert what it describes to PNG")) { $0.textStarts("<?xml") },
    .init(
      "a file of weights (safetensors)",
      .advice("--weights IN opens it, or :weights IN in the program")
    ) {
      $0.has("{", at: 8) && $0[7] == 0 && $0[6] == 0
    },
    .init(
      "a Python pickle",
      .advice("load it in Python and save its pictures with np.save(\"OUT.npy\", pictures)")
    ) { first in (2...5).contains { first.starts([0x80, $0]) } },
    .init(
      "a MATLAB file of version 7.3",
      .advice("np.save(\"OUT.npy\", h5py.File(\"IN\")[\"NAME\"][:].T) converts it")
    ) { $0.starts("MATLAB 7.3") },
    .init(
      "a MATLAB file",
      .advice("np.save(\"OUT.npy\", scipy.io.loadmat(\"IN\")[\"NAME\"]) converts it")
    ) { $0.starts("MATLAB 5.0") },
    .init(
      "an HDF5 file", .advice("np.save(\"OUT.npy\", h5py.File(\"IN\")[\"NAME\"][:]) converts it")
    ) { $0.starts([0x89] + Array("HDF".utf8)) },
    .init(
      "a Parquet file",
      .advice("np.save(\"OUT.npy\", pandas.read_parquet(\"IN\")) converts its numbers")
    ) {
      $0.starts("PAR1")
    },
    .init("MNIST's data (IDX)", .advice("train and evaluate read it")) {
      $0.starts([0, 0]) && [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E].contains($0[2] ?? 0)
        && (1...4).contains($0[3] ?? 0)
    },
    .init(
      "numbers as text",
      .advice("np.save(\"OUT.npy\", np.loadtxt(\"IN\", delimiter=None)) converts them")
    ) { $0.isNumbers(separators: " \t") },
    .init(
      "numbers as text with commas",
      .advice("np.save(\"OUT.npy\", np.loadtxt(\"IN\", delimiter=\",\")) converts them")
    ) { $0.isNumbers(separators: " \t,;") },
  ]
}

// MARK: - First bytes

/// A file's first bytes, and questions about them.
private struct FirstBytes: Sendable {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = Array(bytes.prefix(FileKind.decidingBytes)) }

  subscript(_ offset: Int) -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

  func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

  func starts(_ prefix: String) -> Bool { bytes.starts(with: prefix.utf8) }

  func has(_ word: String, at offset: Int) -> Bool {
    bytes.count >= offset && bytes[offset...].starts(with: word.utf8)
  }

  /// Whether it is a file of ISO's base media format with one of some brands.
  func hasBrand(_ brands: Set<String>) -> Bool {
    guard has("ftyp", at: 4) else { return false }
    let length = min(bytes.count, bytes[..<4].reduce(0) { $0 << 8 | Int($1) })
    // The major brand, its version, then compatible brands.
    return stride(from: 8, through: length - 4, by: 4).contains { offset in
      offset != 12 && brands.contains(String(decoding: bytes[offset..<offset + 4], as: UTF8.self))
    }
  }

  /// Whether it begins with the header of a frame of MPEG's layer III: eleven bits, then a version, the
  /// layer, a bit rate and a sample rate that there are. A byte order mark of UTF-16 is no layer III.
  var isLayer3: Bool {
    guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] & 0xE6 == 0xE2 else { return false }
    return bytes[1] & 0x18 != 0x08 && (1...14).contains(bytes[2] >> 4) && bytes[2] & 0x0C != 0x0C
  }

  /// The name of the first member of a zip archive.
  var firstZipName: String {
    guard bytes.count >= 30 else { return "" }
    let length = Int(bytes[26]) | Int(bytes[27]) << 8
    return String(decoding: bytes[30...].prefix(length), as: UTF8.self)
  }

  /// The bytes without a byte order mark and leading space.
  private var bare: ArraySlice<UInt8> {
    let bare = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    return bare[(bare.firstIndex { $0 > 32 } ?? bare.endIndex)...]
  }

  /// They as text, in small letters.
  var text: String { String(decoding: bare, as: UTF8.self).lowercased() }

  /// Whether they begin with a word of ASCII's small letters, whatever case they have.
  func textStarts(_ prefix: String) -> Bool {
    String(decoding: bare.prefix(prefix.utf8.count), as: UTF8.self).lowercased() == prefix
  }

  /// Whether it is lines of numbers; the last line may be cut off.
  func isNumbers(separators: String) -> Bool {
    guard bytes.contains(where: { (48...57).contains($0) }) else { return false }
    let allowed = Set("0123456789+-.eE\r\nnaifNAIF".utf8).union(separators.utf8)
    guard bytes.allSatisfy(allowed.contains) else { return false }
    let words = text.split { $0.isNewline || separators.contains($0) }
    let whole = bytes.count < FileKind.decidingBytes ? words[...] : words.dropLast()
    return whole.allSatisfy { Double($0) != nil }
  }
}
