#!/usr/bin/env python3
"""Counts the bytes that perceiver-tui sends to the terminal for each key: what a slow line carries.

    swift build -c release --product perceiver-tui
    python3 Tests/Terminal/bytes_per_key.py                  # from the root of the repository
    python3 Tests/Terminal/bytes_per_key.py --sizes 200x60 --keys "]" "i"
    python3 Tests/Terminal/bytes_per_key.py --check          # 15 KB at 120 x 40, 40 KB at 200 x 60
    python3 Tests/Terminal/bytes_per_key.py --mean 30 --input Samples/fashion-boot.png \
        --weights Samples/fashion.safetensors                # of maps of why, while their mean goes on

The program runs in a pseudo terminal of each size over a line that is remote (SSH_CONNECTION), with
direct colours and with 256. Three figures are printed for a key, in kilobytes: the most bytes of
several presses, all that comes until half a second of silence after each; the mean of presses that come ten a second; and
what follows when nothing happens any more, which is the picture in all its colours. --check fails where
the first two are more than the size's bound. --mean asks why and then presses nothing for so many
seconds: a figure for each time that the map became finer. Needs nothing but Python 3.
"""

import argparse
import concurrent.futures
import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import sys
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUIET = 0.5  # seconds; the program takes a second of silence for rest
BOUNDS = {"120x40": 15_000, "200x60": 40_000}  # bytes that a key may send
REPEATS = 10
NAMED = {"Right": "\x1b[C", "Left": "\x1b[D", "End": "\x1b[F", "Home": "\x1b[H"}


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


def start(command, size, colours):
    """The program in a pseudo terminal over a line that is remote: its process and the terminal."""
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
    return process, terminal


def press(terminal, key):
    os.write(terminal, NAMED.get(key, key).encode())


def stop(process, terminal):
    os.kill(process, signal.SIGTERM)
    drain(terminal, longest=3)
    os.waitpid(process, 0)


def measure_mean(command, size, colours, seconds):
    """The bytes of each refined map of why, in order, while nothing is pressed for so many seconds."""
    process, terminal = start(command, size, colours)
    drain(terminal, quiet=2)
    for key in ["End", "y"]:  # the last stage, and why
        press(terminal, key)
        drain(terminal, longest=3)
    figures, count, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        # The mark of what is computed turns in between, in a few bytes.
        came = drain(terminal, quiet=0.3, longest=0.3)
        if came > 400:
            count += came
        elif count:
            figures.append(count)
            count = 0
    stop(process, terminal)
    return figures + ([count] if count else [])


def measure(command, size, colours, keys, presses):
    """The bytes of each key at a size: the most of several presses, of one while it repeats, at rest."""
    process, terminal = start(command, size, colours)
    figures = {"first": (drain(terminal, quiet=2), 0, 0)}
    for key in keys:
        counts = []
        for _ in range(presses):
            press(terminal, key)
            counts.append(drain(terminal))
        at_rest = drain(terminal, quiet=1.5)
        repeated = 0
        for _ in range(REPEATS):
            press(terminal, key)
            repeated += drain(terminal, quiet=0.1, longest=0.1)
        drain(terminal, quiet=1.5)
        figures[key] = (max(counts), repeated / REPEATS, at_rest)
    stop(process, terminal)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--input", default=str(ROOT / "Samples/cat.ppm"))
    parser.add_argument("--sizes", nargs="+")
    parser.add_argument("--keys", nargs="+", default=["]", "s", "c", "Right", "End", "i"])
    parser.add_argument("--presses", type=int, default=3)
    parser.add_argument("--weights", help="the model; untrained without it")
    parser.add_argument(
        "--mean", type=float, metavar="SECONDS", help="of a mean that goes on for so many seconds")
    parser.add_argument("--check", action="store_true", help="fail where a key sends too much")
    options = parser.parse_args()
    command = [options.program, options.input]
    command += ["--weights", options.weights] if options.weights else []
    if options.mean:
        for size in options.sizes or ["120x40"]:
            for colours in ["direct", "256"]:
                figures = measure_mean(
                    command, tuple(map(int, size.split("x"))), colours, options.mean)
                print(f"{size:8} {colours:8} " + " ".join(f"{value / 1000:.1f}" for value in figures))
        return
    sizes = options.sizes or (list(BOUNDS) if options.check else ["80x24", *BOUNDS])
    print("size     colours  " + "".join(f"{key:>18}" for key in ["first", *options.keys]))
    too_many = []
    cases = [(size, colours) for size in sizes for colours in ["direct", "256"]]
    # Nearly all of the time is waited for silence, so that all are measured side by side.
    with concurrent.futures.ProcessPoolExecutor(len(cases)) as pool:
        measured = [
            pool.submit(
                measure, command, tuple(map(int, size.split("x"))), colours, options.keys,
                options.presses)
            for size, colours in cases]
        for (size, colours), figures in zip(cases, (one.result() for one in measured)):
            print(f"{size:8} {colours:8} " + "".join(
                f"{'/'.join(f'{value / 1000:.1f}' for value in values):>18}"
                for values in figures.values()), flush=True)
            bound = BOUNDS.get(size, sys.maxsize)
            too_many += [
                f"{key} at {size}, {colours}: {max(values[:2]):.0f} bytes, at most {bound} are wanted"
                for key, values in figures.items()
                if key != "first" and max(values[:2]) > bound]
    if options.check and too_many:
        sys.exit("\n".join(too_many))


if __name__ == "__main__":
    main()
