#!/usr/bin/env python3
"""Makes Tests/TensorsTests/Fixtures/torch: small files as torch.save writes them.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.13.0 numpy==2.4.6
    python3 Tests/Parity/make_torch_files.py          # from the root of the repository

expected.json holds, for each file that can be read, the tensors of its state dict in order: name,
element type as safetensors calls it, shape, and the values in row-major order (null for NaN,
"inf" and "-inf"; none for types that are no floats). The other files are to be refused.
"""

import argparse
import collections
import io
import json
import math
import pathlib
import pickle
import tarfile
import zipfile

import numpy as np
import torch

folder = pathlib.Path("Tests/TensorsTests/Fixtures/torch")
expected = {}

TYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL", torch.complex64: "C64", torch.uint16: "U16",
    torch.float8_e4m3fn: "F8_E4M3",
}
FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)


def number(value):
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def described(state_dict):
    return [
        {
            "name": name,
            "type": TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "values": [number(v) for v in tensor.detach().float().flatten().tolist()]
            if tensor.dtype in FLOATS else [],
        }
        for name, tensor in state_dict.items()
        if isinstance(tensor, torch.Tensor)
    ]


def save(name, value, state_dict=None, **options):
    torch.save(value, folder / f"{name}.pt", **options)
    if state_dict is not None:
        expected[name] = described(state_dict)


def rezip(name, source, compression, change=lambda member, data: data):
    with zipfile.ZipFile(folder / f"{source}.pt") as old:
        with zipfile.ZipFile(folder / f"{name}.pt", "w", compression) as new:
            for member in old.namelist():
                # A fixed time, so that the file is the same whenever it is made.
                info = zipfile.ZipInfo(member.replace(source, name, 1))
                new.writestr(info, change(member, old.read(member)), compression)


def sevenths(*shape):
    return (torch.arange(math.prod(shape), dtype=torch.float32) / 7).reshape(shape)


folder.mkdir(parents=True, exist_ok=True)
for old in folder.iterdir():
    old.unlink()
torch.manual_seed(0)

small = collections.OrderedDict(weight=sevenths(2, 3), bias=sevenths(3) - 1)
save("small", small, small)

special = torch.tensor([0.0, -0.0, 1 / 3, float("inf"), float("-inf"), float("nan"), 65504, 1e-7])
types = {
    "f32": special, "f64": special.double() / 3, "f16": special.half(), "bf16": special.bfloat16(),
    "i64": torch.tensor([1, -2]), "i32": torch.tensor([1], dtype=torch.int32),
    "i16": torch.tensor([1], dtype=torch.int16), "i8": torch.tensor([1], dtype=torch.int8),
    "u8": torch.tensor([1], dtype=torch.uint8), "bool": torch.tensor([True, False]),
    "c64": torch.tensor([1j]), "u16": torch.tensor([1], dtype=torch.uint16),
    "f8": torch.tensor([1.0]).to(torch.float8_e4m3fn),
    "scalar": torch.tensor(2.5), "none": torch.zeros(0, 3), "wide.none": torch.zeros(2, 0),
}
save("types", types, types)

whole = sevenths(4, 6)
strides = {
    "whole": whole, "transposed": whole.T, "slice": whole[1:3], "columns": whole[:, 2:5],
    "steps": whole[::2, 1::3], "expanded": sevenths(1, 3).expand(4, 3),
    "scalar.expanded": torch.tensor(1.5).expand(2, 2), "one": whole[2:3, 3:4],
    "column": whole[:, 1:2], "permuted": sevenths(2, 3, 4).permute(2, 0, 1),
    "empty.slice": whole[4:], "half.transposed": whole.half().T,
}
save("strides", strides, strides)

shared = torch.nn.Parameter(sevenths(2, 2))
attributed = torch.nn.Parameter(sevenths(3), requires_grad=False)
attributed.note = "kept with the parameter"
tied = {
    "first.weight": shared, "second.weight": shared, "third.weight": shared.T,
    "copy": shared.detach().clone(), "attributed": attributed,
    "buffer": torch.nn.Buffer(sevenths(1)),
}
save("tied", tied, tied)

parallel = torch.nn.Sequential(collections.OrderedDict(module=Net()))
save("module", parallel.state_dict(), parallel.state_dict())

net = Net()
optimizer = torch.optim.Adam(net.parameters())
net.layer(torch.ones(2)).sum().backward()
optimizer.step()
save("training", {
    "epoch": 3, "state_dict": net.state_dict(), "optimizer": optimizer.state_dict(),
    "args": argparse.Namespace(lr=1e-3, name="run"), "best": np.float64(0.5),
    "path": pathlib.PurePosixPath("a/b"), "step": torch.tensor(7), "scale": torch.tensor(0.5),
    "history": collections.defaultdict(list, loss=[1.0, 0.5]), "seed": 1 << 80,
    "device": torch.device("cpu"), "dtype": torch.float32, "set": {1, 2}, "bytes": b"\0\1",
    "size": torch.Size([1, 2]), "done": False, "nothing": None, "scores": np.zeros(2),
}, net.state_dict())
save("several", {"model": small, "ema": collections.OrderedDict(small)})
save("nested", {"checkpoint": {"model": small}, "epoch": 1}, small)
save("unknown-key", {"vision": small, "epoch": 1}, small)
save("extra", {**small, "_extra_state": None, "count": 3}, small)
for protocol in (3, 4, 5):
    save(f"protocol{protocol}", small, small, pickle_protocol=protocol)
torch.serialization.set_crc32_options(False)
save("no-checksums", small, small)
torch.serialization.set_crc32_options(True)
rezip("rezipped", "small", zipfile.ZIP_STORED)
expected["rezipped"] = expected["small"]
save("legacy", small, _use_new_zipfile_serialization=False)
expected["legacy"] = expected["small"]

# To be refused.
rezip("deflated", "small", zipfile.ZIP_DEFLATED)
rezip("big-endian", "small", zipfile.ZIP_STORED,
      lambda member, data: b"big" if member.endswith("/byteorder") else data)
rezip("version11", "small", zipfile.ZIP_STORED,
      lambda member, data: b"11\n" if member.endswith("/version") else data)
save("whole-model", Net())
save("whole-linear", torch.nn.Linear(1, 1))
save("wrapped-model", {"epoch": 1, "model": Net()})
save("lone", sevenths(2))
save("list", [sevenths(2)])
save("no-tensors", {"epoch": 1, "names": ["a"]})
save("integers", {1: sevenths(2)})
save("negated", {"a": torch._neg_view(sevenths(2))})
save("sparse", {"a": torch.eye(2).to_sparse()})
save("huge-expanded", {"a": torch.zeros(1).expand(1 << 20, 1 << 20)})
torch.jit.save(torch.jit.script(Net()), folder / "script.pt")
(folder / "plain.pt").write_bytes(pickle.dumps({"a": [1.0]}, protocol=4))
with tarfile.open(folder / "tar.pt", "w") as archive:
    data = b"\x80\x02."
    info = tarfile.TarInfo("pickle")
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
np.savez(folder / "arrays.npz", a=np.zeros(1))

(folder / "expected.json").write_text(json.dumps(expected, indent=None) + "\n")
print(sum(file.stat().st_size for file in folder.iterdir()), "bytes")
