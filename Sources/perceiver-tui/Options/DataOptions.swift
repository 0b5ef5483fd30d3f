// The options that say which labelled pictures a model learns from, or is measured by.

import ArgumentParser
import Datasets
import Perceiver
import Pictures

/// Data and how they are prepared.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The labels of the pictures. (default: by the pictures' name, labels for images)",
      valueName: "file"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "The name of a class in each line. (default: classes.txt beside the data, else numbers)",
      valueName: "file"))
  var classNames: String?

  @Option(
    help: ArgumentHelp(
      "Height and width that pictures in folders are scaled and cut to, such as 64x64. "
        + "(default: those of the model's own, or of the first)", valueName: "hxw"))
  var imageSize: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Read only the first N examples.", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "What to do with a picture in a folder that cannot be read: skip it, or stop. "
        + "(default: stop)", valueName: "skip|stop"))
  var corrupt: DatasetRequest.CorruptPictures?

  @Flag(help: "Read pictures in folders within a class's folder too.")
  var recursive = false

  @Flag(help: "Of CIFAR-100, learn the 20 coarse classes instead of the 100 fine ones.")
  var coarseLabels = false

  @Option(
    help: ArgumentHelp(
      "The array of pictures in an archive of several (.npz). (default: by its name)",
      valueName: "name"))
  var array: String?

  @OptionGroup var values: ScalingOptions

  func validate() throws {
    _ = try size()
    if let limit, limit < 1 {
      throw ValidationError("--limit: expected a number from 1, found \(limit)")
    }
  }

  /// Pictures with the classes of a model: those it knows by name, unless names are given with the
  /// data; else as many numbers as it has classes, where the data have numbers too.
  ///
  /// - Throws: `CommandFailure` where a class of the data is none of the model's.
  func matched(
    _ pictures: LabelledPictures, to known: [String]?, count: Int?, of path: String
  ) throws -> LabelledPictures {
    let names = classNames == nil ? known : nil
    let numbers = pictures.hasNumberedClasses ? count.map { (0..<$0).map(String.init) } : nil
    guard let classes = names ?? numbers else { return pictures }
    return try CommandFailure.about(path) { try pictures.matching(classes: classes, of: path) }
  }

  /// The size that pictures are brought to; nil for that of the data.
  func size() throws -> DatasetRequest.Size? {
    guard let imageSize else { return nil }
    let sides = imageSize.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sides.count == 2, let height = sides[0], let width = sides[1],
      (1...Self.longestSide).contains(height), (1...Self.longestSide).contains(width)
    else {
      throw ValidationError(
        "--image-size: expected two lengths from 1 to \(Self.longestSide) such as 64x64, "
          + "found \(imageSize)")
    }
    return .init(height: height, width: width)
  }

  /// What is wanted of a data set.
  ///
  /// - Parameter customary: The size of a model's own pictures, which those in folders are brought to
  ///   where no option says another.
  func request(
    _ part: DatasetRequest.Part, channels: Int?, customary: Preprocessing.Size?
  ) throws -> DatasetRequest {
    var request = DatasetRequest(
      part: part, labels: labels, classNames: classNames, size: try size(), channels: channels,
      limit: limit, corrupt: corrupt ?? .stop)
    request.customarySize = customary.map { .init(height: $0.height, width: $0.width) }
    request.isRecursive = recursive
    request.labelKind = coarseLabels ? .coarse : .fine
    request.array = array
    return request
  }

  private static let longestSide = 8192
}

extension DatasetRequest.CorruptPictures: ExpressibleByArgument {}

extension LabelledPictures {
  /// Reads data and says on standard error which pictures were left out.
  ///
  /// - Throws: `CommandFailure` with the file.
  static func reading(_ path: String, _ request: DatasetRequest) throws -> LabelledPictures {
    let pictures = try CommandFailure.about(path) { try LabelledPictures(reading: path, request) }
    for note in pictures.notes { Messages.note("\(path): \(note)") }
    for picture in pictures.skipped.prefix(mostNamed) { Messages.note("skipped \(picture)") }
    let more = pictures.skipped.count - mostNamed
    if more > 0 { Messages.note("skipped \(more) more pictures of \(path)") }
    return pictures
  }

  private static var mostNamed: Int { 20 }
}
