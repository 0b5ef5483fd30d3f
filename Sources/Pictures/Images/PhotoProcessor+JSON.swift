// `preprocessor_config.json` in both ages: PerceiverFeatureExtractor (transformers 4.15 to 4.24) and
// PerceiverImageProcessor (since 4.25).

import Tensors

extension PhotoProcessor {
  /// Reads the object of a `preprocessor_config.json`; members that are missing are as
  /// `PerceiverImageProcessor` has them, and those that photos do not need are passed over.
  ///
  /// - Throws: `PhotoProcessorError` with the member, what was expected and what was found.
  public init(json: JSONValue) throws(PhotoProcessorError) {
    self.init()
    guard case .object = json else {
      throw PhotoProcessorError("expected an object, found \(json.kind)")
    }
    try Self.checkType(json)
    // Old files give pairs as Pillow takes them.
    let isOld = json["image_processor_type"] == nil && json["feature_extractor_type"] != nil
    size = try Self.size("size", json, isOld) ?? size
    crop = try Self.size("crop_size", json, isOld) ?? crop
    if let number = json["resample"], number != .null {
      guard case .integer(let value) = number, let filter = ResamplingFilter(rawValue: value) else {
        throw Self.error("resample", "1, 2 or 3 (Lanczos, bilinear, bicubic)", number)
      }
      self.filter = filter
    }
    if let number = json["rescale_factor"], number != .null {
      guard let value = number.number, value.isFinite, value != 0 else {
        throw Self.error("rescale_factor", "a number other than 0", number)
      }
      factor = value
    }
    mean = try Self.numbers("image_mean", json) { _ in true } ?? mean
    deviation = try Self.numbers("image_std", json) { $0 != 0 } ?? deviation
    if try !Self.toggle("do_resize", json) { size = nil }
    if try !Self.toggle("do_center_crop", json) { crop = nil }
    if try !Self.toggle("do_rescale", json) { factor = nil }
    if try !Self.toggle("do_normalize", json) { (mean, deviation) = (nil, nil) }
    if crop != nil, size == nil {
      throw PhotoProcessorError(
        "do_resize: expected true, since do_center_crop needs size, found false")
    }
    if let crop, let size, crop.height < size.height || crop.width < size.width {
      throw PhotoProcessorError(
        "crop_size: expected at least size, \(size), found \(crop)")
    }
  }

  private static let types: Set<String> = [
    "PerceiverImageProcessor", "PerceiverImageProcessorFast", "PerceiverImageProcessorPil",
    "PerceiverFeatureExtractor",
  ]

  private static func checkType(_ json: JSONValue) throws(PhotoProcessorError) {
    for name in ["image_processor_type", "feature_extractor_type"] {
      guard let type = json[name], type != .null else { continue }
      guard case .string(let word) = type, types.contains(word) else {
        throw error(name, "PerceiverImageProcessor or PerceiverFeatureExtractor", type)
      }
    }
  }

  /// A side of a square, a pair, or an object of height and width; nil where it is missing.
  private static func size(
    _ name: String, _ json: JSONValue, _ isOld: Bool
  ) throws(PhotoProcessorError) -> Size? {
    guard let value = json[name], value != .null else { return nil }
    var found: (height: JSONValue, width: JSONValue)?
    switch value {
    case .integer: found = (value, value)
    case .array(let pair) where pair.count == 2:
      found = isOld ? (pair[1], pair[0]) : (pair[0], pair[1])
    case .object:
      if let height = value["height"], let width = value["width"] { found = (height, width) }
    default: break
    }
    guard let found, case .integer(let height) = found.height,
      case .integer(let width) = found.width,
      (1...longestSide).contains(height), (1...longestSide).contains(width)
    else {
      throw error(name, "height and width from 1 to \(longestSide)", value)
    }
    return Size(height: height, width: width)
  }

  /// The longest side of a size.
  private static let longestSide = 8192

  private static func numbers(
    _ name: String, _ json: JSONValue, _ isAllowed: (Float) -> Bool
  ) throws(PhotoProcessorError) -> [Float]? {
    guard let value = json[name], value != .null else { return nil }
    let elements: [JSONValue] = if case .array(let all) = value { all } else { [value] }
    let numbers = elements.compactMap(\.number).map { Float($0) }
    guard numbers.count == elements.count, [1, 3].contains(numbers.count),
      numbers.allSatisfy({ $0.isFinite && isAllowed($0) })
    else {
      throw error(name, "one number or three", value)
    }
    return numbers
  }

  private static func toggle(
    _ name: String, _ json: JSONValue
  ) throws(PhotoProcessorError) -> Bool {
    guard let value = json[name], value != .null else { return true }
    guard case .bool(let isOn) = value else { throw error(name, "true or false", value) }
    return isOn
  }

  private static func error(
    _ name: String, _ expected: String, _ found: JSONValue
  ) -> PhotoProcessorError {
    PhotoProcessorError("\(name): expected \(expected), found \(found.text.prefix(80))")
  }
}

extension JSONValue {
  /// The number; nil for other values.
  fileprivate var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }
}
