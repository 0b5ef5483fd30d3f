#!/usr/bin/env python3
"""Writes PyTorch's gradients of inputs and of values inside models, for releases of perceiver-pytorch.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 einops safetensors numpy
    python3 Tests/Parity/make_point_gradients.py          # from the root of the repository

For every case of Tests/PerceiverTests/Fixtures/perceiver-pytorch the case's release (see
make_gradients.py) is given the case's parameters and run on its input, mask and queries, in eval
mode and float64, with positions in float32. With the first item's `output` flat,

    loss = Σ output[i] · direction[i]      direction[i] = float32(cos(0.7 i + 0.3))

and backward() from there. point_gradients.safetensors holds, of the first item, folded as
make_gradients.py says:

    input            of the data; of a language model the sum of its two embeddings
    latents.S        of the latents that go into stage S: those after stage S - 1
    heads.S          of what to_out reads in stage S: the heads' outputs side by side
    weights.S        of the weights after a softmax over keys, [heads, queries, keys]
    scores.S         of the scores before it; masked ones have zeros

Stages are counted in the order in which a forward computes them: one for each attention or mixing.
A value whose gradient is zero everywhere is left out.
"""

import argparse
import json
import pathlib
import warnings

import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file

from make_gradients import CASES, install, load_release, signed_fold, with_float32_positions


class Recorder:
    """The values of one forward whose gradients are kept, by name."""

    def __init__(self, model, latents, language_model):
        self.values, self.stage, self.inside, self.latents = {}, -1, False, latents
        for name, module in model.named_modules():
            kind = type(module).__name__
            if kind == "PreNorm" and type(module.fn).__name__ != "FeedForward":
                module.register_forward_pre_hook(self.begin, with_kwargs=True)
                module.register_forward_hook(self.end)
            if name.split(".")[-1] == "to_out":
                module.register_forward_pre_hook(self.heads)
        if language_model:
            model.perceiver_io.register_forward_pre_hook(
                lambda _, arguments: self.keep("input", arguments[0]))

    def keep(self, name, value):
        if value.requires_grad:
            value.retain_grad()
            self.values[name] = value

    def begin(self, module, arguments, keywords):
        self.stage += 1
        # A linear attention's softmaxes make no matrix of queries and keys.
        self.inside = type(module.fn).__name__ != "LinearAttention"
        for value in (arguments[0], keywords.get("context")):
            if value is not None and tuple(value.shape[1:]) == self.latents:
                self.keep(f"latents.{self.stage}", value)
                break

    def end(self, *_):
        self.inside = False

    def heads(self, _, arguments):
        self.keep(f"heads.{self.stage}", arguments[0])

    def softmax(self, original):
        def recorded(scores, *arguments, **keywords):
            weights = original(scores, *arguments, **keywords)
            if self.inside and (arguments or [keywords.get("dim")])[0] == -1:
                self.keep(f"scores.{self.stage}", scores)
                self.keep(f"weights.{self.stage}", weights)
            return weights
        return recorded


def make(folder, releases):
    """One case: writes its file and returns its size in bytes."""
    config = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors")
    tensors = load_file(folder / "expected.safetensors")
    module = load_release(install(config["version"], releases), config["module"])
    model = getattr(module, config["cls"])(**config["args"])
    model.load_state_dict(weights, strict=True)
    model = model.double().eval()
    language_model = config["cls"] == "PerceiverLM"
    name = "perceiver_io.latents" if language_model else "latents"
    recorder = Recorder(model, tuple(weights[name].shape), language_model)
    data = tensors["input"]
    data = data.long() if language_model else data.double().requires_grad_()
    keywords = {}
    if "mask" in tensors:
        keywords["mask"] = tensors["mask"].bool()
    if "queries" in tensors:
        keywords["queries"] = tensors["queries"].double()
    original = torch.Tensor.softmax
    torch.Tensor.softmax = recorder.softmax(original)
    try:
        with with_float32_positions(module, torch.float64):
            output = model(data, **keywords)[0]
    finally:
        torch.Tensor.softmax = original
    index = torch.arange(output.numel(), dtype=torch.float64)
    direction = torch.cos(0.7 * index + 0.3).float().double()
    loss = (output.flatten() * direction).sum()
    loss.backward()
    values = dict(recorder.values)
    if not language_model:
        values["input"] = data
    folds = {"loss": np.array([loss.item()], dtype=np.float32)}
    for name, value in values.items():
        if value.grad is None:
            continue
        # Of matrices items are the outer half of the first axis, which holds heads too.
        own = value.grad[: value.shape[0] // 2]
        if own.any():
            assert torch.isfinite(own).all(), f"{folder.name}: {name} is not finite"
            folds[name] = signed_fold(own).astype(np.float32)
    path = folder / "point_gradients.safetensors"
    save_file(folds, path)
    print(f"{folder.name:35}{recorder.stage + 1:4} stages{len(folds):5} values")
    return path.stat().st_size


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--releases", type=pathlib.Path,
        default=pathlib.Path.home() / ".cache/perceiver-pytorch-releases")
    parser.add_argument("--only", nargs="*", help="names of cases")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", message="torch.meshgrid")
    print(f"torch {torch.__version__}")
    folders = sorted(path.parent for path in CASES.glob("*/config.json"))
    total = sum(
        make(folder, arguments.releases.resolve())
        for folder in folders if not arguments.only or folder.name in arguments.only)
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
