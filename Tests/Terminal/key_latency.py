#!/usr/bin/env python3
"""Measures under tmux how long perceiver-tui takes to answer keys while it computes.

    swift build -c release --product perceiver-tui
    python3 Tests/Terminal/key_latency.py                    # from the root of the repository
    python3 Tests/Terminal/key_latency.py --work stages --sides 1000 --keys s,o --presses 50
    python3 Tests/Terminal/key_latency.py --work y,L,hide --presses 10 --check

What is computed meanwhile (`--work`):
  stages     For each side, a photo of side × side pixels is opened at its full size, and the program
             is told to compute all of a long run of cross-attention stages, each of which is shown
             as it comes. Every key of a list is pressed so many times.
  y, occlusion, L, E, C
             A long question about a model of twelve stages: relevance and its means, occlusion, the
             table of heads, the answer without each stage, another picture's latents put in. Once it
             is done, another model is asked. Tab and one key of the view are pressed.
  hide       No key, but a change: from Enter behind `:hide` to the first stage's classes before and
             after it. `beyond` is how much longer that took than the stage did, by the time that the
             title gives it.

A press is answered when tmux shows what only that key changes: the latent's number, the scale's
name, the cursor's place. The picture may follow: `map` is the median time until no map is being
waited for any more, two seconds at most.

Times are in milliseconds, from handing the key to tmux to reading the changed screen from it;
`none` is such a reading of an unchanged screen, which all figures contain. `busy` is how many
presses were answered while the work went on. What else the machine does counts too: a last line has
its load. Needs tmux alone beside Python 3. The exit status is 1 if a key was not answered within a
second. With `--check` it is 1 too where a median, less that of reading the screen, is above
`--bound`: a person should wait no longer than 50 ms, and the usual bound leaves a busy machine twice
that.
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

FOCUS = r"[┌├]─? ?▸"

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
    ("Tab", ["Tab"], SCREEN, FOCUS, []),
]

# What is asked, what asks it, what the screen shows while it goes on, and a key of the view: name,
# keys (none: an arrow to another stage), what shows the answer.
SPINNER = r"[◐◓◑◒]"
SCALE = ("s", ["s"], LEGEND, r"linear|log |percentile")
ORDER = ("s", ["s"], MAP_TITLE, r"(?:by|without) [^·◐◓◑◒─]+")
STEP = ("arrows", [], SCREEN, r"\[\S (?:cross|latent) [\d.]+\]")
QUESTIONS = [
    ("y", "y", (MAP_TITLE, SPINNER), SCALE),
    ("occlusion", ":why occlusion", (MAP_TITLE, SPINNER), STEP),
    ("L", "L", (MAP_TITLE, SPINNER), ORDER),
    ("E", "E", (MAP_TITLE, SPINNER), ORDER),
    ("C", ":patch {other}", (SCREEN, r"putting parts"), STEP),
]
QUESTION_OPTIONS = "--depth 6 --num-latents 128"
WORK = ["stages", *(question[0] for question in QUESTIONS), "hide"]


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

    def type(self, line):
        """Types a line of text without ending it."""
        self.ask(f"send-keys -l -t keys '{line}'")

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
        titles = (i for i, line in enumerate(lines) if re.search(r"[├┌] legend\b", line))
        start = next(titles, len(lines))
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


def arrow(lines):
    """The key that goes to another stage: back from the last, and on from all others."""
    is_last = any(re.search(r"\[\S [^\]]+\] {2,}", line) for line in lines[-4:])
    return "Left" if is_last else "Right"


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
    """The program on one photo, computing stages all the while."""

    shows_maps = True

    def __init__(self, terminal):
        self.terminal = terminal
        # The time a stage took stands there as soon as it is computed.
        wait(terminal, lambda lines: re.search(r"\d m?s *$", lines[0]), 120)
        self.begin()
        self.keep_computing()

    def begin(self):
        """Asks for what is computed; stages are asked for again and again."""

    def is_busy(self, lines):
        return is_computing(lines)

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
            if where == LEGEND:
                # Another model's first map may be on its way, and no scale stands there yet.
                wait(self.terminal, lambda lines: found(lines, where, pattern), 60)
            lines = self.terminal.screen()
            before = found(lines, where, pattern)
            start = time.perf_counter()
            self.terminal.press(keys[press % len(keys)] if keys else arrow(lines))
            seconds, lines = wait(
                self.terminal, lambda lines: found(lines, where, pattern) != before, 1)
            if seconds is None:
                late += 1
                continue
            answers.append(1000 * (time.perf_counter() - start))
            busy += self.is_busy(lines)
            if self.shows_maps:
                wait(self.terminal, lambda lines: not is_waiting_for_map(lines), 2)
                maps.append(1000 * (time.perf_counter() - start))
        return sorted(answers), sorted(maps), late, busy


class Asking(Session):
    """The program on one photo, with a question about it all the while."""

    # Its mark goes on with the question.
    shows_maps = False

    def __init__(self, terminal, question, other):
        _, self.keys, self.mark, _ = question
        self.other = other
        super().__init__(terminal)

    def is_busy(self, lines):
        # While stages of another model are computed, nothing is asked of it yet.
        where, pattern = self.mark
        return (bool(lines) and not is_computing(lines)
                and re.search(pattern, part(lines, where)) is not None)

    def begin(self):
        self.terminal.press("End")
        # A question is put to a whole run.
        wait(self.terminal, lambda lines: not is_computing(lines), 120)
        if self.keys.startswith(":"):
            self.terminal.type(self.keys.format(other=self.other))
            self.terminal.press("Enter")
        else:
            self.terminal.press(self.keys)

    def keep_computing(self):
        """Waits for the question to go on, and asks it of another model where it is answered."""
        for _ in range(5):
            if wait(self.terminal, self.is_busy, 2)[0] is not None:
                return
            self.terminal.press("r")
            if wait(self.terminal, self.is_busy, 60)[0] is not None:
                return
        sys.exit("nothing is asked:\n" + "\n".join(self.terminal.screen()))


class Hiding(Session):
    """The program on one photo, of which ever more is hidden."""

    def keep_computing(self):
        self.terminal.press("Home")
        wait(self.terminal, lambda lines: not is_computing(lines), 120)

    @staticmethod
    def divergence(lines):
        """How far the shown stage's classes are from those before; nothing while that is computed."""
        return re.findall(r"after, KL (\S+)", "\n".join(lines))

    def hide(self, count, pause):
        """Milliseconds to the classes after each change, and beyond the time of the stage."""
        answers, beyond, late = [], [], 0
        for step in range(count):
            lines = self.terminal.screen()
            before = self.divergence(lines)
            number, unit = re.search(r"([\d.]+) (m?s) *$", lines[0]).groups()
            stage = float(number) * (1 if unit == "ms" else 1000)
            self.terminal.type(f":hide {7 * (step % 28)},{step % 28},7x{7 + step}")
            start = time.perf_counter()
            self.terminal.press("Enter")
            seconds, _ = wait(
                self.terminal,
                lambda lines: self.divergence(lines) not in ([], before), 1 + stage / 250)
            if seconds is None:
                late += 1
                continue
            answers.append(1000 * (time.perf_counter() - start))
            beyond.append(answers[-1] - stage)
            # Later stages of the changed run are not to stand in the next one's way.
            time.sleep(pause + 20 * stage / 1000)
        return sorted(answers), sorted(beyond), late


