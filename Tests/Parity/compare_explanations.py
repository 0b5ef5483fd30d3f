#!/usr/bin/env python3
"""Explains the README example of perceiver-pytorch with PyTorch's hooks and with perceiver-tui, in turn.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 perceiver-pytorch==0.11.0 numpy
    swift build -c release --product perceiver-tui
    python3 Tests/Parity/compare_explanations.py --rounds 3      # from the root of the repository

For each method: the time of one map of a 224 × 224 picture after the run that it explains, and the
largest memory of a process that makes it; `run` is the run itself. In PyTorch the attention of every
layer is kept, as hooks keep it, and its gradient taken with torch.autograd.grad; of perceiver-tui the
figures are those of `bench`. `error` is ‖ours − torch‖ / ‖torch‖ of the map, of the same picture and
seed; the exit status is 1 where one is above 1e-4. Times have no bounds.
"""

import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import compare_speed as speed  # noqa: E402

# A method's name in `explain`, and the work of `bench` that measures it.
METHODS = {
    "relevance": "explain-relevance", "presence": "explain-presence",
    "gradient-times-input": "explain-gradient", "rollout-residual": "explain-rollout",
}
SIDE, BOUND = 224, 1e-4


def kept_attention(model):
    """Lets every attention keep its weights, its input and what it adds: lists in the order of calls."""
    from perceiver_pytorch.perceiver_pytorch import Attention, PreNorm

    weights, rows, updates = [], [], []

    def keep_weights(module, given, output):
        weights.append(output)

    def keep_update(module, given, output):
        rows.append(given[0])
        updates.append(output)

    for module in model.modules():
        if isinstance(module, Attention):
            # Softmax is a function there; its result goes through the module for dropout.
            module.dropout.register_forward_hook(keep_weights)
        if isinstance(module, PreNorm) and isinstance(module.fn, Attention):
            module.register_forward_hook(keep_update)
    return weights, rows, updates


def run_torch(method, result):
    """In a process of its own: times, peak memory, and the map as a file."""
    import torch
    from perceiver_pytorch import Perceiver

    torch.manual_seed(0)
    model = Perceiver(input_channels=3, input_axis=2, **speed.README).eval()
    weights, rows, updates = kept_attention(model)
    image = torch.from_numpy(speed.picture(SIDE))[None]

    def forward(data, needs_slopes):
        for kept in (weights, rows, updates):
            kept.clear()
        with torch.set_grad_enabled(needs_slopes):
            return model(data)[0]

    def walk(output):
        """Relevance: (A ∘ ∂y/∂A)⁺, heads averaged, followed backward from the mean of the latents."""
        slopes = torch.autograd.grad(output.max(), weights)
        row = torch.full((1, weights[0].shape[1]), 1 / weights[0].shape[1])
        total = 0
        for a, g in zip(reversed(weights), reversed(slopes)):
            products = (a * g).clamp(min=0).mean(0)
            if products.shape[0] == products.shape[1]:
                row = row + row @ products
            else:
                total = total + row @ products
        return total[0]

    def presence(output):
        total = 0
        for a, g in zip(weights, torch.autograd.grad(output.max(), weights)):
            if a.shape[1] != a.shape[2]:
                total = total + (a * (g - (a * g).sum(-1, keepdim=True))).sum((0, 1))
        return total

    def rollout():
        count = weights[0].shape[1]
        row, total = torch.full((count,), 1 / count), 0
        for a, x, u in zip(reversed(weights), reversed(rows), reversed(updates)):
            size, update = x.norm(dim=-1)[0], u.norm(dim=-1)[0]
            alpha = update / (update + size)
            read = (row * alpha) @ a.mean(0)
            if a.shape[1] == a.shape[2]:
                row = row * (1 - alpha) + read
            else:
                total, row = total + read, row * (1 - alpha)
        return total

    data = image.clone()
    if method == "gradient-times-input":
        data.requires_grad_()

    def explained(output):
        if method == "relevance":
            return walk(output)
        if method == "presence":
            return presence(output)
        if method == "rollout-residual":
            return rollout()
        return (image * torch.autograd.grad(output.max(), data)[0]).sum(-1)[0]

    needs_slopes = method not in ("run", "rollout-residual")
    seconds, whole = [], []
    for _ in range(3):
        start = time.perf_counter()
        output = forward(data, needs_slopes)
        middle = time.perf_counter()
        values = output if method == "run" else explained(output)
        seconds.append(time.perf_counter() - middle)
        whole.append(time.perf_counter() - start)
    np.save(result, values.detach().numpy().reshape(-1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    # The first is not counted. What must be recorded in the run is part of the map's price.
    print(json.dumps({"seconds": min(whole[1:]), "after": min(seconds[1:]), "peak": peak}))


def our_maps(program, folder):
    options = []
    for key, value in speed.README.items():
        options += ["--" + key.replace("_", "-"), str(value)]
    np.save(folder / "picture.npy", speed.picture(SIDE))
    subprocess.run(
        [program, "explain", str(folder / "picture.npy"), "--method", ",".join(METHODS), "--seed", "0",
         "--output", str(folder / "ours"), *options], check=True, stdout=subprocess.DEVNULL)
    return {name: np.load(folder / "ours" / f"{name}.npy").reshape(-1) for name in METHODS}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(speed.ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", help=argparse.SUPPRESS)
    parser.add_argument("--result", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.torch:
        return run_torch(arguments.torch, arguments.result)

    print(speed.versions(arguments.program))
    print("method                torch with its run   after it       ours    ratio, ratio after   "
          "torch MB    ours MB   ratio     error")
    is_exact = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        ours = our_maps(arguments.program, folder)
        for name in ["run", *METHODS]:
            theirs, mine = [], []
            for _ in range(arguments.rounds):
                theirs.append(json.loads(subprocess.run(
                    [sys.executable, __file__, "--torch", name, "--result", str(folder / "map.npy")],
                    check=True, capture_output=True, text=True).stdout.splitlines()[-1]))
                mine.append(speed.our_figures(arguments.program, METHODS.get(name, "readme")))
            whole = statistics.median(f["seconds"] for f in theirs)
            after = statistics.median(f["after"] for f in theirs)
            time_of_ours = statistics.median(s for f in mine for s in f["seconds"])
            peak, our_peak = (max(f["peak"] for f in figures) for figures in (theirs, mine))
            line = (f"{name:<22}{whole * 1e3:>15.0f} ms{after * 1e3:>8.0f} ms{time_of_ours * 1e3:>8.0f} ms"
                    f"{whole / time_of_ours:>8.1f}x{after / time_of_ours:>9.1f}x{peak / 1e6:>15.0f}"
                    f"{our_peak / 1e6:>11.0f}{peak / our_peak:>7.1f}x")
            if name in ours:
                error = speed.relative_error(ours[name], np.load(folder / "map.npy"))
                is_exact = is_exact and error <= BOUND
                line += f"{error:>10.1e}"
            print(line, flush=True)
    if not is_exact:
        sys.exit("an error is above its bound")


if __name__ == "__main__":
    sys.exit(main())
