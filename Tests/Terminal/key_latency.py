#!/usr/bin/env python3
"""Measures under tmux how long perceiver-tui takes to answer keys while it computes stages.

    swift build -c release --product perceiver-tui
    python3 Tests/Terminal/key_latency.py                    # from the root of the repository
    python3 Tests/Terminal/key_latency.py --sides 1000 --keys s,o --presses 50

For each side, a photo of side × side pixels is opened at its full size, and the program is told
to compute all of a long run of cross-attention stages, each of which is shown as it comes. While
it computes, each key is pressed so many times. A press is answered when tmux shows what only that
key changes: the latent's number, the scale's name, the cursor's place. The picture may follow:
`map` is the median time until no map is being waited for any more, two seconds at most.

Times are in milliseconds, from handing the key to tmux to reading the changed screen from it;
`none` is such a reading of an unchanged screen, which all figures contain. `busy` is how many
presses were answered while a stage was being computed. What else the machine does counts too: a
last line has its load. Needs tmux alone beside Python 3. Nothing is asserted: the exit status is
1 if a key was not answered within a second.
"""

import argparse
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Name, keys pressed in turn, what shows the answer, keys pressed before it all.
MAP_TITLE, LEGEND, READOUT, FOOTER, SCREEN = range(5)
CASES = [
    ("s", ["s"], LEGEND, r"linear|log |percentile", []),
    ("c", ["c"], LEGEND, r"viridis|inferno|cividis|grey", []),
    ("o", ["o"], MAP_TITLE, r"overlay off|overlay full|map without photo", []),
    ("p", ["p"], LEGEND, r"probabilities|scores", []),
    ("h", ["h"], MAP_TITLE, r"head \d+", []),
    ("]", ["]"], MAP_TITLE, r"latent \d+", []),
    ("[", ["["], MAP_TITLE, r"latent \d+", ["}"] * 5),
    ("m", ["m"], MAP_TITLE, r"latent \d+|mean of \d+ l|maximum", []),
    ("v", ["v"], FOOTER, r"one map|grid of latents|side by side", []),
    ("g", ["g"], FOOTER, r"one map|grid of latents", []),
    ("+ -", ["+", "+", "-", "-"], MAP_TITLE, r"\d+×", []),
    ("i", ["i"], READOUT, r"pixel \(\d+, \d+\)|cursor on a pixel", []),
    ("arrows", ["Right", "Down", "Left", "Up"], READOUT, r"pixel \(\d+, \d+\)", ["i"]),
    ("Tab", ["Tab"], SCREEN, r"[┌├]─? ?▸", []),
]


class Terminal:
    """A tmux session driven through one control client, so that no process starts per press."""

    def __init__(self, socket, width, height, command):
        self.tmux = ["tmux", "-L", socket, "-f", "/dev/null"]
        subprocess.run(
            [*self.tmux, "new-session", "-d", "-s", "keys", "-x", str(width), "-y", str(height),
             command], check=True)
        self.client = subprocess.Popen(
            [*self.tmux, "-C", "attach", "-t", "keys"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", bufsize=1)
        self.ask(f"refresh-client -C {width}x{height}")
        # What the program writes is read from captures; it need not come here too.
        self.ask("refresh-client -f no-output")

    def ask(self, command):
        """The lines with which tmux answers a command."""
        self.client.stdin.write(command + "\n")
        self.client.stdin.flush()
        lines, is_answer = [], False
        for line in self.client.stdout:
            line = line.rstrip("\n")
            # The last field is 1 where the answer is to this client's own command.
            if line.startswith("%begin "):
                is_answer = line.endswith(" 1")
            elif line.startswith(("%end ", "%error ")):
                if is_answer:
                    return lines
            elif is_answer:
                lines.append(line)
            elif line.startswith("%exit"):
                break
        sys.exit("the program ended")

    def press(self, key):
        self.ask(f"send-keys -t keys '{key}'")

    def screen(self):
        return self.ask("capture-pane -p -t keys")

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], stderr=subprocess.DEVNULL, check=False)
        self.client.wait()


