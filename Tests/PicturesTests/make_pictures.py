#!/usr/bin/env python3
"""Makes Fixtures/: small pictures by other programs, and what their samples are.

    pip install pillow==13.0.0 numpy==2.4.6 matplotlib==3.11.2
    python3 Tests/PicturesTests/make_pictures.py

expected.json: for each file its width, height, channels and the stored samples as integers with
the largest possible value, row by row, and by how many of them samples may be off. JPEG is lossy:
its samples are what Pillow decodes. Transparent PNGs are over white, on stored values.
colours.json: matplotlib's colour maps to the nearest byte, 256 × 3. scaled.npy, normalized.npy: the levels 0 to
255 as NumPy scales them in float32, as `x / 255 * 2 - 1` and as torchvision's Normalize.
"""
import json
import pathlib
import struct
import zlib

import matplotlib
import numpy as np
from PIL import Image, ImageOps

here = pathlib.Path(__file__).parent / "Fixtures"
here.mkdir(exist_ok=True)
rng = np.random.default_rng(7)
expected = {}


def note(name, array, most, tolerance=0):
    array = np.asarray(array)
    channels = 1 if array.ndim == 2 else array.shape[2]
    expected[name] = {
        "width": array.shape[1], "height": array.shape[0], "channels": channels, "most": most,
        "tolerance": tolerance,
        "samples": [int(v) for v in array.reshape(-1)],
    }


def packed(array, depth):
    """Rows of samples as PNG stores them before compression, each with its filter byte, none."""
    rows = array.reshape(len(array), -1)
    if depth < 8:
        bits = (rows[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        rows = np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1)
    rows = rows.astype(">u2" if depth == 16 else "u1")
    return b"".join(b"\0" + row.tobytes() for row in rows)


# Adam7: the first column and row of each pass, and its steps.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2)]


def png(name, array, depth, colour_type, extra=(), interlaced=False):
    """A PNG written by hand: depths, passes and chunks that Pillow does not write."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    parts = [array[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [array]
    raw = b"".join(packed(part, depth) for part in parts if part.size)
    header = struct.pack(
        ">IIBBBBB", array.shape[1], array.shape[0], depth, colour_type, 0, 0, int(interlaced))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    for kind, content in extra:
        data += chunk(kind, content)
    (here / name).write_bytes(data + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def over_white(samples, alpha, most):
    """Stored values over white, as integers of which the largest is most × most."""
    samples, alpha = np.asarray(samples, np.int64), np.asarray(alpha, np.int64)
    if samples.ndim == 3:
        alpha = alpha[..., None]
    return samples * alpha + most * (most - alpha)


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

small = rng.integers(0, 4, (6, 13), dtype=np.uint8)
png("grey2.png", small, 2, 0)
note("grey2.png", small, 3)
small = rng.integers(0, 16, (6, 13), dtype=np.uint8)
png("grey4.png", small, 4, 0)
note("grey4.png", small, 15)
large = rng.integers(0, 256, (11, 13, 3), dtype=np.uint8)
png("interlaced.png", large, 8, 2, interlaced=True)
note("interlaced.png", large, 255)
large = rng.integers(0, 65536, (9, 5), dtype=np.uint16)
png("interlaced16.png", large, 16, 0, interlaced=True)
note("interlaced16.png", large, 65535)

# Transparency: of every sample, of one colour, of palette entries.
four = rng.integers(0, 256, (5, 7, 4), dtype=np.uint8)
png("rgba.png", four, 8, 6)
note("rgba.png", over_white(four[..., :3], four[..., 3], 255), 255 * 255, 1)
two = rng.integers(0, 256, (5, 7, 2), dtype=np.uint8)
png("grey_alpha.png", two, 8, 4)
note("grey_alpha.png", over_white(two[..., 0], two[..., 1], 255), 255 * 255, 1)
four = rng.integers(0, 65536, (5, 7, 4), dtype=np.uint16)
png("rgba16.png", four, 16, 6)
# libpng multiplies 16-bit samples by alpha itself, to the nearest integer.
note("rgba16.png", over_white(four[..., :3], four[..., 3], 65535), 65535 * 65535, 65535)
grey[2, 3] = grey[0, 0]
png("grey_key.png", grey, 8, 0, [(b"tRNS", struct.pack(">H", grey[0, 0]))])
note("grey_key.png", np.where(grey == grey[0, 0], 255, grey), 255)
deep = rng.integers(0, 65536, (5, 7), dtype=np.uint16)
png("grey16_key.png", deep, 16, 0, [(b"tRNS", struct.pack(">H", deep[1, 1]))])
note("grey16_key.png", np.where(deep == deep[1, 1], 65535, deep), 65535)
entries = rng.integers(0, 256, (4, 3), dtype=np.uint8)
alphas = np.array([0, 100, 255, 255], np.uint8)
indices = rng.integers(0, 4, (6, 9), dtype=np.uint8)
png("palette_alpha.png", indices, 2, 3,
    [(b"PLTE", entries.tobytes()), (b"tRNS", alphas[:2].tobytes())])
note("palette_alpha.png", over_white(entries[indices], alphas[indices], 255), 255 * 255, 1)

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
Image.fromarray(smooth[:15, :21]).save(here / "subsampled.jpg", quality=92, subsampling=2)
note("subsampled.jpg", Image.open(here / "subsampled.jpg"), 255)
Image.fromarray(smooth).save(here / "rgb.jpg", quality=92, keep_rgb=True)
note("rgb.jpg", Image.open(here / "rgb.jpg"), 255)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = f"orientation{orientation}.jpg"
    Image.fromarray(smooth).save(here / name, quality=92, subsampling=0, exif=exif)
    note(name, ImageOps.exif_transpose(Image.open(here / name)), 255)

levels = np.arange(256, dtype=np.float32) / np.float32(255)
np.save(here / "scaled.npy", levels * np.float32(2) - np.float32(1))
mean, deviation = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
np.save(here / "normalized.npy", (levels[:, None] - mean) / deviation)

colours = {}
for name in ["viridis", "inferno", "cividis"]:
    table = matplotlib.colormaps[name](np.arange(256))[:, :3]
    colours[name] = [int(v) for v in np.rint(table.reshape(-1) * 255)]
(here / "colours.json").write_text(json.dumps(colours))
(here / "expected.json").write_text(json.dumps(expected))
