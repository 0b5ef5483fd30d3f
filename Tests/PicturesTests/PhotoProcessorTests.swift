// Photos as HuggingFace's processor and Pillow prepare them, bit for bit; the values are of
// make_processed.py.

import Tensors
import TestSupport
import Testing

@testable import Pictures

@Suite("Photos are prepared as a HuggingFace folder says")
struct PhotoProcessorTests {
  @Test("pictures of bytes are resized as Pillow resizes them, in every bit")
  func resizing() throws {
    let file = try Self.fixture("resized")
    var count = 0
    for entry in file.entries where entry.name.hasSuffix(" from") {
      let name = entry.name.dropLast(5)
      let filter = try #require(
        ResamplingFilter.allCases.first { name.hasPrefix("\($0)") }, "\(name)")
      let source = try Self.image(file, entry.name)
      let expected = try Self.image(file, name + " to")
      let found = source.resampled(width: expected.width, height: expected.height, filter)
      #expect(found.bytes == expected.bytes, "\(name)")
      count += 1
    }
    #expect(count == 36)
  }

  @Test("a photo has every bit of transformers' processor, from old files and new")
  func processing() throws {
    let file = try Self.fixture("processed")
    #expect(file.metadata.count == 7)
    for (number, text) in file.metadata {
      let processor = try PhotoProcessor(json: JSONValue(parsing: Array(text.utf8)))
      let photo = try Self.image(file, "\(number) photo")
      let prepared = try processor.prepared(Self.picture(photo))
      let expected = try file.tensor(named: "\(number) values")
      #expect(prepared.tensor.shape == expected.shape, "\(text)")
      #expect(prepared.tensor.hasSameBits(as: expected), "\(text)")
      #expect(
        [prepared.picture.height, prepared.picture.width, 3] == prepared.tensor.shape, "\(text)")
    }
  }

  @Test("the picture that is shown is the one that is read")
  func shown() throws {
    let file = try Self.fixture("processed")
    var processor = PhotoProcessor()
    (processor.size, processor.crop) = (.init(height: 8, width: 8), .init(height: 10, width: 10))
    (processor.mean, processor.deviation) = (nil, nil)
    let prepared = try processor.prepared(Self.picture(Self.image(file, "0 photo")))
    #expect(
      prepared.picture.bytes.map { Float(Double($0) * 0.00392156862745098) }
        == prepared.tensor.values)
  }

  @Test("the middle of an odd rest lies as the release of transformers has it")
  func middle() throws {
    var processor = PhotoProcessor()
    // 7/8 of 57 are 49 rows; 8 rows are left over, and 13 columns of 62.
    #expect(try processor.region(width: 62, height: 57) == .init(x: 6, y: 4, width: 49, height: 49))
    processor.cropRounding = .up
    #expect(try processor.region(width: 62, height: 57) == .init(x: 7, y: 4, width: 49, height: 49))
  }

  @Test("a photo too small to be cut is refused")
  func tooSmall() {
    let photo = PixelImage(
      width: 1, height: 40, channels: 1, samples: .init(repeating: 0, count: 40))
    let error = #expect(throws: PhotoProcessorError.self) { try PhotoProcessor().prepared(photo) }
    #expect(error?.description.contains("found 1 × 40") == true)
  }

  @Test(
    "what a file may not say is refused with the member, what was expected and found",
    arguments: [
      (#"[]"#, "expected an object, found a list"),
      (#"{"size": 0}"#, "size: expected height and width from 1 to 8192, found 0"),
      (#"{"size": {"shortest_edge": 224}}"#, "size: expected height and width"),
      (#"{"crop_size": 1e99}"#, "crop_size: expected height and width"),
      (#"{"crop_size": 100}"#, "crop_size: expected at least size, 224 × 224, found 100 × 100"),
      (#"{"resample": 7}"#, "resample: expected 1, 2 or 3"),
      (#"{"rescale_factor": 0}"#, "rescale_factor: expected a number other than 0, found 0"),
      (#"{"image_mean": [1, 2]}"#, "image_mean: expected one number or three, found [1,2]"),
      (#"{"image_std": [1, 0, 1]}"#, "image_std: expected one number or three"),
      (#"{"do_resize": 1}"#, "do_resize: expected true or false, found 1"),
      (#"{"do_resize": false}"#, "do_resize: expected true, since do_center_crop needs size"),
      (
        #"{"image_processor_type": "ViTImageProcessor"}"#,
        "image_processor_type: expected PerceiverImageProcessor or PerceiverFeatureExtractor, found "
          + #""ViTImageProcessor""#
      ),
    ])
  func refused(text: String, message: String) throws {
    let json = try JSONValue(parsing: Array(text.utf8))
    let error = #expect(throws: PhotoProcessorError.self) { try PhotoProcessor(json: json) }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }

  private static func fixture(_ name: String) throws -> TensorFile {
    try TensorFile(path: pictures.appending(path: "\(name).safetensors").path)
  }

  private static func image(_ file: TensorFile, _ name: some StringProtocol) throws -> ByteImage {
    let name = String(name)
    let shape = try #require(file.entry(named: name)).shape
    return ByteImage(
      width: shape[1], height: shape[0], channels: shape[2],
      bytes: try file.numbers(named: name).values.map { UInt8($0) })
  }

  private static func picture(_ image: ByteImage) -> PixelImage {
    PixelImage(
      width: image.width, height: image.height, channels: image.channels,
      samples: image.bytes.map { Float($0) / 255 })
  }
}
