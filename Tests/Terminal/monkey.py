#!/usr/bin/env python3
"""Hits keys at random in perceiver-tui, and checks what a person before it would see.

    python3 Tests/Terminal/monkey.py --events 2000
    python3 Tests/Terminal/monkey.py --events 100000 --term linux --seed 7

A round plays keys, commands, trainings, pastes, mouse reports, broken sequences and such as come in
pieces, sizes one by one and in storms, and signals. After every few it holds that
- the program runs, and answers Ctrl-L within a second, not counting waits for a processor;
- the screen is what a full redraw makes of it, in every cell, and the cursor stands where it stood;
- nothing was written that a terminal of this kind does not know;
- memory is below a bound.
Where it quits, where it stops by Ctrl-Z and where SIGTERM or SIGHUP ends it, the terminal must be as
it was, and a training that it says it kept must be there. A seed gives the same events again. What failed is one line, and the events that led to it are kept in a file that --replay
plays. It needs Python 3 alone; the exit status is 1 if anything failed.
"""

import argparse
import fcntl
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

from screen_model import ScreenModel

ROOT = pathlib.Path(__file__).resolve().parents[2]
TERMS = ["xterm-256color", "xterm-direct", "screen-256color", "linux", "vt100", "rxvt-unicode-256color"]
KEYS = [b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\x1bOA", b"\x1bOC", b"\x1b[H", b"\x1b[F", b"\x1b[1~",
        b"\x1b[4~", b"\x1b[2~", b"\x1b[3~", b"\x1b[5~", b"\x1b[6~", b"\x1b[Z", b"\x1b[1;2C", b"\x1b[1;5D",
        b"\x1b[1;3A", b"\x1bOP", b"\x1b[11~", b"\x1b[15~", b"\x1b[24~", b"\x1b", b"\x1bx", b"\r", b"\n", b"\t",
        b"\x7f", b"\x08", b"\x01", b"\x05", b"\x0b", b"\x15", b"\x17", b"\x12", b"\x00"]
LETTERS = " bnfhjkmJgGpscovrRaxu.,i=+-[]{}<>tNMUeT?/:ydE0123456789#*@"
BROKEN = [b"\x1b[", b"\x1bO", b"\x1b[<", b"\x1b[<0;3", b"\x1b[<9;M", b"\x1b[1;", b"\x1b[99999999999~", b"\x1b[1;99C",
          b"\x1b]0;name\x07", b"\x1b]11;rgb:1/2/3\x1b\\", b"\x1b]52;c;", b"\x1bP1$r0m\x1b\\", b"\x1b[?62;4c",
          b"\x1b[10;20R", b"\x1b[I", b"\x1b[O", b"\x1b[201~", b"\x1b[97;5u", b"\x1b_x\x1b\\", b"\x1b\x1b[A", b"\x9bA",
          b"\x1bOj", b"\x1bOM", b"\x1b[8;30;100t", b"\x1b[M !!", b"\x1b[[A"]
NAMES = """stage latent head reduction value scale colour overlay view zoom frame set apply seed weights notes
mask export train moment stop save help depth num_latents latent_dim cross_heads latent_heads num_freq_bands
max_freq num_classes attn_dropout weight_tie_layers inverted_cross_attn variant release attention_temperature
quit""".split()
VALUES = ["1", "2", "3", "8", "0", "-1", "1e999", "nan", "99999999999999999999", "yes", "no", "none", "mean", "cross 1",
          "matrix", "log", "viridis", "off", "in", "fit", "perceiver", "io", "gated", "0.4.0", "latent-1.1", "é́",
          "中文", "\u202e\u200b", "%s%n", "'", "picture.ppm", "missing", ".", "folder", "out.png", "out.npy",
          "out.txt", "out.safetensors", "no/where.png"]
# Behind these the parser waits for an end, and takes what is typed meanwhile for the inside.
OPENINGS = re.compile(rb"\x1b[\]PX^_]|\xc2[\x90\x98\x9d-\x9f]|[\x90\x98\x9d-\x9f]|\x1b\[200~")
# The ends of a string and of a paste: behind them every key is one.
CLOSING = b"\x1b\\\x1b[201~"
ENDINGS = {"TERM": 128 + signal.SIGTERM, "HUP": 128 + signal.SIGHUP}
SIGNALS = {"WINCH", "CONT", "TSTP", "PIPE", *ENDINGS}


class Player:
    """Makes events: bytes to type, a size, a signal, or several of these with a pause between.

    The same seed makes the same ones.
    """

    def __init__(self, seed):
        self.random = random.Random(seed)

    def event(self):
        kinds = dict(letter=35, key=20, command=12, search=2, mouse=8, broken=6, noise=5, paste=3, size=7, signal=1.5,
                     pieces=2, storm=0.5, training=1, suspend=1, end=0.2)
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        return getattr(self, kind)()

    def letter(self):
        return self.random.choice(LETTERS).encode() * self.random.choice((1, 1, 1, 2, 7))

    def key(self):
        return self.random.choice(KEYS) * self.random.choice((1, 1, 1, 4))

    def command(self):
        words = [self.random.choice(NAMES)] + self.random.choices(VALUES, k=self.random.choice((0, 1, 1, 1, 2)))
        if words[0] in ("depth", "num_latents", "latent_dim"):
            words[1:] = [self.random.choice(("1", "2", "8", "16", "x"))]
        if words[0] == "quit" and self.random.random() < 0.9:
            words[0] = "qui"
        line = " ".join(words).encode()
        if self.random.random() < 0.1:
            line = line[:self.random.randrange(len(line) + 1)]
        return b":" + line + self.random.choice((b"\r", b"\r", b"\r", b"\t\t\r", b"\x1b", b"", b"\x1b[A\r"))

    def search(self):
        return b"/" + self.random.choice(NAMES)[:4].encode() + self.random.choice((b"\r", b"\x1b", b""))

    def mouse(self):
        button = self.random.choice((0, 0, 0, 1, 2, 32, 35, 64, 65, 66, 16, 200))
        x, y = self.random.randrange(1, 180), self.random.randrange(1, 60)
        if self.random.random() < 0.1:
            x, y = self.random.choice(((0, 0), (99999, 99999), (1, 70000)))
        return f"\x1b[<{button};{x};{y}{self.random.choice('MMm')}".encode() * self.random.choice((1, 1, 12))

    def broken(self):
        return self.random.choice(BROKEN)

    def noise(self):
        return bytes(self.random.choice([c for c in range(256) if c not in (3, 26, 28)])
                     for _ in range(self.random.randrange(1, 9)))

    def paste(self):
        text = self.random.choice((b"depth 2", b"one\r\ntwo\n", b"\x1b[31m\x1b]0;x\x07", b"", bytes(range(32, 256)),
                                   b"x" * self.random.choice((10, 3000, 100_000)), "e\u0301中\u202e😀".encode() * 20))
        return b"\x1b[200~" + text + self.random.choice((b"\x1b[201~", b"\x1b[201~", b"\x1b[201~", b""))

    def size(self):
        usual = (self.random.randrange(60, 160), self.random.randrange(16, 50))
        any_size = (self.random.randrange(1, 300), self.random.randrange(1, 100))
        return self.random.choice((usual, usual, any_size, (1, 1), (80, 24), (300, 1), (1, 100), (300, 100)))

    def signal(self):
        return self.random.choice(("WINCH", "CONT", "TSTP", "PIPE"))

    def pieces(self):
        """A sequence cut in two or more, with pauses shorter and longer than the parser waits."""
        whole = self.random.choice((*KEYS, *BROKEN, b"\x1b[<0;10;10M", "é中😀".encode(), b"\x1b[200~pasted\x1b[201~"))
        pause = self.random.choice((0.01, 0.04, 0.1, 0.2))
        places = sorted({0, *(self.random.randrange(len(whole)) for _ in range(2)), len(whole)})
        return [pause, *(whole[one:other] for one, other in zip(places, places[1:]))]

    def storm(self):
        """Sizes faster than they are drawn, or as many signals."""
        if self.random.random() < 0.3:
            return [0.001] + ["WINCH"] * 60
        return [self.random.choice((0.0, 0.003))] + [self.size() for _ in range(40)]

    def training(self):
        """One that is begun, and stopped, quit or gone back in while it runs."""
        then = self.random.choice((b"t", b"t", b":stop\r", b":moment 1\r", b"N", b"MU", b"R", b"qn", b""))
        return [self.random.choice((0.02, 0.15)), self.random.choice((b"t", b":train steps=5\r")), then]

    def suspend(self):
        return b"\x1a"

    def end(self):
        return self.random.choice(list(ENDINGS))


def lead(command, environment, tell, going):
    """What a shell does for a program in its terminal: a group of its own, to stop and to go on.

    Where there is no shell, a program's SIGTSTP to itself is dropped.
    """
    for name in (signal.SIGTTOU, signal.SIGTSTP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(name, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        os.dup2(os.open("errors.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        for name in (signal.SIGTTOU, signal.SIGTSTP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
            signal.signal(name, signal.SIG_DFL)
        time.sleep(0.1)
        os.execve(command[0], command, environment)
    os.write(tell, b"%d\n" % pid)
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        os.tcsetpgrp(0, os.getpgrp())
        os.write(tell, b"%d\n" % status)
        if not os.WIFSTOPPED(status) or not os.read(going, 1):
            os._exit(0)
        os.tcsetpgrp(0, pid)
        os.killpg(pid, signal.SIGCONT)


class Terminal:
    """The program in a pseudo-terminal, and what it shows."""

    def __init__(self, command, folder, term, columns=100, rows=30):
        self.model = ScreenModel(columns, rows)
        self.written, self.status, self.stopped_with = 0, None, []
        # What is left of the environment does not choose colours or files for it.
        environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TERMINFO") if name in os.environ}
        environment |= {"TERM": term, "LANG": "C.UTF-8", "HOME": str(folder), "SWIFT_BACKTRACE": "enable=no"}
        if term == "xterm-direct":
            environment["COLORTERM"] = "truecolor"
        news, tell = os.pipe()
        going, self.go = os.pipe()
        self.leader, self.handle = pty.fork()
        if self.leader == 0:
            try:
                os.chdir(folder)
                lead(command, environment, tell, going)
            finally:
                os._exit(127)
        os.close(tell), os.close(going)
        self.settings = termios.tcgetattr(self.handle)
        self.news = os.fdopen(news)
        self.pid = int(self.news.readline())
        os.set_blocking(self.handle, False)
        self.resize(columns, rows)

    def resize(self, columns, rows):
        self.read(0)
        self.model.resize(columns, rows)
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds):
        """Takes what is written within a time; whether anything was."""
        if not select.select([self.handle], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.handle, 1 << 16)
        except OSError:
            data = b""
        self.model.take(data)
        self.written += len(data)
        return bool(data)

    def settle(self, quiet, longest):
        """Waits until nothing is written for `quiet` seconds; false if that does not come."""
        end = time.monotonic() + longest
        while time.monotonic() < end:
            if not self.read(quiet):
                return True
            if not self.lives():
                return True
        return False

    def type(self, data):
        """Types, and takes what is written meanwhile; false if nothing is taken for 10 s."""
        end = time.monotonic() + 10
        while data and self.lives():
            if self.is_the_shells():
                # It stops or ends; what is typed now would not be for it.
                self.read(0.01)
                if time.monotonic() > end:
                    return False
                continue
            try:
                data = data[os.write(self.handle, data[:1024]):]
                end = time.monotonic() + 10
            except BlockingIOError:
                self.read(0.01)
            except OSError:
                break
            self.read(0)
            if time.monotonic() > end:
                return False
        return True

    def is_the_shells(self):
        """Whether the terminal has been given back."""
        try:
            return bool(termios.tcgetattr(self.handle)[3] & termios.ICANON)
        except termios.error:
            return False

    def lives(self):
        """Whether it runs; one that stopped is let go on, after a look at what it left."""
        if self.status is not None:
            return False
        # The leader says so as soon as it gets a processor.
        if select.select([self.news], [], [], 10 if self.state() in "TXZ" else 0)[0]:
            status = int(self.news.readline() or "9")
            while self.read(0.02):
                pass
            if os.WIFSTOPPED(status):
                self.stopped_with.append(self.left_behind())
                os.write(self.go, b"g")
                end = time.monotonic() + 10
                while self.state() == "T" and time.monotonic() < end:
                    time.sleep(0.001)
            else:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    def state(self):
        """What the kernel says of it: T for stopped, Z and X for ended."""
        try:
            return pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return "X"

    def signal(self, name):
        try:
            os.kill(self.pid, getattr(signal, "SIG" + name))
        except ProcessLookupError:
            pass

    def left_behind(self):
        left = self.model.left_behind()
        try:
            if termios.tcgetattr(self.handle)[:4] != self.settings[:4]:
                left.append("terminal settings")
        except termios.error:
            pass
        return left

    def memory(self):
        try:
            lines = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
            return max(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000
        except (OSError, ValueError):
            return 0.0

    def waited(self):
        """Seconds that it and this script have waited for a processor: a busy machine is no fault."""
        try:
            return sum(int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[1])
                       for pid in (self.pid, "self")) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def is_idle(self):
        """Whether no thread of it runs or waits for a processor: an answer that comes would change
        the screen too."""
        for _ in range(8):
            try:
                for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
                    if (task / "stat").read_text().rsplit(")", 1)[1].split()[0] in "RD":
                        return False
            except (OSError, IndexError):
                return False
            time.sleep(0.025)
        return not self.read(0)

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while self.lives() and time.monotonic() < end:
            self.read(0.02)
        return self.status is not None

    def close(self):
        if self.lives():
            self.signal("KILL")
        while self.lives():
            self.read(0.02)
        os.close(self.go)
        os.close(self.handle)
        os.waitpid(self.leader, 0)
        self.news.close()


class Round:
    """One seed on one kind of terminal."""

    def __init__(self, options, term, seed):
        self.options, self.term, self.seed = options, term, seed
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="monkey-"))
        (self.folder / "folder").mkdir()
        pixels = bytes(i * 7 % 251 for i in range(24 * 16 * 3))
        (self.folder / "picture.ppm").write_bytes(b"P6 24 16 255\n" + pixels)
        self.command = [str(options.program.resolve()), "picture.ppm", "--depth", "2", "--num-latents", "16",
                        "--latent-dim", "32", "--max-side", "24"]
        self.played, self.failures = [], 0
        # What was typed since the last look, and the signal that shall end the program.
        self.typed, self.sent = b"", None
        self.counts = dict(events=0, looks=0, compared=0, quits=0, stops=0, kept=0)
        self.slowest = self.largest = 0.0
        self.start()

    def start(self):
        self.terminal = Terminal(self.command, self.folder, self.term)
        self.terminal.read(10)
        self.terminal.settle(0.3, 10)

    def fail(self, what):
        self.failures += 1
        kept = self.options.keep / f"{self.term}-{self.seed}-{self.counts['events']}.json"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"term": self.term, "what": what, "events": self.played[-200:],
                                    "screen": self.terminal.model.text()}, indent=1))
        print(f"{self.term}, seed {self.seed}, event {self.counts['events']}: {what} ({kept})", flush=True)

    def play(self, event):
        self.played.append(self.kept_form(event))
        self.typed += event if isinstance(event, bytes) else b""
        self.act(event)

    def act(self, event):
        terminal = self.terminal
        if isinstance(event, bytes):
            if not terminal.type(CLOSING + event if event == b"\x1a" else event):
                self.fail("takes no keys for 10 s")
        elif isinstance(event, str):
            if terminal.lives():
                self.sent = event if event in ENDINGS else self.sent
                terminal.signal(event)
        elif isinstance(event, list):
            for part in event[1:]:
                self.act(part)
                self.typed += part if isinstance(part, bytes) else b""
                end = time.monotonic() + event[0]
                while (left := end - time.monotonic()) > 0:
                    terminal.read(left)
        else:
            terminal.resize(*event)
        if event in (b"\x1a", "TSTP"):
            self.await_stop()
        elif isinstance(event, str) and event in ENDINGS:
            terminal.wait(10)

    def await_stop(self):
        """Waits for a stop and for the screen after it: meanwhile keys are the shell's."""
        terminal = self.terminal
        stops = len(terminal.stopped_with)
        end = time.monotonic() + 10
        while terminal.lives() and len(terminal.stopped_with) == stops:
            terminal.read(0.02)
            if time.monotonic() > end:
                return self.fail("does not stop")
        terminal.read(2)

    @staticmethod
    def kept_form(event):
        """An event as a kept file has it; `played_form` makes the event of it again."""
        if isinstance(event, bytes):
            return event.hex()
        if isinstance(event, list):
            return {"pause": event[0], "parts": [Round.kept_form(part) for part in event[1:]]}
        return event

    @staticmethod
    def played_form(kept):
        if isinstance(kept, dict):
            return [kept["pause"], *(Round.played_form(part) for part in kept["parts"])]
        if isinstance(kept, list):
            return tuple(kept)
        return kept if kept in SIGNALS else bytes.fromhex(kept)

    def has_ended(self):
        """Looks at a program that ended, and starts another."""
        terminal = self.terminal
        if terminal.lives():
            return False
        self.check_words()
        self.judge_end()
        self.counts["quits"] += 1
        terminal.close()
        self.start()
        return True

    def judge_end(self):
        """What must hold of a program that ended: its status, the terminal, a training that was kept."""
        terminal = self.terminal
        left = terminal.left_behind()
        if terminal.status not in ([0, ENDINGS[self.sent]] if self.sent else [0]):
            said = (self.folder / "errors.txt").read_text(errors="replace").strip()
            self.fail(f"ended with status {terminal.status}: {said[-200:]}")
        elif left:
            self.fail(f"ended, and left behind: {', '.join(left)}")
        if self.sent:
            self.judge_kept()
        self.sent = None

    def judge_kept(self):
        said = (self.folder / "errors.txt").read_text(errors="replace")
        for name in re.findall(r"(\S+) keeps the model after step", said):
            self.counts["kept"] += 1
            info = subprocess.run([self.command[0], "info", name], cwd=self.folder, capture_output=True, timeout=60)
            if info.returncode:
                self.fail(f"kept {name}, and info says: {info.stderr.decode(errors='replace').strip()}")
            for file in self.folder.glob(name.removesuffix(".safetensors") + "*"):
                file.unlink()
        if "is lost" in said:
            self.fail(said.strip())

    def look(self):
        """What must hold at any moment."""
        terminal = self.terminal
        self.counts["looks"] += 1
        # The end of a paste or a string is waited for a second, and what is typed till then is in it.
        is_open = OPENINGS.search(self.typed)
        self.typed = b""
        if is_open and self.counts["looks"] % 4:
            terminal.type(CLOSING)
            is_open = None
        is_quiet = terminal.settle(1.2 if is_open else 0.3, 2.5) and terminal.is_idle()
        if self.has_ended():
            return
        self.check_words()
        self.largest = max(self.largest, terminal.memory())
        if self.largest > self.options.memory:
            self.fail(f"memory is {self.largest:.0f} MB")
            self.largest = 0.0
            terminal.close()
            return self.start()
        before = terminal.model.shown()
        # The same redraw as Ctrl-L's, without a key that would take a message away.
        if not self.redraws(lambda: terminal.signal("WINCH"), "a change of its window"):
            return
        if is_quiet:
            self.compare(before)
        self.redraws(lambda: terminal.type(b"\x0c"), "Ctrl-L")

    def redraws(self, ask, name):
        """Whether the program writes something within a second of being asked."""
        terminal = self.terminal
        start, written, waited = time.monotonic(), terminal.written, terminal.waited()
        ask()
        while terminal.written == written and terminal.lives() and time.monotonic() < start + 10:
            terminal.read(0.05)
        if self.has_ended():
            return False
        seconds = time.monotonic() - start - (terminal.waited() - waited)
        self.slowest = max(self.slowest, seconds)
        if seconds > self.options.patience:
            self.fail(f"answers {name} after {seconds:.1f} s")
        terminal.settle(0.05, 1)
        return not self.has_ended()

    def compare(self, before):
        terminal = self.terminal
        after = terminal.model.shown()
        self.counts["compared"] += 1
        if (found := self.difference(before, after)) is None:
            return
        # What moves by itself, as autoplay and a training do, differs without a redraw as well.
        terminal.settle(0.4, 2)
        first = terminal.model.shown()
        terminal.settle(1.2, 1.3)
        if self.difference(first, terminal.model.shown()) is None and self.difference(after, first) is None:
            self.fail(f"a redraw changes the screen: {found}")

    @staticmethod
    def difference(one, two):
        (cells, cursor), (others, place) = one, two
        if len(cells) != len(others) or len(cells[0]) != len(others[0]):
            return "its size"
        for y, (row, other) in enumerate(zip(cells, others)):
            for x, (cell, changed) in enumerate(zip(row, other)):
                if cell != changed:
                    return f"column {x}, row {y}: {cell} became {changed}"
        return None if cursor == place else f"the cursor at {cursor} went to {place}"

    def check_words(self):
        terminal = self.terminal
        for left in terminal.stopped_with:
            self.counts["stops"] += 1
            if left:
                self.fail(f"stopped, and left behind: {', '.join(left)}")
        # While it is stopped, and when it has ended, the kernel writes what is typed.
        if terminal.model.strange and not terminal.stopped_with and terminal.status is None:
            self.fail(f"wrote {terminal.model.strange[:3]}")
        terminal.stopped_with, terminal.model.strange = [], []

    def run(self, events):
        for event in events:
            self.counts["events"] += 1
            self.play(event)
            if self.counts["events"] % self.options.between == 0:
                self.look()
            elif not self.terminal.lives():
                self.has_ended()
            if self.failures >= self.options.failures:
                break
        self.leave()
        print(f"{self.term}, seed {self.seed}: "
              + ", ".join(f"{count} {name}" for name, count in self.counts.items())
              + f", slowest answer {1000 * self.slowest:.0f} ms, memory {self.largest:.0f} MB, "
              + f"{self.failures} failures", flush=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.failures

    def leave(self):
        """Quits as a person does, from wherever the program is; at odd seeds SIGTERM ends it."""
        terminal = self.terminal
        terminal.resize(100, 30)
        if self.seed % 2:
            self.act("TERM")
        for keys in [b"\x1b", b"\x1b", b"\x1b", b"q", b"q", b"\x1b", b"\x1b", b":quit\r", b":quit\r", b"\x03", b"\x03"]:
            if not terminal.lives():
                break
            if not self.seed % 2:
                terminal.type(keys)
            terminal.wait(0.7)
        if terminal.lives():
            self.fail("does not quit")
        else:
            self.judge_end()
        terminal.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/perceiver-tui")
    parser.add_argument("--events", type=int, default=2000, help="for each kind of terminal (2000)")
    parser.add_argument("--seconds", type=float, help="end a round after so long")
    parser.add_argument("--term", action="append", help=f"a kind of terminal; all of {', '.join(TERMS)} if none")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="by the clock, and printed, if none")
    parser.add_argument("--between", type=int, default=20, help="events between two looks (20)")
    parser.add_argument("--patience", type=float, default=1, help="seconds that an answer may take (1)")
    parser.add_argument("--memory", type=float, default=600, help="MB that the program may take (600)")
    parser.add_argument("--failures", type=int, default=10, help="end a round after so many (10)")
    parser.add_argument("--keep", type=pathlib.Path, default=ROOT / ".build/monkey", help="where failures are kept")
    parser.add_argument("--replay", type=pathlib.Path, help="play the events of a kept file")
    options = parser.parse_args()
    if options.replay:
        kept = json.loads(options.replay.read_text())
        events = [Round.played_form(event) for event in kept["events"]]
        sys.exit(1 if Round(options, kept["term"], options.seed).run(events) else 0)

    def events(player):
        end = time.monotonic() + (options.seconds or 1e9)
        for _ in range(options.events):
            if time.monotonic() > end:
                break
            yield player.event()

    failures = 0
    for term in options.term or TERMS:
        print(f"{term}, seed {options.seed}", flush=True)
        failures += Round(options, term, options.seed).run(events(Player(options.seed)))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
