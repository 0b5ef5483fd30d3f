#!/usr/bin/env python3
"""Writes the seeds and words of fuzz.py: make_seeds.py CORPUS.

The fixtures of the tests by their kind, and small files of every form that they lack. Python alone.
"""

import gzip
import io
import json
import pathlib
import pickle
import struct
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORPUS = pathlib.Path(sys.argv[1])
LARGEST = 40_000


def put(parser, name, data):
    folder = CORPUS / parser
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


def fixtures(parser, *patterns, largest=LARGEST):
    for pattern in patterns:
        for path in sorted((ROOT / "Tests").rglob(pattern)):
            if path.is_file() and path.stat().st_size <= largest:
                put(parser, f"{path.parent.name}-{path.name}", path.read_bytes())


def netpbm():
    fixtures("netpbm", "*.ppm", "*.pgm", "*.pbm", "*.pam")
    for name, text in {
            "bits": b"P1\n# comment\n4 3\n0 1 0 1 1 1 0 0 1010", "greys": b"P2 3 2 15\n1 2 3\n#x\n4 5 15\n",
            "colours": b"P3\n2 2\n255\n1 2 3 4 5 6 7 8 9 10 11 12\n", "packed": b"P4 10 2\n\xaa\x80\x55\x40",
            "wide": b"P5 2 2 65535\n12345678", "raw": b"P6 2 2 255\n123456789012",
            "pam": b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n12345678"}.items():
        put("netpbm", name, text)


def bitmaps():
    fixtures("bmp", "*.bmp")
    info = struct.pack("<IiiHHIIiiII", 40, 3, 2, 1, 24, 0, 0, 0, 0, 0, 0)
    put("bmp", "colours", b"BM" + struct.pack("<IHHI", 78, 0, 0, 54) + info + bytes(range(24)))
    palette = bytes(range(16 * 4))
    runs = bytes([3, 1, 0, 0, 0, 3, 1, 2, 0, 0, 0, 1])
    info = struct.pack("<IiiHHIIiiII", 40, 3, 2, 1, 8, 1, len(runs), 0, 0, 16, 16)
    put("bmp", "runs", b"BM" + struct.pack("<IHHI", 118 + len(runs), 0, 0, 118) + info + palette + runs)


def gifs():
    fixtures("gif", "*.gif")
    put("gif", "dot", b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00"
        b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")


def tiffs():
    fixtures("tiff", "*.tif", "*.tiff")
    tags = [(256, 3, 1, 2), (257, 3, 1, 2), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
            (277, 3, 1, 1), (278, 3, 1, 2), (279, 4, 1, 4)]
    folder = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    put("tiff", "grey", b"II*\0" + struct.pack("<I", 12) + b"\0\x40\x80\xff" + folder)


def npy(kind, shape, data, order="False"):
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def arrays():
    fixtures("npy", "*.npy")
    for kind, size in {"<f4": 4, ">f4": 4, "=f4": 4, "<f2": 2, "<f8": 8, "|u1": 1, "|b1": 1, "<i8": 8, ">i2": 2}.items():
        put("npy", f"two-{kind[1:]}-{ord(kind[0])}", npy(kind, "(2, 3)", bytes(6 * size)))
    put("npy", "empty", npy("<f4", "()", bytes(4)))
    put("npy", "fields", npy("[('a', '<f4')]", "(1,)", bytes(4)).replace(b"'[", b"[").replace(b"]'", b"]"))


def npz(members, method):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, contents in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), contents, method)
    return data.getvalue()


def archives():
    fixtures("npz", "*.npz")
    pictures = {"images": npy("|u1", "(2, 3, 4)", bytes(24)), "labels": npy("<i8", "(2,)", struct.pack("<qq", 0, 1))}
    medical = {"val_images": pictures["images"], "train_images": pictures["images"], "train_labels": pictures["labels"]}
    for name, members in {"two": pictures, "parts": medical, "one": {"x": npy("<f4", "(2, 3)", bytes(24))}}.items():
        for kind, method in {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}.items():
            put("npz", f"{name}-{kind}", npz(members, method))
            put("npz-pictures", f"{name}-{kind}", npz(members, method))


