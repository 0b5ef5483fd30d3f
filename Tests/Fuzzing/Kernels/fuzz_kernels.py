#!/usr/bin/env python3
"""Fuzzes the C kernels under the address and undefined-behaviour sanitizers, from the project's root.

    python3 Tests/Fuzzing/Kernels/fuzz_kernels.py                   a brief round (CI's)
    python3 Tests/Fuzzing/Kernels/fuzz_kernels.py --runs 1000000    the full round

Each of the levels that dispatch.h builds the kernels for is built and run by itself, as far as this
processor has it. What fails is written into .build-fuzz/kernels, and this program exits with 1.
"""

import argparse
import concurrent.futures
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
KERNELS = ROOT / "Sources" / "CKernels"
BUILD = ROOT / ".build-fuzz" / "kernels"
# What Linux calls the features of a level that the one below lacks.
FEATURES = {"x86-64-v3": {"avx2", "fma", "bmi2", "movbe"},
            "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}}


def clang():
    """The one of the Swift toolchain."""
    swift = shutil.which("swift")
    beside = pathlib.Path(swift).resolve().parent / "clang" if swift else None
    found = str(beside) if beside and beside.exists() else shutil.which("clang")
    return found or sys.exit("fuzz_kernels.py: expected clang beside swift, found none")


def levels():
    """The levels that dispatch.h names, and the attribute of each."""
    if platform.machine() != "x86_64":
        return {platform.machine(): ""}
    named = re.findall(r'"arch=([^"]+)"', (KERNELS / "dispatch.h").read_text())
    return {"x86-64": "", **{name: f'__attribute__((target("arch={name}")))' for name in named}}


def is_here(level):
    found = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return FEATURES.get(level, set()) <= set(found[1].split() if found else [])


def check_all_are_called():
    header = (KERNELS / "include" / "CKernels.h").read_text()
    declared = set(re.findall(r"^(?:\w+ )+\*?(pk_\w+)\(", header, re.M))
    called = set(re.findall(r"\b(pk_\w+)\(", (HERE / "fuzz_kernels.c").read_text()))
    if declared - called:
        sys.exit(f"fuzz_kernels.c: does not call {' '.join(sorted(declared - called))}")


def build(level, attribute):
    program = BUILD / f"fuzz-{level}"
    done = subprocess.run(
        [clang(), "-std=c17", "-O2", "-g", "-Wall", "-Wno-psabi",
         "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
         f"-DPK_ONE_LEVEL={attribute}", f"-I{KERNELS / 'include'}", f"-I{KERNELS}",
         *sorted(KERNELS.glob("*.c")), HERE / "fuzz_kernels.c", "-lm", "-o", program],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(done.stdout[-4000:])
    # The linker complains of each function of the sanitizer that is its own.
    for line in done.stdout.splitlines():
        if "warning:" in line and "__asan_" not in line:
            print(line, flush=True)
    return program


def fuzz(program, level, chosen):
    corpus = BUILD / "corpus"
    corpus.mkdir(exist_ok=True)
    options = [f"-runs={chosen.runs}"] if chosen.runs else [f"-max_total_time={chosen.seconds}"]
    done = subprocess.run(
        [program, *options, f"-seed={chosen.seed}", "-max_len=300", "-len_control=0", "-timeout=10",
         "-print_final_stats=1", f"-artifact_prefix={BUILD}/{level}-", corpus],
        env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=16"}, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    (BUILD / f"{level}.log").write_text(done.stdout)
    count = re.search(r"number_of_executed_units: (\d+)", done.stdout)
    covered = re.findall(r"cov: (\d+)", done.stdout)
    print(f"kernels, {level:12} {int(count[1]) if count else 0:>10} inputs   "
          f"{covered[-1] if covered else 0:>6} edges   "
          f"{f'FAILED {BUILD}/{level}.log' if done.returncode else 'ok'}", flush=True)
    return done.returncode == 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--runs", type=int, help="inputs of each level")
    arguments.add_argument("--seconds", type=int, default=5, help="in all, unless --runs is given")
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    check_all_are_called()
    BUILD.mkdir(parents=True, exist_ok=True)
    run = {}
    for level, attribute in levels().items():
        if is_here(level):
            run[level] = attribute
        else:
            print(f"kernels, {level:12} not run: this processor lacks it", flush=True)
    chosen.seconds = max(1, chosen.seconds // len(run))
    # All are run, also after one that failed.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        programs = list(pool.map(build, run.keys(), run.values()))
    good = [fuzz(program, level, chosen) for program, level in zip(programs, run)]
    sys.exit(0 if all(good) else 1)


main()
