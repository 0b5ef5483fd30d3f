#!/usr/bin/env python3
"""Makes Fixtures/: arrays as numpy.save writes them, named by what they are.

    pip install numpy==2.4.6
    python3 Tests/TensorsTests/make_arrays.py

Element i, in C order, is i / 7 in float32; of whole numbers it is i, of truths whether i is odd.
"""
import pathlib

import numpy as np

here = pathlib.Path(__file__).parent / "Fixtures"
here.mkdir(exist_ok=True)


def sevenths(shape):
    count = int(np.prod(shape, dtype=int))
    return (np.arange(count, dtype=np.float32) / np.float32(7)).reshape(shape)


for shape in [(), (0,), (3,), (2, 3), (2, 3, 4), (1, 0, 5)]:
    name = "x".join(map(str, shape)) or "scalar"
    np.save(here / f"float32_{name}.npy", sevenths(shape))
cube = sevenths((2, 3, 4))
np.save(here / "fortran_2x3x4.npy", np.asfortranarray(cube))
for kind in [">f4", "<f8", ">f8"]:
    np.save(here / f"{kind[1:]}_{'big' if kind[0] == '>' else 'little'}_2x3x4.npy",
            cube.astype(kind))
for version in [2, 3]:
    with open(here / f"version{version}_2x3x4.npy", "wb") as file:
        np.lib.format.write_array(file, cube, version=(version, 0))
np.save(here / "uint8_2x3x4.npy", np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
np.save(here / "bool_2x3x4.npy", (np.arange(24) % 2 == 1).reshape(2, 3, 4))
# Float16 of every size, as float16 and as the float32 that NumPy makes of it.
halves = np.arange(0, 65536, 41, dtype=np.uint16).view(np.float16)
halves = halves[np.isfinite(halves)]
np.save(here / "halves.npy", halves)
np.save(here / "halves_big.npy", halves.astype(">f2"))
np.save(here / "halves_float32.npy", halves.astype(np.float32))
# Archives: of one array, of several, and deflated.
np.savez(here / "one.npz", cube)
np.savez(here / "several.npz", cube=cube, bytes=np.arange(24, dtype=np.uint8))
np.savez_compressed(here / "compressed.npz", zeros=np.zeros(5000, np.float32), cube=cube)
