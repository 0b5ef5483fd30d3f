#!/usr/bin/env python3
"""Makes Samples/rings.ppm; its formula stands in Samples/README.md. Needs NumPy."""
import pathlib

import numpy as np

side = 224
x = -1 + 2 * np.arange(side) / (side - 1)
r = np.hypot(x[None, :], x[:, None])
grey = np.floor(255 * (0.5 + 0.5 * np.cos(np.pi * (r + 2 * r**2))) + 0.5).astype(np.uint8)
file = pathlib.Path(__file__).parents[2] / "Samples/rings.ppm"
file.write_bytes(b"P6\n%d %d\n255\n" % (side, side) + np.repeat(grey, 3).tobytes())
