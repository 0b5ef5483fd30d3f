// How pictures become a model's numbers: part of what it has learnt, like the names of its classes.

import Tensors

/// How the pictures that a model was trained on became numbers; every picture that it sees later is
/// prepared alike. Nothing in the model itself is computed from it.
public struct Preprocessing: Sendable, Hashable {
  /// What the channels of a pixel are.
  public enum ChannelOrder: String, Sendable, Hashable, CaseIterable {
    /// One channel.
    case grey
    /// Red, green, blue.
    case rgb = "RGB"
    /// Blue, green, red, as OpenCV reads pictures.
    case bgr = "BGR"
  }

  /// Rows and columns of a picture.
  public struct Size: Sendable, Hashable {
    /// Rows.
    public let height: Int
    /// Pixels in a row.
    public let width: Int

    /// Rows and columns.
    public init(height: Int, width: Int) { (self.height, self.width) = (height, width) }
  }

  /// Subtracted from samples, which go from 0 to 1: one number, or one a channel.
  public var mean: [Float]
  /// What the rest is divided by: one number, or one a channel.
  public var deviation: [Float]
  /// The size of the pictures; nil where nobody said.
  public var size: Size?
  /// What the channels are; nil where nobody said.
  public var channelOrder: ChannelOrder?

  /// Pictures prepared so; to [-1, 1] unless said otherwise.
  public init(
    mean: [Float] = [0.5], deviation: [Float] = [0.5], size: Size? = nil,
    channelOrder: ChannelOrder? = nil
  ) {
    (self.mean, self.deviation) = (mean, deviation)
    (self.size, self.channelOrder) = (size, channelOrder)
  }

  /// The least deviation that values are divided by.
  public static let leastDeviation: Float = 1e-6
  /// The largest mean or deviation.
  public static let largestNumber: Float = 1e6
  /// The longest side of a size.
  public static let longestSide = 8192
}

// MARK: - As JSON

extension Preprocessing {
  /// Reads `{"mean": […], "std": […], "height": …, "width": …, "channel_order": …}`, of which any
  /// may be left out; a mean or std that is the same for all channels may be one number.
  ///
  /// - Throws: `ConfigurationError` with the member, what was expected and what was found.
  init(_ json: JSONValue) throws(ConfigurationError) {
    self.init()
    guard case .object(let members) = json else {
      throw ConfigurationError("expected an object, found \(json.kind)")
    }
    var (height, width): (Int?, Int?)
    for (name, value) in members.map({ ($0.name, $0.value) }) {
      switch name {
      case "mean": mean = try Self.numbers(value, "mean", from: -Self.largestNumber)
      case "std": deviation = try Self.numbers(value, "std", from: Self.leastDeviation)
      case "height": height = try Self.side(value, "height")
      case "width": width = try Self.side(value, "width")
      case "channel_order":
        guard case .string(let word) = value, let order = ChannelOrder(rawValue: word) else {
          let all = ChannelOrder.allCases.map(\.rawValue).joined(separator: ", ")
          throw ConfigurationError("channel_order: expected one of \(all), found \(value.brief)")
        }
        channelOrder = order
      default:
        throw ConfigurationError(
          "expected mean, std, height, width and channel_order, found \(name.prefix(80))")
      }
    }
    guard (height == nil) == (width == nil) else {
      throw ConfigurationError("expected height and width, found one of them")
    }
    if let height, let width { size = Size(height: height, width: width) }
    let counts = Set([mean.count, deviation.count]).subtracting([1])
    guard counts.count <= 1 else {
      throw ConfigurationError(
        "expected a mean for each std, found \(mean.count) and \(deviation.count)")
    }
  }

  /// The members in the form that is read.
  package var json: JSONValue {
    func numbers(_ values: [Float]) -> JSONValue { .array(values.map { .real(Self.exact($0)) }) }
    var members: [(String, JSONValue)] = [("mean", numbers(mean)), ("std", numbers(deviation))]
    if let size {
      members += [("height", .integer(size.height)), ("width", .integer(size.width))]
    }
    if let channelOrder { members.append(("channel_order", .string(channelOrder.rawValue))) }
    return .object(members.map { .init(name: $0.0, value: $0.1) })
  }

  /// The shortest number that is read as this one.
  private static func exact(_ value: Float) -> Double {
    guard let short = Double("\(value)"), Float(short) == value else { return Double(value) }
    return short
  }

  private static func numbers(
    _ json: JSONValue, _ name: String, from least: Float
  ) throws(ConfigurationError) -> [Float] {
    let elements: [JSONValue] = if case .array(let elements) = json { elements } else { [json] }
    let numbers = elements.compactMap { element -> Float? in
      let number: Float? =
        switch element {
        case .integer(let value): Float(value)
        case .real(let value): Float(value)
        default: nil
        }
      return number.flatMap { (least...largestNumber).contains($0) ? $0 : nil }
    }
    guard !numbers.isEmpty, numbers.count == elements.count, numbers.count <= 4096 else {
      throw ConfigurationError(
        "\(name): expected numbers from \(least) to \(largestNumber), one or one a channel, "
          + "found \(String(json.text.prefix(80)))")
    }
    return numbers
  }

  private static func side(
    _ json: JSONValue, _ name: String
  ) throws(ConfigurationError) -> Int {
    guard case .integer(let value) = json, (1...longestSide).contains(value) else {
      throw ConfigurationError(
        "\(name): expected a whole number from 1 to \(longestSide), found \(json.brief)")
    }
    return value
  }
}

extension JSONValue {
  /// The value in few characters, for messages.
  fileprivate var brief: String { String(text.prefix(80)) }
}

// MARK: - In words

extension Preprocessing: CustomStringConvertible {
  /// `mean 0.5, std 0.03, 28 × 28, grey`.
  public var description: String {
    ([scaling] + (size.map { ["\($0.height) × \($0.width)"] } ?? [])
      + (channelOrder.map { [$0.rawValue] } ?? [])).joined(separator: ", ")
  }

  /// What the pictures are, as in `28 × 28 grey`; how they are scaled where nobody said that.
  public var pictures: String {
    let words =
      (size.map { ["\($0.height) × \($0.width)"] } ?? [])
      + (channelOrder.map { [$0.rawValue] } ?? [])
    return words.isEmpty ? scaling : words.joined(separator: " ")
  }

  /// `mean 0.5, std 0.03`.
  public var scaling: String {
    "mean \(Self.listing(mean)), std \(Self.listing(deviation))"
  }

  /// Numbers as options take them: `0.485,0.456,0.406`.
  public static func listing(_ numbers: [Float]) -> String {
    numbers.map { "\($0)" }.joined(separator: ",")
  }
}
