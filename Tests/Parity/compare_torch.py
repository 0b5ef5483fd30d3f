#!/usr/bin/env python3
"""Runs perceiver-pytorch and `perceiver-tui trace` side by side and prints how far they differ.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.13.0
    pip install perceiver-pytorch==0.11.0 safetensors numpy
    swift build -c release
    python3 Tests/Parity/compare_torch.py               # from the root of the repository

Each case is one model of perceiver-pytorch on one input: torch.manual_seed(seed), then
Perceiver(**args).eval(), with a forward hook on every attention's dropout, through which the
attention matrix passes. The same input goes to `perceiver-tui trace` with the same options; in
the cases named weights-…, the parameters go through a safetensors file instead of the seed. A
case named masked keeps about 70 % of the tokens.

A figure is ‖ours − torch‖ / ‖torch‖ over all elements. `attention` is the largest over the
stages; --each prints every stage. The exit status is 1 if a figure is above its bound (logits and
latents 5e-6, attention 1e-5). `ours ms` adds up the stages of one run; `torch ms` is a second
run of the model.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from perceiver_pytorch import Perceiver
from perceiver_pytorch.perceiver_pytorch import Attention
from safetensors.torch import save_file, save_model

from make_seeded_values import README, ROOT, SMALL, read_ppm

BOUNDS = {"logits": 5e-6, "latents": 5e-6, "attention": 1e-5}

# name, seed, input shape or sample, args, way of the parameters
CASES = [
    ("image", 0, [9, 14, 3], SMALL, "seed"),
    ("masked", 14, [9, 14, 3], SMALL | {"cross_heads": 2}, "seed"),
    ("masked-large", 15, [96, 80, 3], SMALL | {
        "num_latents": 64, "cross_dim_head": 32, "num_freq_bands": 16,
        "cross_heads": 2}, "seed"),
    ("inverted-large", 16, [48, 101, 3], SMALL | {
        "num_latents": 64, "cross_dim_head": 32, "num_freq_bands": 16,
        "inverted_cross_attn": True}, "seed"),
    ("video-large", 17, [6, 40, 33, 3], SMALL | {
        "num_latents": 64, "cross_dim_head": 32, "num_freq_bands": 16,
        "input_axis": 3}, "seed"),
    ("audio", 1, [1000, 2], SMALL | {"input_axis": 1, "input_channels": 2}, "seed"),
    ("video", 2, [4, 10, 12, 3], SMALL | {"input_axis": 3}, "seed"),
    ("heads", 3, [12, 12, 3], SMALL | {
        "cross_heads": 4, "latent_heads": 3, "num_latents": 33}, "seed"),
    ("tied", 4, [12, 12, 3], SMALL | {
        "depth": 4, "weight_tie_layers": True, "self_per_cross_attn": 2}, "seed"),
    ("no-latent-blocks", 5, [12, 12, 3], SMALL | {"self_per_cross_attn": 0}, "seed"),
    ("no-bands", 6, [12, 12, 3], SMALL | {"num_freq_bands": 0}, "seed"),
    ("no-fourier", 7, [12, 12, 3], SMALL | {"fourier_encode_data": False}, "seed"),
    ("no-head", 8, [12, 12, 3], SMALL | {"final_classifier_head": False}, "seed"),
    ("inverted", 9, [12, 12, 3], SMALL | {"inverted_cross_attn": True}, "seed"),
    ("attention-residual", 10, [12, 12, 3], SMALL | {
        "depth": 3, "attn_residual": True, "attn_residual_rank": 4}, "seed"),
    ("many-bands", 11, [64, 48, 3], SMALL | {"num_freq_bands": 64, "max_freq": 224.0}, "seed"),
    ("weights-image", 12, [12, 12, 3], SMALL, "save_file"),
    ("weights-tied", 13, [12, 12, 3], SMALL | {
        "depth": 4, "weight_tie_layers": True}, "save_model"),
    ("readme-cat", 0, "Samples/cat.ppm", README, "seed"),
    ("readme-coffee", 42, "Samples/coffee.ppm", README, "seed"),
    ("weights-readme-tied", 1, "Samples/astronaut.ppm", README | {
        "weight_tie_layers": True, "self_per_cross_attn": 2}, "save_model"),
]


def options(args):
    """perceiver-pytorch's arguments as options of perceiver-tui."""
    result = []
    for name, value in args.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            result.append(("--" if value else "--no-") + option)
        else:
            result += ["--" + option, str(value)]
    return result


