#!/usr/bin/env python3
"""Converts model folders with perceiver-tui and opens them with the packages themselves.

For every folder of transformers' models (config.json, model.safetensors, expected.safetensors): what
`convert` writes, `from_pretrained` of the same class must open with no key missing, unexpected or of
another shape, with the same bits in every tensor and the same outputs; no name may be stored twice.
Those that perceiver-io has a class for are converted to it and back.

    python3 check_converted.py --program .build/debug/perceiver-tui \\
        Tests/PerceiverTests/Fixtures/huggingface [--perceiver-io WHEEL --krasserm Fixtures/krasserm]

Needs torch, safetensors, transformers (5.24 here). WHEEL is an unpacked perceiver-io 0.11.0
(pip download --no-deps --ignore-requires-python perceiver-io==0.11.0; unzip it): its backend classes
then load what was written with strict=True and compute the expected logits. Lightning is not needed.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file

import perceiver_io

TOLERANCE = 1e-5
parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("cases", type=pathlib.Path)
parser.add_argument("--program", required=True)
parser.add_argument("--perceiver-io", type=pathlib.Path)
parser.add_argument("--krasserm", type=pathlib.Path)
arguments = parser.parse_args()
transformers.logging.set_verbosity_error()


def convert(source, target, *options):
    result = subprocess.run(
        [arguments.program, "convert", str(source), "-o", str(target), *options],
        capture_output=True, text=True)
    return result.stderr.strip().splitlines()[-1] if result.returncode else None


def distance(mine, theirs):
    return ((mine.double() - theirs.double()).norm() / theirs.double().norm()).item()


def stored_once(folder):
    """Names of a file, none of which may be there twice or be another's bytes."""
    with safe_open(folder / "model.safetensors", "pt") as file:
        names = list(file.keys())
    assert len(names) == len(set(names)), "a name twice"
    size = (folder / "model.safetensors").stat().st_size
    tensors = load_file(folder / "model.safetensors")
    assert size < sum(t.numel() * t.element_size() for t in tensors.values()) + 400 * len(names) + 4096
    return set(names)


def open_folder(folder):
    name = json.loads((folder / "config.json").read_text())["architectures"][0]
    model, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
    for key in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        assert not info[key], f"{key}: {info[key]}"
    return model.eval(), name


def outputs(model, name, expected):
    if "input.image" in expected:
        with torch.no_grad():
            return model(
                inputs={part: expected["input." + part] for part in ("image", "audio", "label")},
                subsampled_output_points={
                    "image": expected["subsampling.image"], "audio": expected["subsampling.audio"],
                    "label": None}).logits["label"]
    inputs, options = expected["input"], {}
    if "attention_mask" in expected:
        options["attention_mask"] = expected["attention_mask"]
    if "MaskedLM" in name or "Sequence" in name:
        options["input_ids"] = inputs
    else:
        options["inputs"] = inputs
    with torch.no_grad():
        result = model(**options)
    logits = getattr(result, "logits", None)
    return result.last_hidden_state if logits is None else logits


def check_transformers(folder, scratch):
    original, name = open_folder(folder)
    target = scratch / "own"
    problem = convert(folder, target)
    assert problem is None, problem
    names = stored_once(target)
    converted, _ = open_folder(target)
    for key, tensor in original.state_dict().items():
        assert torch.equal(tensor.float(), converted.state_dict()[key].float()), key
    expected = load_file(folder / "expected.safetensors")
    wanted = [expected[key] for key in ("logits", "logits.label", "last_hidden_state") if key in expected]
    error = distance(outputs(converted, name, expected), wanted[0])
    assert error < TOLERANCE, error
    line = f"{name}: {len(names)} names, no key missing or unexpected, bits equal, output {error:.1e}"
    problem = convert(folder, scratch / "there", "--layout", "perceiver-io")
    if problem:
        return line + "; perceiver-io: " + problem.split(": ", 2)[-1]
    stored_once(scratch / "there")
    if backend:
        error = check_perceiver_io(scratch / "there", translated(expected), expected["logits"])
        line += f"; as perceiver-io {error:.1e}" if error is not None else ""
    problem = convert(scratch / "there", scratch / "back", "--layout", "huggingface")
    assert problem is None, problem
    back, _ = open_folder(scratch / "back")
    for key, tensor in original.state_dict().items():
        assert torch.equal(tensor.float(), back.state_dict()[key].float()), key
    return line + ", and back, bits equal"


