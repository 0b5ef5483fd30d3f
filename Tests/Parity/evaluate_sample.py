#!/usr/bin/env python3
"""Loads a model that perceiver-tui trained with PyTorch, and measures it on labelled pictures.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0
    pip install perceiver-pytorch==0.11.0 safetensors numpy
    python3 Tests/Parity/evaluate_sample.py model.safetensors \\
        --images t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz

The class and its arguments are read from the JSON beside the model, or from --config; the weights
are loaded with strict=True, where a tied tensor that is stored once stands for all its names.
Pixels become (value / 255 - mean) / std, channels last: [pictures, height, width, 1]; without
--mean and --std, value / 255.

Prints the accuracy and the mean cross-entropy, with --json as JSON. --logits FILE compares the
logits with those of an .npy array [pictures, classes], of the first pictures where it has fewer:
the exit status is 1 if ‖theirs − torch's‖ / ‖torch's‖ is above --tolerance or another class is
chosen, unless the two classes are as near in torch's logits as that. --write FILE writes torch's
logits.
"""

import argparse
import gzip
import importlib
import importlib.metadata
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors import safe_open


def read_idx(path):
    """MNIST's format, packed with gzip or not: an array of bytes of one to three axes."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if len(data) < 4 or data[:3] != b"\0\0\x08" or not 1 <= data[3] <= 3:
        sys.exit(f"{path}: expected an array of bytes in MNIST's format, found {data[:4].hex()}")
    start = 4 + 4 * data[3]
    shape = np.frombuffer(data[4:start], dtype=">u4").astype(int)
    if len(data) - start != shape.prod():
        sys.exit(f"{path}: expected {shape.prod()} values, found {len(data) - start}")
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape)


def read_model(path, config_path):
    """The model of the configuration with the file's weights, in eval mode."""
    choices = [config_path] if config_path else [
        path.with_suffix(".json"), path.parent / "config.json"]
    found = next((choice for choice in choices if choice.exists()), None)
    if found is None:
        sys.exit(f"{path}: expected its configuration as {choices[0]}, found none")
    config = json.loads(found.read_text())
    installed = importlib.metadata.version("perceiver-pytorch")
    if config.get("version", installed) != installed:
        sys.exit(f"{found}: expected a model of perceiver-pytorch {installed}, which is installed, "
                 f"found {config['version']}")
    module = importlib.import_module(f"perceiver_pytorch.{config['module']}")
    model = getattr(module, config["cls"])(**config["args"])
    with safe_open(path, framework="pt") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}
    # A name that shares its tensor in the model has what the other name has.
    own = model.state_dict(keep_vars=True)
    stored = {id(own[name]): value for name, value in state.items() if name in own}
    repeated = len(own) - len({id(value) for value in own.values()})
    filled = [name for name in own if name not in state and id(own[name]) in stored]
    state |= {name: stored[id(own[name])] for name in filled}
    for name, value in state.items():
        # Loading would take the last of two that differ.
        if name in own and not torch.equal(value, stored.get(id(own[name]), value)):
            sys.exit(f"{path}: {name} is tied to another tensor, expected the same, found another")
    model.load_state_dict(state, strict=True)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{config['module']}.{config['cls']}, {count} parameters, {repeated} names tied, "
          f"{len(filled)} of them not in the file", file=sys.stderr)
    return model.eval()


def run(model, images, batch_size, mean, std):
    """Logits, [pictures, classes]."""
    result = []
    with torch.no_grad():
        for start in range(0, len(images), batch_size):
            batch = torch.from_numpy(images[start:start + batch_size].astype(np.float32))
            batch = (batch / 255 - mean) / std
            result.append(model(batch.reshape(*batch.shape[:3], -1)))
    return torch.cat(result)


def compare(path, logits, tolerance):
    """Whether an array of logits is that of torch, within rounding."""
    theirs = torch.from_numpy(np.load(path).astype(np.float32))
    mine = logits[:len(theirs)]
    if theirs.shape != mine.shape:
        sys.exit(f"{path}: expected [{len(logits)}, {logits.shape[1]}], found {theirs.shape}")
    difference = theirs.double() - mine.double()
    error = float(difference.norm() / mine.double().norm())
    largest = float(difference.abs().max())
    top = mine.topk(2).values
    is_near = top[:, 0] - top[:, 1] <= 2 * tolerance * mine.norm(dim=1)
    others = theirs.argmax(1) != mine.argmax(1)
    print(f"logits of {len(theirs)} pictures: relative error {error:.1e}, largest difference "
          f"{largest:.1e}, {int(others.sum())} with another class chosen "
          f"({int((others & ~is_near).sum())} not as near as rounding)")
    return error <= tolerance and not bool((others & ~is_near).any())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--labels", type=pathlib.Path, required=True)
    parser.add_argument("--config", type=pathlib.Path)
    parser.add_argument("--count", type=int, help="the first pictures alone")
    parser.add_argument("--mean", type=float, default=0.0)
    parser.add_argument("--std", type=float, default=1.0)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--logits", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    images, labels = read_idx(arguments.images), read_idx(arguments.labels)
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        sys.exit("expected pictures of two axes and a label for each, found pictures "
                 f"{list(images.shape)}, labels {list(labels.shape)}")
    images, labels = images[:arguments.count], torch.from_numpy(labels[:arguments.count].copy())
    model = read_model(arguments.model, arguments.config)
    logits = run(model, images, arguments.batch_size, arguments.mean, arguments.std)
    correct = int((logits.argmax(1) == labels).sum())
    loss = float(torch.nn.functional.cross_entropy(logits.double(), labels.long()))
    if arguments.json:
        print(json.dumps({
            "count": len(labels), "correct": correct, "accuracy": correct / len(labels),
            "loss": loss}))
    else:
        print(f"{correct} of {len(labels)} right: {100 * correct / len(labels):.2f} %, "
              f"cross-entropy {loss:.6f}")
    if arguments.write:
        np.save(arguments.write, logits.numpy())
    if arguments.logits and not compare(arguments.logits, logits, arguments.tolerance):
        sys.exit("the logits are not torch's within rounding")


if __name__ == "__main__":
    main()
