#!/usr/bin/env python3
"""Measures how long perceiver-tui takes from its start to the first heatmap on the screen.

    swift build -c release --product perceiver-tui
    python3 Tests/Terminal/first_map.py                      # from the root of the repository
    python3 Tests/Terminal/first_map.py --input photo.jpg --options '--depth 2' --runs 20

The program is started in a terminal of its own (a pseudo-terminal of 120 x 40 cells) and what it
writes is read; the map is there when the readout has its entropy. Process start, drawing the
README example's 45 million untrained parameters, reading the photo and the first cross-attention
are in the time. Nothing is asserted.
"""

import argparse
import fcntl
import os
import pathlib
import pty
import select
import shlex
import signal
import statistics
import struct
import sys
import termios
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def measure(command, seconds=20):
    start = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    os.kill(process, signal.SIGWINCH)
    written = b""
    elapsed = None
    while time.perf_counter() - start < seconds:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            written += os.read(terminal, 65536)
        except OSError:
            break
        if b"entropy" in written:
            elapsed = time.perf_counter() - start
            break
    os.kill(process, signal.SIGTERM)
    os.close(terminal)
    os.waitpid(process, 0)
    if elapsed is None:
        sys.exit(f"no map within {seconds} s; saw: {written[-300:]!r}")
    return elapsed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--input", default=str(ROOT / "Samples/cat.ppm"))
    parser.add_argument("--options", default="", help="the model's")
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    command = [arguments.program, arguments.input, *shlex.split(arguments.options)]
    times = sorted(measure(command) for _ in range(arguments.runs))
    print(f"first map after {statistics.median(times) * 1e3:.0f} ms (median of {len(times)}), "
          f"{times[0] * 1e3:.0f} to {times[-1] * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
