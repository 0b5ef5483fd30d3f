"""Makes Lightning checkpoints of perceiver-io's models, of the weights of model folders.

    python make_lightning.py WHEEL Tests/PerceiverTests/Fixtures/krasserm CASE …

writes CASE/lightning.ckpt: the weights behind `model.` under `state_dict`, and under
`hyper_parameters` what `save_hyperparameters()` of the package's LightningModules keeps: its own
dataclasses for encoder and decoder, and plain values. WHEEL is an unpacked perceiver-io 0.11.0, see
check_converted.py. Made with torch 2.15.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file

import perceiver_io


def backend(source):
    perceiver_io.without_lightning(source)
    from perceiver.model.core import ClassificationDecoderConfig
    from perceiver.model.text.common import TextEncoderConfig
    from perceiver.model.text.mlm.backend import TextDecoderConfig
    from perceiver.model.vision.image_classifier.backend import ImageEncoderConfig
    return {
        "perceiver-io-image-classifier": (ImageEncoderConfig, ClassificationDecoderConfig),
        "perceiver-io-masked-language-model": (TextEncoderConfig, TextDecoderConfig),
    }


def main():
    classes = backend(pathlib.Path(sys.argv[1]))
    for case in sys.argv[3:]:
        folder = pathlib.Path(sys.argv[2]) / case
        config = json.loads((folder / "config.json").read_text())
        encoder, decoder = classes[config["model_type"]]
        settings = dict(config["model_config"])
        settings["encoder"] = encoder(**settings["encoder"])
        settings["decoder"] = decoder(**settings["decoder"])
        weights = load_file(folder / "model.safetensors")
        torch.save({
            "epoch": 3, "global_step": 120, "pytorch-lightning_version": "1.9.5",
            "state_dict": {k.replace("backend_model.", "model.", 1): v for k, v in weights.items()},
            "loops": {}, "callbacks": {}, "optimizer_states": [], "lr_schedulers": [],
            "hparams_name": "kwargs", "hyper_parameters": settings | {"params": None},
        }, folder / "lightning.ckpt")


if __name__ == "__main__":
    main()
