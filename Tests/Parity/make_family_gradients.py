#!/usr/bin/env python3
"""Writes PyTorch's gradients for models of transformers and of perceiver-io.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 transformers==5.24.0 einops safetensors numpy
    pip download --no-deps --ignore-requires-python -d wheels perceiver-io==0.11.0
    python3 Tests/Parity/make_family_gradients.py wheels/perceiver_io-0.11.0-py3-none-any.whl

For every case of Tests/PerceiverTests/Fixtures/huggingface and /krasserm that is named below its class
is given the case's parameters and run on the first item of its input, in eval mode and float64, with
Fourier features in float32. With the output flat (of a film the label alone),

    loss = Σ output[i] · direction[i]      direction[i] = float32(cos(0.7 i + 0.3))

and backward() from there. point_gradients.safetensors holds gradients folded as make_gradients.py says,
by the names of make_point_gradients.py, and `parameter.NAME` of every parameter. Pixels have their
channels last; a value whose gradient is zero everywhere is left out. With --one the release of
perceiver-io is read in a process of its own, as it imports stand-ins for what it does not need.
"""

import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file

from make_gradients import signed_fold

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/PerceiverTests/Fixtures"
TRANSFORMERS = ["bare", "bare_queries", "image_conv", "image_conv_even", "image_fourier", "image_learned",
                "masked_lm", "masked_lm_full", "multimodal", "optical_flow", "sequence_classification"]
# The ends of modules' names in transformers and in perceiver-io.
QUERIES, KEYS, OUTPUTS = ("query", "q_proj"), ("key", "k_proj"), ("attention.output.dense", "o_proj")
LAYERS, FEED_FORWARDS = ("PerceiverLayer", "CrossAttentionLayer", "SelfAttentionLayer"), ("PerceiverMLP", "MLP")


def rows(output):
    """The rows of what a module gives, alone or with others."""
    if isinstance(output, torch.Tensor):
        return output
    return output[0] if isinstance(output, tuple) else output.last_hidden_state


class Recorder:
    """The values of one forward whose gradients are kept, by name."""

    def __init__(self, model):
        self.values, self.stage = {}, -1
        for name, module in model.named_modules():
            kind = type(module).__name__
            if kind in LAYERS:
                module.register_forward_pre_hook(self.begin)
                if "decod" not in name and not name.startswith("1."):
                    module.register_forward_hook(
                        lambda _, __, output: self.keep("latents", rows(output), self.stage + 1))
            if kind in FEED_FORWARDS:
                self.outputs(module, "feed_forward_output")
            if name.endswith(QUERIES):
                self.outputs(module, "queries")
            if name.endswith(KEYS):
                self.outputs(module, "keys")
            if name.endswith(OUTPUTS):
                self.outputs(module, "attention_output")
                module.register_forward_pre_hook(lambda _, given: self.keep("heads", given[0]))

    def begin(self, *_):
        self.stage += 1

    def keep(self, name, value, stage=None):
        if value.requires_grad:
            value.retain_grad()
            self.values[f"{name}.{self.stage if stage is None else stage}"] = value

    def outputs(self, module, name):
        module.register_forward_hook(lambda _, __, output: self.keep(name, rows(output)))

    def softmax(self, original):
        def recorded(scores, *arguments, **keywords):
            weights = original(scores, *arguments, **keywords)
            self.keep("scores", scores)
            self.keep("weights", weights)
            return weights
        return recorded


def write(folder, model, forward, inputs=(), channels_first=False, film=False, answered=None):
    """Runs a model and writes its gradients.

    `inputs` holds the data, or what the forward makes of words. `answered` is how many rows a
    decoder's answer has where it is asked for more. Of a film's decoder nothing is written.
    """
    recorder = Recorder(model)
    original = torch.Tensor.softmax
    torch.Tensor.softmax = recorder.softmax(original)
    try:
        output = forward()[0]
    finally:
        torch.Tensor.softmax = original
    index = torch.arange(output.numel(), dtype=torch.float64)
    loss = (output.flatten() * torch.cos(0.7 * index + 0.3).float().double()).sum()
    loss.backward()
    gradients = {}
    for name, value in recorder.values.items():
        point, stage = name.split(".")
        if value.grad is None or film and int(stage) >= recorder.stage:
            continue
        # Matrices of heads and rows of a batch of one.
        own = value.grad.squeeze(0)
        if answered and int(stage) == recorder.stage and point != "keys":
            own = own[..., :answered, :]
        gradients[name] = own
    for value in inputs:
        gradients["input"] = value.grad[0].movedim(-3, -1) if channels_first else value.grad[0]
    # A decoder without residual goes by the names that it has with one.
    gradients |= {"parameter." + name.replace("1.cross_attn.0.", "1.cross_attn.0.module.").replace(
                      "module.module.", "module."): parameter.grad
                  for name, parameter in model.named_parameters() if parameter.grad is not None}
    folds = {"loss": np.array([loss.item()], dtype=np.float32)}
    for name, own in gradients.items():
        if own.any():
            assert torch.isfinite(own).all(), f"{folder.name}: {name} is not finite"
            folds[name] = signed_fold(own.contiguous()).astype(np.float32)
    path = folder / "point_gradients.safetensors"
    save_file(folds, path)
    print(f"{folder.name:25}{recorder.stage + 1:4} stages{len(folds):5} values{path.stat().st_size:8} bytes")


