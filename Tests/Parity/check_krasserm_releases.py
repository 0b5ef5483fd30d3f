#!/usr/bin/env python3
"""Runs models of several releases of perceiver-io, with random weights, and perceiver-tui on the same
input, and prints how far they are apart: image classifiers, text models and optical flow.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 safetensors einops numpy
    for v in 0.7.0 0.8.2 0.9.0 0.10.0 0.11.0; do
      pip download --no-deps --ignore-requires-python -d wheels perceiver-io==$v
    done
    swift build -c release --product perceiver-tui
    python3 Tests/Parity/check_krasserm_releases.py wheels

The packages are read from their wheels; what they import beside torch, and do not need for a forward
pass, is replaced by stand-ins. Each model is given as a folder (config.json and a safetensors file) and
as a Lightning checkpoint. The exit status is 1 where an answer is further than 1e-5 off.
"""

import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests/PerceiverTests/Fixtures/krasserm"
MODULES = {
    "image_unshared": ("vision.image_classifier", "ImageClassifier", "ImageEncoderConfig", "ClassificationDecoderConfig"),
    "image_shared": ("vision.image_classifier", "ImageClassifier", "ImageEncoderConfig", "ClassificationDecoderConfig"),
    "mlm": ("text.mlm", "MaskedLanguageModel", "TextEncoderConfig", "TextDecoderConfig"),
    "mlm_untied": ("text.mlm", "MaskedLanguageModel", "TextEncoderConfig", "TextDecoderConfig"),
    "text": ("text.classifier", "TextClassifier", "TextEncoderConfig", "ClassificationDecoderConfig"),
    "flow": ("vision.optical_flow", "OpticalFlow", "OpticalFlowEncoderConfig", "OpticalFlowDecoderConfig"),
}


def stand_in(source):
    """Lets the packages be imported without what only training and data need."""
    import importlib.abc
    import importlib.machinery
    import types
    from unittest.mock import MagicMock

    class Anything(type):
        def __getattr__(cls, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return MagicMock()

        def __getitem__(cls, item):
            return cls

    def made_up(name):
        """A class that can be a base, or a function."""
        return Anything(name, (), {}) if name[:1].isupper() else MagicMock()

    class Missing(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            if name == "checkpoint_wrapper":
                return lambda module, **_: module
            return made_up(name)

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        roots = {"pytorch_lightning", "lightning", "fairscale", "torchmetrics", "datasets", "jsonargparse",
                 "torch_optimizer", "torchvision", "transformers", "tokenizers", "cv2", "PIL"}

        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in self.roots:
                return importlib.machinery.ModuleSpec(name, self, is_package=True)

        def create_module(self, spec):
            module = Missing(spec.name)
            module.__path__ = []
            return module

        def exec_module(self, module):
            pass

    sys.meta_path.insert(0, Finder())
    sys.path.insert(0, str(source))
    for name in ("perceiver", "perceiver.model", "perceiver.model.text", "perceiver.model.vision", "perceiver.data"):
        package = types.ModuleType(name)
        package.__path__ = [str(source / name.replace(".", "/"))]
        sys.modules[name] = package


def made(kind, values):
    known = {field.name for field in dataclasses.fields(kind)}
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known})


