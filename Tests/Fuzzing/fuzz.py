#!/usr/bin/env python3
"""Fuzzes every parser under libFuzzer with the address sanitizer, from the project's root.

    python3 Tests/Fuzzing/fuzz.py                          a brief round of every parser (CI's)
    python3 Tests/Fuzzing/fuzz.py --runs 1000000           the full round
    python3 Tests/Fuzzing/fuzz.py --parsers png torch --runs 200000

Seeds are the fixtures of the tests, what make_seeds.py writes, and Found/PARSER, which holds inputs
that once failed. An input fails if the parser crashes, takes more than 2 seconds, or allocates more
than 64 MB at once; libFuzzer then writes it beside the corpus, and this program exits with 1.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-fuzz"
CORPUS = BUILD / "corpus"
ENVIRONMENT = {**os.environ, "PERCEIVER_FUZZ": "1"}


def build():
    # Of two --sanitize options the compiler heeds the last, and their order is chance: coverage or the
    # address sanitizer would be missing. A linker that strips dead code takes the counters of coverage
    # for such.
    command = ["swift", "build", "--scratch-path", BUILD, "-c", "release", "--sanitize", "fuzzer",
               "-Xswiftc", "-sanitize=fuzzer,address", "-Xcc", "-fsanitize=address",
               "--disable-dead-strip", "--product", "fuzz"]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(done.stdout[-4000:])
    shown = subprocess.run(command[:-2] + ["--show-bin-path"], cwd=ROOT, env=ENVIRONMENT, text=True,
                           stdout=subprocess.PIPE, check=True)
    return pathlib.Path(shown.stdout.strip()) / "fuzz"


def parsers(program):
    """The names of the table in FuzzedParser.swift."""
    asked = subprocess.run([program, "-runs=0"], env={**ENVIRONMENT, "FUZZ_PARSER": ""}, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = next(line for line in asked.stderr.splitlines() if line.startswith("FUZZ_PARSER:"))
    return line.split("one of ")[1].split()


def fuzz(program, name, runs, seconds, seed):
    corpus, found = CORPUS / name, HERE / "Found" / name
    corpus.mkdir(parents=True, exist_ok=True)
    folders = [corpus] + ([found] if found.is_dir() else [])
    dictionary = CORPUS / f"{name}.dict"
    options = [f"-max_total_time={seconds}"] if seconds else []
    options += [f"-runs={runs}"] if runs else []
    options += [f"-seed={seed}", "-timeout=2", "-malloc_limit_mb=64", "-rss_limit_mb=3000",
                "-max_len=20000", "-print_final_stats=1", f"-artifact_prefix={CORPUS}/{name}-"]
    if dictionary.exists():
        options.append(f"-dict={dictionary}")
    # Leaks are not looked for: Swift's runtime keeps its metadata.
    environment = {**ENVIRONMENT, "FUZZ_PARSER": name, "FUZZ_SEED": f"{corpus}/seed-own",
                   "PERCEIVER_NUM_THREADS": "1",
                   "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=16"}
    done = subprocess.run([program, *options, *folders], cwd=CORPUS, env=environment, text=True,
                          errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    (CORPUS / f"{name}.log").write_text(done.stdout)
    count = re.search(r"number_of_executed_units: (\d+)", done.stdout)
    covered = re.findall(r"cov: (\d+)", done.stdout)
    failed = re.search(r"Test unit written to (\S+)", done.stdout)
    blind = not covered or int(covered[-1]) < 20
    outcome = "ok"
    if done.returncode:
        outcome = f"FAILED {failed[1] if failed else 'see its log'}"
    elif blind:
        outcome = "FAILED no coverage: the program is not instrumented"
    print(f"{name:20} {int(count[1]) if count else 0:>10} inputs   {covered[-1] if covered else 0:>6} edges"
          f"   {outcome}", flush=True)
    return outcome == "ok"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--runs", type=int, help="inputs of each parser")
    arguments.add_argument("--seconds", type=int, help="for each parser; 3 unless --runs is given")
    arguments.add_argument("--parsers", nargs="*")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only-build", action="store_true", help="without a round")
    chosen = arguments.parse_args()
    program = build()
    if chosen.only_build:
        return
    subprocess.run([sys.executable, HERE / "make_seeds.py", CORPUS], check=True)
    seconds = chosen.seconds or (0 if chosen.runs else 3)
    # One parser for each processor at a time: a program that fuzzes has one thread.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(
            lambda name: fuzz(program, name, chosen.runs, seconds, chosen.seed),
            chosen.parsers or parsers(program)))
    sys.exit(0 if all(outcomes) else 1)


main()
