#!/usr/bin/env python3
"""Makes the tables of Samples/README.md from what `explain --planted` measured of several models.

    python3 Tests/Parity/planted_tables.py planted-a planted-b planted-c
    python3 Tests/Parity/planted_tables.py planted-a planted-b planted-c --write Samples/README.md

Each folder is what `explain --planted --output` wrote; models are called a, b, c … in their order.
Printed are both tables, the count of right answers, and what the text beside them quotes: for each
method the worst of its gains, and differences of gains over the same pictures, with 95 % intervals.
--write puts the tables, and a line that says why cells are blank, in the place of those that stand in
the file. It needs Python alone.
"""

import argparse
import csv
import json
import pathlib
import statistics
import sys

# Column of the table's JSON, heading, and whether it is a share.
TABLES = [
    [("gain", "gain", False), ("points", "points at it", True)],
    [("share", "on the object", True), ("p_after_24th", "p without 1/24", False)],
]
# Differences of gains: the first less the second.
PAIRS = [
    ("relevance-sampled", "relevance"), ("relevance-sampled", "toggles-sampled"),
    ("rise", "relevance-sampled"),
]


class Measured:
    """What was measured of one model."""

    def __init__(self, folder):
        record = json.loads((folder / "planted.json").read_text())
        self.right, self.pictures = record["right"], record["question"]["pictures"]
        self.parameters, self.seed = record["question"]["parameters"], record["question"]["seed"]
        self.means = {method["name"]: method for method in record["methods"]}
        self.gains = {}
        with open(folder / "planted.csv", newline="") as file:
            for row in csv.DictReader(file):
                # A map whose values are all equal orders no pixels and has no gain.
                if row["class"] == row["answer"] and row["gain"]:
                    gains = self.gains.setdefault(row["method"], {})
                    gains[row["picture"]] = float(row["gain"])


def number(value):
    return f"{value:.2f}".replace("-", "−")


def cell(mean, is_share):
    """A mean with its interval; nothing where there is none."""
    if mean is None:
        return ""
    value, interval = mean["mean"], mean["interval"]
    if is_share:
        return f"{100 * value:.0f}" + ("" if interval is None else f" ± {100 * interval:.0f}") + " %"
    return number(value) + ("" if interval is None else f" ± {number(interval)}")


def table(columns, models):
    """Its lines: a row for each method, and for each column one cell of each model."""
    names = [chr(ord("a") + index) for index in range(len(models))]
    heads = []
    for _, heading, _ in columns:
        heads += [f"{heading}: {names[0]}", *names[1:]]
    lines = ["| " + " | ".join(["method", *heads]) + " |", "| --- " * (1 + len(heads)) + "|"]
    for method in models[0].means:
        cells = [
            cell(model.means[method].get(key), is_share)
            for key, _, is_share in columns for model in models]
        lines.append("| " + " | ".join([f"`{method}`", *cells]) + " |")
    return lines


BLANK = "Blank cells: "


def blanks(models):
    """Why cells of the tables are blank; nothing where none is."""
    orders = [f"`{name}`" for name in models[0].means
              if all(model.means[name].get("share") is None for model in models)]
    if not orders:
        return []
    names = " and ".join(orders)
    return ["", f"{BLANK}{names} {'are orders' if len(orders) > 1 else 'is an order'} of pixels and no "
            "map: there are no values that could lie on the object."]


def difference(model, first, second):
    """The mean of the first's gain less the second's, with its interval: mean ± 1.96 s / √N."""
    one, other = model.gains[first], model.gains[second]
    values = [one[picture] - other[picture] for picture in one if picture in other]
    interval = 1.96 * statistics.stdev(values) / len(values) ** 0.5
    return f"{number(statistics.fmean(values))} ± {number(interval)}"


def replacing(text, lines):
    """The text with a table in the place of the one whose first heading is the same."""
    start = lines[0].split(":")[0]
    rows = text.split("\n")
    first = next((index for index, row in enumerate(rows) if row.startswith(start)), None)
    if first is None:
        sys.exit(f"expected a table that begins with {start}, found none")
    last = first
    while last < len(rows) and rows[last].startswith("|"):
        last += 1
    # What was said of blank cells before.
    if rows[last:last + 1] == [""] and rows[last + 1:] and rows[last + 1].startswith(BLANK):
        last += 2
    return "\n".join(rows[:first] + lines + rows[last:])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE")
    asked = parser.parse_args()
    models = [Measured(folder) for folder in asked.folders]
    if any(set(model.means) != set(models[0].means) for model in models):
        sys.exit("expected the same methods of all models, found others")
    tables = [table(columns, models) for columns in TABLES]
    for columns, lines in zip(TABLES, tables):
        if "share" in [key for key, *_ in columns]:
            lines += blanks(models)
    for model, folder in zip(models, asked.folders):
        print(f"{folder}: {model.right} of {model.pictures} right, {model.parameters} parameters, "
              f"pictures of seed {model.seed}")
    print()
    for lines in tables:
        print("\n".join(lines) + "\n")
    worst = {
        name: min(model.means[name]["gain"]["mean"] for model in models)
        for name in models[0].means}
    print("worst gain: " + ", ".join(
        f"{name} {number(gain)}" for name, gain in sorted(worst.items(), key=lambda x: -x[1])))
    for first, second in PAIRS:
        if {first, second} <= set(worst):
            print(f"gain of {first} less {second}: "
                  + "; ".join(difference(model, first, second) for model in models))
    if asked.write:
        text = asked.write.read_text()
        for lines in tables:
            text = replacing(text, lines)
        asked.write.write_text(text)


if __name__ == "__main__":
    main()
