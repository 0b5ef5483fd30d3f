// Other classes under tmux: a photo that reads latents, a text that is read.

import Foundation
import Testing

@Suite(.enabled(if: TmuxSession.isAvailable, "tmux is not installed"))
struct ExploreVariantTests {
  @Test("the bottom-up variant is stepped through all its kinds of attention")
  func bottomUp() throws {
    let session = try Explore.open(Explore.cat, Explore.small + ["--variant", "bottom-up"])
    try session.press("Right")
    try session.waitFor("feature 1 of 64")
    try session.press("Right")
    try session.waitFor("reverse 1 · head 1 of 1")
    try session.press("i")
    try session.waitFor("top sources: latents")
    try session.press("i")
    try session.press("End")
    try session.waitFor("latent 2.1, 6 of 6")
  }

  @Test("a language model reads a text file")
  func text() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("words.txt", Array("Latents ask, the text answers.\n".utf8))
    let session = try Explore.open(path, Explore.small + ["--variant", "lm", "--dim", "8"])
    try session.waitFor("words.txt 31 tokens")
    try session.waitFor("Latents ask, the text answers.")
    try session.press("End")
    try session.waitFor("decoder, 4 of 4")
    try session.press("i", "Right")
    try session.waitFor("token 1  id 97  a")
  }
}
