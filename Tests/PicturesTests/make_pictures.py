#!/usr/bin/env python3
"""Makes Fixtures/: small pictures by other programs, and what their samples are.

    pip install pillow==13.0.0 numpy
    python3 Tests/PicturesTests/make_pictures.py

expected.json: for each file its width, height, channels and the stored samples as integers with
the largest possible value, row by row. JPEG is lossy: its samples are what Pillow decodes.
"""
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

here = pathlib.Path(__file__).parent / "Fixtures"
here.mkdir(exist_ok=True)
rng = np.random.default_rng(7)
expected = {}


def note(name, array, most):
    array = np.asarray(array)
    channels = 1 if array.ndim == 2 else array.shape[2]
    expected[name] = {
        "width": array.shape[1], "height": array.shape[0], "channels": channels, "most": most,
        "samples": [int(v) for v in array.reshape(-1)],
    }


def png(name, array, depth, colour_type, extra=()):
    """A PNG written by hand: depth and chunks that Pillow does not write."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = array.reshape(len(array), -1).astype(">u2" if depth == 16 else "u1")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], depth, colour_type, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    for kind, content in extra:
        data += chunk(kind, content)
    (here / name).write_bytes(data + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


colour = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
grey = rng.integers(0, 256, (5, 7), dtype=np.uint8)
Image.fromarray(colour).save(here / "colour.png")
note("colour.png", colour, 255)
Image.fromarray(grey).save(here / "grey.png")
note("grey.png", grey, 255)
bits = grey > 127
Image.fromarray(bits).save(here / "bits.png")
note("bits.png", bits * 1, 1)
palette = Image.fromarray(colour).quantize(8)
palette.save(here / "palette.png")
note("palette.png", palette.convert("RGB"), 255)
opaque = np.dstack([colour, np.full((5, 7), 255, np.uint8)])
Image.fromarray(opaque).save(here / "opaque.png")
note("opaque.png", colour, 255)
alpha = np.dstack([colour, np.where(bits, 255, 0).astype(np.uint8)])
Image.fromarray(alpha).save(here / "alpha.png")
note("alpha.png", np.where(bits[..., None], colour, 255), 255)
deep = rng.integers(0, 65536, (5, 7), dtype=np.uint16)
png("grey16.png", deep, 16, 0)
note("grey16.png", deep, 65535)
deep = rng.integers(0, 65536, (4, 3, 3), dtype=np.uint16)
png("colour16.png", deep, 16, 2)
note("colour16.png", deep, 65535)
png("gamma.png", grey, 8, 0, [(b"gAMA", struct.pack(">I", 100000))])
note("gamma.png", grey, 255)

smooth = np.zeros((16, 24, 3), np.uint8)
smooth[..., 0] = np.linspace(0, 255, 24)[None, :]
smooth[..., 1] = np.linspace(0, 255, 16)[:, None]
smooth[..., 2] = 128
for name, options in [("baseline.jpg", {}), ("progressive.jpg", {"progressive": True})]:
    Image.fromarray(smooth).save(here / name, quality=92, subsampling=0, **options)
    note(name, Image.open(here / name), 255)
Image.fromarray(smooth[..., 0]).save(here / "grey.jpg", quality=92)
note("grey.jpg", Image.open(here / "grey.jpg"), 255)
Image.fromarray(smooth).convert("CMYK").save(here / "cmyk.jpg", quality=92)
note("cmyk.jpg", Image.open(here / "cmyk.jpg").convert("RGB"), 255)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = f"orientation{orientation}.jpg"
    Image.fromarray(smooth).save(here / name, quality=92, subsampling=0, exif=exif)
    note(name, ImageOps.exif_transpose(Image.open(here / name)), 255)

np.save(here / "float32.npy", np.arange(24, dtype="<f4").reshape(2, 3, 4) / 7)
np.save(here / "fortran.npy", np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4) / 7))
(here / "expected.json").write_text(json.dumps(expected))
