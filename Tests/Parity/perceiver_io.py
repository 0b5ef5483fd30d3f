"""Lets perceiver-io's own models be imported without Lightning and fairscale."""

import sys
import types


def without_lightning(source):
    """Puts stand-ins where the packages under `source` would import Lightning and fairscale."""
    for name in ("fairscale", "fairscale.nn"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["fairscale.nn"].checkpoint_wrapper = lambda module, **_: module
    # These packages' own __init__ would import Lightning.
    for name in ("perceiver", "perceiver.model", "perceiver.model.text", "perceiver.model.text.mlm",
                 "perceiver.model.text.classifier", "perceiver.model.vision",
                 "perceiver.model.vision.image_classifier", "perceiver.model.vision.optical_flow"):
        package = types.ModuleType(name)
        package.__path__ = [str(source / name.replace(".", "/"))]
        sys.modules[name] = package
    sys.path.insert(0, str(source))