def large_pictures():
    for name in ("netpbm", "jpeg", "png"):
        for path in sorted((CORPUS / name).glob("seed-*")):
            put(f"large-{name}", path.name[5:], path.read_bytes())
    put("large-netpbm", "wide", b"P5 40 9 65535\n" + bytes(range(240)) * 3)
    put("large-netpbm", "bits", b"P4 60 7\n" + bytes(range(56)))
    put("large-netpbm", "alpha", b"P7\nWIDTH 12\nHEIGHT 9\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n"
        + bytes(range(216)))
    put("large-netpbm", "plain", b"P3 9 8 255\n" + b" ".join(b"%d" % value for value in range(216)))


def exif(order, tags):
    """A directory of (tag, type, count, value), a value of four bytes."""
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    entries = b"".join(struct.pack(order + "HHI", *tag[:3]) + tag[3] for tag in tags)
    return b"Exif\0\0" + mark + struct.pack(order + "IH", 8, len(tags)) + entries + bytes(4)


def segments():
    def segment(contents, kind=0xE1):
        return bytes([kind]) + struct.pack(">H", len(contents)) + contents

    turned = exif("<", [(0x0112, 3, 1, b"\6\0\0\0")])
    xmp = b"http://ns.adobe.com/xap/1.0/\0"
    put("jpeg-segments", "little", segment(turned))
    put("jpeg-segments", "big", segment(exif(">", [(0x010F, 2, 4, b"abc\0"), (0x0112, 3, 1, b"\0\3\0\0")])))
    put("jpeg-segments", "two", segment(turned[:20]) + segment(b"Exif\0\0" + turned[20:]))
    put("jpeg-segments", "ratio", segment(exif("<", [(0x0112, 5, 1, b"\x1a\0\0\0")]) + struct.pack("<II", 16, 2)))
    put("jpeg-segments", "wide", segment(exif(">", [(0x0112, 12, 1, b"\0\0\0\x1a")]) + struct.pack(">d", 8)))
    put("jpeg-segments", "xmp", segment(xmp + b'<x tiff:Orientation="8"/>') + segment(xmp + b"tiff:Orientation>5<"))
    put("jpeg-segments", "others", segment(b"JFIF\0\1\1\0\0\1\0\1\0\0", 0xE0) + segment(b"a comment", 0xFE)
        + segment(b"Adobe\0d\0\0\0\0\1", 0xEE) + segment(b"ICC_PROFILE\0\1\1abc", 0xE2))


def pair(first, second):
    return struct.pack(">H", len(first)) + first + second


def datasets():
    images = bytes([0, 0, 8, 3]) + struct.pack(">III", 3, 4, 5) + bytes(range(60))
    labels = bytes([0, 0, 8, 1]) + struct.pack(">I", 3) + bytes([1, 0, 9])
    put("idx", "plain", pair(images, labels))
    put("idx", "packed", pair(gzip.compress(images, mtime=0), gzip.compress(labels, mtime=0)))
    one = bytes([0, 0, 8, 3]) + struct.pack(">III", 1, 2, 2) + b"abcd"
    put("gzip", "packed", gzip.compress(one, mtime=0))
    put("gzip", "stored", gzip.compress(one, 0, mtime=0))
    put("gzip", "members", gzip.compress(one[:9], mtime=0) + gzip.compress(one[9:], mtime=0))
    put("cifar", "two", (b"\3" + bytes(3072)) + (b"\7" + bytes(range(256)) * 12))
    fine = b"\3\x2a" + bytes(range(256)) * 12
    put("cifar-100", "one", fine)
    put("cifar-100", "three", fine + b"\0\0" + bytes(3072) + b"\x13\x63" + bytes(3072))
    put("numpy-pictures", "bytes", pair(npy("|u1", "(2, 3, 4)", bytes(24)), npy("<i8", "(2,)", struct.pack("<qq", 0, 1))))
    put("numpy-pictures", "floats", pair(npy("<f4", "(2, 2, 2, 1)", bytes(32), "True"), npy("|u1", "(2,)", b"\0\3")))
    put("class-names", "names", "shirt\nboot\r\nbag \u00e9\n\n".encode())


