// The driver on a terminal without a window: what it writes, what it reads, what it leaves.

import Foundation
import Screens
import Testing
import perceiver_tui

@Suite(.serialized) struct TerminalDriverTests {
  // Taken before any terminal is opened; see there.
  private let environmentBefore = ChildProcess.environment

  private func settings(
    _ pseudo: PseudoTerminal, type: String = "xterm-256color",
    colours: TerminalSettings.Colours = .ofTerminfo
  ) -> TerminalSettings {
    TerminalSettings(
      type: type, input: pseudo.terminal, output: pseudo.terminal, colours: colours)
  }

  @Test("a screen goes to a handle that is no terminal, in the size given")
  func devNull() throws {
    let null = open("/dev/null", O_RDWR)
    defer { close(null) }
    let driver = try TerminalDriver(
      TerminalSettings(type: "xterm-256color", input: null, output: null, size: (120, 40)))
    #expect(driver.width == 120 && driver.height == 40 && driver.depth == .indexed256)
    var screen = Screen(width: 120, height: 40)
    screen.write("hello", x: 119, y: 39)
    driver.present(screen)
    driver.present(Screen(width: 0, height: 0))
    driver.present(Screen(width: 300, height: 100))
    #expect(driver.waitForEvent(timeout: .seconds(5)) == .terminate(signal: SIGHUP))
    driver.close()
    driver.close()
    driver.present(screen)
  }

