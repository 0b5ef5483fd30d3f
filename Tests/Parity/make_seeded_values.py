#!/usr/bin/env python3
"""Makes Tests/PerceiverTests/Fixtures/seeded: what torch draws and computes from a seed.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.13.0
    pip install perceiver-pytorch==0.11.0 safetensors numpy
    python3 Tests/Parity/make_seeded_values.py          # from the root of the repository

For each case: torch.manual_seed(seed); Perceiver(**args) of perceiver-pytorch 0.11.0, eval(),
on the CPU in float32. Written are NAME.safetensors with

    input                [...axes, channels]; not there where the case names a sample photo,
                         which is read as x / 255 * 2 - 1 in float32
    mask                 uint8 [...axes], 1 keeps; where the case has one
    output               [classes], or [latents, dim] where there is no head
    embeddings           [latents, dim], the final latents, unless they are large
    head.PARAMETER       the first 32 values of a parameter
    sum.PARAMETER        [1], the sum of the parameter's values, summed in float64

and cases.json with name, seed, args, sample and the number of distinct parameters.
random.safetensors holds raw random numbers: `randn.SEED.N` after manual_seed(SEED),
`uniform.SEED.N`, and `linear.SEED.{randn,weight,bias}`: randn(3), then Linear(7, 5), as one
sequence of draws.
"""

import json
import pathlib

import numpy as np
import torch
from perceiver_pytorch import Perceiver
from safetensors.numpy import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "Tests/PerceiverTests/Fixtures/seeded"

SMALL = dict(
    num_freq_bands=3, max_freq=8.0, depth=2, num_latents=5, latent_dim=12, cross_heads=1,
    latent_heads=2, cross_dim_head=6, latent_dim_head=5, num_classes=7, input_channels=3,
    input_axis=2)

LARGER = dict(num_latents=70, cross_dim_head=16, num_freq_bands=12)

# README's example: arguments not named here have the same value in the constructor.
README = dict(
    input_channels=3, input_axis=2, num_freq_bands=6, max_freq=10.0, depth=6, num_latents=256,
    latent_dim=512, cross_heads=1, latent_heads=8, cross_dim_head=64, latent_dim_head=64,
    num_classes=1000, attn_dropout=0.0, ff_dropout=0.0, weight_tie_layers=False,
    fourier_encode_data=True, self_per_cross_attn=1)

# name, seed, input shape or sample, changes to SMALL (README has its own), mask share or None
CASES = [
    ("image", 0, [5, 8, 3], {}, None),
    ("image-masked", 3, [5, 8, 3], {"cross_heads": 2}, 0.6),
    ("audio", 1, [37, 1], {"input_axis": 1, "input_channels": 1, "num_latents": 16}, None),
    ("video", 2, [2, 3, 4, 2], {"input_axis": 3, "input_channels": 2, "num_latents": 17}, None),
    ("heads", 42, [6, 6, 3], {
        "cross_heads": 3, "latent_heads": 4, "cross_dim_head": 7, "latent_dim_head": 9}, None),
    ("tied", 7, [4, 7, 3], {"depth": 4, "weight_tie_layers": True}, None),
    ("tied-two-blocks", 2**32 + 7, [4, 7, 3], {
        "depth": 3, "weight_tie_layers": True, "self_per_cross_attn": 2}, None),
    ("no-latent-blocks", 5, [4, 7, 3], {"depth": 3, "self_per_cross_attn": 0}, None),
    ("no-bands", 6, [5, 5, 3], {"num_freq_bands": 0}, None),
    ("one-band", 8, [5, 5, 3], {"num_freq_bands": 1}, None),
    ("six-bands-one-row", 9, [1, 9, 3], {"num_freq_bands": 6, "max_freq": 224.0}, None),
    ("no-fourier", 10, [5, 5, 3], {"fourier_encode_data": False}, None),
    ("no-head", 11, [5, 5, 3], {"final_classifier_head": False}, None),
    ("few-latent-values", 12, [5, 5, 3], {"num_latents": 3, "latent_dim": 5}, None),
    ("one-latent-value", 13, [5, 5, 3], {"num_latents": 1, "latent_dim": 1}, None),
    ("inverted", 14, [5, 5, 3], {"inverted_cross_attn": True, "cross_heads": 2}, None),
    ("inverted-by-layer", 15, [5, 5, 3], {"inverted_cross_attn": [False, True]}, 0.5),
    ("attention-residual", 16, [5, 5, 3], {
        "depth": 3, "attn_residual": True, "attn_residual_rank": 3}, None),
    ("large-seed", 2**63 - 25, [5, 5, 3], {}, None),
    ("wide", 17, [24, 32, 3], {
        "depth": 2, "num_latents": 96, "latent_dim": 128, "latent_heads": 8,
        "cross_dim_head": 32, "latent_dim_head": 16, "num_freq_bands": 12, "max_freq": 64.0,
        "num_classes": 100, "self_per_cross_attn": 2}, None),
    ("readme", 0, "Samples/cat.ppm", None, None),
    ("readme-other-seed", 42, "Samples/cat.ppm", None, None),
    # Large enough that perceiver-tui makes no token.
    ("image-masked-heads-large", 18, [34, 47, 3], LARGER | {"cross_heads": 2}, 0.4),
    ("inverted-large", 19, [31, 50, 3], LARGER | {"inverted_cross_attn": True}, None),
    ("inverted-masked-large", 20, [45, 33, 2], LARGER | {
        "inverted_cross_attn": True, "cross_heads": 2, "input_channels": 2}, 0.7),
    ("video-large", 21, [5, 17, 19, 3], LARGER | {"input_axis": 3}, None),
    ("audio-large", 22, [20000, 1], LARGER | {
        "input_axis": 1, "input_channels": 1, "num_latents": 3, "num_freq_bands": 64}, None),
]

