// What is wanted of a data set, as against what its files hold.

import Pictures

/// Which examples are wanted, and in what form.
public struct DatasetRequest: Sendable, Hashable {
  /// Which part of a folder that holds both.
  public enum Part: Sendable, Hashable {
    /// What a model learns from.
    case training
    /// What it is measured by.
    case test
  }

  /// What becomes of a picture in a folder that cannot be read.
  public enum CorruptPictures: String, Sendable, Hashable, CaseIterable {
    /// It is left out, and named in `LabelledPictures.skipped`.
    case skip
    /// It is an error.
    case stop
  }

  /// Which of several labels of a picture is read, as CIFAR-100 has them.
  public enum LabelKind: Sendable, Hashable {
    /// The class: one of 100.
    case fine
    /// The group of classes: one of 20.
    case coarse
  }

  /// Height and width in pixels.
  public struct Size: Sendable, Hashable {
    /// Rows.
    public let height: Int
    /// Pixels in a row.
    public let width: Int

    /// Makes a size.
    ///
    /// - Precondition: Both sides are at least 1.
    public init(height: Int, width: Int) {
      precondition(height >= 1 && width >= 1, "\(height) × \(width)")
      self.height = height
      self.width = width
    }
  }

  /// Which part of a folder that holds both.
  public var part: Part
  /// The file of labels; found by name if nil.
  public var labels: String?
  /// A file with the name of a class in each line; `classes.txt` beside the data if nil and there.
  public var classNames: String?
  /// The size that pictures are brought to; that of the first if nil.
  public var size: Size?
  /// The size that pictures in folders are brought to where `size` says none; that of the first if
  /// nil.
  public var customarySize: Size?
  /// What prepares pictures in folders, in place of a size; their bytes before they are scaled are
  /// kept. Nil where they are made to cover the size.
  public var processor: PhotoProcessor?
  /// 1 for grey, 3 for colour; as the data has them if nil, as the first picture in a folder.
  public var channels: Int?
  /// The most examples that are read; the first ones. Folders give their classes in turn.
  public var limit: Int?
  /// What becomes of a picture that cannot be read.
  public var corrupt: CorruptPictures
  /// Whether pictures in folders within a class's folder are read too.
  public var isRecursive = false
  /// Which of several labels of a picture is read.
  public var labelKind = LabelKind.fine
  /// The array of pictures in an archive of several (`.npz`); found by its name if nil.
  public var array: String?

  /// Makes a request: all examples of the training part, as they are.
  public init(
    part: Part = .training, labels: String? = nil, classNames: String? = nil, size: Size? = nil,
    channels: Int? = nil, limit: Int? = nil, corrupt: CorruptPictures = .stop
  ) {
    self.part = part
    self.labels = labels
    self.classNames = classNames
    self.size = size
    self.channels = channels
    self.limit = limit
    self.corrupt = corrupt
  }
}
