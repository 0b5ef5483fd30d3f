// Folders whose weights are of 16 bits: transformers' numbers on the same rounded weights, in float32.

import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Weights of 16 bits are computed with in 32")
struct HalfPrecisionTests {
  private static let folders = Program.repository.appending(
    path: "Tests/TensorsTests/Fixtures/huggingface-folders")

  @Test("a bfloat16 folder has the logits and every attention of transformers")
  func bfloat16() throws {
    let scratch = try TemporaryFolder()
    let result = try Program.run([
      "trace", "--text", "What a film!", "--weights", Self.folders.path + "/bfloat16", "--output",
      scratch.path("out"),
    ])
    #expect(result.status == 0, "\(result.standardError)")
    let expected = try TensorFile(path: Self.folders.path + "/expected.safetensors")
    let logits = try TestInputs.readNPY(scratch.path("out/logits.npy")).values
    let error = relativeError(logits, try expected.tensor(named: "bfloat16.logits").values)
    #expect(error < 2e-5, "\(error)")
    // Rounding to 8 bits moved the answer further than that.
    #expect(relativeError(logits, try expected.tensor(named: "logits").values) > 2e-4)
    let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("out/attention"))
    let names = ["cross_attention.0", "self_attention.0", "self_attention.1", "cross_attention.1"]
    try #require(files.count == names.count)
    for (file, name) in zip(files.sorted(), names) {
      let matrix = try TestInputs.readNPY(scratch.path("out/attention/\(file)"))
      let own = try expected.tensor(named: "bfloat16." + name)
      #expect(own.shape == [1] + matrix.shape, "\(file)")
      let error = relativeError(matrix.values, own.values)
      #expect(error < 2e-5, "\(name): \(error)")
    }
  }

  @Test(
    "info says the type of the numbers",
    arguments: [("bfloat16", "BF16"), ("variant_fp16", "F16"), ("safetensors", "F32")])
  func types(_ folder: String, _ type: String) throws {
    let info = try Program.run(["info", Self.folders.path + "/" + folder])
    let line = info.text.split(separator: "\n").first { $0.hasPrefix("numbers") }
    #expect(line?.contains("\(type) (from the file's header)") == true, "\(info.text)")
  }
}
