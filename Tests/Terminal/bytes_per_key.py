#!/usr/bin/env python3
"""Counts the bytes that perceiver-tui sends to the terminal for each key: what a slow line carries.

    swift build -c release --product perceiver-tui
    python3 Tests/Terminal/bytes_per_key.py                  # from the root of the repository
    python3 Tests/Terminal/bytes_per_key.py --sizes 200x60 --keys "]" "i"

The program runs in a pseudo terminal of each size, with direct colours and with 256. A key's bytes
are those that come until nothing has come for half a second; the median of five presses is printed,
in kilobytes. Behind it, after a slash, stands the mean of twenty presses, ten a second, over a line
that is remote (SSH_CONNECTION), the whole picture at the end left out. Nothing is asserted. Needs
nothing but Python 3.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import select
import signal
import statistics
import struct
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUIET = 0.5  # seconds


def drain(terminal, quiet=QUIET, longest=30):
    """The number of bytes that come until it is quiet."""
    count, begin = 0, time.monotonic()
    while time.monotonic() - begin < longest:
        if not select.select([terminal], [], [], quiet)[0]:
            break
        try:
            count += len(os.read(terminal, 1 << 16))
        except OSError:  # the program has ended
            break
    return count


def measure(command, size, colours, keys, presses):
    """The bytes of each key at a size, the median of several presses."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ.pop("NO_COLOR", None)
        os.environ["COLORTERM"] = "truecolor" if colours == "direct" else ""
        os.environ["XDG_CONFIG_HOME"] = "/nonexistent"
        os.environ["XDG_STATE_HOME"] = "/dev/null"
        os.environ["LC_ALL"] = "C.UTF-8"
        os.environ["SSH_CONNECTION"] = "192.0.2.1 1 192.0.2.2 22"
        time.sleep(0.2)
        os.execv(command[0], command)
    columns, rows = size
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    first = drain(terminal, quiet=2)
    figures = {"first": (first, 0)}
    for key in keys:
        counts = []
        for _ in range(presses):
            os.write(terminal, key.encode())
            counts.append(drain(terminal))
        repeated, repeats = 0, 20
        for _ in range(repeats):
            os.write(terminal, key.encode())
            repeated += drain(terminal, quiet=0.1, longest=0.1)
        drain(terminal)
        figures[key] = (statistics.median(counts), repeated / repeats)
    os.kill(process, signal.SIGTERM)
    drain(terminal, longest=3)
    os.waitpid(process, 0)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--input", default=str(ROOT / "Samples/cat.ppm"))
    parser.add_argument("--sizes", nargs="+", default=["80x24", "120x40", "200x60"])
    parser.add_argument("--keys", nargs="+", default=["]", "s", "c", "i"])
    parser.add_argument("--presses", type=int, default=5)
    options = parser.parse_args()
    print("size     colours  " + "".join(f"{key:>14}" for key in ["first", *options.keys]))
    for size in options.sizes:
        for colours in ["direct", "256"]:
            figures = measure(
                [options.program, options.input], tuple(map(int, size.split("x"))), colours,
                options.keys, options.presses)
            print(f"{size:8} {colours:8} " + "".join(
                f"{f'{value / 1000:.1f}/{repeated / 1000:.1f}':>14}"
                for value, repeated in figures.values()), flush=True)


if __name__ == "__main__":
    main()
