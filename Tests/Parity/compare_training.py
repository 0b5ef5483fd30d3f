#!/usr/bin/env python3
"""Times training steps of perceiver-pytorch and perceiver-tui in turn, and prints the ratios.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0
    pip install perceiver-pytorch==0.11.0 numpy
    swift build -c release --product perceiver-tui
    python3 Tests/Parity/compare_training.py            # from the root of the repository
    python3 Tests/Parity/compare_training.py --works small --rounds 5
    python3 Tests/Parity/compare_training.py --torch-only

A step is a batch, its cross-entropy, all gradients, and AdamW with a weight decay of 0.01, in
PyTorch's eager mode and by `perceiver-tui bench`:

    small     64 pictures of 28 x 28 x 1, the classifier of small grey pictures
    sample    as many, the model of Samples
    readme    one picture of 224 x 224 x 3, perceiver-pytorch's README example

Each program runs in processes of its own, one after the other, as often as --rounds says; the first
two steps of a process, in which memory is taken, are not counted. Times are medians over all;
memory is the largest a process had, Python and the libraries included. Both use --threads threads.
`torch, no AdamW` is loss and gradients alone. Nothing here has a bound.

The machine should have nothing else to do: the load is printed first. PyTorch's threads wait for
each other, and where one has to share its core, a step takes many times as long; --threads 1 is
fairer then.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL = {
    "input_channels": 1, "input_axis": 2, "num_freq_bands": 6, "max_freq": 28.0, "depth": 3,
    "num_latents": 32, "latent_dim": 64, "cross_heads": 1, "latent_heads": 4,
    "cross_dim_head": 64, "latent_dim_head": 16, "num_classes": 10, "self_per_cross_attn": 1,
    "weight_tie_layers": True,
}
# The model of Samples.
SAMPLE = SMALL | {
    "max_freq": 10.0, "depth": 4, "num_latents": 16, "cross_heads": 8, "cross_dim_head": 16,
}
README = {
    "input_channels": 3, "input_axis": 2, "num_freq_bands": 6, "max_freq": 10.0, "depth": 6,
    "num_latents": 256, "latent_dim": 512, "cross_heads": 1, "latent_heads": 8,
    "cross_dim_head": 64, "latent_dim_head": 64, "num_classes": 1000, "self_per_cross_attn": 1,
}
# arguments, pictures of a step, side, counted steps of a process, the name of ours
WORKS = {
    "small": (SMALL, 64, 28, 10, "training"),
    "sample": (SAMPLE, 64, 28, 10, "training-sample"),
    "readme": (README, 1, 224, 5, "training-readme"),
}
UNCOUNTED = 2


def examples(count, side, channels, classes):
    """What `perceiver-tui bench` trains on: waves, [count, side, side, channels], and labels."""
    index = np.arange(count)[:, None, None, None]
    y, x = np.arange(side)[None, :, None, None], np.arange(side)[None, None, :, None]
    waves = (x * (index % 5 + 1) + y * (index % 3 + 1)) % 17 / 16
    pictures = np.broadcast_to(waves, (count, side, side, channels))
    return np.ascontiguousarray(pictures, dtype=np.float32), np.arange(count) * 7 % classes


def peak_bytes():
    """The most memory this process has had."""
    # Not getrusage's figure, which on Linux begins with that of the process that started this.
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run_torch(name, has_optimizer, threads):
    """In a process of its own: seconds of each step, and peak memory, as JSON."""
    import torch
    from perceiver_pytorch import Perceiver

    torch.set_num_threads(threads)
    args, count, side, steps, _ = WORKS[name]
    torch.manual_seed(0)
    model = Perceiver(**args)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    pictures, labels = examples(4 * count, side, args["input_channels"], args["num_classes"])
    pictures, labels = torch.from_numpy(pictures), torch.from_numpy(labels)
    seconds = []
    for step in range(UNCOUNTED + steps):
        start = time.perf_counter()
        chosen = torch.arange(count) + step % 4 * count
        loss = torch.nn.functional.cross_entropy(model(pictures[chosen]), labels[chosen])
        loss.backward()
        if has_optimizer:
            optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "seconds": seconds[UNCOUNTED:], "peak": peak_bytes(), "torch": torch.__version__}))


def torch_figures(name, mode, threads):
    output = subprocess.run(
        [sys.executable, __file__, "--torch", mode, "--works", name, "--threads", str(threads)],
        check=True, capture_output=True, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def our_figures(program, name, threads):
    """Of `bench`: the median of the counted steps, which is one figure a process."""
    *_, steps, work_name = WORKS[name]
    output = subprocess.run(
        [program, "bench", work_name, "--json", "--repetitions", str(steps)],
        check=True, capture_output=True, text=True,
        env=os.environ | {"PERCEIVER_NUM_THREADS": str(threads)}).stdout
    work = json.loads(output)["works"][0]
    return {"seconds": [work["seconds"]], "peak": work["peakBytes"]}


def summary(runs):
    """Median, least and largest of the seconds, and the largest peak."""
    seconds = [second for run in runs for second in run["seconds"]]
    return (statistics.median(seconds), min(seconds), max(seconds),
            max(run["peak"] for run in runs))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/perceiver-tui"))
    parser.add_argument("--works", default=",".join(WORKS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--torch-only", action="store_true")
    parser.add_argument("--torch", choices=["step", "gradients"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    names, threads = arguments.works.split(","), arguments.threads
    if unknown := [name for name in names if name not in WORKS]:
        parser.error(f"--works: expected {', '.join(WORKS)}, found {', '.join(unknown)}")
    if arguments.torch:
        return run_torch(names[0], arguments.torch == "step", threads)

    print(f"{threads} threads, load {os.getloadavg()[0]:.1f}")
    print(f"{'work':<9}{'program':<17}{'median':>10}{'least':>10}{'most':>10}{'peak MB':>9}"
          f"{'times ours':>12}{'memory':>8}")
    for name in names:
        runs = {"torch": [], "torch, no AdamW": []}
        if not arguments.torch_only:
            runs["perceiver-tui"] = []
        for _ in range(arguments.rounds):
            runs["torch"].append(torch_figures(name, "step", threads))
            if not arguments.torch_only:
                runs["perceiver-tui"].append(our_figures(arguments.program, name, threads))
            runs["torch, no AdamW"].append(torch_figures(name, "gradients", threads))
        ours = None if arguments.torch_only else summary(runs["perceiver-tui"])
        for program, found in runs.items():
            median, least, most, peak = summary(found)
            ratios = f"{median / ours[0]:>11.2f}x{peak / ours[3]:>7.2f}x" if ours else ""
            print(f"{name:<9}{program:<17}" + "".join(
                f"{second * 1e3:>7.0f} ms" for second in (median, least, most))
                + f"{peak / 1e6:>9.0f}{ratios}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
