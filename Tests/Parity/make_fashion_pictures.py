#!/usr/bin/env python3
"""Writes a few test pictures of Fashion-MNIST to Samples, as PNG of 28 x 28 grey pixels.

    apt-get install dataset-fashion-mnist
    python3 -m venv venv && . venv/bin/activate
    pip install numpy pillow
    python3 Tests/Parity/make_fashion_pictures.py       # from the root of the repository

Each is the first of its class among the test pictures.
"""

import argparse
import gzip
import pathlib

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSES = {"trouser": 1, "dress": 3, "sandal": 5, "bag": 8, "boot": 9}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=pathlib.Path, default=pathlib.Path("/usr/share/datasets/fashion-mnist"))
    data = parser.parse_args().data

    def read(name, header):
        return np.frombuffer(gzip.decompress((data / name).read_bytes()), np.uint8)[header:]

    labels = read("t10k-labels-idx1-ubyte.gz", 8)
    images = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    for name, label in CLASSES.items():
        index = int(np.flatnonzero(labels == label)[0])
        path = ROOT / f"Samples/fashion-{name}.png"
        Image.fromarray(images[index]).save(path, optimize=True)
        print(f"{path.name}: test picture {index}, class {label}")


if __name__ == "__main__":
    main()
