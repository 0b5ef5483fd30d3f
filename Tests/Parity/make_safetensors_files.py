#!/usr/bin/env python3
"""Makes Tests/TensorsTests/Fixtures/safetensors: small files as the Python package writes them.

    pip install torch==2.13.0 safetensors==0.8.0
    python3 Tests/Parity/make_safetensors_files.py          # from the root of the repository

plain.safetensors: save_file with {"format": "pt"}; tied.safetensors: save_model of a module whose
`b` is its `a`. Element i of every tensor is i / 7.
"""

import math
import pathlib

import torch
from safetensors.torch import save_file, save_model

folder = pathlib.Path("Tests/TensorsTests/Fixtures/safetensors")
folder.mkdir(parents=True, exist_ok=True)


def sevenths(*shape):
    return (torch.arange(math.prod(shape), dtype=torch.float32) / 7).reshape(shape)


save_file(
    {
        "layers.10.weight": sevenths(2, 3), "layers.9.bias": sevenths(3), "scalar": sevenths(),
        "none": sevenths(0, 3), "Z": sevenths(1), "é\"\\\n\u0001": sevenths(2),
    },
    folder / "plain.safetensors", metadata={"format": "pt"})

model = torch.nn.Module()
model.a = torch.nn.Linear(2, 2, bias=False)
model.a.weight.data = sevenths(2, 2)
model.b = model.a
save_model(model, str(folder / "tied.safetensors"))
