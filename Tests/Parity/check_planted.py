#!/usr/bin/env python3
"""Follows insertion and deletion on planted pictures with PyTorch, and compares with the program's.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0
    pip install perceiver-pytorch==0.11.0 safetensors numpy pillow
    perceiver-tui explain --planted --weights Samples/planted.safetensors --count 24 \\
        --method attention-all --pictures --output planted
    python3 Tests/Parity/check_planted.py Samples/planted.safetensors planted

Of every picture the pixels are hidden by perceiver-pytorch's own mask, from the middle outwards (the
row "centre", whose order needs no map). Prints the largest difference of gain and probabilities; the
exit status is 1 where it is above --tolerance.
"""

import argparse
import csv
import json
import pathlib
import sys

import numpy as np
import torch
from perceiver_pytorch import Perceiver
from PIL import Image
from safetensors.torch import load_model

POINTS = 24


def centre_order(side):
    """Pixels from the middle outwards, in float32 as the program counts."""
    offsets = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side) - np.float32(0.5)
    squares = offsets * offsets
    distance = (squares[None] + squares[:, None]).flatten()
    return np.argsort(distance, kind="stable")


def curves(model, picture, order):
    """The answer, its probability where the first pixels are hidden, and where they alone are read;
    None where nothing is read, which perceiver-pytorch has no word for."""
    def probabilities(keep):
        with torch.no_grad():
            mask = torch.from_numpy(keep)[None]
            return model(picture[None], mask=mask)[0].double().softmax(-1)

    whole = probabilities(np.ones(len(order), bool))
    answer = int(whole.argmax())
    deletion, insertion = [float(whole[answer])], [None]
    for point in range(1, POINTS):
        hidden = np.zeros(len(order), bool)
        hidden[order[: point * len(order) // POINTS]] = True
        deletion.append(float(probabilities(~hidden)[answer]))
        insertion.append(float(probabilities(hidden)[answer]))
    return answer, deletion + [None], insertion + [deletion[0]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="what explain --planted --pictures wrote")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    asked = parser.parse_args()
    arguments = json.loads(asked.weights.with_suffix(".json").read_text())["args"]
    known = Perceiver.__init__.__code__.co_varnames
    model = Perceiver(**{k: v for k, v in arguments.items() if k in known}).eval()
    load_model(model, str(asked.weights))
    with open(asked.folder / "planted.csv", newline="") as file:
        rows = {int(row["picture"]): row for row in csv.DictReader(file) if row["method"] == "centre"}
    worst = 0.0
    for number, row in sorted(rows.items()):
        (path,) = [
            path for path in (asked.folder / "pictures").glob(f"{number}-*.png")
            if not path.stem.endswith("-object")
        ]
        picture = torch.from_numpy(np.array(Image.open(path)).astype(np.float32)) / 255 * 2 - 1
        answer, deletion, insertion = curves(model, picture, centre_order(len(picture)))
        if answer != int(row["answer"]):
            sys.exit(f"{path}: torch answers {answer}, the program {row['answer']}")
        # By trapezoids; both ends are the same two numbers and cancel.
        gain = (sum(insertion[1:POINTS]) - sum(deletion[1:POINTS])) / POINTS
        for ours, theirs in [
            (row["gain"], gain), (row["p_after_24th"], deletion[1]),
            (row["p_after_8th"], deletion[POINTS // 8]),
        ]:
            worst = max(worst, abs(float(ours) - theirs))
    print(f"{len(rows)} pictures: largest difference {worst:.2g}")
    sys.exit(worst > asked.tolerance)


if __name__ == "__main__":
    main()
