#!/usr/bin/env python3
"""Trains a model that perceiver-tui wrote on several processes with torchrun, and measures it here.

    python3 Tests/Parity/torchrun_training.py --program .build/release/perceiver-tui
    python3 Tests/Parity/torchrun_training.py --program … --folder MODEL_FOLDER

The way to grow past one machine: `convert` writes the model; torchrun starts processes
(`--processes`, two by default), each of which holds it in DistributedDataParallel over gloo and reads
its share of labelled pictures; the first saves it; `perceiver-tui evaluate` must then give the accuracy
that PyTorch gave, and its loss within 1e-4. On more machines only the torchrun line changes
(--nnodes, --rdzv-endpoint), and gloo is nccl where there are GPUs.

The pictures are made here: a coloured bar in noise, four classes by its direction and side. Without
--folder the model is perceiver-pytorch's, untrained and of a few layers; with it, a folder of a
transformers image classifier with preprocessor_config.json, which gets a head of four classes. Exit status 1 if anything differs.

Needs torch, perceiver-pytorch 0.11.0 or transformers, safetensors, numpy and Pillow.
"""

import argparse
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.distributed as dist
from PIL import Image
from safetensors.torch import load_file, save_file

SIDE = 28
CLASSES = ["bottom", "left", "right", "top"]
ACCURACY_NEEDED = 0.7


def make_pictures(folder, count, seed):
    """`folder/CLASS/N.png`: noise, and a bright bar along one side of each."""
    generator = np.random.default_rng(seed)
    for label, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            picture = generator.integers(0, 200, (SIDE, SIDE, 3))
            colour = generator.integers(60, 256, 3)
            depth, start = generator.integers(3, 7), generator.integers(0, 5)
            bar = np.zeros((SIDE, SIDE), bool)
            bar[SIDE - depth - start:SIDE - start] = True
            picture[{"bottom": bar, "top": bar[::-1], "left": bar.T[:, ::-1], "right": bar.T}[name]] = colour
            Image.fromarray(picture.astype(np.uint8)).save(folder / name / f"{number:03}.png")


def pictures(folder):
    files = [(path, label) for label, name in enumerate(CLASSES)
             for path in sorted((folder / name).glob("*.png"))]
    return [Image.open(path).convert("RGB") for path, _ in files], torch.tensor([l for _, l in files])


class PerceiverPytorch:
    """A file of perceiver-pytorch's model and its arguments beside it."""

    def __init__(self, path):
        self.path = path
        self.config = json.loads(path.with_suffix(".json").read_text())
        kind = getattr(importlib.import_module(self.config["module"]), self.config["cls"])
        self.model = kind(**self.config["args"])
        self.model.load_state_dict(load_file(path), strict=True)

    def prepare(self, images):
        values = np.stack([np.asarray(image) for image in images]).astype(np.float32)
        return torch.from_numpy(values / 255 * 2 - 1)

    def logits(self, model, data):
        return model(data)

    def save(self, target):
        save_file({k: v.clone() for k, v in self.model.state_dict().items()}, target)
        target.with_suffix(".json").write_text(self.path.with_suffix(".json").read_text())


class Transformers:
    """A folder of a transformers image classifier."""

    def __init__(self, path):
        import transformers
        self.path = path
        config = json.loads((path / "config.json").read_text())
        kind = getattr(transformers, config["architectures"][0])
        self.model = kind.from_pretrained(
            path, num_labels=len(CLASSES), id2label=dict(enumerate(CLASSES)),
            label2id={name: label for label, name in enumerate(CLASSES)}, ignore_mismatched_sizes=True)
        self.processor = transformers.PerceiverImageProcessorPil.from_pretrained(path) if hasattr(
            transformers, "PerceiverImageProcessorPil") else transformers.PerceiverImageProcessor.from_pretrained(path)

    def prepare(self, images):
        return self.processor(images, return_tensors="pt")["pixel_values"]

    def logits(self, model, data):
        return model(inputs=data).logits

    def save(self, target):
        self.model.save_pretrained(target)
        self.processor.save_pretrained(target)


