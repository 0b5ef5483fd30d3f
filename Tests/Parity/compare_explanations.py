#!/usr/bin/env python3
"""Holds the cost of explanations against its bounds, beside a run and beside PyTorch.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 perceiver-pytorch==0.11.0 numpy
    swift build -c release --product perceiver-tui
    python3 Tests/Parity/compare_explanations.py        # from the root of the repository

The model is the example of perceiver-pytorch's README on a picture of 224 x 224, both programs with
the same weights and picture. PyTorch answers twice: as formulas read (formula_explanations.py), which
is what the bounds are about, and in the form that costs it least (hooked_explanations.py), which is
told beside them; a table of heads is the same runs in both. This program's figures are those of `bench`. In every round (--rounds, at least 3)
each question is measured in all, in turn, in processes of their own; figures are medians over rounds,
and of ratios the median of the rounds' own, so that a busy minute touches all sides.

The first tables have times and memory: `run` is what comes before the question, with slopes recorded
where PyTorch needs them; `then` is what the question takes behind it. The last has each bound:

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

# How PyTorch is asked, by what it is called in tables: the first is what bounds are about.
FORMULAS, LEAST = "as formulas read", "at its least"
RIVALS = {
    name: pathlib.Path(__file__).resolve().with_name(f"{file}_explanations.py")
    for name, file in ((FORMULAS, "formula"), (LEAST, "hooked"))}
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


def torch_figures(rival, question, result, is_small):
    """What a script prints. A table of heads is many runs: once is enough."""
    repetitions = "1" if question == "heads" else "2"
    output = subprocess.run(
        [sys.executable, RIVALS[rival], question, "--result", result, "--repetitions", repetitions,
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


def measured(program, rounds, is_small, folder, ours):
    """By rival and question a list of rounds, each PyTorch's figures and ours; and the largest error
    of `ours`, what was found here, by what either found."""
    works = {"run": "readme"} | {name: work for name, (work, _) in QUESTIONS.items()}
    figures = {rival: {name: [] for name in [*works, "first stage"]} for rival in RIVALS}
    errors = {name: 0.0 for name in QUESTIONS}
    for _ in range(rounds):
        for name, work in works.items():
            own = our_figures(program, work, is_small)
            for rival in reversed(RIVALS):
                if name == "heads" and rival == FORMULAS:
                    # So many runs in either form: those of the other stand for both.
                    figures[rival][name].append(figures[LEAST][name][-1])
                    continue
                theirs = torch_figures(rival, name, folder / "torch.npy", is_small)
                figures[rival][name].append((theirs, own))
                if name in errors:
                    found = np.load(folder / "torch.npy")
                    errors[name] = max(errors[name], speed.relative_error(ours[name], found))
        first = our_figures(program, "explain-first", is_small)
        for rival in RIVALS:
            figures[rival]["first stage"].append((None, first))
    return figures, errors


def times_table(figures, rival):
    """Lines of what was measured."""
    def middle(name, value):
        return statistics.median(value(*figure) for figure in figures[name])

    lines = [f"| question | PyTorch {rival}: run | then | peak | perceiver-tui: run | then | peak |",
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


def verdicts(all_figures, errors, head_count):
    """What is bounded: its name, its bound as text, and for each question the figure as text and
    whether the bound is kept."""
    figures = all_figures[FORMULAS]

    def of_rounds(value, *names, figures=figures):
        """The median over rounds of a number made from the figures of a round, PyTorch's and ours."""
        return statistics.median(
            value(*(pair for name in names for pair in figures[name][index]))
            for index in range(len(figures["run"])))

    def cells(form, keeps, value, rival=FORMULAS):
        found = {
            name: of_rounds(
                lambda *pairs: value(name, *pairs), "run", name, figures=all_figures[rival])
            for name in QUESTIONS}
        return {name: (form(number), keeps(name, number)) for name, number in found.items()}

    def whole(name, run, ours):
        """From the picture to the result, here."""
        return ours["seconds"] + (0 if name in WHOLE else run["seconds"])

    def bound(number, rival):
        return f"≥ {number}" if rival == FORMULAS else "told alone"

    bounds = {name: most or head_count for name, (_, most) in QUESTIONS.items()}
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
        *(row for rival in RIVALS for row in [
            (f"times as fast as PyTorch {rival}, from the picture on", bound(FASTER, rival),
             cells(times, lambda _, number: rival != FORMULAS or number >= FASTER,
                   lambda name, _, run, theirs, ours: theirs["seconds"] / whole(name, run, ours),
                   rival)),
            (f"peak memory of PyTorch {rival} by this program's", bound(SMALLER, rival),
             cells(times, lambda _, number: rival != FORMULAS or number >= SMALLER,
                   lambda _, __, ___, theirs, ours: theirs["peak"] / ours["peak"], rival)),
        ]),
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
        figures, errors = measured(asked.program, asked.rounds, asked.small, folder, ours)
    rows = verdicts(figures, errors, heads)
    for rival in RIVALS:
        print("\n".join([*times_table(figures[rival], rival), ""]))
    print("\n".join(verdict_table(rows)))
    missed = [
        f"{name}: {what}" for what, _, cells in rows
        for name, (_, is_kept) in cells.items() if not is_kept]
    if missed:
        sys.exit(f"\n{len(missed)} bounds are missed: " + "; ".join(missed))
    print("\nall bounds are kept")


if __name__ == "__main__":
    sys.exit(main())