class Storages:
    """A pickle of torch.save's form, written by hand: torch is not needed to make seeds."""

    @staticmethod
    def tensor(key, shape, strides, count):
        numbers = lambda values: b"(" + b"".join(b"K" + bytes([v]) for v in values) + b"t"
        storage = (b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0" + key
                   + b"X\x03\0\0\0cpuK" + bytes([count]) + b"tQ")
        return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0" + numbers(shape) + numbers(strides)
                + b"\x89ccollections\nOrderedDict\n)RtR")

    @classmethod
    def state_dict(cls):
        body = b""
        for key, name, shape, strides in ((b"0", b"latents", (2, 8), (8, 1)), (b"1", b"w", (4, 4), (1, 4))):
            body += b"X" + struct.pack("<I", len(name)) + name + cls.tensor(key, shape, strides, 16)
        return b"}(" + body + b"u"


def weights():
    fixtures("torch", "*.pt", "*.pth", "*.bin", "*.ckpt")
    fixtures("safetensors", "*.safetensors")
    fixtures("checkpoint", "*.safetensors")
    for path in sorted([*(CORPUS / "torch").glob("seed-*")]):
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith("data.pkl"):
                        put("pickle", path.name, archive.read(name))
        except (zipfile.BadZipFile, NotImplementedError):
            pass
    put("pickle", "two", b"\x80\x02" + Storages.state_dict() + b".")
    put("pickle", "wrapped", b"\x80\x02}X\x0a\0\0\0state_dict" + Storages.state_dict() + b"s.")
    put("pickle", "unknown", b"\x80\x02}(X\x01\0\0\0acmodule\nThing\n)\x81}X\x01\0\0\0bK\1sbX\x02\0\0\0sd"
        + Storages.state_dict() + b"u.")
    for protocol in (2, 3, 4, 5):
        values = {"a": [1, 2.5, None, True, (1,), {2, 3}, b"x", "y", 1 << 80]}
        put("pickle", f"plain{protocol}", pickle.dumps(values, protocol))
    entries = {"latents": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]},
               "__metadata__": {"format": "pt"}}
    header = json.dumps(entries).encode()
    put("safetensors", "one", struct.pack("<Q", len(header)) + header + bytes(32))


def texts():
    fixtures("hyperparameters", "*.json", largest=8_000)
    small = dict(depth=1, num_latents=4, latent_dim=8, num_freq_bands=2, max_freq=4.0, latent_heads=2,
                 latent_dim_head=4, cross_dim_head=4, num_classes=3, input_channels=3, input_axis=2)
    for variant in ("perceiver", "gated", "mixed-latents", "bottom-up", "io", "lm"):
        put("hyperparameters", variant, json.dumps({**small, "variant": variant}).encode())
    prepared = {"mean": [0.485, 0.456, 0.406], "std": 0.25, "height": 4, "width": 5, "channel_order": "bgr"}
    put("hyperparameters", "prepared", json.dumps({**small, "preprocessing": prepared,
        "class_names": ["shirt", "boot", "bag \u00e9"]}).encode())
    put("hyperparameters", "kinds", b'\xef\xbb\xbf{"a":[1,-2.5e3,0,1E-7,true,false,null,"\\u00e9\\ud83d\\ude00\\n"],"depth":3.0}')
    put("preferences", "all", json.dumps({
        "keys": {"next-stage": ["Right", "n", "Ctrl-N"], "quit": "q", "help": ["?", "F1"]},
        "colours": {"frame": "#606878 bold", "title": "on #102030 underline", "error": "#f00000 on #000000"},
        "symbols": "ascii", "colour-map": "cividis"}).encode())
    put("photo-processor", "new", json.dumps({"image_processor_type": "PerceiverImageProcessor", "do_resize": True,
        "size": {"height": 5, "width": 6}, "crop_size": {"height": 7, "width": 8}, "resample": 3, "rescale_factor": 0.004,
        "image_mean": [0.5, 0.4, 0.3], "image_std": 0.5}).encode())
    put("photo-processor", "old", b'{"feature_extractor_type":"PerceiverFeatureExtractor","size":[4,5],"crop_size":6,"resample":1}')
    form = struct.pack("<HHIIHH", 1, 2, 8000, 32000, 4, 16)
    sound = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", 8) + bytes(8)
    put("wav", "plain", b"RIFF" + struct.pack("<I", len(sound)) + sound)
    sound = (b"WAVEfmt " + struct.pack("<IHHIIHHHH", 20, 17, 1, 8000, 4055, 36, 4, 2, 65)
             + b"fact" + struct.pack("<II", 4, 130) + b"data" + struct.pack("<I", 72) + bytes(range(72)))
    put("wav", "adpcm", b"RIFF" + struct.pack("<I", len(sound)) + sound)
    for colours, size in {"420jpeg": 14, "422": 18, "444": 27, "444alpha": 36, "411": 15, "mono": 9}.items():
        put("y4m", colours, f"YUV4MPEG2 W3 H3 F25:1 Ip A1:1 C{colours} XCOLORRANGE=FULL\n".encode()
            + 3 * (b"FRAME\n" + bytes(range(size))))
    fixtures("legacy-torch", "legacy.pt")
    fixtures("shard-index", "*.index.json")
    put("text", "broken", b"a\xc3\xe4\xb8b\xf0\x9f\x98c\r\n\xe2\x80\x8d\xed\xa0\x80\t\x7f")
    put("text", "letters", "Perceiver \u00e9\n\u4e2d\U0001F600\x1b[31m".encode())


