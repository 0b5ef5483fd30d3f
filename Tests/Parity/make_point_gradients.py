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
    latents.S        of the latents that go into stage S: those after stage S - 1. Behind a reverse
                     cross-attention S - 1 without what that read of them; behind the last stage
                     those that are averaged or are the output
    queries.S        of what to_q gives in stage S, rotated where the release rotates
    keys.S           of the first half of what to_kv gives, likewise
    heads.S          of what to_out reads in stage S: the heads' outputs side by side
    attention_output.S, feed_forward_output.S
                     of what attention (or mixing) and feed-forward give, before residual and gate
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
        # Of latents, what a stage reads of them that others read too; matrices of heads.
        self.reads, self.split = {}, set()
        for name, module in model.named_modules():
            kind, last = type(module).__name__, name.split(".")[-1]
            if kind == "PreNorm" and type(module.fn).__name__ == "FeedForward":
                module.register_forward_hook(
                    lambda _, __, output: self.keep(f"feed_forward_output.{self.stage}", output))
            elif kind == "PreNorm":
                module.register_forward_pre_hook(self.begin, with_kwargs=True)
                module.register_forward_hook(self.end)
            if last == "to_out":
                module.register_forward_pre_hook(self.heads)
            if last in ("to_q", "to_kv"):
                module.register_forward_hook(
                    lambda _, __, output, name=last: self.projected(name, output))
        if type(model).__name__ == "Perceiver":
            # Later releases average in a layer of to_logits, earlier ones before it.
            model.to_logits.register_forward_pre_hook(
                lambda _, arguments: self.ended(arguments[0]))
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
        if tuple(arguments[0].shape[1:]) == self.latents:
            self.keep(f"latents.{self.stage}", arguments[0])
            return None
        context = keywords.get("context")
        if context is None or tuple(context.shape[1:]) != self.latents:
            return None
        self.keep(f"latents.{self.stage}", context)
        self.reads[self.stage] = context.clone()
        self.reads[self.stage].retain_grad()
        return arguments, keywords | {"context": self.reads[self.stage]}

    def end(self, _, __, output):
        self.inside = False
        self.keep(f"attention_output.{self.stage}", output)

    def heads(self, _, arguments):
        self.keep(f"heads.{self.stage}", arguments[0])

    def projected(self, name, output):
        if self.inside:
            self.keep(f"{'queries' if name == 'to_q' else 'keys'}.{self.stage}", output)

    def rotation(self, original):
        def rotated(*arguments):
            both = original(*arguments)
            for name, value in zip(("queries", "keys"), both):
                self.keep(f"{name}.{self.stage}", value)
                self.split.add(f"{name}.{self.stage}")
            return both
        return rotated

    def averaging(self, original):
        def averaged(values, *arguments, **keywords):
            self.ended(values)
            return original(values, *arguments, **keywords)
        return averaged

    def ended(self, values):
        if tuple(values.shape[1:]) == self.latents:
            self.keep(f"latents.{self.stage + 1}", values)

    def gradients(self):
        """Of the first item, by name, in double."""
        found = {}
        for name, value in self.values.items():
            if value.grad is None:
                continue
            # Of matrices items are the outer half of the first axis, which holds heads too.
            own = value.grad[: value.shape[0] // 2]
            if name in self.split:
                own = own.permute(1, 0, 2).flatten(1)
            elif name.startswith("keys."):
                own = own.chunk(2, dim=-1)[0]
            found[name] = own
        for stage, read in self.reads.items():
            # The latents are one value before and behind what only reads them.
            name = f"latents.{stage + 1}"
            if name in found and self.values[name] is self.values[f"latents.{stage}"]:
                found[name] = found[name] - read.grad[: read.shape[0] // 2]
        for stage in reversed(range(1, self.stage + 1)):
            # A stage that neither reads nor changes latents.
            name, after = f"latents.{stage}", f"latents.{stage + 1}"
            if name not in self.values and after in found:
                found[name] = found[after]
        return found

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
    if hasattr(module, "apply_rotary_emb"):
        module.apply_rotary_emb = recorder.rotation(module.apply_rotary_emb)
    original, mean = torch.Tensor.softmax, torch.Tensor.mean
    torch.Tensor.softmax = recorder.softmax(original)
    torch.Tensor.mean = recorder.averaging(mean)
    try:
        with with_float32_positions(module, torch.float64):
            outputs = model(data, **keywords)
    finally:
        torch.Tensor.softmax, torch.Tensor.mean = original, mean
    if "queries" not in keywords:
        recorder.ended(outputs)
    output = outputs[0]
    index = torch.arange(output.numel(), dtype=torch.float64)
    direction = torch.cos(0.7 * index + 0.3).float().double()
    loss = (output.flatten() * direction).sum()
    loss.backward()
    gradients = recorder.gradients()
    if not language_model:
        gradients["input"] = data.grad[: data.shape[0] // 2]
    folds = {"loss": np.array([loss.item()], dtype=np.float32)}
    for name, own in gradients.items():
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