def reference(source, case, folder):
    """In a process of its own: makes a model of a release, and what it answers."""
    import importlib

    import numpy as np
    import torch
    stand_in(source)
    where, model_name, encoder_name, decoder_name = MODULES[case]

    def find(name):
        for module in (f"perceiver.model.{where}", f"perceiver.model.{where}.backend", "perceiver.model.core",
                       "perceiver.model.core.classifier", "perceiver.model.text.common", "perceiver.model.core.config"):
            try:
                found = getattr(importlib.import_module(module), name, None)
            except ModuleNotFoundError as error:
                if not (error.name or "").startswith("perceiver"):
                    raise
                continue
            if found is not None:
                return found
        raise LookupError(name)

    config = json.loads((FIXTURES / case / "config.json").read_text())
    settings = config["model_config"]
    encoder = made(find(encoder_name), settings["encoder"])
    decoder = made(find(decoder_name), settings["decoder"])
    outer = find("PerceiverIOConfig")(encoder, decoder, num_latents=settings["num_latents"],
                                      num_latent_channels=settings["num_latent_channels"])
    torch.manual_seed(3)
    model = find(model_name)(outer).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.3)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    random = np.random.default_rng(2)
    e = settings["encoder"]
    if case.startswith("image"):
        given = random.normal(0, 1, e["image_shape"]).astype(np.float32)
        argument = torch.tensor(given)[None]
    elif case == "flow":
        given = random.uniform(-1, 1, [2] + list(e["image_shape"]) + [3]).astype(np.float32)
        # The neighbours of each pixel, zero outside, as the package's own processor makes them.
        padded = np.pad(given, ((0, 0), (1, 1), (1, 1), (0, 0)))
        height, width = e["image_shape"]
        patches = np.stack([padded[:, y:y + height, x:x + width] for y in range(3) for x in range(3)], 3)
        argument = torch.tensor(patches.transpose(0, 3, 4, 1, 2).reshape(2, 27, height, width))[None]
    else:
        given = random.integers(6, e["vocab_size"], e["max_seq_len"]).astype(np.int64)
        argument = torch.tensor(given)[None]
    with torch.no_grad():
        answer = model(argument)
    answer = answer[0] if answer.ndim > 1 else answer
    folder.mkdir(parents=True)
    np.save(folder / "input.npy", given)
    np.save(folder / "answer.npy", answer.numpy())
    state = {k: v.contiguous().clone() for k, v in model.state_dict().items()}
    torch.save({"state_dict": {"model." + k: v for k, v in state.items()},
                "hyper_parameters": {"encoder": encoder, "decoder": decoder,
                                     "num_latents": settings["num_latents"],
                                     "num_latent_channels": settings["num_latent_channels"]},
                "pytorch-lightning_version": "1.9.5"}, folder / "lightning.ckpt")
    from safetensors.torch import save_file
    (folder / "model").mkdir()
    # save_pretrained puts a model behind backend_model.
    save_file({"backend_model." + k: v for k, v in state.items()}, folder / "model/model.safetensors", {"format": "pt"})
    (folder / "model/config.json").write_text(json.dumps(config))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/perceiver-tui")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        return reference(arguments.wheels, arguments.one[0], pathlib.Path(arguments.one[1]))
    import numpy as np
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for wheel in sorted(arguments.wheels.glob("perceiver_io-*.whl"), key=lambda p: [int(n) for n in p.name.split("-")[1].split(".")]):
            release = wheel.name.split("-")[1]
            source = scratch / release
            zipfile.ZipFile(wheel).extractall(source)
            for case in MODULES:
                folder = scratch / f"{release}-{case}"
                subprocess.run([sys.executable, __file__, source, "--one", case, folder], check=True)
                expected = np.load(folder / "answer.npy")
                for name in ("model", "lightning.ckpt"):
                    out = folder / ("out-" + name)
                    done = subprocess.run([arguments.program, "trace", folder / "input.npy", "--no-attention", "--weights",
                                           folder / name, "-o", out], capture_output=True, text=True)
                    if done.returncode:
                        print(f"{release:8} {case:15} {name:15} refused: {done.stderr.strip().splitlines()[-1]}")
                        wrong = 1
                        continue
                    found = np.load(next(p for p in (out / "outputs.npy", out / "logits.npy") if p.exists()))
                    found = found.reshape(-1)[:expected.size] if found.size >= expected.size else found.reshape(-1)
                    error = np.linalg.norm(found - expected.reshape(-1)) / np.linalg.norm(expected)
                    wrong |= not error <= 1e-5
                    print(f"{release:8} {case:15} {name:15} {error:.1e}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
