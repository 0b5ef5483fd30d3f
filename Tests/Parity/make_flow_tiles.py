"""Makes the flow of frames larger than a model reads, tile by tile, as DeepMind's notebook does.

    python make_flow_tiles.py MODEL_FOLDER FILE

writes `frames` [2, height, width, 3] and `flow` [height, width, 2] in pixels. The notebook is
perceiver/colabs/optical_flow.ipynb of google-deepmind/deepmind-research. Its tiles share 20 rows and
columns; here at most half a tile, since the model reads tiny ones.
"""

import itertools
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import PerceiverForOpticalFlow


def patches(frames):
    """The 3 x 3 pixels around each position: [2, height, width, 3] to [2, 27, height, width]."""
    padded = np.pad(frames, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = frames.shape[1:3]
    shifts = [padded[:, r:r + height, c:c + width] for r in range(3) for c in range(3)]
    return np.concatenate(shifts, -1).transpose(0, 3, 1, 2).copy()


def starts(length, tile):
    """Where tiles begin; the last one ends where the frame does."""
    step = tile - min(20, tile // 2)
    return [at for at in range(0, length, step) if at < length - tile] + [length - tile]


def main():
    model = PerceiverForOpticalFlow.from_pretrained(sys.argv[1]).eval()
    tile_height, tile_width = model.config.train_size
    height, width = tile_height + 5, 2 * tile_width + 3
    frames = np.random.default_rng(0).uniform(-1, 1, (2, height, width, 3)).astype(np.float32)
    across, down = np.meshgrid(np.arange(tile_width), np.arange(tile_height))
    weights = np.minimum(np.minimum(across + 1, tile_width - across),
                         np.minimum(down + 1, tile_height - down))[..., None]
    flow, total = np.zeros((height, width, 2)), np.zeros((height, width, 1))
    for y, x in itertools.product(starts(height, tile_height), starts(width, tile_width)):
        tile = (slice(y, y + tile_height), slice(x, x + tile_width))
        with torch.no_grad():
            out = model(torch.tensor(patches(frames[(slice(None), *tile)]))[None]).logits[0]
        flow[tile] += 20 * out.numpy() * weights
        total[tile] += weights
    save_file({"frames": torch.tensor(frames),
               "flow": torch.tensor((flow / total).astype(np.float32))}, sys.argv[2])


if __name__ == "__main__":
    main()