# MARK: perceiver-io


def load_backend(source):
    """perceiver-io's backend classes, without the parts that need Lightning or fairscale."""
    perceiver_io.without_lightning(source)
    from perceiver.model.core import ClassificationDecoderConfig
    from perceiver.model.text.classifier import backend as classifier
    from perceiver.model.text.common import TextEncoderConfig
    from perceiver.model.text.mlm import backend as mlm
    from perceiver.model.vision.image_classifier import backend as image
    from perceiver.model.vision.optical_flow import backend as flow
    return {
        "perceiver-io-image-classifier": (
            image.ImageClassifier, image.ImageClassifierConfig, image.ImageEncoderConfig,
            ClassificationDecoderConfig),
        "perceiver-io-text-classifier": (
            classifier.TextClassifier, classifier.TextClassifierConfig, TextEncoderConfig,
            ClassificationDecoderConfig),
        "perceiver-io-masked-language-model": (
            mlm.MaskedLanguageModel, mlm.MaskedLanguageModelConfig, TextEncoderConfig,
            mlm.TextDecoderConfig),
        "perceiver-io-optical-flow": (
            flow.OpticalFlow, flow.OpticalFlowConfig, flow.OpticalFlowEncoderConfig,
            flow.OpticalFlowDecoderConfig),
    }


def translated(expected):
    """A case of transformers as perceiver-io reads it."""
    inputs = expected["input"]
    if inputs.dtype == torch.int64:
        mask = expected.get("attention_mask")
        return [inputs, None if mask is None else mask == 0]
    return [inputs] if inputs.dim() == 5 else [inputs.permute(0, 2, 3, 1)]


def check_perceiver_io(folder, inputs, logits):
    """The relative error of the logits; None where the class takes pictures of one size alone."""
    config = json.loads((folder / "config.json").read_text())
    kind, settings, encoder, decoder = backend[config["model_type"]]
    own = dict(config["model_config"])
    for part in ("encoder", "decoder"):
        # As the Hub wrapper does: the package compares shapes with tuples.
        own[part] = {k: tuple(v) if isinstance(v, list) else v for k, v in own[part].items()}
    model = kind(settings(encoder(**own.pop("encoder")), decoder(**own.pop("decoder")), **own)).eval()
    weights = load_file(folder / "model.safetensors")
    assert all(key.startswith("backend_model.") for key in weights)
    model.load_state_dict({k.removeprefix("backend_model."): v for k, v in weights.items()}, strict=True)
    if "image" in config["model_type"] and list(inputs[0].shape[1:]) != config["model_config"]["encoder"]["image_shape"]:
        return None
    with torch.no_grad():
        result = model(*inputs)
    error = distance(result, logits[:, :result.shape[1]] if result.dim() == 3 else logits)
    assert error < TOLERANCE, error
    return error


def check_krasserm(folder, scratch):
    problem = convert(folder, scratch / "own")
    assert problem is None, problem
    names = stored_once(scratch / "own")
    assert names == stored_once(folder)
    if not backend:
        return f"{len(names)} names, as they were"
    expected = load_file(folder / "expected.safetensors")
    inputs = [expected[k] for k in ("input.pixel_values", "input.inputs", "input.input_ids") if k in expected]
    if "input.pad_mask" in expected:
        inputs.append(expected["input.pad_mask"] != 0)
    error = check_perceiver_io(scratch / "own", inputs, expected["logits"])
    return f"{len(names)} names, strict=True, logits {error:.1e}"


backend = load_backend(arguments.perceiver_io) if arguments.perceiver_io else None
failures = 0
for cases, check in [(arguments.cases, check_transformers), (arguments.krasserm, check_krasserm)]:
    for folder in sorted(cases.iterdir()) if cases else []:
        if not (folder / "config.json").exists():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            try:
                print(f"{folder.name}: {check(folder, pathlib.Path(scratch))}")
            except (AssertionError, RuntimeError) as error:
                failures += 1
                print(f"{folder.name}: FAILED: {error}")
sys.exit(1 if failures else 0)