def run_torch(model, image, keywords):
    """Logits or None, latents, and the attention of each stage as [heads, queries, keys]."""
    attention = []
    hooks = [
        module.dropout.register_forward_hook(
            lambda _, inputs, __: attention.append(inputs[0].numpy().copy()))
        for module in model.modules() if isinstance(module, Attention)]
    with torch.no_grad():
        latents = model(image[None], return_embeddings=True, **keywords)[0].numpy()
        for hook in hooks:
            hook.remove()
        # The second run: the first also pays for what torch sets up.
        start = time.perf_counter()
        output = model(image[None], **keywords)[0].numpy()
        seconds = time.perf_counter() - start
    has_head = not isinstance(model.to_logits, torch.nn.Identity)
    return output if has_head else None, latents, attention, seconds


def difference(ours, theirs):
    assert ours.shape == theirs.shape, f"{ours.shape} against {theirs.shape}"
    return float(np.linalg.norm((ours - theirs).astype(np.float64).ravel())
                 / np.linalg.norm(theirs.astype(np.float64).ravel()))


def compare(program, folder, case, prints_each):
    name, seed, source, args, way = case
    if isinstance(source, str):
        image, path = read_ppm(ROOT / source), ROOT / source
    else:
        image = np.random.default_rng(seed).uniform(-1, 1, source).astype(np.float32)
        path = folder / f"{name}.npy"
        np.save(path, image)

    command = [program, "trace", str(path), "--output", str(folder / name)] + options(args)
    keywords = {}
    if name.startswith("masked"):
        mask = np.random.default_rng(seed + 1).uniform(size=source[:-1]) < 0.7
        np.save(folder / "mask.npy", mask)
        command += ["--mask", str(folder / "mask.npy")]
        keywords["mask"] = torch.from_numpy(mask)[None]

    torch.manual_seed(seed)
    model = Perceiver(**args).eval()
    logits, latents, attention, torch_seconds = run_torch(
        model, torch.from_numpy(image), keywords)
    if way == "seed":
        command += ["--seed", str(seed)]
    else:
        weights = folder / f"{name}.safetensors"
        if way == "save_file":
            save_file({k: v.contiguous().clone() for k, v in model.state_dict().items()}, weights)
        else:
            save_model(model, str(weights))
        command += ["--weights", str(weights)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    stages = json.loads((folder / name / "stages.json").read_text())
    files = sorted((folder / name / "attention").iterdir())
    assert len(stages) == len(files) == len(attention), f"{name}: stages differ in number"
    each = [difference(np.load(file), matrix) for file, matrix in zip(files, attention)]
    figures = {
        "logits": None if logits is None else difference(
            np.load(folder / name / "logits.npy"), logits),
        "latents": difference(np.load(folder / name / "latents.npy"), latents),
        "attention": max(each),
    }
    row = " ".join(
        f"{'-' if figure is None else format(figure, '.1e'):>9}" for figure in figures.values())
    seconds = sum(stage["seconds"] for stage in stages)
    print(f"{name:22} {row} {len(stages):7} {seconds * 1000:9.1f} {torch_seconds * 1000:9.1f}",
          flush=True)
    if prints_each:
        for stage, figure in zip(stages, each):
            print(f"  {stage['name']:20} {'':9} {'':9} {figure:9.1e}")
    return all(figure is None or figure <= BOUNDS[key] for key, figure in figures.items())


def main():
    parser = argparse.ArgumentParser(description="Compare perceiver-tui with perceiver-pytorch.")
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--only", nargs="*", help="names of cases")
    parser.add_argument("--each", action="store_true", help="print every attention matrix")
    arguments = parser.parse_args()
    cases = [case for case in CASES if not arguments.only or case[0] in arguments.only]
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"{'case':22} {'logits':>9} {'latents':>9} {'attention':>9} {'stages':>7} "
          f"{'ours ms':>9} {'torch ms':>9}")
    with tempfile.TemporaryDirectory() as folder:
        results = [
            compare(arguments.program, pathlib.Path(folder), case, arguments.each)
            for case in cases]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