def opened(path):
    return Transformers(path) if path.is_dir() else PerceiverPytorch(path)


def work(arguments):
    """One of torchrun's processes."""
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    torch.set_num_threads(1)
    source = opened(arguments.model)
    images, labels = pictures(arguments.data / "train")
    data = source.prepare(images)
    model = torch.nn.parallel.DistributedDataParallel(source.model)
    sampler = torch.utils.data.DistributedSampler(labels, seed=0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.rate)
    model.train()
    for epoch in range(arguments.epochs):
        sampler.set_epoch(epoch)
        for batch in torch.tensor(list(sampler)).split(8):
            loss = torch.nn.functional.cross_entropy(
                source.logits(model, data[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    # Every process has the same weights: gradients were averaged at each step.
    own = torch.cat([p.detach().flatten() for p in source.model.parameters()])
    first = own.clone()
    dist.broadcast(first, 0)
    assert torch.equal(own, first), "processes differ"
    if dist.get_rank() == 0:
        source.model.eval()
        images, labels = pictures(arguments.data / "test")
        with torch.no_grad():
            logits = source.logits(source.model, source.prepare(images))
        source.save(arguments.output)
        arguments.figures.write_text(json.dumps({
            "processes": dist.get_world_size(),
            "accuracy": (logits.argmax(1) == labels).float().mean().item(),
            "loss": torch.nn.functional.cross_entropy(logits, labels).item(),
        }))
    dist.barrier()
    dist.destroy_process_group()


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{command[0]}: {result.stderr.strip()}")
    return result.stdout


def lead(arguments):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        make_pictures(scratch / "data/train", 40, seed=1)
        make_pictures(scratch / "data/test", 25, seed=2)
        if arguments.folder:
            model, output = scratch / "model", scratch / "trained"
            run(arguments.program, "convert", arguments.folder, "-o", model)
        else:
            model, output = scratch / "model.safetensors", scratch / "trained.safetensors"
            run(arguments.program, "convert", "-o", model, "--depth", 2, "--num-latents", 16,
                "--latent-dim", 32, "--cross-heads", 1, "--latent-heads", 4, "--cross-dim-head", 32,
                "--latent-dim-head", 8, "--num-classes", len(CLASSES), "--num-freq-bands", 6,
                "--max-freq", SIDE, "--input-channels", 3, "--seed", 0)
        run(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node",
            arguments.processes, __file__, "--program", arguments.program, "--model", model, "--data",
            scratch / "data", "--output", output, "--figures", scratch / "figures.json", "--epochs",
            arguments.epochs, "--rate", arguments.rate)
        theirs = json.loads((scratch / "figures.json").read_text())
        ours = json.loads(run(
            arguments.program, "evaluate", scratch / "data/test", "--weights", output, "--json"))
    print(f"{theirs['processes']} processes; accuracy: PyTorch {theirs['accuracy']:.4f}, "
          f"perceiver-tui {ours['accuracy']:.4f}; loss {theirs['loss']:.6f}, {ours['loss']:.6f}")
    assert theirs["processes"] == arguments.processes
    assert abs(theirs["accuracy"] - ours["accuracy"]) < 1e-6, "another accuracy"
    assert abs(theirs["loss"] - ours["loss"]) < 1e-4 * max(1, theirs["loss"]), "another loss"
    # How fast a folder's model learns is its own affair.
    assert arguments.folder or theirs["accuracy"] > ACCURACY_NEEDED, "it has not learnt"


parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--program", required=True)
parser.add_argument("--folder", type=pathlib.Path)
parser.add_argument("--processes", type=int, default=2)
parser.add_argument("--epochs", type=int, default=12)
parser.add_argument("--rate", type=float, default=2e-3)
for name in ("model", "data", "output", "figures"):
    parser.add_argument("--" + name, type=pathlib.Path, help=argparse.SUPPRESS)
arguments = parser.parse_args()
work(arguments) if "RANK" in os.environ else lead(arguments)
