// A folder for each class, with its pictures.

import Foundation
import Perceiver
import Pictures
import Tensors

extension LabelledPictures {
  /// A picture's file and its class.
  private struct Entry {
    let path: String
    let label: Int32
  }

  /// Reads a folder of folders, a class each, in the order of their names. Pictures come from the
  /// classes in turn, so that the first ones are of all classes.
  ///
  /// Each is scaled until it covers the size and cut at its longer sides; grey and colour become
  /// each other as wanted.
  init(folder: String, _ found: ClassFolders, _ request: DatasetRequest) throws {
    let names = try Self.names(found.classes, in: folder, request)
    let entries = try Self.entries(folder, found)
    var firstOfSeveral = 0
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    var skipped: [Skipped] = []
    var target: (size: DatasetRequest.Size, channels: Int)?
    let count = min(entries.count, request.limit ?? .max)
    for entry in entries where labels.count < count {
      let picture: PixelImage
      do {
        let opened = try Self.picture(
          entry.path, covering: request.processor == nil ? target?.size ?? request.size : nil)
        picture = try request.processor?.prepared(opened.image).picture ?? opened.image
        firstOfSeveral += opened.notes.isEmpty ? 0 : 1
      } catch  where request.corrupt == .skip {
        skipped.append(Skipped(path: entry.path, reason: "\(error)"))
        continue
      } catch let error as PictureError {
        throw DatasetError(entry.path, error.description)
      } catch let error as PhotoProcessorError {
        throw DatasetError(entry.path, error.description)
      }
      let (size, channels) =
        target
        ?? (request.processor != nil
          ? (.init(height: picture.height, width: picture.width), picture.channels)
          : (
            request.size ?? request.customarySize
              ?? .init(height: picture.height, width: picture.width),
            request.channels ?? picture.channels
          ))
      if target == nil {
        target = (size, channels)
        try Self.checkRoom(for: count, size, channels, folder)
      }
      pixels +=
        picture.converted(toChannels: channels).covering(
          width: size.width, height: size.height
        ).bytes
      labels.append(entry.label)
    }
    guard let (size, channels) = target else {
      throw DatasetError(
        folder, "expected at least one picture that can be read, found none of \(entries.count)")
    }
    self.init(
      shape: [size.height, size.width, channels], classNames: names, pixels: .bytes(pixels),
      labels: labels, skipped: skipped,
      notes: (found.passedOver.line.map { [$0] } ?? [])
        + (firstOfSeveral > 0
          ? ["\(firstOfSeveral) pictures of several frames or pages: the first of each is read"]
          : []))
  }

  /// A file's picture; one that is too large to be held is made to cover the size as it is read.
  private static func picture(
    _ path: String, covering size: DatasetRequest.Size?
  ) throws -> OpenedPicture {
    let size = size.map { PictureRequest.Size.covering(width: $0.width, height: $0.height) }
    let request = PictureRequest(size: size ?? .whole)
    return try OpenedPicture(reading: ByteStream(path: path), request)
  }

  private static func names(
    _ classes: [String], in folder: String, _ request: DatasetRequest
  ) throws -> [String] {
    guard let path = request.classNames else { return classes }
    let names = try ClassNames.read(path)
    guard names.count == classes.count else {
      throw DatasetError(
        path,
        "expected \(classes.count) names, one for each folder in \(folder), "
          + "found \(names.count)")
    }
    return names
  }

  private static func entries(
    _ folder: String, _ found: ClassFolders
  ) throws(DatasetError) -> [Entry] {
    for (name, files) in zip(found.classes, found.files) where files.isEmpty {
      let passedOver = found.passedOver.line.map { "; \($0)" } ?? ""
      throw DatasetError(
        folder + "/" + name,
        "expected pictures (\(FileKind.pictureNames)), found none" + passedOver)
    }
    var entries: [Entry] = []
    for turn in 0..<(found.files.map(\.count).max() ?? 0) {
      for (label, paths) in found.files.enumerated() where turn < paths.count {
        entries.append(Entry(path: paths[turn], label: Int32(label)))
      }
    }
    return entries
  }

  private static func checkRoom(
    for count: Int, _ size: DatasetRequest.Size, _ channels: Int, _ folder: String
  ) throws(DatasetError) {
    let bytes = checkedProduct([count, size.height, size.width, channels])
    guard let bytes, bytes <= mostBytes else {
      throw DatasetError(
        folder,
        "expected pictures of at most \(mostBytes) bytes in all, found \(count) of "
          + "\(size.height) × \(size.width) × \(channels)")
    }
  }
}
