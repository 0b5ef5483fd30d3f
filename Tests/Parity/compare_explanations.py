#!/usr/bin/env python3
"""Holds the cost of explanations against its bounds, beside a run and beside PyTorch with hooks.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 perceiver-pytorch==0.11.0 numpy
    swift build -c release --product perceiver-tui
    python3 Tests/Parity/compare_explanations.py        # from the root of the repository

The model is the example of perceiver-pytorch's README on a picture of 224 x 224, both programs with
the same weights and picture. hooked_explanations.py says what PyTorch does; this program's figures
are those of `bench`. In every round (--rounds, at least 3) each question is measured in both, in
turn, in processes of their own; figures are medians over rounds, and of ratios the median of the
rounds' own, so that a busy minute touches both sides.

The first table has times and memory: `run` is what comes before the question, with slopes recorded
where PyTorch needs them; `then` is what the question takes behind it. The second has each bound:

- this program's time for a question in runs of its own model (`explain-*` of `bench` by `readme`),
  and the peak memory of the process in that of a run;
- PyTorch's time by this program's, both from the picture to the result, and peak memory likewise;
- ‖ours − torch‖ / ‖torch‖ of what both found.

The exit status is 1 where a bound is missed. --small takes the small model of `bench --small`, to
see that all of this works; its ratios mean nothing.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import compare_speed as speed  # noqa: E402

HOOKED = pathlib.Path(__file__).resolve().with_name("hooked_explanations.py")
# A question's name in hooked_explanations.py, the work of `bench` that asks it here, and the bound
# of its time in runs; None for the table of heads, whose bound is the count of runs it replaces.
QUESTIONS = {
    "presence": ("explain-presence", 3), "relevance": ("explain-relevance", 3),
    "gradient-times-input": ("explain-gradient", 3), "rollout-residual": ("explain-rollout", 1),
    "hiding": ("explain-hiding", 1.1), "heads": ("explain-heads", None),
}
MAPS = ["presence", "relevance", "gradient-times-input", "rollout-residual"]
# Questions that are a run themselves, and no addition to one.
WHOLE = {"run", "hiding"}
MEMORY_BOUND, FASTER, SMALLER, ERROR_BOUND = 1.5, 5, 5, 5e-6


def our_figures(program, work, is_small):
    """Seconds and peak memory of a work of `bench`."""
    output = subprocess.run(
        [program, "bench", work, "--json", "--repetitions", "5", *["--small"] * is_small],
        check=True, capture_output=True, text=True).stdout
    (found,) = json.loads(output)["works"]
    return {"seconds": found["seconds"], "peak": found["peakBytes"]}


def torch_figures(question, result, is_small):
    """What hooked_explanations.py prints. A table of heads is many runs: once is enough."""
    repetitions = "1" if question == "heads" else "2"
    output = subprocess.run(
        [sys.executable, HOOKED, question, "--result", result, "--repetitions", repetitions,
         *["--small"] * is_small], check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def our_results(program, arguments, side, folder):
    """What `explain` finds of the same picture, by question."""
    options = []
    for key, value in arguments.items():
        options += ["--" + key.replace("_", "-"), str(value)]
    np.save(folder / "picture.npy", speed.picture(side))
    quarter, half = side // 4, 3 * side // 4 - side // 4
    subprocess.run(
        [program, "explain", folder / "picture.npy", "--method", ",".join(MAPS), "--seed", "0",
         "--hide", f"{quarter},{quarter},{half}x{half}", "--sweep", "heads", "--output",
         folder / "ours", *options], check=True, stdout=subprocess.DEVNULL)
    found = {name: np.load(folder / "ours" / f"{name}.npy").reshape(-1) for name in MAPS}
    record = json.loads((folder / "ours" / "explain.json").read_text())
    found["run"] = np.array(record["logits"])
    (effect,) = record["effects"]
    found["hiding"] = np.array(effect["logits"])
    answer = record["logits"][record["target"]]
    found["heads"] = np.array(
        [answer + row["delta_logit"] for row in record["tables"]["sweep-heads"]])
    return found


def measured(program, rounds, is_small, folder):
    """By question a list of rounds, each PyTorch's figures and ours; and what PyTorch found."""
    works = {"run": "readme"} | {name: work for name, (work, _) in QUESTIONS.items()}
    figures = {name: [] for name in [*works, "first stage"]}
    found = {}
    for _ in range(rounds):
        for name, work in works.items():
            theirs = torch_figures(name, folder / "torch.npy", is_small)
            figures[name].append((theirs, our_figures(program, work, is_small)))
            found[name] = np.load(folder / "torch.npy")
        figures["first stage"].append(
            (None, our_figures(program, "explain-first", is_small)))
    return figures, found


