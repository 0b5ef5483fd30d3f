#!/usr/bin/env python3
"""Makes Fixtures/resized.safetensors and Fixtures/processed.safetensors: pictures of bytes as Pillow
resizes them, and as transformers' PerceiverImageProcessorPil prepares them.
Made with Pillow 13.0.0, transformers 5.24.0, NumPy, safetensors."""
import json
import pathlib

import numpy as np
from PIL import Image
from safetensors.numpy import save_file
from transformers.models.perceiver.image_processing_pil_perceiver import PerceiverImageProcessorPil

fixtures = pathlib.Path(__file__).parent / "Fixtures"
rng = np.random.default_rng(1)

# Up, down, odd, one side alone, from and to one pixel, and both orders of the passes.
sizes = [((7, 5), (13, 9)), ((64, 48), (30, 31)), ((33, 47), (8, 8)), ((1, 1), (4, 3)),
         ((2, 200), (24, 24)), ((113, 97), (1, 1)), ((50, 37), (7, 51)), ((20, 20), (20, 31)),
         ((87, 40), (20, 40)), ((200, 3), (9, 9))]
filters = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR,
           "lanczos": Image.Resampling.LANCZOS}
tensors = {}
for name, number in filters.items():
    for (h, w), (height, width) in sizes if name == "bicubic" else sizes[:4]:
        for channels in (1, 3):
            shape = (h, w) if channels == 1 else (h, w, 3)
            # Grey in black and white, so that sums leave 0 to 255 and are cut.
            a = rng.integers(0, 256, shape, dtype=np.uint8) if channels == 3 else \
                rng.integers(0, 2, shape, dtype=np.uint8) * 255
            b = np.asarray(Image.fromarray(a).resize((width, height), number))
            key = f"{name} {h}x{w} to {height}x{width} of {channels}"
            tensors[key + " from"] = a.reshape(h, w, channels)
            tensors[key + " to"] = np.ascontiguousarray(b).reshape(height, width, channels)
save_file(tensors, fixtures / "resized.safetensors")

square = lambda n: {"height": n, "width": n}
# What the folder says, how the processor is told the same, and the picture's rows and columns.
cases = [
    ({"image_processor_type": "PerceiverImageProcessor", "size": square(28), "crop_size": square(32)}, (61, 48)),
    ({"feature_extractor_type": "PerceiverFeatureExtractor", "size": 28, "crop_size": 32, "resample": 3,
      "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}, (47, 60)),
    ({"size": {"height": 16, "width": 24}, "crop_size": {"height": 20, "width": 25}, "rescale_factor": 0.01}, (45, 45)),
    ({"size": square(33), "crop_size": square(38)}, (45, 35)),
    ({"size": square(28), "do_center_crop": False, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}, (60, 20)),
    ({"size": square(20), "do_center_crop": False, "do_normalize": False, "resample": 2}, (31, 17)),
    ({"do_center_crop": False, "do_resize": False, "do_rescale": False}, (9, 8)),
]
tensors, texts = {}, {}
for number, (text, (h, w)) in enumerate(cases):
    a = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    told = {k: v for k, v in text.items() if not k.endswith("_type")}
    out = PerceiverImageProcessorPil(**told)(Image.fromarray(a), return_tensors="np")["pixel_values"]
    tensors[f"{number} photo"] = a
    tensors[f"{number} values"] = np.ascontiguousarray(np.asarray(out[0], np.float32).transpose(1, 2, 0))
    texts[str(number)] = json.dumps(text)
save_file(tensors, fixtures / "processed.safetensors", metadata=texts)
