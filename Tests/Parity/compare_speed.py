#!/usr/bin/env python3
"""Times perceiver-pytorch and perceiver-tui in turn on the same work, and prints the ratios.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.13.0
    pip install perceiver-pytorch==0.11.0 numpy
    swift build -c release --product perceiver-tui
    python3 Tests/Parity/compare_speed.py               # from the root of the repository
    python3 Tests/Parity/compare_speed.py --works readme --rounds 5

Each program runs in processes of its own, one after the other, as often as --rounds says; within
a process the work is done once unmeasured, then several times. Times are medians over all; memory
is the largest a process had, Python and the libraries included. Both use all processors.

A cross-attention is timed from the picture on, in both: with making its tokens, or standardising
what stands for them. In mode `tokens` PyTorch is given them ready made.

`error` is ‖ours − torch‖ / ‖torch‖ of the logits (of the latents, where one cross-attention is
all) on the same picture and seed; its bounds are 5e-6, and 2e-5 at 1024 x 1024: the exit status
is 1 beyond them. Times have no bounds. torch.compile needs a C++ compiler, and a minute.

The first line names the kernels of OpenBLAS that ran: OPENBLAS_CORETYPE, where it is set, holds
perceiver-tui to kernels that may be half as fast as the processor allows, and PyTorch to nothing.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = {
    "num_freq_bands": 6, "depth": 6, "max_freq": 10.0, "num_latents": 256, "latent_dim": 512,
    "cross_heads": 1, "latent_heads": 8, "cross_dim_head": 64, "latent_dim_head": 64,
    "num_classes": 1000, "self_per_cross_attn": 1,
}
# What `bench --small` takes in its place.
SMALL = README | {
    "depth": 2, "num_latents": 64, "latent_dim": 128, "latent_heads": 4, "latent_dim_head": 32,
    "num_classes": 100,
}
PAPER = README | {
    "num_freq_bands": 64, "max_freq": 224.0, "num_latents": 512, "latent_dim": 1024, "depth": 1,
    "self_per_cross_attn": 0,
}
# name, side of the picture, arguments, bound of the error, repetitions in a process of torch
WORKS = {
    "readme": (224, README, 5e-6, 5),
    "readme-1024": (1024, README, 2e-5, 1),
    "paper-bands": (224, PAPER, 5e-6, 5),
}
IS_CROSS = {"paper-bands"}


def picture(side):
    """What `perceiver-tui bench` looks at: [side, side, 3]."""
    index = np.arange(side * side * 3)
    pixel, channel = index // 3, index % 3
    x, y = (pixel % side).astype(np.float32), (pixel // side).astype(np.float32)
    waves = np.sin(x * np.float32(0.05) * (channel + 1).astype(np.float32))
    values = waves * np.cos(y * np.float32(0.11)) * np.float32(0.9)
    return values.astype(np.float32).reshape(side, side, 3)


def run_torch(name, mode, result):
    """In a process of its own: times, peak memory, and the output as a file."""
    import torch
    from perceiver_pytorch import Perceiver

    side, args, _, repetitions = WORKS[name]
    torch.manual_seed(0)
    model = Perceiver(input_channels=3, input_axis=2, **args).eval()
    image = torch.from_numpy(picture(side))[None]
    with torch.no_grad():
        if name in IS_CROSS:
            from perceiver_pytorch.perceiver_pytorch import fourier_encode

            whole = model(image, return_embeddings=True)
            attention = next(
                module for module in model.modules() if type(module).__name__ == "PreNorm")
            latents = model.latents[None]

            def tokens():
                axes = [torch.linspace(-1.0, 1.0, steps=size) for size in image.shape[1:-1]]
                positions = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
                encoded = fourier_encode(positions, args["max_freq"], args["num_freq_bands"])
                joined = torch.cat((image, encoded.reshape(1, side, side, -1)), -1)
                return joined.reshape(1, side * side, -1)

            given = tokens() if mode == "tokens" else None

            def work():
                return attention(latents, context=tokens() if given is None else given)
        else:
            run = torch.compile(model) if mode == "compiled" else model

            def work():
                return run(image)

        out = work()
        if mode == "compiled":
            work()
        seconds = []
        for _ in range(repetitions):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        out = whole if name in IS_CROSS else out
    np.save(result, out.numpy()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak}))


def torch_figures(name, mode, folder):
    output = subprocess.run(
        [sys.executable, __file__, "--torch", mode, "--works", name,
         "--result", str(folder / f"{name}-{mode}.npy")],
        check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def our_figures(program, name):
    output = subprocess.run(
        [program, "bench", name, "--json", "--repetitions", "5"],
        check=True, capture_output=True, text=True).stdout
    report = json.loads(output)
    work = report["works"][0]
    return {"seconds": [work["seconds"]], "peak": work["peakBytes"], "machine": report["machine"]}


def versions(program):
    """What is compared, on what."""
    machine = our_figures(program, "map")["machine"]
    torch = importlib.metadata.version("torch")
    given = os.environ.get("OPENBLAS_CORETYPE")
    return (f"PyTorch {torch}; perceiver-tui with {machine['kernels'] or 'unnamed'} kernels"
            f"{', as OPENBLAS_CORETYPE says' if given else ''}; {machine['threads']} threads")


def our_output(program, name, folder):
    side, args, _, _ = WORKS[name]
    np.save(folder / "picture.npy", picture(side))
    options = []
    for key, value in args.items():
        options += ["--" + key.replace("_", "-"), str(value)]
    subprocess.run(
        [program, "trace", str(folder / "picture.npy"), "--output", str(folder / name),
         "--no-attention", "--seed", "0", *options], check=True, stdout=subprocess.DEVNULL)
    return np.load(folder / name / ("latents.npy" if name in IS_CROSS else "logits.npy"))


def relative_error(ours, theirs):
    return np.linalg.norm(ours.astype(np.float64) - theirs) / np.linalg.norm(theirs)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--works", default=",".join(WORKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument(
        "--torch", choices=["eager", "tokens", "compiled"], help=argparse.SUPPRESS)
    parser.add_argument("--result", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    names = arguments.works.split(",")
    if arguments.torch:
        return run_torch(names[0], arguments.torch, arguments.result)

    print(versions(arguments.program))
    print(f"{'work':<13}{'mode':<10}{'torch':>10}{'ours':>10}{'ratio':>8}"
          f"{'torch MB':>10}{'ours MB':>9}{'ratio':>8}{'error':>10}")
    is_exact = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for name in names:
            modes = ["eager"]
            if name in IS_CROSS:
                modes.append("tokens")
            if name == "readme" and not arguments.no_compile:
                modes.append("compiled")
            theirs, ours = {mode: [] for mode in modes}, []
            for round_number in range(arguments.rounds):
                for mode in modes:
                    # A compilation takes a minute: once, its runs as many as all the others'.
                    if mode != "compiled" or round_number == 0:
                        theirs[mode].append(torch_figures(name, mode, folder))
                    ours.append(our_figures(arguments.program, name))
            output = our_output(arguments.program, name, folder)
            our_time = statistics.median(s for figures in ours for s in figures["seconds"])
            our_peak = max(figures["peak"] for figures in ours)
            for mode in modes:
                seconds = statistics.median(s for f in theirs[mode] for s in f["seconds"])
                peak = max(figures["peak"] for figures in theirs[mode])
                error = relative_error(output, np.load(folder / f"{name}-{mode}.npy"))
                is_exact = is_exact and error <= WORKS[name][2]
                print(f"{name:<13}{mode:<10}{seconds * 1e3:>7.0f} ms{our_time * 1e3:>7.0f} ms"
                      f"{seconds / our_time:>7.1f}x{peak / 1e6:>10.0f}{our_peak / 1e6:>9.0f}"
                      f"{peak / our_peak:>7.1f}x{error:>10.1e}", flush=True)
    if not is_exact:
        sys.exit("an error is above its bound")


if __name__ == "__main__":
    sys.exit(main())
