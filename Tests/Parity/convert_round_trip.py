#!/usr/bin/env python3
"""Converts checkpoints with perceiver-tui and loads them with perceiver-pytorch, strict=True.

For every reference case (a folder with config.json, model.safetensors and expected.safetensors)
and every layout, the converted model must give the output that the case's own release gave, and
what cannot be converted must be refused with a reason.

    python3 convert_round_trip.py --program .build/release/perceiver-tui \\
        --layout 0.11.0 Tests/PerceiverTests/Fixtures/perceiver-pytorch

Needs torch, safetensors and the release of perceiver-pytorch that the layout names; --package DIR
takes one from a folder (pip install --no-deps --target DIR perceiver-pytorch==0.8.8).
"""

import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("cases", type=pathlib.Path)
parser.add_argument("--program", required=True)
parser.add_argument("--layout", default="0.11.0")
parser.add_argument("--release", help="only models that are written for this release")
parser.add_argument("--package", help="a folder with perceiver_pytorch")
arguments = parser.parse_args()
if arguments.package:
    sys.path.insert(0, arguments.package)

import torch
from safetensors.torch import load_file

TOLERANCE = 1e-5


def forward(model, config, expected, forward_config):
    """The model's output on the case's inputs, asked for as the case was."""
    inputs = {}
    if "mask" in expected:
        inputs["mask"] = expected["mask"].bool()
    if "queries" in expected:
        inputs["queries"] = expected["queries"]
    with torch.no_grad():
        return model(expected["input"], **inputs)


refused = converted = failed = 0
worst = 0.0
for folder in sorted(p for p in arguments.cases.iterdir() if (p / "config.json").exists()):
    case = json.loads((folder / "config.json").read_text())
    for source in sorted(folder.glob("model*")):
        with tempfile.TemporaryDirectory() as scratch:
            out = pathlib.Path(scratch) / "out.safetensors"
            run = subprocess.run(
                [arguments.program, "convert", str(source), "--layout", arguments.layout,
                 "--config", str(folder / "config.json"), "--output", str(out)],
                capture_output=True, text=True)
            name = f"{folder.name}/{source.name}"
            if run.returncode == 65 and "expected a model that" in run.stderr:
                refused += 1
                print(f"{name:55} refused: {run.stderr.strip().split('found ')[-1]}")
                continue
            if run.returncode != 0:
                failed += 1
                print(f"{name:55} FAILED: {run.stderr.strip()}")
                continue
            config = json.loads(out.with_suffix(".json").read_text())
            if arguments.release and config["version"] != arguments.release:
                continue
            module = importlib.import_module(f"perceiver_pytorch.{config['module']}")
            model = getattr(module, config["cls"])(**config["args"]).eval()
            model.load_state_dict(load_file(out), strict=True)
            expected = load_file(folder / "expected.safetensors")
            output = forward(model, config, expected, case.get("forward", {}))
            theirs = expected["output"]
            error = float((output - theirs).norm() / theirs.norm())
            converted += 1
            worst = max(worst, error)
            mark = "" if error <= TOLERANCE else "  TOO LARGE"
            failed += error > TOLERANCE
            print(f"{name:55} {config['version']:8} {error:.1e}{mark}")
print(f"{converted} converted and loaded (largest error {worst:.1e}), {refused} refused, "
      f"{failed} failed")
sys.exit(1 if failed or not converted else 0)
