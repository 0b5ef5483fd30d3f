// PAM (P7), netpbm's format for any number of samples in a pixel: lines of a word and a value, then
// binary samples. TUPLTYPE says what they mean.

enum PAMReader {
  /// The most bytes a header may take.
  private static let longestHeader = 1 << 16

  static func read(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) -> PixelImage {
    let header = try Header(bytes, limits: limits)
    let (start, maximum) = (header.rasterStart, header.maximum)
    let isWide = maximum > 255
    // No product here can overflow: the pixel limit bounds width times height.
    let count = header.pixels * header.layout.components
    let size = count * (isWide ? 2 : 1)
    guard size <= bytes.count - start else {
      throw NetpbmReader.malformed(
        start, "\(size) bytes of raster for \(header.width) × \(header.height) pixels",
        "\(bytes.count - start)")
    }
    if maximum < 255 || isWide && maximum < 65535 {
      for index in 0..<count {
        let value = isWide ? word(bytes, start + 2 * index) : Int(bytes[start + index])
        guard value <= maximum else {
          throw NetpbmReader.malformed(
            start + index * (isWide ? 2 : 1), "a sample from 0 to \(maximum)", "\(value)")
        }
      }
    }
    let most = Float(maximum)
    return PixelImage(width: header.width, height: header.height, layout: header.layout) { index in
      Float(isWide ? word(bytes, start + 2 * index) : Int(bytes[start + index])) / most
    }
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> Int {
    Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
  }

  /// What stands before the raster.
  private struct Header {
    let width: Int
    let height: Int
    let pixels: Int
    let maximum: Int
    let layout: SampleLayout
    let rasterStart: Int

    init(_ bytes: [UInt8], limits: PictureLimits) throws(PictureError) {
      var numbers: [String: Int] = [:]
      var tupleType: [String] = []
      var position = 2
      while true {
        let lineEnd = bytes[position...].prefix(PAMReader.longestHeader).firstIndex(of: 10)
        guard let lineEnd, lineEnd < PAMReader.longestHeader else {
          throw NetpbmReader.malformed(
            position, "a line of the header, to ENDHDR",
            bytes.count - position < PAMReader.longestHeader ? "the file's end" : "none")
        }
        let line = String(decoding: bytes[position..<lineEnd], as: UTF8.self)
        let words = line.split(whereSeparator: { $0.isWhitespace })
        let start = position
        position = lineEnd + 1
        guard let word = words.first.map(String.init), !word.hasPrefix("#") else { continue }
        if word == "ENDHDR" { break }
        switch word {
        case "WIDTH", "HEIGHT", "DEPTH", "MAXVAL":
          let range = 1...(word == "MAXVAL" ? 65535 : Int(Int32.max))
          guard words.count == 2, let number = Int(words[1]), range.contains(number) else {
            throw NetpbmReader.malformed(
              start, "\(word) and a number from 1 to \(range.upperBound)", Self.shown(line))
          }
          guard numbers.updateValue(number, forKey: word) == nil else {
            throw NetpbmReader.malformed(start, "\(word) once", "it again")
          }
        case "TUPLTYPE": tupleType += words.dropFirst().map(String.init)
        default:
          throw NetpbmReader.malformed(
            start, "WIDTH, HEIGHT, DEPTH, MAXVAL, TUPLTYPE or ENDHDR", Self.shown(line))
        }
      }
      func number(_ name: String) throws(PictureError) -> Int {
        guard let number = numbers[name] else {
          throw NetpbmReader.malformed(position, "\(name) in the header", "none")
        }
        return number
      }
      (width, height) = (try number("WIDTH"), try number("HEIGHT"))
      maximum = try number("MAXVAL")
      layout = try Self.layout(
        tupleType.joined(separator: " "), depth: try number("DEPTH"), at: position)
      pixels = try limits.pixels(.netpbm, width: width, height: height)
      rasterStart = position
    }

    /// What the samples mean; a file that does not say is read by their number.
    private static func layout(
      _ tupleType: String, depth: Int, at offset: Int
    ) throws(PictureError) -> SampleLayout {
      let layout: SampleLayout? =
        switch (tupleType.uppercased(), depth) {
        case ("BLACKANDWHITE", 1), ("GRAYSCALE", 1), ("", 1): .grey
        case ("BLACKANDWHITE_ALPHA", 2), ("GRAYSCALE_ALPHA", 2), ("", 2): .greyAlpha
        case ("RGB", 3), ("", 3): .colour
        case ("RGB_ALPHA", 4), ("", 4): .colourAlpha
        case ("CMYK", 4): .inks
        default: nil
        }
      guard let layout else {
        throw NetpbmReader.malformed(
          offset,
          "a TUPLTYPE of BLACKANDWHITE, GRAYSCALE, RGB (each with _ALPHA or not) or CMYK, with its "
            + "DEPTH", "\(shown(tupleType)) of depth \(depth)")
      }
      return layout
    }

    /// A piece of the header as a message quotes it.
    private static func shown(_ text: String) -> String {
      String(text.prefix(40)).debugDescription
    }
  }
}
