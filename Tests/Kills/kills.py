#!/usr/bin/env python3
"""Kills perceiver-tui at each system call that changes files, and looks at what is left.

    Tests/Kills/kills.py [--program .build/release/perceiver-tui] [--brief]

strace kills at the n-th rename, link, unlink, fsync, write, truncation or folder made or removed of a
command that writes. Afterwards every file that was there has its older bytes or those of a whole newer
one, weights open with arguments that are their own, and the same command again succeeds, leaves nothing
beside its files, and gives what it gives undisturbed: the same bytes, each step once in the metrics. Exits
with 1 if something else was found, with 0 and a word where ptrace is not allowed.
"""

import argparse
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALLS = ["rename", "renameat2", "link", "unlink", "fsync", "write"]
RARER = ["ftruncate", "mkdir", "rmdir", "unlinkat"]
SMALL = ["--depth", "1", "--num-latents", "4", "--latent-dim", "16", "--num-freq-bands", "2"]
OTHER = ["--depth", "2", "--num-latents", "8", "--latent-dim", "16", "--num-freq-bands", "3"]


def data(folder):
    """Eight pictures of 8 x 8 in two classes, in MNIST's format."""
    folder.mkdir()
    pixels = bytes(i * 37 % 256 for i in range(8 * 64))
    (folder / "train-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">III", 8, 8, 8) + pixels)
    (folder / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 8) + bytes([0, 1] * 4))


class Commands:
    """Each command: what is there before it, and the command itself."""

    def __init__(self, program):
        self.program = str(program)
        self.photo = str(ROOT / "Samples/rings.ppm")
        train = ["train", "data", "-o", "t.safetensors", "--batch-size", "4"]
        self.all = {
            "convert": (["convert", "-o", "m.safetensors", *SMALL],
                        ["convert", "-o", "m.safetensors", "--force", *OTHER]),
            "train": ([*train, "--steps", "2", *SMALL], [*train, "--steps", "3", "--force", *OTHER]),
            "train --resume": ([*train, "--steps", "2", "--metrics", "t.csv", *SMALL],
                               [*train, "--steps", "4", "--metrics", "t.csv", "--resume"]),
            "render": (["render", self.photo, "-o", "r.ppm", "--max-side", "16", *SMALL],
                       ["render", self.photo, "-o", "r.ppm", "--max-side", "16", "--force", *OTHER]),
            "trace, the first": (["convert", "-o", "m.safetensors", *SMALL],
                                 ["trace", self.photo, "-o", "traced", "--max-side", "16", *SMALL]),
            "trace": (["trace", self.photo, "-o", "traced", "--max-side", "16", *SMALL],
                      ["trace", self.photo, "-o", "traced", "--max-side", "16", "--force", *SMALL, "--seed", "5"]),
        }

    def run(self, arguments, folder, *before):
        return subprocess.run([*before, self.program, *arguments], cwd=folder, capture_output=True, timeout=120)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and ".partial" not in str(p.relative_to(folder)) and not str(p.relative_to(folder)).startswith("data/")}


def litter(folder):
    return [str(p.relative_to(folder)) for p in folder.rglob("*") if ".partial" in p.name]


def changes_each_time(name):
    """Files with times in them: stages.json and metrics."""
    return name.endswith((".json", ".csv")) and "stages" in name or name.endswith(".csv")


def judge(commands, name, folder, old, new, again):
    """What is wrong after a kill."""
    wrong = []
    now = contents(folder)
    for file, bytes_ in old.items():
        if file not in now:
            wrong.append(f"{file} is lost")
        elif now[file] not in (bytes_, new.get(file)) and not changes_each_time(file) and ".training." not in file:
            wrong.append(f"{file} is neither the older nor the newer one")
    if name == "trace":
        states = {now.get(file) == old[file] for file in old if old[file] != new.get(file) and not changes_each_time(file)}
        if len(states) > 1:
            wrong.append("the folder holds a part of each trace")
    if name == "trace, the first":
        there = {file in now for file in new if file not in old}
        if len(there) > 1:
            wrong.append("the folder holds a part of the trace")
    for weights in (file for file in now if file.endswith(".safetensors") and ".training." not in file):
        result = commands.run(["info", weights], folder)
        if result.returncode:
            wrong.append(f"info {weights}: {result.stderr.decode().strip()[-160:]}")
    result = commands.run(again, folder)
    if result.returncode:
        wrong.append(f"again: status {result.returncode}, {result.stderr.decode().strip()[-160:]}")
    if litter(folder):
        wrong.append(f"left after the next: {litter(folder)}")
    last = contents(folder)
    for file in sorted(last.keys() ^ new.keys()):
        wrong.append(f"after the next {file} is {'missing' if file in new else 'too much'}")
    for file in last.keys() & new.keys():
        if last[file] != new[file] and not changes_each_time(file) and ".training." not in file:
            wrong.append(f"after the next {file} differs from an undisturbed one")
        if file.endswith(".csv") and steps(last[file]) != steps(new[file]):
            wrong.append(f"after the next {file} has the steps {steps(last[file])}")
    return wrong


def steps(metrics):
    """The steps of the training in their order."""
    return [row.split(",")[2] for row in metrics.decode().splitlines() if row.startswith("training,")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=ROOT / ".build/release/perceiver-tui", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--brief", action="store_true", help="the first two of each call, and renames")
    options = parser.parse_args()
    if shutil.which("strace") is None or subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        print("kills: passed over, strace may not trace here")
        return 0
    commands = Commands(options.program)
    bad = kills = 0
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        for name, (first, then) in commands.all.items():
            before, after = pathlib.Path(scratch) / "before", pathlib.Path(scratch) / "after"
            for folder in (before, after):
                shutil.rmtree(folder, ignore_errors=True)
            before.mkdir()
            data(before / "data")
            made = commands.run(first, before)
            if made.returncode:
                sys.exit(f"kills: {name}: cannot begin: {made.stderr.decode()}")
            shutil.copytree(before, after)
            if commands.run(then, after).returncode:
                sys.exit(f"kills: {name}: does not run undisturbed")
            old, new = contents(before), contents(after)
            for call in CALLS + ([] if options.brief else RARER):
                most = (4 if call.startswith("rename") else 2) if options.brief else 60
                for number in range(1, most + 1):
                    folder = pathlib.Path(scratch) / "killed"
                    shutil.rmtree(folder, ignore_errors=True)
                    shutil.copytree(before, folder)
                    killed = commands.run(then, folder, "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                                          "-e", f"inject={call}:signal=SIGKILL:when={number}")
                    if killed.returncode == 0:
                        break
                    kills += 1
                    wrong = judge(commands, name, folder, old, new, then)
                    bad += bool(wrong)
                    if wrong:
                        print(f"{name} killed at {call} {number}: {'; '.join(wrong)}", flush=True)
            print(f"{name}: done", flush=True)
    print(f"kills: {kills}, of which {bad} left something wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
