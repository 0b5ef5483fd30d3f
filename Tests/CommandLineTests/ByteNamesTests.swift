// Names of files that are not UTF-8: opened, written and listed with the bytes that they have.

import Foundation
import Testing

@Suite("names that are not UTF-8")
struct ByteNamesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("photo.ppm", TestInputs.ppm(width: 6, height: 4))
  }

  private func shell(_ command: String) throws -> ProgramResult {
    try Program.shell(
      "set -e; M='\(TestInputs.smallModel.joined(separator: " "))'\n" + command, in: folder.url)
  }

  @Test("a photo is opened and what is written has the name that was asked for")
  func opensAndWrites() throws {
    let result = try shell(
      """
      mv photo.ppm $'caf\\xe9.ppm'
      $P render $'caf\\xe9.ppm' -o $'caf\\xe9.png' $M 2>&1
      $P trace $'caf\\xe9.ppm' -o $'out\\xff/in\\xfe' --no-attention $M
      test -s $'caf\\xe9.png' -a -s $'out\\xff/in\\xfe/logits.npy'
      ls -A | wc -l
      """)
    #expect(result.status == 0, "\(result.text) \(result.standardError)")
    #expect(result.text.hasSuffix("3\n"), "\(result.text)")
  }

  @Test("what is wrong with such a file is one line, its name spelled out")
  func spellsOut() throws {
    let result = try shell("$P render $'mis\\xe9.ppm' $M")
    #expect(result.status == 66)
    #expect(result.errorLines == [#"perceiver-tui: mis\udce9.ppm: no such file"#])
  }

  @Test("a model is trained on folders of such names, and opened with its arguments beside it")
  func trains() throws {
    let result = try shell(
      """
      mkdir -p $'data\\xe9/a\\xe9' data$'\\xe9'/b
      for i in 1 2 3 4; do cp photo.ppm $'data\\xe9/a\\xe9/'$i$'\\xe8.ppm'; cp photo.ppm data$'\\xe9'/b/$i.ppm; done
      M="${M/--num-classes 7/}"
      $P train $'data\\xe9' -o $'m\\xe9.safetensors' --steps 1 --batch-size 4 --metrics $'m\\xe9.csv' $M
      test -s $'m\\xe9.safetensors' -a -s $'m\\xe9.json' -a -s $'m\\xe9.csv'
      $P evaluate $'data\\xe9' --weights $'m\\xe9.safetensors'
      $P info $'m\\xe9.safetensors'
      """)
    #expect(result.status == 0, "\(result.text) \(result.standardError)")
    #expect(
      result.text.contains(#"classes         a\udce9, b (from m\udce9.json)"#), "\(result.text)")
  }
}