def median(times):
    return times[len(times) // 2]


def row(side, name, answers, maps, late, busy):
    if not answers:
        return f"{side:>6}  {name:<17} no answer to {late} presses"
    p90 = answers[len(answers) * 9 // 10]
    return (
        f"{side:>6}  {name:<17}{len(answers):>8}{median(answers):>9.1f}{p90:>8.1f}{answers[-1]:>8.1f}"
        f"{f'{median(maps):.0f}' if maps else '':>8}{busy:>6}" + (f"  {late} late" if late else ""))


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
    parser.add_argument("--work", default="", help="what is computed meanwhile, with commas: "
                        + ", ".join(WORK) + "; all if none")
    parser.add_argument("--check", action="store_true", help="fail where a median is above --bound")
    parser.add_argument("--bound", type=float, default=100, help="milliseconds, for --check")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    names = given.keys.split(",") if given.keys else [case[0] for case in CASES]
    cases = [case for case in CASES if case[0] in names]
    work = given.work.split(",") if given.work else WORK
    if unknown := [name for name in work if name not in WORK]:
        parser.error(f"--work: expected some of {', '.join(WORK)}, found {', '.join(unknown)}")
    rng = random.Random(0)
    failures = []
    reading = 0

    def tell(side, name, answers, maps, late, busy, is_bound=True):
        print(row(side, name, answers, maps, late, busy), flush=True)
        if late:
            failures.append(f"{name}: {late} presses without an answer")
        if answers and is_bound and given.check and (above := median(answers) - reading) > given.bound:
            failures.append(f"{name}: {above:.1f} ms, {given.bound:g} at most")

    def opened(name, path, options):
        return Terminal(
            f"key-latency-{os.getpid()}-{name}", width, height,
            f"TERM=tmux-256color LANG=C.UTF-8 '{given.program}' '{path}' --max-side none {options}")

    print(f"{'side':>6}  {'key':<17}{'presses':>8}{'median':>9}{'p90':>8}{'max':>8}{'map':>8}"
          f"{'busy':>6}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for side in map(int, given.sides.split(",") if "stages" in work else []):
            path = pathlib.Path(folder) / f"{side}.ppm"
            photo(path, side, rng)
            for case in cases:
                terminal = opened(f"{side}-{cases.index(case)}", path, given.options)
                try:
                    session = Session(terminal)
                    if case is cases[0]:
                        times = session.readings(given.presses)
                        reading = median(times)
                        tell(side, "none", times, times, 0, len(times))
                    tell(side, case[0], *session.measure(case, given.presses, given.pause, rng))
                finally:
                    terminal.close()
        side = 224
        path, other = (pathlib.Path(folder) / name for name in ("photo.ppm", "other.ppm"))
        photo(path, side, rng)
        photo(other, side, random.Random(1))
        for question in QUESTIONS:
            if question[0] not in work:
                continue
            for key in (("Tab", ["Tab"], SCREEN, FOCUS), question[3]):
                terminal = opened(f"{question[0]}-{key[0]}", path, QUESTION_OPTIONS)
                try:
                    session = Asking(terminal, question, other)
                    if reading == 0:
                        times = session.readings(given.presses)
                        reading = median(times)
                        tell(side, "none", times, times, 0, len(times))
                    tell(
                        side, f"{question[0]}: {key[0]}",
                        *session.measure((*key, []), given.presses, given.pause, rng))
                finally:
                    terminal.close()
        if "hide" in work:
            terminal = opened("hide", path, QUESTION_OPTIONS)
            try:
                session = Hiding(terminal)
                answers, beyond, late = session.hide(given.presses, given.pause)
            finally:
                terminal.close()
            # How long the stage takes is no matter of keys.
            tell(side, "hide", answers, [], late, len(answers), is_bound=False)
            if beyond:
                tell(side, "hide, beyond", beyond, [], 0, len(beyond))
    print("load average", *(f"{load:.1f}" for load in os.getloadavg()),
          "on", os.cpu_count(), "processors")
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)


main()
