#!/usr/bin/env python3
"""Sends perceiver-tui every key of every terminfo entry on this machine, cut sequences and random
bytes, and says which of them end it.

    swift build -c release --product perceiver-tui
    python3 Tests/Terminal/hostile_input.py                       # from the root of the repository
    python3 Tests/Terminal/hostile_input.py --types linux,putty --bytes 0

Entries with the same keys are tried once. Each key is sent whole, and then cut at every place with
a pause of 100 ms inside (--cut; without it only for xterm-256color). Random bytes have a fixed
seed. Bytes that would quit, suspend or begin a command are left out of these, as they act rightly.
Needs infocmp and toe of ncurses; the exit status is 1 if anything ended the program.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import random
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPTIONS = ["--max-side", "16", "--depth", "1", "--num-latents", "4", "--latent-dim", "8",
           "--latent-heads", "1", "--num-classes", "5"]
FOLDER = tempfile.TemporaryDirectory(prefix="hostile-input-")
# Ctrl-C, Ctrl-Z, Ctrl-backslash, and what opens lines in which Enter writes files.
LEFT_OUT = b"\x03\x1a\x1cqQ:eTt"


def unescaped(text):
    """A capability as infocmp writes it, in bytes."""
    result, index = bytearray(), 0
    named = {"E": 27, "e": 27, "n": 10, "l": 10, "r": 13, "t": 9, "b": 8, "f": 12, "s": 32, "0": 0}
    while index < len(text):
        character = text[index]
        if character == "^":
            index += 1
            result.append(127 if text[index] == "?" else ord(text[index]) & 31)
        elif character == "\\":
            octal = re.match(r"[0-7]{3}", text[index + 1:])
            if octal:
                result.append(int(octal[0], 8) & 255)
                index += 3
            else:
                index += 1
                result.append(named.get(text[index], ord(text[index])))
        else:
            result += character.encode("latin-1")
        index += 1
    return bytes(result)


def keys(term):
    listing = subprocess.run(["infocmp", "-1", "-x", term], capture_output=True, encoding="latin-1")
    found = {}
    for line in listing.stdout.splitlines():
        match = re.match(r"\t(k\w+)=(.*),$", line)
        if match and match[1] != "kmous":
            found[match[1]] = unescaped(match[2])
    return found


class Program:
    def __init__(self, command, term):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(FOLDER.name)  # what keys export goes there
            os.environ.update(TERM=term, LANG="C.UTF-8")
            os.execv(command[0], command)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.status = None
        self.seen = b""
        self.wait(lambda: b"perceiver" in self.seen, 10)
        if b"perceiver-tui: " in self.seen:
            self.drain(2)  # it says why it does not begin

    def drain(self, seconds):
        """Reads for so long; returns whether the program still runs."""
        end = time.monotonic() + seconds
        while self.status is None:
            left = max(0, end - time.monotonic())
            if select.select([self.terminal], [], [], left)[0]:
                try:
                    self.seen = (self.seen + os.read(self.terminal, 65536))[-65536:]
                except BlockingIOError:
                    pass
                except OSError:
                    self.status = os.waitpid(self.pid, 0)[1]
            elif left == 0:
                break
            if time.monotonic() > end + 0.5:
                break
        return self.status is None

    def wait(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end and self.drain(0.02):
            pass

    def send(self, data, pause=0.0):
        # A program that waits for its screen to be read takes no keys: both go on by turns.
        os.set_blocking(self.terminal, False)
        while data and self.status is None:
            _, ready, _ = select.select([self.terminal], [self.terminal], [], 1)
            try:
                if ready:
                    data = data[os.write(self.terminal, data):]
            except BlockingIOError:
                pass
            except OSError:
                self.drain(1)
            self.drain(0)
        self.drain(pause)

    def lives(self):
        """Whether it runs, and answers a new size with a new screen."""
        self.drain(1.2)
        self.seen = b""
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 81, 0, 0))
        self.wait(lambda: len(self.seen) > 200, 5)
        return self.status is None and len(self.seen) > 200

    def stop(self):
        if self.status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.terminal)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--types", help="terminfo entries, with commas between; default all")
    parser.add_argument("--bytes", type=int, default=1_000_000, help="random bytes")
    parser.add_argument("--cut", action="store_true", help="cut the keys of every entry")
    options = parser.parse_args()
    command = [os.path.abspath(options.program), str(ROOT / "Samples/rings.ppm"), *OPTIONS]
    if options.types:
        types = options.types.split(",")
    else:
        listed = subprocess.run(["toe", "-a"], capture_output=True, encoding="latin-1").stdout
        types = sorted({line.split()[0] for line in listed.splitlines() if line.strip()})

    tried, ended, refused, count = set(), [], 0, 0
    for term in types:
        found = keys(term)
        sent = tuple(sorted(set(found.values()) - {bytes([b]) for b in LEFT_OUT}))
        if sent in tried:
            continue
        tried.add(sent)
        program = Program(command, term)
        if program.status is not None and os.waitstatus_to_exitcode(program.status) == 64:
            refused += 1  # a terminal that cannot place its cursor
            program.stop()
            continue
        for data in sent:
            if not any(b in LEFT_OUT for b in data[:1]):
                program.send(data, 0.002)
                count += 1
        if options.cut or term == "xterm-256color":
            for data in sent:
                for place in range(1, len(data)):
                    if data[place] not in LEFT_OUT:
                        program.send(data[:place], 0.1)
                        program.send(data[place:], 0.002)
                        count += 1
        if not program.lives():
            ended.append(term)
            print(f"{term}: ended with {program.status}", flush=True)
        program.stop()
    print(f"{count} keys of {len(tried)} terminals, {refused} refused, {len(ended)} ended", flush=True)

    if options.bytes:
        numbers = random.Random(20261128)
        program = Program(command, "xterm-256color")
        left = options.bytes
        while left > 0 and program.status is None:
            data = bytes(b for b in numbers.randbytes(512) if b not in LEFT_OUT)
            program.send(data)
            program.drain(0)
            left -= len(data)
        if not program.lives():
            ended.append("random bytes")
        print(f"{options.bytes - max(0, left)} random bytes: "
              + ("ended" if program.status is not None else "lives"), flush=True)
        program.stop()
    sys.exit(1 if ended else 0)


if __name__ == "__main__":
    main()
