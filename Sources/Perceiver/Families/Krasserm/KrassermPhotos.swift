// How perceiver-io's image classifiers get their photos: as the folder's processor says, always of the
// size that the model reads.

import Tensors

extension KrassermConfiguration {
  /// The folder's processor, or else transformers' for pictures of 224 × 224 in colour; other pictures
  /// are brought to the model's size uncut but for what makes them square.
  var photoProcessor: JSONValue? {
    guard kind == .image, [1, 3].contains(imageShape[2]) else { return nil }
    let (height, width) = (imageShape[0], imageShape[1])
    let size = JSONValue.Member("size", [.init("height", height), .init("width", width)])
    if case .object(let members)? = photoProcessorJSON {
      guard case .bool(false)? = photoProcessorJSON?["do_resize"] else { return photoProcessorJSON }
      // The package demands pictures of its own size here, and those stay as they are.
      return .object(
        members.filter { !["do_resize", "do_center_crop", "size", "crop_size"].contains($0.name) }
          + [size] + middle)
    }
    if photoProcessorJSON != nil || imageShape == [224, 224, 3] {
      return photoProcessorJSON ?? .object([])
    }
    guard imageShape[2] == 1 else { return .object([size] + middle) }
    return .object(
      [size] + middle + ["image_mean", "image_std"].map { .init(name: $0, value: .real(0.5)) })
  }

  /// The largest square in the middle, for a model of squares; others read the whole photo.
  private var middle: [JSONValue.Member] {
    let (height, width) = (imageShape[0], imageShape[1])
    return height == width
      ? [.init("crop_size", height)] : [.init("do_center_crop", isOn: false)]
  }
}