def embedded(module):
    """A list that will hold what a module makes of words."""
    kept = []

    def keep(_, __, output):
        kept.append(rows(output))
        kept[0].retain_grad()
    module.register_forward_hook(keep)
    return kept


def of_transformers(folder):
    import transformers
    kind = json.loads((folder / "config.json").read_text())["architectures"][0]
    model = getattr(transformers, kind).from_pretrained(folder, attn_implementation="eager").eval().double()
    given = load_file(folder / "expected.safetensors")
    if "input" not in given:
        film = {name: given["input." + name][:1].double() for name in ("image", "audio", "label")}
        points = {"label": None} | {
            name: given["subsampling." + name].long() for name in ("image", "audio")}

        def label():
            return model(inputs=film, subsampled_output_points=points).logits["label"]
        return write(folder, model, label, film=True)
    data = given["input"][:1]
    if data.is_floating_point():
        data = data.double().requires_grad_()
        inputs = [data]
    else:
        inputs = embedded(model.perceiver.input_preprocessor)
    mask = {name: given[name][:1] for name in given if name == "attention_mask"}

    def forward():
        output = model(inputs=data, **mask)
        return output.last_hidden_state if kind == "PerceiverModel" else output.logits
    return write(folder, model, forward, inputs, channels_first=data.dim() > 3)


def of_perceiver_io(folder, source):
    from check_krasserm_releases import MODULES, made, stand_in
    stand_in(source)
    where, model_name, encoder_name, decoder_name = MODULES[folder.name]

    def find(name):
        for module in (f"perceiver.model.{where}.backend", "perceiver.model.core.modules",
                       "perceiver.model.core.config", "perceiver.model.text.common"):
            found = getattr(importlib.import_module(module), name, None)
            if found is not None:
                return found
        raise LookupError(name)

    settings = json.loads((folder / "config.json").read_text())["model_config"]
    model = find(model_name)(find("PerceiverIOConfig")(
        made(find(encoder_name), settings["encoder"]), made(find(decoder_name), settings["decoder"]),
        num_latents=settings["num_latents"], num_latent_channels=settings["num_latent_channels"]))
    weights = load_file(folder / "model.safetensors")
    model.load_state_dict({name.removeprefix("backend_model."): value for name, value in weights.items()})
    model = model.double().eval()
    given = load_file(folder / "expected.safetensors")
    if "input.input_ids" in given:
        ids, hidden = given["input.input_ids"][:1].long(), given["input.pad_mask"][:1].bool()
        return write(folder, model, lambda: model(ids, pad_mask=hidden), embedded(model[0].input_adapter),
                     answered=ids.shape[1] if folder.name.startswith("mlm") else None)
    name = "input.pixel_values" if "input.pixel_values" in given else "input.inputs"
    data = given[name][:1].double().requires_grad_()
    return write(folder, model, lambda: model(data), [data], channels_first=name == "input.inputs")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=pathlib.Path, help="of perceiver-io 0.11.0")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.one:
        return of_perceiver_io(FIXTURES / "krasserm" / arguments.one, arguments.wheel)
    print(f"torch {torch.__version__}", flush=True)
    for name in TRANSFORMERS:
        of_transformers(FIXTURES / "huggingface" / name)
    with tempfile.TemporaryDirectory() as scratch:
        zipfile.ZipFile(arguments.wheel).extractall(scratch)
        for folder in sorted(path.parent for path in (FIXTURES / "krasserm").glob("*/config.json")):
            subprocess.run([sys.executable, __file__, scratch, "--one", folder.name], check=True)


if __name__ == "__main__":
    main()
