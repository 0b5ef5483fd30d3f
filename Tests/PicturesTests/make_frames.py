#!/usr/bin/env python3
"""Makes Fixtures/frames.safetensors: pictures, and the middle of each at another size, as DeepMind's
notebook of the multimodal model takes the frames of a film: crop_center_square, then cv2.resize with
INTER_LINEAR, which does not smooth. The formula is NumPy's, in float64; OpenCV checks it where it is
installed. Made with NumPy 2.4.6, safetensors; checked with OpenCV 5.0.0."""
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


def resized(picture, size, axis):
    """OpenCV's INTER_LINEAR along an axis: centres of pixels meet, edges are repeated."""
    length = picture.shape[axis]
    at = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    first = np.floor(at).astype(int)
    share = (at - first).reshape([-1 if i == axis else 1 for i in range(picture.ndim)])
    second = np.minimum(first + 1, length - 1)
    return picture.take(first, axis) * (1 - share) + picture.take(second, axis) * share


rng = np.random.default_rng(4)
tensors = {}
# Down by much and by little, up, as it is, one pixel; sides of every parity; shapes that are no square.
for (h, w), (height, width) in [
    ((24, 33), (5, 5)), ((9, 16), (8, 8)), ((16, 9), (8, 8)), ((5, 8), (11, 11)), ((8, 5), (4, 4)),
    ((6, 6), (6, 6)), ((1, 1), (3, 3)), ((3, 90), (5, 5)), ((31, 45), (8, 12)), ((40, 12), (6, 10)),
]:
    picture = (rng.integers(0, 256, (h, w, 3)) / 255).astype(np.float32)
    cropped = middle(picture, height, width)
    expected = resized(resized(cropped.astype(np.float64), width, 1), height, 0)
    if cv2:
        own = cv2.resize(cropped, (width, height), interpolation=cv2.INTER_LINEAR)
        assert np.abs(own - expected).max() < 1e-5, (h, w, np.abs(own - expected).max())
    name = f"{h}x{w} to {height}x{width}"
    tensors[name], tensors[name + ".expected"] = picture, expected.astype(np.float32)
save_file(tensors, pathlib.Path(__file__).parent / "Fixtures" / "frames.safetensors")
