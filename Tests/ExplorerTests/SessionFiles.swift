// A folder of its own for tests of session files, with small inputs and the samples.

import Explorer
import Foundation
import Testing

/// A folder that is removed with this object.
final class SessionFiles {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "session-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try write("ramp.ppm", Self.ppm(width: 12, height: 8))
    try write("half.pgm", Array("P5\n12 8\n255\n".utf8) + (0..<96).map { $0 < 48 ? 255 : 0 })
    for name in ["fashion-boot.png", "fashion.safetensors", "fashion.json"] {
      try FileManager.default.copyItem(atPath: Self.samples + name, toPath: path(name))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private static var samples: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path + "/Samples/"
  }

  /// Red grows to the right, green downwards.
  static func ppm(width: Int, height: Int) -> [UInt8] {
    var bytes = Array("P6\n\(width) \(height)\n255\n".utf8)
    for y in 0..<height {
      for x in 0..<width {
        bytes += [UInt8(x * 255 / width), UInt8(y * 255 / height), 128]
      }
    }
    return bytes
  }

  func path(_ name: String) -> String { folder + "/" + name }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// The session of some fields beside the version.
  func session(_ fields: String, named name: String = "start.json") throws -> OpenedSession {
    try write(name, Array("{\"perceiver-tui-session\": 1, \(fields)}".utf8))
    return try OpenedSession(path(name))
  }

  /// An untrained model on the small picture.
  static let small = """
    "input": {"file": "ramp.ppm"}, "model": {"hyperparameters": {"depth": 2, "num_latents": 16, \
    "latent_dim": 16, "num_freq_bands": 2, "cross_heads": 2, "latent_heads": 4, \
    "cross_dim_head": 8, "latent_dim_head": 4, "num_classes": 10}}
    """
  /// The trained sample.
  static let trained = """
    "input": {"file": "fashion-boot.png"}, "model": {"weights": "fashion.safetensors"}
    """
}
