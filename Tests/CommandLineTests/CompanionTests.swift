// Weights and their arguments: which file's are read when they do not belong together.

import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite("Arguments that come with weights")
struct CompanionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func convert(_ name: String, latents: Int, _ more: String...) throws {
    let result = try Program.run(
      ["convert", "-o", name, "--num-latents", "\(latents)", "--depth", "1", "--latent-dim", "16"]
        + ["--num-freq-bands", "2", "--latent-heads", "2"] + more, in: folder.url)
    try #require(result.status == 0, "\(result.standardError)")
  }

  private func info(_ name: String, _ more: String...) throws -> String {
    let result = try Program.run(["info", name] + more, in: folder.url)
    try #require(result.status == 0, "\(result.standardError)")
    return result.text
  }

  @Test("weights alone know what shapes leave open")
  func alone() throws {
    try convert("m.safetensors", latents: 4, "--max-freq", "7")
    try FileManager.default.removeItem(atPath: folder.path("m.json"))
    let text = try info("m.safetensors")
    #expect(text.contains(#/latent_heads +2 +given/#))
    #expect(text.contains(#/max_freq +7.0 +given/#))
    #expect(text.contains("note: hyperparameters are read from the weights' own metadata"))
  }

  @Test(
    "arguments of other weights are never read with these", arguments: ["m.json", "config.json"])
  func strange(_ name: String) throws {
    try convert("m.safetensors", latents: 4, "--max-freq", "7")
    try convert("n.safetensors", latents: 4, "--max-freq", "9")
    try FileManager.default.removeItem(atPath: folder.path("m.json"))
    try FileManager.default.copyItem(atPath: folder.path("n.json"), toPath: folder.path(name))
    let text = try info("m.safetensors")
    #expect(text.contains(#/max_freq +7.0 +given/#))
    #expect(text.contains("note: \(name) beside it is passed over: it is not of these weights"))
    #expect(try info("m.safetensors", "--config", name).contains(#/max_freq +9.0 +given/#))
  }

  @Test("what a person changes in the file beside the weights counts")
  func edited() throws {
    try convert("m.safetensors", latents: 4, "--max-freq", "7")
    let text = try String(contentsOfFile: folder.path("m.json"), encoding: .utf8)
    _ = try folder.write(
      "m.json", Array(text.replacing("\"max_freq\": 7.0", with: "\"max_freq\": 8.0").utf8))
    let read = try info("m.safetensors")
    #expect(read.contains(#/max_freq +8.0 +given/#))
    #expect(read.contains("note: hyperparameters are read from m.json beside it"))
  }

  @Test("the same model is written as the same bytes, another with another generation")
  func generations() throws {
    try convert("a.safetensors", latents: 4)
    try convert("b.safetensors", latents: 4)
    try convert("c.safetensors", latents: 4, "--seed", "1")
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: folder.url.appending(path: name))
    }
    #expect(try bytes("a.json") == bytes("b.json"))
    #expect(try bytes("a.safetensors") == bytes("b.safetensors"))
    #expect(try bytes("a.json") != bytes("c.json"))
  }

  @Test("a pipe is not waited for", arguments: ["m.json", "config.json"])
  func pipe(_ name: String) throws {
    try convert("m.safetensors", latents: 4)
    try FileManager.default.removeItem(atPath: folder.path("m.json"))
    try #require(mkfifo(folder.path(name), 0o600) == 0)
    let result = try Program.shell("timeout 20 \"$P\" info m.safetensors", in: folder.url)
    #expect(result.status == 0)
    #expect(
      result.text.contains("note: \(name) beside it is passed over: it is no regular file"))
  }
}
