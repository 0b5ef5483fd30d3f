#!/usr/bin/env python3
"""Makes Fixtures/frames.safetensors: pictures, and the middle of each at another size, as DeepMind's
notebook of the multimodal model takes the frames of a film: crop_center_square, then cv2.resize with
INTER_LINEAR, which does not smooth. The formula is OpenCV's for bytes, written in NumPy; OpenCV itself
checks every byte where it is installed. Made with NumPy 2.4.6, safetensors; checked with OpenCV 5.0.0."""
import pathlib

import numpy as np
from safetensors.numpy import save_file

try:
    import cv2
except ImportError:
    cv2 = None


def middle(picture, height, width):
    """The largest part of the shape in the middle; of a square, the notebook's crop_center_square."""
    scale = min(picture.shape[0] / height, picture.shape[1] / width)
    h, w = max(1, int(height * scale)), max(1, int(width * scale))
    top, left = picture.shape[0] // 2 - h // 2, picture.shape[1] // 2 - w // 2
    return picture[top:top + h, left:left + w]


def steps(length, size, ends_alone):
    """Along an axis: centres of pixels meet; the samples on both sides and their shares of 2048."""
    at = ((np.arange(size) + 0.5) * (length / size) - 0.5).astype(np.float32)
    first = np.floor(at).astype(int)
    share = at - first.astype(np.float32)
    if ends_alone:
        share = np.where((first < 0) | (first >= length - 1), np.float32(0), share)
        first = np.clip(first, 0, length - 1)
    shares = [np.rint((np.float32(1) - share) * np.float32(2048)), np.rint(share * np.float32(2048))]
    return [np.clip(first + i, 0, length - 1) for i in (0, 1)], [s.astype(np.int64) for s in shares]


def resized(picture, height, width):
    """OpenCV's INTER_LINEAR of bytes."""
    columns, across = steps(picture.shape[1], width, True)
    rows, down = steps(picture.shape[0], height, False)
    lines = sum(picture[:, c].astype(np.int64) * a[:, None] for c, a in zip(columns, across))
    sums = sum((d[:, None, None] * (lines[r] >> 4)) >> 16 for r, d in zip(rows, down))
    return ((sums + 2) >> 2).astype(np.uint8)


rng = np.random.default_rng(4)
tensors = {}
# Down by much and by little, up, as it is, one pixel; sides of every parity; shapes that are no square.
for (h, w), (height, width) in [
    ((24, 33), (5, 5)), ((9, 16), (8, 8)), ((16, 9), (8, 8)), ((5, 8), (11, 11)), ((8, 5), (4, 4)),
    ((6, 6), (6, 6)), ((1, 1), (3, 3)), ((3, 90), (5, 5)), ((31, 45), (8, 12)), ((40, 12), (6, 10)),
]:
    picture = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    cropped = np.ascontiguousarray(middle(picture, height, width))
    expected = resized(cropped, height, width)
    if cv2:
        own = cv2.resize(cropped, (width, height), interpolation=cv2.INTER_LINEAR)
        assert (own == expected).all(), (h, w)
    name = f"{h}x{w} to {height}x{width}"
    tensors[name] = picture.astype(np.float32) / np.float32(255)
    tensors[name + ".expected"] = expected.astype(np.float32) / np.float32(255)
save_file(tensors, pathlib.Path(__file__).parent / "Fixtures" / "frames.safetensors")
