#!/usr/bin/env python3
"""Untrained models of every class but the main one, PyTorch's and perceiver-tui's, side by side.

    python3 Tests/Parity/compare_variants.py [--program .build/release/perceiver-tui]

Prints ‖ours − PyTorch's‖ / ‖PyTorch's‖ of the outputs for the same seed, and exits with 1 if one
is above 5e-6. Needs torch, numpy and perceiver-pytorch 0.11.0; compare_torch.py has the main class.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from perceiver_pytorch import experimental, gated, mixed_latents, perceiver_io

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--program", default=".build/release/perceiver-tui")
arguments = parser.parse_args()
SEED = 3
TOLERANCE = 5e-6
worst = 0.0


def compare(folder, name, make, options, source, inputs, file="logits.npy"):
    """One model: `make` constructs it in torch, `options` in perceiver-tui."""
    global worst
    torch.manual_seed(SEED)
    model = make().eval()
    with torch.no_grad():
        theirs = model(*inputs[0], **inputs[1])[0].numpy()
    out = folder / "out"
    subprocess.run(
        [arguments.program, "trace", str(source), "--output", str(out), "--force",
         "--seed", str(SEED)] + options, check=True, capture_output=True)
    ours = np.load(out / file).reshape(theirs.shape)
    error = float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))
    worst = max(worst, error)
    print(f"{name:30} {error:.1e}{'' if error <= TOLERANCE else '  TOO LARGE'}")


def flags(values):
    return [text for name, value in values.items()
            for text in ("--" + name.replace("_", "-"), str(value))]


common = dict(num_latents=6, latent_dim=16, cross_heads=2, latent_heads=2, cross_dim_head=5,
              latent_dim_head=4)
main = dict(num_freq_bands=3, max_freq=10.0, depth=3, num_classes=7, **common)
with tempfile.TemporaryDirectory() as scratch:
    folder = pathlib.Path(scratch)
    picture = torch.rand(1, 9, 7, 3) * 2 - 1
    np.save(folder / "picture.npy", picture[0].numpy())
    for tied in (False, True):
        extra = ["--weight-tie-layers"] if tied else []
        suffix = ", tied" if tied else ""
        for name, module in (("gated", gated), ("mixed-latents", mixed_latents)):
            compare(
                folder, name + suffix,
                lambda: module.Perceiver(**main, weight_tie_layers=tied),
                flags(main) + ["--variant", name] + extra, folder / "picture.npy",
                ((picture,), {}))
        compare(
            folder, "bottom-up" + suffix,
            lambda: experimental.Perceiver(
                **main, weight_tie_layers=tied, fourier_encode_data=False),
            flags(main) + ["--variant", "bottom-up", "--no-fourier-encode-data"] + extra,
            folder / "picture.npy", ((picture,), {}))
    io = dict(depth=2, dim=11, queries_dim=9, logits_dim=5, **common)
    sequence, queries = torch.rand(1, 13, 11), torch.rand(4, 9)
    np.save(folder / "sequence.npy", sequence[0].numpy())
    np.save(folder / "queries.npy", queries.numpy())
    for has_feed_forward in (False, True):
        compare(
            folder, "io" + (", decoder_ff" if has_feed_forward else ""),
            lambda: perceiver_io.PerceiverIO(**io, decoder_ff=has_feed_forward),
            flags(io) + ["--variant", "io", "--queries", str(folder / "queries.npy")]
            + (["--decoder-ff"] if has_feed_forward else []),
            folder / "sequence.npy", ((sequence,), {"queries": queries}), "outputs.npy")
    language = dict(depth=2, dim=8, num_tokens=256, max_seq_len=50, **common)
    text = "Latents ask, the text answers: café.".encode()
    (folder / "text.txt").write_bytes(text)
    compare(
        folder, "lm", lambda: perceiver_io.PerceiverLM(**language),
        flags(language) + ["--variant", "lm"], folder / "text.txt",
        ((torch.tensor([list(text)]),), {}), "outputs.npy")
print(f"largest {worst:.1e}")
sys.exit(0 if worst <= TOLERANCE else 1)
