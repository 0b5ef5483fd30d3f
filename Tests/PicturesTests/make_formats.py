#!/usr/bin/env python3
"""Makes Fixtures/Formats/: small BMP, GIF, TIFF, WebP and PAM pictures, and what their samples are.

    pip install pillow==13.0.0 numpy==2.4.6
    apt-get install imagemagick webp
    python3 Tests/PicturesTests/make_formats.py

expected.json: for each file its width, height, channels, the samples over white as Pillow opens them
(0 to 255, row by row; for animations of every frame, one after another) and by how many levels ours may be
off: Pillow rounds where we do not. "most" is 65535 where samples of 16 bits are kept, which Pillow
reads of grey alone; for the others, and for PAM, which Pillow does not read, samples are those that were
written.
"""
import json
import struct
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence

here = Path(__file__).resolve().parent / "Fixtures" / "Formats"
here.mkdir(exist_ok=True)
for old in here.iterdir():
    old.unlink()
rng = np.random.default_rng(11)
expected = {}
H, W = 7, 9
colour = rng.integers(0, 256, (H, W, 3), dtype=np.uint8)
grey = rng.integers(0, 256, (H, W), dtype=np.uint8)
bits = grey > 127
smooth = np.zeros((12, 16, 3), np.uint8)
smooth[..., 0] = np.linspace(0, 255, 16)[None, :]
smooth[..., 1] = np.linspace(0, 255, 12)[:, None]
smooth[..., 2] = 128
alpha = rng.integers(0, 256, (H, W), dtype=np.uint8)


def number(value):
    value = round(float(value), 2)
    return int(value) if value == int(value) else value


def note(name, frames, most=255, tolerance=0.01):
    """frames: one array, or a list of them."""
    frames = [np.asarray(f) for f in (frames if isinstance(frames, list) else [frames])]
    first = frames[0]
    expected[name] = {
        "width": first.shape[1], "height": first.shape[0],
        "channels": 1 if first.ndim == 2 else 3, "most": most, "tolerance": tolerance,
        "frames": [[number(v) for v in f.reshape(-1)] for f in frames]}


def over_white(image):
    """An opened picture over white, grey as one channel."""
    if image.mode in ("1", "L", "I;16", "I;16B"):
        if "transparency" not in image.info:
            return np.asarray(image.convert("L") if image.mode == "1" else image)
    if image.mode in ("LA", "La"):
        a = np.asarray(image.convert("LA"), np.float64)
        return a[..., 0] * a[..., 1] / 255 + 255 - a[..., 1]
    if image.mode == "CMYK":
        return np.asarray(image.convert("RGB"))
    a = np.asarray(image.convert("RGBA"), np.float64)
    return a[..., :3] * a[..., 3:] / 255 + 255 - a[..., 3:]


def opened(name, tolerance=0.01, most=255):
    image = Image.open(here / name)
    image.load()
    note(name, over_white(ImageOps.exif_transpose(image)), most, tolerance)


def animated(name, tolerance=0.01):
    note(name, [over_white(f.convert("RGBA")) for f in ImageSequence.Iterator(Image.open(here / name))],
         255, tolerance)


# BMP: what Pillow writes, what ImageMagick writes, and headers written here.
Image.fromarray(colour).save(here / "rgb24.bmp")
Image.fromarray(grey).save(here / "grey8.bmp")
Image.fromarray(bits).save(here / "bits1.bmp")
Image.fromarray(colour).quantize(13).save(here / "palette8.bmp")
for name in ["rgb24", "grey8", "bits1", "palette8"]:
    opened(name + ".bmp")


def bmp(name, width, height, depth, pixels, compression=0, palette=b"", masks=b"", size=40, extra=b"",
        used=0):
    if size == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, depth)
    else:
        header = struct.pack("<IiiHHIIiiII", size, width, height, 1, depth, compression, len(pixels),
                             2835, 2835, used, 0)
        header += extra.ljust(size - 40, b"\0")
    start = 14 + len(header) + len(masks) + len(palette)
    (here / name).write_bytes(
        b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start)
        + header + masks + palette + pixels)