  @Test("the terminal is cleared and raw while open, and as before when closed or freed")
  func restores() throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    #expect(pseudo.isCooked)
    let opened = try pseudo.whileReading {
      let driver = try TerminalDriver(settings(pseudo))
      #expect(!pseudo.isCooked)
      #expect(driver.width == 80 && driver.height == 24)
      #expect(throws: TerminalError.alreadyOpen) { try TerminalDriver(settings(pseudo)) }
    }
    #expect(pseudo.isCooked)
    let pairs = [
      ("\u{1B}[?1049h", "\u{1B}[?1049l"), ("\u{1B}[?25l", "\u{1B}[?25h"),
      ("\u{1B}[?1002h", "\u{1B}[?1002l"), ("\u{1B}[?2004h", "\u{1B}[?2004l"),
    ]
    for (begin, end) in pairs {
      let first = try #require(opened.range(of: begin), "\(begin.dropFirst())")
      #expect(opened.range(of: end, range: first.upperBound..<opened.endIndex) != nil)
    }
    #expect(opened.range(of: "\u{1B}[?1049l", options: .backwards) != nil)
  }

  @Test(
    "all rows scroll, whatever the terminal's type says of its size: elsewhere the cursor stops",
    arguments: ["xterm-256color", "tmux-256color", "vt100", "linux"])
  func region(type: String) throws {
    let pseudo = try #require(PseudoTerminal(width: 100, height: 50))
    var driver: TerminalDriver?
    let opened = try pseudo.whileReading {
      driver = try TerminalDriver(settings(pseudo, type: type))
    }
    let regions = opened.matches(of: #/\u{1B}\[([0-9;]*)r/#).map { String($0.output.1) }
    #expect(regions.last == "" || regions.last == "1;50", "\(regions)")
    driver?.close()
  }

  @Test("only cells that changed are written")
  func difference() throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    var screen = Screen(width: 80, height: 24)
    for y in 0..<24 { screen.write(String(repeating: "x", count: 80), x: 0, y: y) }
    _ = pseudo.whileReading { driver.present(screen) }
    let nothing = pseudo.whileReading { driver.present(screen) }
    #expect(nothing.count < 10)
    screen.write("NEW", x: 40, y: 12)
    let changed = pseudo.whileReading { driver.present(screen) }
    #expect(changed.contains("NEW") && changed.count < 60)
    let all = pseudo.whileReading { driver.redraw() }
    #expect(all.filter { $0 == "x" }.count + 3 >= 80 * 24 - 80)
    driver.close()
  }

  @Test(
    "colours go out as the terminal takes them",
    arguments: [
      ("xterm-256color", TerminalSettings.Colours.direct, ColourDepth.direct, "48;2;1;2;3"),
      ("tmux-256color", .direct, .direct, "48;2;1;2;3"),
      ("xterm-256color", .ofTerminfo, .indexed256, "48;5;16"),
      ("xterm", .ofTerminfo, .indexed8, "\u{1B}[40m"),
      ("linux", .direct, .indexed8, "\u{1B}[40m"),
    ])
  func colours(
    type: String, wanted: TerminalSettings.Colours, depth: ColourDepth, sequence: String
  ) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo, type: type, colours: wanted))
    #expect(driver.depth == depth)
    var screen = Screen(width: 80, height: 24)
    screen.write("a", x: 3, y: 3, style: Style(background: Colour(1, 2, 3)))
    let written = pseudo.whileReading { driver.present(screen) }
    #expect(written.contains(sequence), "\(written.debugDescription)")
    driver.close()
  }

  @Test("without colours only attributes go out", arguments: ["xterm-256color", "vt100"])
  func monochrome(type: String) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo, type: type, colours: .none))
    #expect(driver.depth == .monochrome)
    var screen = Screen(width: 80, height: 24)
    screen.write("abc", x: 3, y: 3, style: Style(foreground: .white, attributes: .reverse))
    let written = pseudo.whileReading { driver.present(screen) }
    #expect(written.contains("abc") && !written.contains("38;") && written.contains("7m"))
    driver.close()
  }

  @Test("more than 65,536 combinations of colours one after another are all shown rightly")
  func manyPairs() throws {
    let pseudo = try #require(PseudoTerminal(width: 100, height: 50))
    let driver = try TerminalDriver(settings(pseudo))
    for frame in 0..<20 {
      var screen = Screen(width: 100, height: 50)
      var number = frame * 5000
      for y in 0..<50 {
        for x in 0..<100 {
          let (one, two) = (16 + number % 240, 16 + number / 240 % 240)
          screen.put(
            "▀", x: x, y: y,
            style: Style(
              foreground: ColourDepth.indexed256.colour(at: one),
              background: ColourDepth.indexed256.colour(at: two)))
          number += 1
        }
      }
      let written = pseudo.whileReading { driver.present(screen) }
      // The last row's last colours can only come from this frame.
      let (one, two) = (16 + (number - 1) % 240, 16 + (number - 1) / 240 % 240)
      let shown = [one, two].map { index in
        let colour = ColourDepth.indexed256.colour(at: index) ?? .black
        return ColourDepth.indexed256.index(of: colour) ?? 0
      }
      // Either may be the ink: pictures are written by the block that takes fewer bytes.
      #expect(written.contains("8;5;\(shown[0])"), "frame \(frame)")
      #expect(written.contains("8;5;\(shown[1])"), "frame \(frame)")
    }
    driver.close()
  }

  @Test(
    "a text goes to the terminal's clipboard by OSC 52 in base 64, and one that is too long stays here",
    arguments: [
      ("perceiver-tui a.png", "cGVyY2VpdmVyLXR1aSBhLnBuZw=="), ("é", "w6k="), ("", ""),
    ])
  func clipboard(text: String, encoded: String) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    _ = pseudo.output()
    #expect(pseudo.whileReading { driver.copy(text) } == "\u{1B}]52;c;\(encoded)\u{7}")
    #expect(pseudo.whileReading { driver.copy(String(repeating: "a", count: 70_001)) }.isEmpty)
    driver.close()
  }

  @Test("a frame of few bytes says that it is not whole, until the whole one is shown")
  func passing() throws {
    let pseudo = try #require(PseudoTerminal(width: 100, height: 40))
    let driver = try TerminalDriver(settings(pseudo, colours: .direct))
    var screen = Screen(width: 100, height: 40)
    for y in 0..<40 {
      for x in 0..<100 {
        let number = UInt32(x * 7919 + y * 104_729)
        screen.put(
          "▀", x: x, y: y,
          style: Style(
            foreground: Colour(hex: number & 0xFF_FFFF),
            background: Colour(hex: (number &* 31) & 0xFF_FFFF)))
      }
    }
    var reached: [PictureFidelity] = []
    var sent: [Int] = []
    for fidelity in [PictureFidelity.within(bytes: 20_000), .asSeen, .within(bytes: 20_000)] {
      sent.append(
        pseudo.whileReading { reached.append(driver.present(screen, pictures: fidelity)) }
          .utf8.count)
    }
    // What is shown whole stays whole.
    #expect(reached == [.within(bytes: 20_000), .asSeen, .asSeen])
    #expect(sent[0] < sent[1] && sent[2] < 20, "\(sent)")
    driver.close()
  }

  @Test(
    "keys are read from the sequences terminals send",
    arguments: [
      ("x", Key("x")), ("\u{1B}[C", .right), ("\u{1B}OC", .right),
      ("\u{1B}[1;5D", Key("ctrl-left")),
      ("\u{1B}[Z", .backTab), ("\t", .tab), ("\r", .enter), ("\u{7F}", .backspace),
      ("\u{12}", .control("r")), ("\u{1A}", .control("z")), ("\u{03}", .control("c")),
      ("\u{1B}x", Key("alt-x")), ("\u{1B}", .escape), ("\u{1B}[5~", .pageUp),
      ("\u{1B}[1~", .home), ("\u{1B}OH", .home), ("\u{1B}[F", .end), ("\u{1B}[3~", .delete),
      ("\u{1B}OP", Key("f1")), ("\u{1B}[15;2~", Key("shift-f5")), ("\u{1B}[1;3A", Key("alt-up")),
      ("\u{00}", Key("ctrl-space")), ("\u{1B}[1;2C", Key("shift-right")),
    ])
  func keys(bytes: String, key: Key?) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    pseudo.type(bytes)
    let event = driver.waitForEvent(timeout: .seconds(5))
    #expect(event == .input(.key(try #require(key))))
    #expect(driver.waitForEvent(timeout: .milliseconds(1)) == .timeout)
    driver.close()
  }

  @Test("mouse and pastes are read whole, between keys")
  func mouseAndPaste() throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    pseudo.type(
      "a\u{1B}[<0;11;6M\u{1B}[<32;12;6M\u{1B}[<0;300;6m\u{1B}[<65;1;1M\u{1B}[<;;M"
        + "\u{1B}[200~one\rtwo\u{1B}[A3\u{1B}[201~b")
    let expected: [InputEvent] = [
      .key(.character("a")),
      .mouse(MouseEvent(.press(.left), at: Point(x: 10, y: 5))),
      .mouse(MouseEvent(.drag(.left), at: Point(x: 11, y: 5))),
      .mouse(MouseEvent(.release(.left), at: Point(x: 299, y: 5))),
      .mouse(MouseEvent(.scrollDown, at: Point(x: 0, y: 0))),
      .paste("one\ntwo3"), .key(.character("b")),
    ]
    for event in expected {
      #expect(driver.waitForEvent(timeout: .seconds(5)) == .input(event))
    }
    driver.close()
  }

  @Test(
    "a pause inside a sequence or letter ends nothing, and no rest of it is a key",
    arguments: [
      ["\u{1B}[<64;10", ";10M"], ["\u{1B}[", "A"], ["\u{1B}]11;rgb:11", "11/22/33\u{07}"],
      ["\u{1B}[8;24", ";80t"], ["\u{1B}O", "E"],
    ])
  func cut(pieces: [String]) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    var events: [TerminalEvent] = []
    for piece in pieces {
      pseudo.type(piece)
      while case let event = driver.waitForEvent(timeout: .milliseconds(100)), event != .timeout {
        events.append(event)
      }
    }
    #expect(events.allSatisfy { if case .terminate = $0 { false } else { true } })
    #expect(
      !events.contains { if case .input(.key(let key)) = $0 { key.typed != nil } else { false } })
    pseudo.type("q")
    #expect(driver.waitForEvent(timeout: .seconds(5)) == .input(.key(.character("q"))))
    driver.close()
  }

  @Test(
    "bytes without a meaning end nothing",
    arguments: [
      [0x80], [0xE9], [0xC3], [0x1B, 0x5B, 0x49], [0x1B, 0x4F, 0x45], [0xED, 0xA0, 0x80],
      [0x1B, 0x5B, 0x32, 0x30, 0x31, 0x7E],
    ] as [[UInt8]], ["xterm-256color", "linux", "vt220"])
  func meaningless(bytes: [UInt8], type: String) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo, type: type))
    pseudo.type(bytes)
    #expect(driver.waitForEvent(timeout: .milliseconds(50)) == .timeout)
    pseudo.type(Array("\u{1A}".utf8))
    #expect(driver.waitForEvent(timeout: .seconds(5)) == .input(.key(.control("z"))))
    driver.close()
  }

  @Test("a terminal whose window is gone ends the program")
  func hangUp() throws {
    var pseudo = PseudoTerminal(width: 80, height: 24)
    let terminal = dup(try #require(pseudo).terminal)
    defer { close(terminal) }
    let driver = try TerminalDriver(
      TerminalSettings(type: "xterm-256color", input: terminal, output: terminal))
    pseudo = nil
    #expect(driver.waitForEvent(timeout: .seconds(5)) == .terminate(signal: SIGHUP))
    driver.close()
  }

  @Test(
    "a terminal that nobody reads does not hold a program that was told to end, and is restored")
  func stalled() throws {
    let pseudo = try #require(PseudoTerminal(width: 200, height: 60))
    let driver = try TerminalDriver(settings(pseudo))
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.3)
      kill(getpid(), SIGTERM)
    }
    for frame in 0..<8 {
      var screen = Screen(width: 200, height: 60)
      for y in 0..<60 { screen.write(String(repeating: "\(frame)", count: 200), x: 0, y: y) }
      driver.present(screen)
    }
    #expect(driver.waitForEvent(timeout: .seconds(5)) == .terminate(signal: SIGTERM))
    driver.close()
    #expect(pseudo.isCooked)
    #expect(pseudo.output().contains("\u{1B}[?1049l"))
  }

  @Test(
    "terminals newer than this machine's terminfo are known",
    arguments: ["xterm-kitty", "xterm-ghostty", "foot", "wezterm", "alacritty", "foot-direct"])
  func carried(type: String) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let former = ProcessInfo.processInfo.environment["TERMINFO_DIRS"]
    // An empty folder hides what the machine has.
    setenv("TERMINFO_DIRS", "/nonexistent", 1)
    defer {
      if let former { setenv("TERMINFO_DIRS", former, 1) } else { unsetenv("TERMINFO_DIRS") }
    }
    let driver = try TerminalDriver(settings(pseudo, type: type))
    #expect(driver.depth == .direct || driver.depth == .indexed256)
    pseudo.type("\u{1B}[1;5C")
    #expect(
      driver.waitForEvent(timeout: .seconds(5)) == .input(.key(try #require(Key("ctrl-right")))))
    let written = pseudo.whileReading { driver.close() }
    #expect(written.contains("\u{1B}[?1049l") && written.contains("\u{1B}[r"))
    #expect(!written.contains("1034h"))
  }

  @Test("other threads wake the driver, and a wait ends in its time")
  func waking() throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    let begun = ContinuousClock.now
    #expect(driver.waitForEvent(timeout: .milliseconds(30)) == .timeout)
    #expect(ContinuousClock.now - begun >= .milliseconds(30))
    let handle = driver.wakeHandle
    Thread.detachNewThread { for _ in 0..<100_000 { handle.wake() } }
    #expect(driver.waitForEvent(timeout: .seconds(5)) == .woken)
    driver.close()
    handle.wake()
  }

  @Test("a storm of sizes is told once, with the last size")
  func resizing() throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    for width in 81...120 {
      pseudo.resize(width: width, height: 30)
      kill(getpid(), SIGWINCH)
    }
    #expect(
      driver.waitForEvent(timeout: .seconds(5)) == .input(.resize(width: 120, height: 30)))
    #expect(driver.width == 120 && driver.height == 30)
    #expect(driver.waitForEvent(timeout: .milliseconds(1)) == .timeout)
    var screen = Screen(width: 120, height: 30)
    screen.write("corner", x: 113, y: 29)
    #expect(pseudo.whileReading { driver.present(screen) }.contains("\u{1B}[30;114Hcorner"))
    driver.close()
  }

  @Test("signals that end programs become events", arguments: [SIGTERM, SIGHUP, SIGINT])
  func termination(signal: Int32) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    let driver = try TerminalDriver(settings(pseudo))
    kill(getpid(), signal)
    #expect(driver.waitForEvent(timeout: .seconds(5)) == .terminate(signal: signal))
    driver.close()
  }

  @Test(
    "a terminal that cannot be used is refused in words, and left alone",
    arguments: [
      ("dumb", TerminalError.cannotAddress("dumb")),
      ("no-such-terminal", .unknownType("no-such-terminal")),
    ])
  func refused(type: String, error: TerminalError) throws {
    let pseudo = try #require(PseudoTerminal(width: 80, height: 24))
    #expect(throws: error) { try TerminalDriver(settings(pseudo, type: type)) }
    #expect(pseudo.isCooked && pseudo.output().isEmpty)
    #expect(error.description.contains("TERM is \"\(type)\""))
    // Nothing stays taken.
    let driver = try TerminalDriver(settings(pseudo))
    driver.close()
  }

  @Test("NO_COLOR and COLORTERM say which colours to ask for")
  func environment() {
    #expect(TerminalSettings.colours(in: ["NO_COLOR": "1", "COLORTERM": "truecolor"]) == .none)
    #expect(TerminalSettings.colours(in: ["NO_COLOR": "", "COLORTERM": "24bit"]) == .direct)
    #expect(TerminalSettings.colours(in: ["COLORTERM": "yes"]) == .ofTerminfo)
    #expect(throws: TerminalError.self) { try TerminalSettings.ofThisProcess(environment: [:]) }
  }
}