def terminals():
    """The first byte says how what follows is read: FuzzedParser.swift."""
    for name, sent in {
            "keys": b"a\r\t\x7f\x1b[A\x1bOB\x1b[1;5C\x1b[5~\x1b[3;2~\x1bOP\x1b[24~\x1b[Z\x1bx\x1b\x1b[D",
            "letters": "\u00e9\u4e2d\U0001F600\x1b\u00e9".encode() + b"\xc3(\xff",
            "mouse": b"\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;1;1M\x1b[<35;3;4M\x1b[M !!\x1b[M#!!\x1b[32;10;5M",
            "paste": b"\x1b[200~text\nof\x1b[two\x1b[201~q", "eight": b"\x9b5~\x8fP\x9d0;title\x9c\x9bC",
            "answers": b"\x1b[?62;4c\x1b]11;rgb:0000/0000/0000\x1b\\\x1bP1+r524742=38\x1b\\\x1b]0;a\x07\x1b[?2026;2$y\x1b[8;24;80t",
            "coded": b"\x1b[97;5u\x1b[27;5;97~\x1b[1:2;3:1A\x1b[I\x1b[O", "old": b"\x1bD\x1bD4\x1b[a\x01@\r\x1b[[A\x1b[7~"}.items():
        for form in (0x00, 0x03, 0x04, 0x07, 0x20, 0xF1):
            put("terminal", f"{name}-{form}", bytes([form]) + sent)


