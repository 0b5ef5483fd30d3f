#!/usr/bin/env python3
"""Writes some reference cases' parameters with torch.save, beside their safetensors.

    python3 make_torch_checkpoints.py ../PerceiverTests/Fixtures/perceiver-pytorch

model.pt is a bare state dict; model_wrapped.pth is what a training script saves: names with
`module.`, an epoch and an optimiser's state beside, tied parameters in one storage.
"""

import json
import pathlib
import sys

import torch
from perceiver_pytorch.perceiver_io import PerceiverIO
from perceiver_pytorch import Perceiver
from safetensors.torch import load_file

root = pathlib.Path(sys.argv[1])


def model(name, cls):
    folder = root / name
    config = json.loads((folder / "config.json").read_text())
    made = cls(**config["args"])
    made.load_state_dict(load_file(folder / "model.safetensors"), strict=True)
    return folder, made


folder, plain = model("v0.11.0", Perceiver)
torch.save(plain.state_dict(), folder / "model.pt")

folder, tied = model("v0.11.0_io_tied", PerceiverIO)
optimiser = torch.optim.SGD([tied.latents], lr=0.1, momentum=0.9)
wrapped = torch.nn.DataParallel(tied)
torch.save(
    {"state_dict": wrapped.state_dict(), "epoch": 3, "optimizer": optimiser.state_dict()},
    folder / "model_wrapped.pth")
