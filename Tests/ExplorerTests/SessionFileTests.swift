// Session files as bytes: every beginning, damage, and wrong values.

import Explorer
import Foundation
import Inputs
import Screens
import Testing

@Suite struct SessionFileTests {
  /// A file with something in every table.
  private static let full = #"""
    {"perceiver-tui-session": 1,
     "input": {"file": "ramp.ppm", "max-side": "none", "mean": [0.5], "window": 2},
     "model": {"weights": "/w.pt", "state-dict": "ema", "seed": 4, "hyperparameters": {"depth": 2},
               "changed": {"max_freq": 12.5}, "draft": {"attn_dropout": 0.5}},
     "show": {"stage": "cross 2", "computed": "latent 2.1", "cross-head": 2, "latents": "mean",
              "value": "scores", "tokens": [3, 4], "scale": "percentile", "scale-of": "locked",
              "locked-numbers": {"scores": [-1.5, 0, 2]}, "colour-map": "cividis",
              "overlay": "full", "cross-view": "grid", "instead": "decoder", "decoder-class": 3,
              "method": "relevance", "class": "second", "against": 2, "zoom": 4,
              "centre": [0.25, 1], "frame": 3, "modality": "label"},
     "without": {"axes": [8, 12], "hidden": ["0,0,2x3"], "off": ["cross 1 head 2"]},
     "pinned": {"input": {"text": "a b"}, "show": {"latent": 3}}, "comparison": "difference",
     "inputs": ["a.png", "b.png"], "input-number": 2,
     "screen": {"hints": "off", "pane": "latents", "cursor": 5, "heads-by": "entropy",
                "heads-as": "maps", "channel": 3, "channel-large": true}}
    """#

  private func read(_ text: String) throws(SessionError) -> SavedSession {
    try SessionFile.session(Array(text.utf8), at: "folder/view.json")
  }

  @Test("what is read is written, and read again is the same")
  func roundTrip() throws {
    let session = try read(Self.full)
    let bytes = SessionFile.bytes(of: session, for: "folder/view.json")
    // The folder is not there: paths stay as they are, from the working folder.
    let text = String(decoding: bytes, as: UTF8.self)
    for words in [
      #""stage": "cross 2""#, #""tokens": [3, 4]"#, #""max_freq": 12.5"#, #""cross-head": 2"#,
      #""decoder-class": 3"#, #""off": ["#, #""cursor": 5"#, #""file": "folder/ramp.ppm""#,
    ] {
      #expect(text.contains(words), "\(words) in \(text)")
    }
    #expect(try SessionFile.session(bytes, at: "view.json") == session)
  }

  @Test("a session in which nothing is said has the version alone")
  func empty() throws {
    let bytes = SessionFile.bytes(of: SavedSession(), for: "x.json")
    #expect(
      String(decoding: bytes, as: UTF8.self) == "{\n  \"perceiver-tui-session\": 1\n}\n")
  }

  @Test("every beginning of a file is refused")
  func prefixes() {
    let bytes = Array(Self.full.utf8)
    for length in 0..<bytes.count {
      #expect(throws: SessionError.self) {
        try SessionFile.session(Array(bytes[..<length]), at: "x.json")
      }
    }
  }

  @Test("bytes changed at random are read or refused, and what is read is written and read again")
  func damage() throws {
    var generator = SplitMix(state: 19)
    for _ in 0..<4000 {
      var bytes = Array(Self.full.utf8)
      for _ in 0...generator.next() % 3 {
        bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(generator.next() & 0x7F)
      }
      guard let session = try? SessionFile.session(bytes, at: "x.json") else { continue }
      let again = SessionFile.bytes(of: session, for: "/nowhere/x.json")
      #expect(throws: Never.self) { try SessionFile.session(again, at: "x.json") }
    }
  }

  @Test(
    "what is wrong is named with its place",
    arguments: [
      ("[]", "the file: expected an object, found a list"), ("", "byte 0"),
      ("{}", #"the file: expected a session with "perceiver-tui-session": 1, found none"#),
      (#"{"perceiver-tui-session": 2}"#, "expected version 1, which this program reads, found 2"),
      (#"{"perceiver-tui-session": 1, "shows": {}}"#, "found shows"),
      (#"{"perceiver-tui-session": 1, "show": {"head": 1}}"#, "show: expected one of stage,"),
      (#"{"perceiver-tui-session": 1, "show": []}"#, "show: expected an object, found a list"),
      (
        #"{"perceiver-tui-session": 1, "show": {"latent": 0}}"#,
        "show.latent: expected a whole number from 1 to"
      ),
      (
        #"{"perceiver-tui-session": 1, "show": {"scale": "logarithmic"}}"#,
        "show.scale: expected one of linear, log, percentile, found logarithmic"
      ),
      (
        #"{"perceiver-tui-session": 1, "pinned": {"show": {"centre": [2, 0]}}}"#,
        "pinned.show.centre: expected two numbers from 0 to 1"
      ),
      (#"{"perceiver-tui-session": 1, "show": {"decoder-class": 2}}"#, "show.decoder-class"),
      (#"{"perceiver-tui-session": 1, "show": {"cross-view": "matrix"}}"#, "found matrix"),
      (#"{"perceiver-tui-session": 1, "input": {"file": ""}}"#, "found an empty text"),
      (#"{"perceiver-tui-session": 1, "input": {"std": [0]}}"#, "input.std: expected numbers"),
      (#"{"perceiver-tui-session": 1, "model": {"seed": -1}}"#, "model.seed: expected a whole"),
      (#"{"perceiver-tui-session": 1, "perceiver-tui-session": 1}"#, "expected each name once"),
    ])
  func wrong(text: String, words: String) {
    do throws(SessionError) {
      _ = try read(text)
      Issue.record("accepted \(text)")
    } catch {
      #expect(error.description.contains(words), "\(error.description)")
      #expect(!error.description.contains("\n"))
    }
  }

  @Test(
    "what only the opened files show is named too",
    arguments: [
      (#""model": {}"#, "input: expected a file, files or a text, found none"),
      (
        #""input": {"file": "cat.ppm"}, "model": {"weights": "w.pt"}, "inputs": ["ramp.ppm", "b"]"#,
        "it names what is not there: "
      ),
      (
        SessionFiles.small + #", "show": {"stage": "cross 9"}"#,
        "show.stage: expected a stage from cross 1 to"
      ),
      (
        SessionFiles.small + #", "without": {"off": ["cross 1 head 3"]}"#,
        "without.off: expected a stage or head such as cross 1 head 1, found cross 1 head 3"
      ),
      (
        SessionFiles.small + #", "without": {"axes": [8, 11], "hidden": ["0,0,1x1"]}"#,
        "without.axes: expected [8, 12], as the input has, found [8, 11]"
      ),
      (
        SessionFiles.small + #", "without": {"axes": [8, 12], "hidden": ["7,0,2x1"]}"#,
        "without.hidden: expected ROW,COLUMN,HEIGHTxWIDTH within 8 rows and 12 columns"
      ),
      (
        SessionFiles.small + #", "show": {"class": 10}"#,
        "show.class: expected a class from 0 to 9, found 10"
      ),
      (
        #""input": {"file": "ramp.ppm"}, "model": {"hyperparameters": {"depth": 0}}"#,
        "model.hyperparameters.depth: expected a whole number"
      ),
      (
        #""input": {"file": "ramp.ppm"}, "model": {"draft": {"height": 2}}"#,
        "model.draft: expected hyperparameters of the model, found height"
      ),
      (
        SessionFiles.trained + #", "model2": 1"#, "found model2"
      ),
    ])
  func wrongOpened(fields: String, words: String) throws {
    let files = try SessionFiles()
    do {
      _ = try files.session(fields)
      Issue.record("accepted \(fields)")
    } catch let error as InputFailure {
      #expect(error.description.contains(words), "\(error.description)")
      #expect(error.description.contains("start.json"), "\(error.description)")
      if words.hasPrefix("it names") {
        for name in ["cat.ppm", "w.pt", "/b"] { #expect(error.description.contains(name)) }
        #expect(!error.description.contains("ramp.ppm"))
        #expect(error.kind == .unreadable)
      }
    }
  }
}