WORDS = {
    "png": ["IHDR", "IDAT", "IEND", "PLTE", "tRNS", "eXIf", "gAMA", "iCCP"],
    "jpeg": ["\\xff\\xd8", "\\xff\\xe1", "Exif\\x00\\x00", "II*\\x00", "MM\\x00*", "\\xff\\xc0", "\\xff\\xc2",
             "\\xff\\xc4", "\\xff\\xda", "\\xff\\xdd", "\\xff\\xd0", "\\xff\\xd9", "Adobe"],
    "webp": ["RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ANIM", "ANMF", "ALPH", "EXIF"],
    "gif": ["GIF87a", "GIF89a", "\\x21\\xf9\\x04", "\\x21\\xff\\x0b", "NETSCAPE2.0", "\\x2c", "\\x3b"],
    "tiff": ["II*\\x00", "MM\\x00*", "\\x00\\x01\\x03\\x00", "\\x11\\x01\\x04\\x00", "\\x42\\x01"],
    "netpbm": ["P1", "P6", "P7", "65535", "2147483647", "TUPLTYPE", "ENDHDR", "MAXVAL", "DEPTH"],
    "npy": ["'descr'", "'fortran_order'", "'shape'", "True", "False", "<f4", ">f8", "=f4", "|u1", "|b1", "<i8",
            "(0,)", "9223372036854775807", "4294967296"],
    "safetensors": ["dtype", "shape", "data_offsets", "__metadata__", "F32", "F64", "F16", "BF16", "I64", "BOOL",
                    "9223372036854775807"],
    "pickle": ["ctorch._utils\\x0a_rebuild_tensor_v2\\x0a", "ctorch\\x0aFloatStorage\\x0a", "ctorch\\x0aSize\\x0a",
               "ccollections\\x0aOrderedDict\\x0a", "storage", "cpu", "\\x80\\x02", "\\x8a\\x08", "\\x94", "\\x93", "\\x81"],
    "idx": ["\\x00\\x00\\x08\\x03", "\\x1f\\x8b\\x08", "\\xff\\xff\\xff\\xff"],
    "hyperparameters": ['\\"depth\\"', '\\"num_latents\\"', '\\"args\\"', '\\"defaults\\"', '\\"variant\\"', "true", "null",
                        "1e999", "\\\\ud83d", '\\"preprocessing\\"', '\\"class_names\\"', '\\"mean\\"', '\\"std\\"',
                        '\\"height\\"', '\\"width\\"', '\\"channel_order\\"'],
    "training": ["perceiver_training", "first_loss", "epoch_origin", "recipe", "configuration", "class_names",
                 "preprocessing", "parameter.", "mean.", "square.", "batchSize", "steps", "F32", "dtype", "shape"],
    "npz": ["PK\\x01\\x02", "PK\\x03\\x04", "PK\\x05\\x06", "PK\\x06\\x06", ".npy", "images", "labels", "train_images",
            "\\x93NUMPY", "'descr'", "'shape'", "\\xff\\xff\\xff\\xff"],
    "jpeg-segments": ["Exif\\x00\\x00", "II*\\x00", "MM\\x00*", "\\x12\\x01", "\\x01\\x12", 'tiff:Orientation=\\"',
                      "tiff:Orientation>", "http://ns.adobe.com/xap/1.0/\\x00", "Adobe", "JFIF\\x00", "ICC_PROFILE\\x00"],
    "terminal": ["\\x1b[", "\\x1bO", "\\x1b]", "\\x1bP", "\\x1b\\\\", "\\x1b[200~", "\\x1b[201~", "\\x1b[<", "\\x1b[M", "\\x9b",
                 "\\x9c", "\\x07", ";5", "~", "\\xf0\\x9f\\x98\\x80"],
    "wav": ["RIFF", "RIFX", "RF64", "BW64", "WAVE", "fmt ", "fact", "data", "ds64", "\\xff\\xff\\xff\\xff"],
    "aiff": ["FORM", "AIFF", "AIFC", "COMM", "SSND", "sowt", "fl32", "ima4"],
    "flac": ["fLaC", "\\xff\\xf8", "\\xff\\xf9"],
    "vorbis": ["OggS", "\\x01vorbis", "\\x03vorbis", "\\x05vorbis"],
    "opus": ["OggS", "OpusHead", "OpusTags"],
    "mp3": ["ID3", "\\xff\\xfb", "Xing", "Info", "LAME"],
    "preferences": ['\\"keys\\"', '\\"colours\\"', '\\"symbols\\"', "Ctrl-", "Shift-", "#ffffff", "bold"],
}
SAME = {"checkpoint": "safetensors", "torch": "pickle", "numpy-pictures": "npy", "gzip": "idx", "npz-pictures": "npz",
        "large-netpbm": "netpbm", "large-jpeg": "jpeg", "large-png": "png"}


def words():
    for name in [*WORDS, *SAME]:
        lines = "".join(f'"{word}"\n' for word in WORDS[SAME.get(name, name)])
        (CORPUS / f"{name}.dict").write_text(lines)


CORPUS.mkdir(parents=True, exist_ok=True)
fixtures("png", "*.png")
fixtures("jpeg", "*.jpg", "*.jpeg")
fixtures("webp", "*.webp")
for make in (netpbm, bitmaps, gifs, tiffs, arrays, archives, large_pictures, segments, datasets, weights,
             texts, terminals, words):
    make()