def times_table(figures):
    """Lines of what was measured."""
    def middle(name, value):
        return statistics.median(value(*figure) for figure in figures[name])

    lines = ["| question | PyTorch: run | then | peak | perceiver-tui: run | then | peak |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    run = middle("run", lambda _, ours: ours["seconds"])
    for name in figures:
        if name == "first stage":
            continue
        whole = middle(name, lambda theirs, _: theirs["seconds"])
        after = middle(name, lambda theirs, _: theirs["after"])
        peak = middle(name, lambda theirs, _: theirs["peak"])
        own = middle(name, lambda _, ours: ours["seconds"])
        own_peak = middle(name, lambda _, ours: ours["peak"])
        then = ["", ""] if name in WHOLE else [f"{after * 1e3:.0f} ms", f"{own * 1e3:.0f} ms"]
        lines.append(
            f"| {name} | {(whole - after) * 1e3:.0f} ms | {then[0]} | {peak / 1e6:.0f} MB "
            f"| {(own if name in WHOLE else run) * 1e3:.0f} ms | {then[1]} "
            f"| {own_peak / 1e6:.0f} MB |")
    return lines


def verdicts(figures, errors, head_count):
    """What is bounded: its name, its bound as text, and for each question the figure as text and
    whether the bound is kept."""
    def of_rounds(value, *names):
        """The median over rounds of a number made from the figures of a round, PyTorch's and ours."""
        return statistics.median(
            value(*(pair for name in names for pair in figures[name][index]))
            for index in range(len(figures["run"])))

    def cells(form, keeps, value):
        found = {
            name: of_rounds(lambda *pairs: value(name, *pairs), "run", name) for name in QUESTIONS}
        return {name: (form(number), keeps(name, number)) for name, number in found.items()}

    def whole(name, run, ours):
        """From the picture to the result, here."""
        return ours["seconds"] + (0 if name in WHOLE else run["seconds"])

    bounds = {name: bound or head_count for name, (_, bound) in QUESTIONS.items()}
    first = of_rounds(
        lambda _, ours, __, first: first["seconds"] / ours["seconds"], "hiding", "first stage")
    ratio, times = "{:.2f}".format, "{:.1f}".format
    return [
        ("time, in runs",
         f"≤ 3; rollout ≤ 1; hiding ≤ 1.1; heads ≤ {head_count}, which they replace",
         cells(ratio, lambda name, number: number <= bounds[name],
               lambda _, __, run, ___, ours: ours["seconds"] / run["seconds"])),
        ("time until the first stage is shown, of all", "< 1",
         {"hiding": (ratio(first), first < 1)}),
        ("peak memory, of a run's", f"≤ {MEMORY_BOUND}",
         cells(ratio, lambda _, number: number <= MEMORY_BOUND,
               lambda _, __, run, ___, ours: ours["peak"] / run["peak"])),
        ("times as fast as PyTorch, from the picture on", f"≥ {FASTER}",
         cells(times, lambda _, number: number >= FASTER,
               lambda name, _, run, theirs, ours: theirs["seconds"] / whole(name, run, ours))),
        ("PyTorch's peak memory by this program's", f"≥ {SMALLER}",
         cells(times, lambda _, number: number >= SMALLER,
               lambda _, __, ___, theirs, ours: theirs["peak"] / ours["peak"])),
        ("error", f"≤ {ERROR_BOUND:.0e}",
         {name: (f"{errors[name]:.1e}", errors[name] <= ERROR_BOUND) for name in QUESTIONS}),
    ]


def verdict_table(rows):
    """Its lines: a column for each question."""
    lines = ["| " + " | ".join(["what", "bound", *QUESTIONS]) + " |",
             "| --- " * (2 + len(QUESTIONS)) + "|"]
    for what, bound, cells in rows:
        texts = []
        for name in QUESTIONS:
            text, is_kept = cells.get(name, ("", True))
            texts.append(f"{text} kept" if text and is_kept else f"**{text} missed**" if text else "")
        lines.append("| " + " | ".join([what, bound, *texts]) + " |")
    return lines


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(speed.ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    if asked.rounds < 3:
        parser.error(f"--rounds: expected 3 or more, for a median, found {asked.rounds}")
    arguments = speed.SMALL if asked.small else speed.README
    side = 56 if asked.small else 224
    heads = arguments["depth"] * (
        arguments["cross_heads"] + arguments["self_per_cross_attn"] * arguments["latent_heads"])
    print(speed.versions(asked.program) + f"; {asked.rounds} rounds\n", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        ours = our_results(asked.program, arguments, side, folder)
        figures, theirs = measured(asked.program, asked.rounds, asked.small, folder)
    errors = {name: speed.relative_error(ours[name], theirs[name]) for name in QUESTIONS}
    rows = verdicts(figures, errors, heads)
    print("\n".join([*times_table(figures), "", *verdict_table(rows)]))
    missed = [
        f"{name}: {what}" for what, _, cells in rows
        for name, (_, is_kept) in cells.items() if not is_kept]
    if missed:
        sys.exit(f"\n{len(missed)} bounds are missed: " + "; ".join(missed))
    print("\nall bounds are kept")


if __name__ == "__main__":
    sys.exit(main())
