#!/usr/bin/env python3
"""Writes what releases of perceiver-pytorch compute as gradients, beside what they compute.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 einops safetensors numpy
    python3 Tests/Parity/make_gradients.py          # from the root of the repository

For every case of Tests/PerceiverTests/Fixtures/perceiver-pytorch the case's release is installed
into a folder of its own (--releases), given the case's parameters, and run on its input, mask and
queries in eval mode. With `output` flat in row-major order over the whole batch,

    loss = Σ output[i] · direction[i]      direction[i] = float32(cos(0.7 i + 0.3))

and backward() from there. gradients.safetensors holds `loss` [1] and, under each parameter's name
in the state dict (a tied parameter once, under the first of its names), the gradient folded:

    up to 32 elements    the gradient, flat
    more                 [32]: element i is added to entry i mod 32, with a minus where bit 15 of
                         (i · 2654435761) mod 2^32 is set

Every element takes part in a fold, so that a wrong one shows. A parameter that nothing depends on
has zeros.

What is stored is of the model in float64, rounded to float32. Only the positions and their Fourier
features are made in float32 and widened, as they are constants of the float32 model whose rounding
is no part of a gradient. The same in float32 is compared with it: per case the largest difference
in one fold over the fold's largest element (`gradient`) and over the largest of all the case's
folds (`of all`), and each parameter above --tolerance by name. That is torch's own error: what
another float32 implementation may show too. `vanishing` are parameters whose true gradient is zero
although the output depends on them, as of a shift before a softmax: float64 has some 1e-16 there,
float32 some 1e-7, and their quotient means nothing. The output in float32 is compared with the
case's `output`, which an earlier torch computed.
"""

import argparse
import importlib
import json
import pathlib
import subprocess
import sys
import warnings
from unittest import mock

import numpy as np
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "Tests/PerceiverTests/Fixtures/perceiver-pytorch"
BUCKETS = 32
VANISHING = 1e-12


def signed_fold(gradient):
    """[min(count, 32)] in float64; see the top of this file."""
    flat = np.asarray(gradient, dtype=np.float64).ravel()
    if flat.size <= BUCKETS:
        return flat
    index = np.arange(flat.size, dtype=np.uint64)
    hashed = (index * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    signs = np.where((hashed >> np.uint64(15)) & np.uint64(1), -1.0, 1.0)
    return np.bincount(index % BUCKETS, weights=signs * flat, minlength=BUCKETS)


def install(version, releases):
    """The folder of one release, from the package index where it is not there yet."""
    folder = releases / version
    if not (folder / "perceiver_pytorch").is_dir():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
             "--target", str(folder), f"perceiver-pytorch=={version}"], check=True)
    return folder


def load_release(folder, module):
    """perceiver_pytorch.<module> of the release in `folder`, in place of another release's."""
    for name in [name for name in sys.modules if name.split(".")[0] == "perceiver_pytorch"]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        loaded = importlib.import_module(f"perceiver_pytorch.{module}")
    finally:
        sys.path.pop(0)
    assert pathlib.Path(loaded.__file__).is_relative_to(folder), loaded.__file__
    return loaded


def with_float32_positions(module, dtype):
    """Makes positions and Fourier features in float32, and widens the features to `dtype`."""
    linspace = torch.linspace
    stack = mock.patch.object(
        torch, "linspace",
        lambda *args, **keywords: linspace(*args, **(keywords | {"dtype": torch.float32})))
    encode = getattr(module, "fourier_encode", None)
    if encode is not None:
        module.fourier_encode = lambda *args, **keywords: encode(*args, **keywords).to(dtype)
    return stack


def gradients(config, folder, weights, tensors, dtype):
    """Output, loss and the gradient of each parameter, all as arrays of `dtype`."""
    module = load_release(folder, config["module"])
    model = getattr(module, config["cls"])(**config["args"])
    model.load_state_dict(weights, strict=True)
    model = model.to(dtype).eval()
    data = tensors["input"]
    data = data.to(dtype) if data.is_floating_point() else data.long()
    keywords = {}
    if "mask" in tensors:
        keywords["mask"] = tensors["mask"].bool()
    if "queries" in tensors:
        keywords["queries"] = tensors["queries"].to(dtype)
    with with_float32_positions(module, dtype):
        output = model(data, **keywords)
    index = torch.arange(output.numel(), dtype=torch.float64)
    direction = torch.cos(0.7 * index + 0.3).float().to(dtype)
    loss = (output.flatten() * direction).sum()
    loss.backward()
    # named_parameters gives a shared parameter once, under the first of its names.
    return output.detach(), loss.item(), {
        name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for name, parameter in model.named_parameters()}


def make(folder, releases, tolerance):
    """One case: writes its file and prints its row. Returns its size in bytes."""
    config = json.loads((folder / "config.json").read_text())
    weights = load_file(folder / "model.safetensors")
    tensors = load_file(folder / "expected.safetensors")
    release = install(config["version"], releases)
    output, loss32, single = gradients(config, release, weights, tensors, torch.float32)
    expected = tensors["output"].double()
    error = float((output.double() - expected).norm() / expected.norm())
    assert error < 1e-5, f"{folder.name}: the output is {error:.1e} off what the case holds"
    _, loss, double = gradients(config, release, weights, tensors, torch.float64)
    assert single.keys() == double.keys() and set(double) <= set(weights)

    folds, worst, above, vanishing, zeros = {}, 0.0, [], [], []
    scale = max(np.abs(signed_fold(gradient)).max() for gradient in double.values())
    difference_of_all = 0.0
    for name, gradient in double.items():
        assert torch.isfinite(gradient).all(), f"{folder.name}: {name} is not finite"
        fold, rounded = signed_fold(gradient), signed_fold(single[name])
        folds[name] = fold.astype(np.float32)
        largest, difference = np.abs(fold).max(), np.abs(fold - rounded).max()
        difference_of_all = max(difference_of_all, difference / scale)
        if not gradient.any() and difference == 0:
            zeros.append(name)
            continue
        if largest < VANISHING * scale:
            vanishing.append(f"{name}: float64 {largest:.1e}, float32 {np.abs(rounded).max():.1e}")
            continue
        worst = max(worst, difference / largest)
        if difference > tolerance * largest:
            above.append(f"{name}: {difference:.1e} of {largest:.1e}, {difference / largest:.1e}")
    path = folder / "gradients.safetensors"
    save_file(folds | {"loss": np.array([loss], dtype=np.float32)}, path)
    size = path.stat().st_size
    loss_error = abs(loss32 - loss) / abs(loss)
    print(f"{folder.name:35}{len(folds):5}{size:8}{error:10.1e}{loss_error:10.1e}{worst:10.1e}"
          f"{difference_of_all:10.1e}")
    for line in above:
        print(f"    above {tolerance:.0e}: {line}")
    for line in vanishing:
        print(f"    vanishing: {line}")
    if zeros:
        print(f"    zero: {' '.join(zeros)}")
    return size


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--releases", type=pathlib.Path,
        default=pathlib.Path.home() / ".cache/perceiver-pytorch-releases")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--only", nargs="*", help="names of cases")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", message="torch.meshgrid")
    print(f"torch {torch.__version__}; errors of float32 against float64, output against the case")
    print(f"{'case':35}{'names':>5}{'bytes':>8}{'output':>10}{'loss':>10}{'gradient':>10}"
          f"{'of all':>10}")
    folders = sorted(path.parent for path in CASES.glob("*/config.json"))
    total = sum(
        make(folder, arguments.releases.resolve(), arguments.tolerance)
        for folder in folders if not arguments.only or folder.name in arguments.only)
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