def part(lines, where):
    """The part of the screen in which a key's answer stands."""
    if where == MAP_TITLE:
        return next((line for line in lines[1:] if line.startswith("┌")), "").split("┐")[0]
    if where == FOOTER:
        return lines[-1]
    if where == LEGEND:
        start = next((i for i, line in enumerate(lines) if " legend " in line), len(lines))
        return "\n".join(lines[start:start + 3])
    if where == READOUT:
        start = next((i for i, line in enumerate(lines) if " readout " in line), len(lines))
        return "\n".join(line[len(line) * 55 // 100:] for line in lines[start:start + 4])
    return "\n".join(lines)


def found(lines, where, pattern):
    """What of it only that key changes: the words and where they stand."""
    text = part(lines, where)
    if where == SCREEN:
        return [match.start() for match in re.finditer(pattern, text)]
    return re.findall(pattern, text)


def is_waiting_for_map(lines):
    return re.search(r"computing|[◐◓◑◒]", part(lines, MAP_TITLE)) is not None


def is_computing(lines):
    return bool(lines) and "computing" in lines[0]


def wait(terminal, condition, seconds):
    """Seconds until a condition holds of the screen, and the screen; None if it never did."""
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        lines = terminal.screen()
        if condition(lines):
            return time.perf_counter() - start, lines
        time.sleep(0.001)
    return None, terminal.screen()


class Session:
    """The program on one photo, computing all the while."""

    def __init__(self, terminal):
        self.terminal = terminal
        # The time a stage took stands there as soon as it is computed.
        wait(terminal, lambda lines: re.search(r"\d m?s *$", lines[0]), 120)
        self.keep_computing()

    def keep_computing(self):
        """Asks for the last stage, of another model where this one's are all there."""
        for key in ("End", "r", "End", "r"):
            if is_computing(self.terminal.screen()):
                return
            self.terminal.press(key)
            wait(self.terminal, is_computing, 1 if key == "End" else 10)
        if not is_computing(self.terminal.screen()):
            sys.exit("the program does not compute:\n" + "\n".join(self.terminal.screen()))

    def readings(self, count):
        """Milliseconds that reading the screen takes, without a key."""
        times = []
        for _ in range(count):
            start = time.perf_counter()
            self.terminal.screen()
            times.append(1000 * (time.perf_counter() - start))
            time.sleep(0.01)
        return sorted(times)

    def measure(self, case, presses, pause, rng):
        _, keys, where, pattern, first = case
        for key in first:
            self.terminal.press(key)
            time.sleep(0.2)
        answers, maps, late, busy = [], [], 0, 0
        for press in range(presses):
            self.keep_computing()
            # Not in step with the program's own timers.
            time.sleep(pause * (0.5 + rng.random()))
            before = found(self.terminal.screen(), where, pattern)
            start = time.perf_counter()
            self.terminal.press(keys[press % len(keys)])
            seconds, lines = wait(
                self.terminal, lambda lines: found(lines, where, pattern) != before, 1)
            if seconds is None:
                late += 1
                continue
            answers.append(1000 * (time.perf_counter() - start))
            busy += is_computing(lines)
            wait(self.terminal, lambda lines: not is_waiting_for_map(lines), 2)
            maps.append(1000 * (time.perf_counter() - start))
        return sorted(answers), sorted(maps), late, busy


def row(side, name, answers, maps, late, busy):
    if not answers:
        return f"{side:>6}  {name:<7} no answer to {late} presses"
    median, p90 = answers[len(answers) // 2], answers[len(answers) * 9 // 10]
    return (
        f"{side:>6}  {name:<7}{len(answers):>8}{median:>9.1f}{p90:>8.1f}{answers[-1]:>8.1f}"
        f"{maps[len(maps) // 2]:>8.0f}{busy:>6}" + (f"  {late} late" if late else ""))


def photo(path, side, rng):
    """A picture with something in it at every scale."""
    line = [128 + int(127 * ((x // 37) % 2)) for x in range(side)]
    noise = rng.randbytes(3 * side)
    with open(path, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (side, side))
        for y in range(side):
            shift = y % side
            row = bytearray(noise[3 * shift:] + noise[:3 * shift])
            row[0::3] = bytes(line)
            row[1::3] = bytes([255 * y // side]) * side
            file.write(row)


def main():
    # Ended from outside, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--sides", default="224,1000,2000")
    parser.add_argument("--keys", default="", help="names of rows, with commas; all if none")
    parser.add_argument("--presses", type=int, default=25)
    parser.add_argument("--pause", type=float, default=0.15, help="seconds between presses")
    parser.add_argument("--size", default="120x40", help="of the terminal, in cells")
    parser.add_argument("--options", default="--depth 512 --self-per-cross-attn 0 "
                        "--weight-tie-layers --cross-heads 2", help="the model's")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    names = given.keys.split(",") if given.keys else [case[0] for case in CASES]
    cases = [case for case in CASES if case[0] in names]
    rng = random.Random(0)
    unanswered = False
    print(f"{'side':>6}  {'key':<7}{'presses':>8}{'median':>9}{'p90':>8}{'max':>8}{'map':>8}"
          f"{'busy':>6}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for side in map(int, given.sides.split(",")):
            path = pathlib.Path(folder) / f"{side}.ppm"
            photo(path, side, rng)
            for case in cases:
                terminal = Terminal(
                    f"key-latency-{os.getpid()}-{side}-{cases.index(case)}", width, height,
                    f"TERM=tmux-256color LANG=C.UTF-8 '{given.program}' '{path}' "
                    f"--max-side none {given.options}")
                try:
                    session = Session(terminal)
                    if case is cases[0]:
                        times = session.readings(given.presses)
                        print(row(side, "none", times, times, 0, len(times)), flush=True)
                    result = session.measure(case, given.presses, given.pause, rng)
                finally:
                    terminal.close()
                unanswered = unanswered or result[2] > 0
                print(row(side, case[0], *result), flush=True)
    print("load average", *(f"{load:.1f}" for load in os.getloadavg()),
          "on", os.cpu_count(), "processors")
    sys.exit(1 if unanswered else 0)


main()
