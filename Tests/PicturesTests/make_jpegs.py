#!/usr/bin/env python3
"""Makes Fixtures/jpegs.json: files that Pillow and cjpeg wrote or that were damaged here, and what
Pillow makes of them.

    apt install libjpeg-turbo-progs; pip install pillow==13.0.0 numpy==2.4.6
    python3 Tests/PicturesTests/make_jpegs.py

Each entry has the file and its samples, bytes row by row, in base64. "kinds": every way of storing a picture that libjpeg decodes, with
Pillow's width, height, channels and samples. "turned": EXIF and XMP in every form, with the samples
of Pillow's ImageOps.exif_transpose (of the upright picture where Pillow refuses the file). "flawed":
damage, with the kinds of flaws that are to be said, the worst first, and the samples where there are
none. "large": a picture at eighths of its size, as Pillow's draft mode decodes it.
"""
import base64
import io
import json
import pathlib
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image, ImageOps

out = pathlib.Path(__file__).parent / "Fixtures" / "jpegs.json"
rng = np.random.default_rng(11)
y, x = np.mgrid[0:45, 0:61]
scene = np.stack([
    127 + 120 * np.sin(x / 7) * np.cos(y / 9), 255 * x / 60, 255 * ((x // 8 + y // 8) % 2)], 2)
scene = np.clip(scene + rng.normal(0, 6, scene.shape), 0, 255).astype(np.uint8)
table = {"kinds": {}, "turned": {}, "flawed": {}, "large": {}}


def samples(image):
    array = np.asarray(image if image.mode == "L" else image.convert("RGB"))
    return {"width": array.shape[1], "height": array.shape[0],
            "channels": 1 if array.ndim == 2 else 3,
            "samples": base64.b64encode(array.tobytes()).decode()}


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def saved(image, kind="JPEG", **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def cjpeg(*options, picture=scene):
    header = b"P6 %d %d 255\n" % (picture.shape[1], picture.shape[0])
    return subprocess.run(["cjpeg", *options], input=header + picture.tobytes(), check=True,
                          capture_output=True).stdout


def encoded(data):
    return {"file": base64.b64encode(data).decode()}


# Every way of storing a picture.
def kind(name, data):
    table["kinds"][name] = encoded(data) | samples(opened(data))


for sample in ["4x2", "1x4", "2x4", "4x1", "1x2", "2x1", "2x2", "2x2,1x2", "2x2,2x1,1x1",
               "1x1,2x2", "1x4,1x2,1x1"]:
    try:
        kind(f"sample {sample}", cjpeg("-sample", sample))
        kind(f"progressive {sample}", cjpeg("-sample", sample, "-progressive"))
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{sample}: {error.stderr}")
kind("arithmetic", cjpeg("-arithmetic"))
kind("rgb", cjpeg("-rgb"))
kind("grey", cjpeg("-grayscale"))
kind("restarts", cjpeg("-restart", "1"))
cmyk = Image.fromarray(scene).convert("CMYK")
for subsampling in range(3):
    data = saved(cmyk, subsampling=subsampling, quality=90)
    kind(f"cmyk {subsampling}", data)
    # Adobe's transform 2 makes the same components YCCK.
    place = data.index(b"Adobe") + 11
    kind(f"ycck {subsampling}", data[:place] + b"\2" + data[place + 1:])


# How a camera was held.
small = Image.fromarray(scene[3:11, 20:32])
plain = saved(small, quality=95, subsampling=0)
png = saved(small, "PNG")


def directory(order, *entries, data=b"", mark=42):
    """EXIF with these entries (tag, type, count, four bytes of value), and what stands behind them."""
    body = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", mark, 8, len(entries))
    for tag, of, count, value in entries:
        body += struct.pack(order + "HHI", tag, of, count) + value
    return body + struct.pack(order + "I", 0) + data


def short(order, value):
    return struct.pack(order + "HH", value, 0)


def app1(body):
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def turned(name, data):
    try:
        image = ImageOps.exif_transpose(opened(data))
    except Exception:
        image = opened(plain if data.startswith(b"\xff\xd8") else png)
    table["turned"][name] = encoded(data) | samples(image)


def jpeg(name, *segments):
    turned("jpeg " + name, plain[:2] + b"".join(segments) + plain[2:])


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def in_png(name, *chunks, before=True):
    place = png.index(b"IDAT") - 4 if before else png.index(b"IEND") - 4
    turned("png " + name, png[:place] + b"".join(chunks) + png[place:])


exif = b"Exif\0\0"
xap = b"http://ns.adobe.com/xap/1.0/\0"
for order in "<>":
    for value in range(0, 10):
        jpeg(f"{order} short {value}",
             app1(exif + directory(order, (274, 3, 1, short(order, value)))))
    values = {"byte": (1, bytes([6, 0, 0, 0])), "long": (4, struct.pack(order + "I", 6)),
              "signed byte": (6, bytes([6, 0, 0, 0])), "undefined": (7, bytes([6, 0, 0, 0])),
              "signed short": (8, short(order, 6)), "signed long": (9, struct.pack(order + "i", 6)),
              "float": (11, struct.pack(order + "f", 6)), "unknown type": (99, short(order, 6)),
              "ascii": (2, b"6\0\0\0"), "negative": (8, struct.pack(order + "hh", -6, 0))}
    for name, (of, value) in values.items():
        jpeg(f"{order} {name}", app1(exif + directory(order, (274, of, 1, value))))
        in_png(f"{order} {name}", chunk(b"eXIf", directory(order, (274, of, 1, value))))
    at = struct.pack(order + "I", 26)
    jpeg(f"{order} rational",
         app1(exif + directory(order, (274, 5, 1, at), data=struct.pack(order + "II", 12, 2))))
    jpeg(f"{order} broken rational",
         app1(exif + directory(order, (274, 5, 1, at), data=struct.pack(order + "II", 13, 2))))
    jpeg(f"{order} double",
         app1(exif + directory(order, (274, 12, 1, at), data=struct.pack(order + "d", 8))))
    jpeg(f"{order} three shorts",
         app1(exif + directory(order, (274, 3, 3, at), data=struct.pack(order + "HHH", 8, 6, 3))))
    jpeg(f"{order} count 0", app1(exif + directory(order, (274, 3, 0, short(order, 6)))))
    jpeg(f"{order} value beyond the end",
         app1(exif + directory(order, (274, 3, 3, struct.pack(order + "I", 9999)))))
    jpeg(f"{order} other entry beyond the end", app1(exif + directory(
        order, (271, 2, 9, struct.pack(order + "I", 60)), (274, 3, 1, short(order, 6)))))
    jpeg(f"{order} other entry larger than all", app1(exif + directory(
        order, (271, 2, 999, struct.pack(order + "I", 60)), (274, 3, 1, short(order, 6)))))
    jpeg(f"{order} twice in one", app1(exif + directory(
        order, (274, 3, 1, short(order, 8)), (274, 3, 1, short(order, 6)))))
    jpeg(f"{order} wrong mark", app1(exif + directory(order, (274, 3, 1, short(order, 6)), mark=43)))
    jpeg(f"{order} swapped mark",
         app1(exif + directory(order, (274, 3, 1, short(order, 6)), mark=42 << 8)))
    whole = directory(order, (274, 3, 1, short(order, 6)))
    jpeg(f"{order} cut off", app1(exif + whole[:16]))
    jpeg(f"{order} begun again", app1(exif + exif + whole))
    jpeg(f"{order} in two blocks", app1(exif + whole[:13]), app1(exif + whole[13:]))
    jpeg(f"{order} two blocks", app1(exif + whole),
         app1(exif + directory(order, (274, 3, 1, short(order, 3)))))
    jpeg(f"{order} two blocks, the first without it",
         app1(exif + directory(order, (271, 3, 1, short(order, 3)))), app1(exif + whole))
    in_png(f"{order} after IDAT", chunk(b"eXIf", whole), before=False)
    in_png(f"{order} twice", chunk(b"eXIf", directory(order, (274, 3, 1, short(order, 8)))),
           chunk(b"eXIf", whole))
    in_png(f"{order} with a name", chunk(b"eXIf", exif + whole))

jpeg("no exif")
jpeg("empty exif", app1(exif))
jpeg("zeros", app1(exif + bytes(40)))
attribute = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
element = b"<x:xmpmeta><tiff:Orientation>8</tiff:Orientation></x:xmpmeta>"
jpeg("xmp attribute", app1(xap + attribute))
jpeg("xmp element", app1(xap + element))
jpeg("two xmps", app1(xap + attribute), app1(xap + element))
jpeg("xmp and exif", app1(xap + attribute),
     app1(exif + directory("<", (274, 3, 1, short("<", 3)))))
jpeg("xmp and exif without it", app1(xap + attribute),
     app1(exif + directory("<", (271, 3, 1, short("<", 3)))))
jpeg("xmp of no digit", app1(xap + b'tiff:Orientation="x"'))
jpeg("xmp 9", app1(xap + b'tiff:Orientation="9"'))
jpeg("xmp a name before it", app1(xap + b"tiff:Orientation tiff:tiff:Orientation>3"))
jpeg("extended xmp", app1(
    b"http://ns.adobe.com/xmp/extension/\0" + bytes(32) + struct.pack(">II", 9999, 7) + attribute))
jpeg("extended xmp cut off", app1(b"http://ns.adobe.com/xmp/extension/\0"))
in_png("xmp", chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + attribute))
in_png("xmp after IDAT", chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + element), before=False)
in_png("damaged", chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"))
in_png("empty", chunk(b"eXIf", b""))


# Damage. `flaws` are the kinds that are said.
def flawed(name, data, flaws, right=None):
    entry = encoded(data) | {"flaws": flaws}
    table["flawed"][name] = entry | (samples(opened(right)) if right else {})


picture = Image.fromarray(scene)
baseline = saved(picture, quality=90, subsampling=0)
progressive = saved(picture, quality=90, subsampling=2, progressive=True)
restarts = cjpeg("-sample", "1x1", "-restart", "1")
trailer = b"SEFH" + bytes(range(1, 60)) + b"SEFT"
for name, data in [("baseline", baseline), ("progressive", progressive), ("restarts", restarts)]:
    scan = data.rindex(b"\xff\xda")
    first = data.index(b"\xff\xda")
    flawed(f"{name} whole", data, [], data)
    flawed(f"{name} without end", data[:-2], [], data)
    flawed(f"{name} half an end", data[:-1], [], data)
    flawed(f"{name} trailer for an end", data[:-2] + trailer, [], data)
    flawed(f"{name} trailer behind the end", data + trailer, [], data)
    flawed(f"{name} another picture for an end", data[:-2] + plain, [], data)
    flawed(f"{name} bytes between segments", data[:20] + b"abc" + data[20:], [], data)
    flawed(f"{name} bytes before the scan", data[:first] + bytes(9) + data[first:], [], data)
    flawed(f"{name} padded with zeros", data[:-2] + bytes(16) + data[-2:], [], data)
    # libjpeg reads a few bytes ahead, and does not tell of those.
    flawed(f"{name} three bytes before the end", data[:-2] + b"abc" + data[-2:], [], data)
    flawed(f"{name} bytes before the end", data[:-2] + b"abc" * 20 + data[-2:], ["leftover"], data)
    half = first + (len(data) - first) // 2
    flawed(f"{name} cut in the middle", data[:half], ["cutShort"])
    if name != "restarts":
        flawed(f"{name} cut, with an end", data[:half].rstrip(b"\xff") + b"\xff\xd9", ["cutShort"])
lost = restarts.index(b"\xff\xd2")
flawed("restart marker lost", restarts[:lost] + restarts[lost + 2:], ["damaged"])
flawed("restart marker of another number", restarts[:lost] + b"\xff\xd5" + restarts[lost + 2:],
       ["damaged"])
flawed("restart interval lost", restarts[:lost] + restarts[restarts.index(b"\xff\xd3"):],
       ["damaged"])
scans = [i for i in range(len(progressive)) if progressive[i:i + 2] == b"\xff\xda"]
tables = [progressive.rindex(b"\xff\xc4", 0, scan) for scan in scans]
flawed("progressive cut after a scan", progressive[:tables[3]], ["cutShort"])
flawed("progressive cut after the first scan", progressive[:tables[1]], ["cutShort"])
script = out.parent / "scans.txt"
script.write_text("0;\n1;\n2;\n")
single = cjpeg("-sample", "1x1", "-scans", str(script))
script.unlink()
kind("a scan for each component", single)
last = single.rindex(b"\xff\xda")
last = single.rindex(b"\xff\xc4", 0, last) if b"\xff\xc4" in single[last - 40:last] else last
flawed("a component cut off", single[:last], ["cutShort"])
flawed("a component left out", single[:last] + b"\xff\xd9", ["damaged"])
flawed("a scan for each, cut in the second",
       single[:single.index(b"\xff\xda", single.index(b"\xff\xda") + 9) + 60], ["cutShort"])

# At eighths of its size.
big = np.kron(scene[:40, :56], np.ones((4, 4, 1), np.uint8))
data = saved(Image.fromarray(big), quality=95, subsampling=0)
for eighths in [1, 2, 4]:
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (big.shape[1] * eighths // 8, big.shape[0] * eighths // 8))
    table["large"][f"{eighths} eighths"] = encoded(data) | samples(image)

out.write_text(json.dumps(table))