LARGE = 4096  # embeddings with more values than this are not stored


def read_ppm(path):
    """A binary 8-bit PPM as float32 [height, width, 3] in [-1, 1]."""
    data = path.read_bytes()
    magic, width, height, maxval = data.split(maxsplit=4)[:4]
    assert (magic, maxval) == (b"P6", b"255"), f"{path}: expected a binary 8-bit PPM"
    width, height = int(width), int(height)
    pixels = np.frombuffer(data[-width * height * 3:], np.uint8).reshape(height, width, 3)
    return pixels.astype(np.float32) / np.float32(255) * np.float32(2) - np.float32(1)


def make_case(number, name, seed, source, changes, mask_share):
    args = README if changes is None else SMALL | changes
    draws = np.random.Generator(np.random.PCG64(number))
    tensors = {}
    if isinstance(source, str):
        image = read_ppm(ROOT / source)
    else:
        image = draws.uniform(-1, 1, source).astype(np.float32)
        tensors["input"] = image
    mask = None
    if mask_share is not None:
        mask = draws.uniform(size=source[:-1]) < mask_share
        tensors["mask"] = mask.astype(np.uint8)

    torch.manual_seed(seed)
    model = Perceiver(**args).eval()
    with torch.no_grad():
        batch = torch.from_numpy(image)[None]
        keywords = {} if mask is None else {"mask": torch.from_numpy(mask)[None]}
        output = model(batch, **keywords)[0].numpy()
        embeddings = model(batch, return_embeddings=True, **keywords)[0].numpy()
    tensors["output"] = output
    if embeddings.size <= LARGE and args.get("final_classifier_head", True):
        tensors["embeddings"] = embeddings

    parameters = dict(model.named_parameters())
    queries = [key for key in parameters if key.endswith("to_q.weight")]
    for key in ["latents", queries[0], queries[-1], list(parameters)[-1]]:
        value = parameters[key].detach().numpy().reshape(-1)
        tensors[f"head.{key}"] = value[:32].copy()
        tensors[f"sum.{key}"] = np.array([value.astype(np.float64).sum()], np.float32)
    save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()},
              OUT / f"{name}.safetensors")

    case = {"name": name, "seed": seed, "args": args,
            "parameters": sum(value.numel() for value in parameters.values())}
    if isinstance(source, str):
        case["sample"] = source
    return case


def make_random_numbers():
    tensors = {}
    for seed in [0, 1, 42, 2**32 + 7]:
        for count in [1, 2, 5, 15, 16, 17, 31, 100]:
            torch.manual_seed(seed)
            tensors[f"randn.{seed}.{count}"] = torch.randn(count).numpy()
            torch.manual_seed(seed)
            tensors[f"uniform.{seed}.{count}"] = torch.rand(count).numpy()
        torch.manual_seed(seed)
        tensors[f"linear.{seed}.randn"] = torch.randn(3).numpy()
        linear = torch.nn.Linear(7, 5)
        tensors[f"linear.{seed}.weight"] = linear.weight.detach().numpy()
        tensors[f"linear.{seed}.bias"] = linear.bias.detach().numpy()
    save_file(tensors, OUT / "random.safetensors")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    make_random_numbers()
    cases = [make_case(number, *case) for number, case in enumerate(CASES)]
    document = {"torch": torch.__version__, "perceiver-pytorch": "0.11.0", "cases": cases}
    (OUT / "cases.json").write_text(json.dumps(document, indent=1) + "\n")
    print(f"{len(cases)} cases, torch {torch.__version__}")


if __name__ == "__main__":
    main()