def rows(array, depth, down=False):
    """Rows of numbers of depth bits, padded to four bytes; from below unless down."""
    out = b""
    for row in (array if down else array[::-1]):
        if depth < 8:
            value = "".join(format(int(v), f"0{depth}b") for v in row)
            value = value.ljust((len(value) + 7) // 8 * 8, "0")
            line = bytes(int(value[i:i + 8], 2) for i in range(0, len(value), 8))
        else:
            line = b"".join(int(v).to_bytes(depth // 8, "little") for v in row)
        out += line + b"\0" * (-len(line) % 4)
    return out


def entries(colours, size=4):
    return b"".join(bytes([b, g, r]) + b"\0" * (size - 3) for r, g, b in colours)


table = rng.integers(0, 256, (16, 3), dtype=np.uint8)
small = rng.integers(0, 16, (H, W), dtype=np.uint8)
bmp("palette4.bmp", W, H, 4, rows(small, 4), palette=entries(table))
bmp("palette4_down.bmp", W, -H, 4, rows(small, 4, down=True), palette=entries(table))
bmp("os2_4.bmp", W, H, 4, rows(small, 4), palette=entries(table, 3), size=12)
bmp("os2_1.bmp", W, H, 1, rows(bits, 1), palette=entries(table[:2], 3), size=12)
bmp("os2_24.bmp", W, H, 24, rows(colour.astype(np.uint32) @ [1 << 16, 1 << 8, 1], 24), size=12)
bmp("os2_64.bmp", W, H, 8, rows(small, 8), palette=entries(table), size=64, used=16)
packed555 = rng.integers(0, 1 << 15, (H, W))
packed565 = rng.integers(0, 1 << 16, (H, W))
packed32 = rng.integers(0, 1 << 32, (H, W))
bmp("rgb555.bmp", W, H, 16, rows(packed555, 16))
bmp("rgb565.bmp", W, H, 16, rows(packed565, 16), compression=3,
    masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
bmp("rgb32.bmp", W, H, 32, rows(packed32, 32))
bmp("masks32.bmp", W, H, 32, rows(packed32, 32), compression=3,
    masks=struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00))
for name, size in [("v4", 108), ("v5", 124)]:
    bmp(name + "_alpha.bmp", W, H, 32, rows(packed32, 32), compression=3, size=size,
        extra=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000))
# Runs: equal ones, literals of odd and even number, a row left early, a jump, the end.
runs8 = bytes([5, 3, 4, 7, 0, 0, 0, 3, 1, 2, 3, 0, 6, 9, 0, 0, 4, 5, 0, 0, 9, 1, 0, 0, 0, 2, 0, 1,
               0, 4, 8, 9, 10, 11, 5, 2, 0, 0, 9, 15, 0, 1])
runs4 = bytes([5, 0x34, 4, 0x77, 0, 0, 0, 3, 0x12, 0x30, 6, 0x9A, 0, 0, 4, 0x56, 0, 0, 9, 0x12, 0, 0, 0, 2, 0, 1,
               0, 4, 0x89, 0xAB, 5, 0x21, 0, 0, 9, 0xF1, 0, 1])
bmp("runs8.bmp", W, H, 8, runs8, compression=1, palette=entries(table), used=16)
bmp("runs4.bmp", W, H, 4, runs4, compression=2, palette=entries(table), used=16)
for name in ["palette4", "palette4_down", "os2_4", "os2_1", "os2_24", "os2_64", "rgb32", "masks32",
             "v4_alpha", "v5_alpha", "runs8", "runs4"]:
    opened(name + ".bmp")
for name in ["rgb555", "rgb565"]:
    opened(name + ".bmp", tolerance=1.01)

# GIF: palettes, transparency, interlace, and animations with every disposal.
palettes = [Image.fromarray(rng.integers(0, 256, (H, W, 3), dtype=np.uint8)).quantize(8)
            for _ in range(4)]
palettes[0].save(here / "palette.gif")
opened("palette.gif")
Image.fromarray(grey).save(here / "grey.gif")
opened("grey.gif")
Image.fromarray(smooth).quantize(64).save(here / "interlaced.gif", interlace=1)
opened("interlaced.gif")
palettes[1].save(here / "transparent.gif", transparency=3)
opened("transparent.gif")


def gif(name, frames, background=0, screen=(W, H), table=table[:8], end=b";", local=None):
    """Frames of (left, top, indices, transparent, disposal), unpacked by codes of one index each."""
    out = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80 | 2, background, 0) + table.tobytes()
    for left, top, indices, transparent, disposal in frames:
        out += b"!\xf9\x04" + struct.pack(
            "<BHBB", disposal << 2 | (transparent is not None), 10, transparent or 0, 0)
        out += b"," + struct.pack("<HHHHB", left, top, indices.shape[1], indices.shape[0],
                                  0x80 | 2 if local is not None else 0)
        if local is not None:
            out += local.tobytes()
        # A clear code before every sixth index keeps codes at four bits.
        codes = []
        for i, v in enumerate(indices.reshape(-1)):
            codes += ([8] if i % 6 == 0 else []) + [int(v)]
        codes.append(9)
        value = sum(code << 4 * i for i, code in enumerate(codes))
        data = value.to_bytes((4 * len(codes) + 7) // 8, "little")
        out += b"\x03" + b"".join(
            bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255)) + b"\0"
    (here / name).write_bytes(out + end)


def indices(height, width):
    return rng.integers(0, 8, (height, width), dtype=np.uint8)


for disposal in [0, 1, 2, 3]:
    for transparent in [None, 2]:
        gif(f"animated_{disposal}_{transparent}.gif",
            [(0, 0, indices(H, W), transparent, disposal), (2, 1, indices(4, 5), transparent, disposal),
             (1, 3, indices(3, 6), transparent, disposal), (0, 0, indices(2, 2), None, disposal)],
            background=5)
        animated(f"animated_{disposal}_{transparent}.gif")
gif("mixed.gif", [(1, 1, indices(5, 6), None, 1), (2, 2, indices(3, 3), 1, 2), (0, 0, indices(4, 4), 1, 3),
                  (3, 3, indices(2, 5), 4, 0)], background=6)
animated("mixed.gif")
gif("part.gif", [(2, 2, indices(3, 4), None, 0)], background=4)
opened("part.gif")
gif("part_transparent.gif", [(2, 2, indices(3, 4), 1, 0)], background=4, end=b"")
opened("part_transparent.gif")
gif("local.gif", [(0, 0, indices(H, W), None, 0)], local=table[8:])
opened("local.gif")

# TIFF: depths, packings, strips, tiles, planes, palettes, inks, orientations.
Image.fromarray(colour).save(here / "rgb.tif")
for packing in ["tiff_lzw", "tiff_adobe_deflate", "packbits"]:
    Image.fromarray(smooth).save(here / f"{packing}.tif", compression=packing)
Image.fromarray(bits).save(here / "bits.tif")
Image.fromarray(bits).save(here / "fax.tif", compression="group4")
Image.fromarray(grey).save(here / "grey.tif")
Image.fromarray(colour).quantize(13).save(here / "palette.tif")
Image.fromarray(np.dstack([colour, alpha])).save(here / "rgba.tif")
Image.fromarray(np.dstack([grey, alpha]), "LA").save(here / "la.tif")
Image.fromarray(colour).convert("CMYK").save(here / "cmyk.tif")
Image.fromarray(rng.integers(0, 256, (H, W, 4), dtype=np.uint8), "CMYK").save(here / "inks.tif")
for name in ["rgb", "tiff_lzw", "tiff_adobe_deflate", "packbits", "bits", "fax", "grey", "palette",
             "rgba", "la"]:
    opened(name + ".tif", tolerance=0.01 if name not in ("rgba", "la") else 1.01)
for name in ["cmyk", "inks"]:
    opened(name + ".tif", tolerance=1.01)
deep = rng.integers(0, 65536, (H, W), dtype=np.uint16)
Image.fromarray(deep).save(here / "grey16.tif")
note("grey16.tif", deep, 65535)
for orientation in range(1, 9):
    Image.fromarray(smooth).save(here / f"orientation{orientation}.tif", compression="tiff_lzw",
                                 tiffinfo={274: orientation})
    opened(f"orientation{orientation}.tif")
Image.fromarray(colour).save(here / "pages.tif", save_all=True,
                             append_images=[Image.fromarray(grey), Image.fromarray(bits)])
opened("pages.tif")
Image.fromarray(smooth).save(here / "jpeg.tif", compression="jpeg", quality=95)
opened("jpeg.tif", tolerance=3)


def tiff(name, width, height, fields, data, big_endian=False):
    """A TIFF of given fields (tag, type, values) whose strips or tiles are data."""
    o = ">" if big_endian else "<"
    head = (b"MM\0*" if big_endian else b"II*\0")
    strip_tag, count_tag = (324, 325) if any(t == 322 for t, _, _ in fields) else (273, 279)
    offsets, body = [], b""
    for piece in data:
        offsets.append(8 + len(body))
        body += piece + b"\0" * (len(piece) % 2)
    fields = sorted(fields + [(256, 4, [width]), (257, 4, [height]), (strip_tag, 4, offsets),
                              (count_tag, 4, [len(p) for p in data])])
    start = 8 + len(body)
    extra_at = start + 2 + 12 * len(fields) + 4
    directory, extra = struct.pack(o + "H", len(fields)), b""
    for tag, kind, values in fields:
        code = {3: "H", 4: "I"}[kind]
        value = struct.pack(o + code * len(values), *values)
        if len(value) > 4:
            place = struct.pack(o + "I", extra_at + len(extra))
            extra += value + b"\0" * (len(value) % 2)
        else:
            place = value.ljust(4, b"\0")
        directory += struct.pack(o + "HHI", tag, kind, len(values)) + place
    (here / name).write_bytes(
        head + struct.pack(o + "I", start) + body + directory + struct.pack(o + "I", 0) + extra)


def plain(photometric, depth, samples, *more):
    return [(258, 3, [depth] * samples), (259, 3, [1]), (262, 3, [photometric]),
            (277, 3, [samples])] + list(more)


deep3 = rng.integers(0, 65536, (H, W, 3), dtype=np.uint16)
tiff("rgb16_big.tif", W, H, plain(2, 16, 3, (278, 4, [3])),
     [deep3[i:i + 3].astype(">u2").tobytes() for i in range(0, H, 3)], big_endian=True)
note("rgb16_big.tif", deep3, 65535)
tiff("planes.tif", W, H, plain(2, 8, 3, (278, 4, [4]), (284, 3, [2])),
     [np.ascontiguousarray(colour[i:i + 4, :, c]).tobytes() for c in range(3) for i in range(0, H, 4)])
opened("planes.tif")
note("planes.tif", colour)
big = rng.integers(0, 256, (37, 21, 3), dtype=np.uint8)
padded = np.zeros((48, 32, 3), np.uint8)
padded[:37, :21] = big
tiles = [padded[y:y + 16, x:x + 16] for y in range(0, 48, 16) for x in range(0, 32, 16)]
tiff("tiles.tif", 21, 37, plain(2, 8, 3, (322, 4, [16]), (323, 4, [16])), [t.tobytes() for t in tiles])
opened("tiles.tif")
tiff("tiled_planes.tif", 21, 37, plain(2, 8, 3, (322, 4, [16]), (323, 4, [16]), (284, 3, [2])),
     [np.ascontiguousarray(t[..., c]).tobytes() for c in range(3) for t in tiles])
note("tiled_planes.tif", big)
tiff("white_is_zero.tif", W, H, plain(0, 8, 1), [grey.tobytes()])
opened("white_is_zero.tif")


def tight(array, depth):
    out = b""
    for row in array:
        value = "".join(format(int(v), f"0{depth}b") for v in row)
        value = value.ljust((len(value) + 7) // 8 * 8, "0")
        out += bytes(int(value[i:i + 8], 2) for i in range(0, len(value), 8))
    return out


for depth in [2, 4]:
    part = small & ((1 << depth) - 1)
    tiff(f"grey{depth}.tif", W, H, plain(1, depth, 1), [tight(part, depth)])
    note(f"grey{depth}.tif", part, (1 << depth) - 1)
premultiplied = (colour.astype(np.int64) * alpha[..., None] // 255).astype(np.uint8)
tiff("multiplied.tif", W, H, plain(2, 8, 4, (338, 3, [1])),
     [np.dstack([premultiplied, alpha]).tobytes()])
note("multiplied.tif", np.minimum(255, premultiplied.astype(np.int64) + 255 - alpha[..., None]))
tiff("unexplained.tif", W, H, plain(2, 8, 4, (338, 3, [0])), [np.dstack([colour, alpha]).tobytes()])
note("unexplained.tif", colour)
# YCbCr as it stands, with no subsampling.
ycbcr = np.asarray(Image.fromarray(smooth).convert("YCbCr"))
tiff("ycbcr.tif", 16, 12, plain(6, 8, 3, (530, 3, [1, 1])), [ycbcr.tobytes()])
note("ycbcr.tif", np.asarray(Image.fromarray(ycbcr, "YCbCr").convert("RGB")), 255, 2.01)

# WebP: lossless, lossy, alpha, orientations, an animation.
Image.fromarray(colour).save(here / "lossless.webp", lossless=True)
opened("lossless.webp")
Image.fromarray(smooth).save(here / "lossy.webp", quality=90)
opened("lossy.webp", tolerance=1.01)
Image.fromarray(np.dstack([colour, alpha])).save(here / "alpha.webp", lossless=True, exact=True)
opened("alpha.webp")
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(smooth[:6, :10]).save(
        here / f"orientation{orientation}.webp", lossless=True, exif=exif.tobytes())
    opened(f"orientation{orientation}.webp")
frames = [Image.fromarray(rng.integers(0, 256, (H, W, 4), dtype=np.uint8)) for _ in range(3)]
frames[0].save(here / "animated.webp", save_all=True, append_images=frames[1:], lossless=True,
               exact=True)
animated("animated.webp")


# PAM, as netpbm's pam(5) describes it.
def pam(name, samples, most, kind, stored=None):
    stored = samples if stored is None else stored
    depth = 1 if stored.ndim == 2 else stored.shape[2]
    text = f"P7\n# made by make_formats.py\nWIDTH {W}\nHEIGHT {H}\nDEPTH {depth}\nMAXVAL {most}\n"
    text += (f"TUPLTYPE {kind}\n" if kind else "") + "ENDHDR\n"
    (here / name).write_bytes(text.encode() + stored.astype(">u2" if most > 255 else "u1").tobytes())


def blend(samples, alpha, most):
    samples, alpha = samples.astype(np.float64), alpha.astype(np.float64)
    alpha = alpha if samples.ndim == 2 else alpha[..., None]
    return samples * alpha / most + most - alpha


pam("bits.pam", bits, 1, "BLACKANDWHITE")
note("bits.pam", bits * 1, 1)
pam("grey.pam", grey, 255, "GRAYSCALE")
note("grey.pam", grey)
pam("rgb.pam", colour, 255, "RGB")
note("rgb.pam", colour)
pam("rgb16.pam", deep3, 65535, "RGB")
note("rgb16.pam", deep3, 65535)
pam("nameless.pam", colour, 255, "")
note("nameless.pam", colour)
pam("rgba.pam", None, 255, "RGB_ALPHA", np.dstack([colour, alpha]))
note("rgba.pam", blend(colour, alpha, 255))
pam("grey_alpha.pam", None, 255, "GRAYSCALE_ALPHA", np.dstack([grey, alpha]))
note("grey_alpha.pam", blend(grey, alpha, 255))
pam("bits_alpha.pam", None, 1, "BLACKANDWHITE_ALPHA", np.dstack([bits, alpha > 127]))
note("bits_alpha.pam", blend(bits, alpha > 127, 1), 1)
part = rng.integers(0, 101, (H, W, 4))
pam("inks.pam", part, 100, "CMYK")
note("inks.pam", (100 - part[..., :3]) * (100 - part[..., 3:]) / 100, 100)

(here / "expected.json").write_text(
    json.dumps(dict(sorted(expected.items())), separators=(",", ":")).replace('},"', '},\n"') + "\n")
print(len(expected), "pictures")
