#!/usr/bin/env python3
"""Makes checkpoints that hold more than a model, as training programs write them, and an index.

    python3 Tests/Parity/make_crowded_checkpoints.py FOLDER [--few]

FOLDER/expected.json has for every file what is to come of it: `logits` of the small input in
input.npy (and `options` that choose), or a part of the `error`. `--few` makes only the files that
the tests of the repository keep. Needs torch, perceiver-pytorch, numpy. The test
CrowdedCheckpointTests holds the program's library against them:

    PERCEIVER_CROWDED=FOLDER swift test --filter CrowdedCheckpointTests
"""

import argparse
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import json
import pathlib
import random
import sys
import types
import uuid

import numpy as np
import torch
from perceiver_pytorch import Perceiver

folder = pathlib.Path(sys.argv[1])
few = "--few" in sys.argv
folder.mkdir(parents=True, exist_ok=True)
ARGS = dict(
    num_freq_bands=1, depth=1, max_freq=4.0, input_channels=1, input_axis=1, num_latents=2,
    latent_dim=4, cross_heads=1, latent_heads=1, cross_dim_head=2, latent_dim_head=2, num_classes=3,
    self_per_cross_attn=1)
expected = {}


def made(seed):
    torch.manual_seed(seed)
    model = Perceiver(**ARGS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model.eval()


torch.manual_seed(9)
image = torch.randn(1, 5, 1)
np.save(folder / "input.npy", image[0].numpy())
model, other = made(1), made(2)
LOGITS = {id(m): [float(v) for v in m(image)[0]] for m in (model, other)}
weights = model.state_dict()


def save(name, value, answer=model, keep=False, error=None, left=None, **options):
    if few and not keep:
        return
    try:
        torch.save(value, folder / f"{name}.pt")
    except (TypeError, AttributeError, RuntimeError, NotImplementedError) as error:
        # Some objects of some versions cannot be pickled.
        (folder / f"{name}.pt").unlink(missing_ok=True)
        print(f"{name} left out: {error}", file=sys.stderr)
        return
    case = {"options": options}
    if error is None:
        case["logits"] = LOGITS[id(answer)]
    else:
        case["error"] = error
    if left is not None:
        case["left_out"] = left
    expected.setdefault(name, []).append(case)


def also(name, answer=model, error=None, **options):
    if name in expected:
        case = {"options": options}
        case.update({"logits": LOGITS[id(answer)]} if error is None else {"error": error})
        expected[name].append(case)


def behind(prefix, model=model):
    return collections.OrderedDict((prefix + k, v) for k, v in model.state_dict().items())


def lightning(state, **more):
    return {
        "epoch": 3, "global_step": 120, "pytorch-lightning_version": "2.4.0", "state_dict": state,
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 1}}}},
        "callbacks": {"ModelCheckpoint{'monitor': 'val'}": {
            "best_model_score": torch.tensor(0.5), "best_k_models": {"a": torch.tensor(0.25)}}},
        "optimizer_states": [optimizer.state_dict()],
        "lr_schedulers": [{"base_lrs": [1e-3], "last_epoch": 3}], **more}


trained = copy.deepcopy(model)
optimizer = torch.optim.AdamW(trained.parameters(), lr=1e-3)
trained(image).sum().backward()
optimizer.step()

# Modules around it.
criterion = {"criterion.weight": torch.ones(3)}
metric = {"accuracy.tp": torch.tensor(3), "accuracy.fn": torch.zeros(3, dtype=torch.int64),
          "auroc.confmat": torch.zeros(2, 2, dtype=torch.int32)}
save("lightning", lightning(behind("model.")))
save("lightning-criterion", lightning(behind("model.") | criterion), keep=True,
     left=["criterion.weight"])
save("lightning-metric", lightning(metric | behind("net.")), left=list(metric))
save("lightning-named", lightning(behind("perceiver_module.") | criterion | metric))
save("top-level-others", weights | criterion | metric | {"n_averaged": torch.tensor(4)},
     left=[*criterion, *metric, "n_averaged"])
averaged = torch.optim.swa_utils.AveragedModel(model)
save("averaged", averaged.state_dict(), keep=True, left=["n_averaged"])
save("averaged-buffers", torch.optim.swa_utils.AveragedModel(
    torch.nn.DataParallel(model), use_buffers=True).state_dict())
save("averaged-wrapped", {"model": averaged.state_dict(), "optimizer": optimizer.state_dict()})
save("encoder-head", behind("encoder.") | {"head.weight": torch.ones(2, 3)},
     left=["head.weight"])
save("batch-norm", behind("body.") | {"bn.num_batches_tracked": torch.tensor(7)})
save("two", behind("student.") | behind("teacher.", other), keep=True,
     error="--prefix student., or --prefix teacher.")
for prefix, answer in [("student", model), ("student.", model), ("teacher", other)]:
    also("two", answer, prefix=prefix)
    also("two", answer, **{"state-dict": prefix})
also("two", error="begin with nobody., found names that begin with student, teacher", prefix="nobody")
ema = collections.OrderedDict(
    {"initted": torch.tensor(True), "step": torch.tensor(3)}) | behind("online_model.") | behind(
    "ema_model.", other)
save("ema-pytorch", ema, error="--prefix online_model., or --prefix ema_model.")
also("ema-pytorch", other, **{"state-dict": "ema_model"})
save("ema-only", {k: v for k, v in ema.items() if not k.startswith("online")}, other)
save("lightning-ema", lightning(behind("model.") | behind("ema.module.", other)),
     error="--prefix model., or --prefix ema.module.")
also("lightning-ema", other, prefix="ema")
also("lightning-ema", other, **{"state-dict": "state_dict.ema"})
also("lightning-ema", model, **{"state-dict": "model"})
save("top-and-teacher", weights | behind("teacher.", other),
     error='--prefix "", or --prefix teacher.')
also("top-and-teacher", model, prefix="")
also("top-and-teacher", other, prefix="teacher")
save("two-dicts", {"model": weights, "ema": other.state_dict()}, keep=True,
     error="--state-dict model, or --state-dict ema")
also("two-dicts", other, **{"state-dict": "ema"})
save("gan", {"generator": {"0.weight": torch.ones(2, 2)}, "model": weights})
save("teacher-of-another-kind", {"teacher": {"fc.weight": torch.ones(2)}, "student": weights})
save("same-twice", {"state_dict": weights, "model": dict(weights)})
save("compiled-beside", behind("model.") | behind("compiled._orig_mod."))
save("shadow", {"decay": 0.999, "num_updates": 3, "collected_params": None,
                "shadow_params": list(model.parameters())},
     keep=True, error="shadow_params, a list of")
save("shadow-beside", {"model": weights, "ema": {"shadow_params": list(other.parameters())}})
save("shadow-named", {"shadow": weights, "decay": 0.9})
save("callback-ema", lightning(
    behind("model."), callbacks={"EMA": {"state": {"ema": other.state_dict()}}}),
    error="--state-dict state_dict --prefix model., or --state-dict callbacks.EMA.state.ema")
also("callback-ema", other, **{"state-dict": "callbacks.EMA.state.ema"})
save("optimizer-first", {"optimizer": optimizer.state_dict(), "scaler": {"scale": 1.0},
                         "net": weights, "rng": torch.get_rng_state()})
for wrapper in ["_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "_forward_module.",
                "model.module.", "_forward_module.model.", "module.module.", "model._orig_mod."]:
    save("prefix-" + wrapper.replace(".", "-"), {"state_dict": behind(wrapper)},
         keep=wrapper == "module._orig_mod.")
fsdp = collections.OrderedDict(
    ("_fsdp_wrapped_module." + k.replace("cross_attn.", "_checkpoint_wrapped_module.cross_attn.")
     .replace("to_logits.", "to_logits._fsdp_wrapped_module."), v) for k, v in weights.items())
save("fsdp", fsdp, keep=True)
save("fsdp-in-module", {"state_dict": collections.OrderedDict(
    ("model." + k, v) for k, v in fsdp.items())})
save("fsdp-flat", {"_fsdp_wrapped_module._flat_param": torch.ones(9)}, error="FSDP's flattened")

# Objects beside it: none is of a class that is known here.
Config = dataclasses.make_dataclass("Config", [("lr", float), ("seed", int)])
Config.__module__ = "__main__"
Slots = dataclasses.make_dataclass("Slots", [("lr", float)], slots=True, frozen=True)
Slots.__module__ = "__main__"
Mode = enum.Enum("Mode", "TRAIN TEST", module="__main__")
Flag = enum.IntFlag("Flag", "A B", module="__main__")
Point = collections.namedtuple("Point", "x y", module="__main__")


class Reduced:
    def __reduce__(self):
        return (Reduced.make, (1, {"a": [2]}), {"state": 1}, iter([1, 2]), iter([("k", 3)]))

    @staticmethod
    def make(*_):
        return Reduced()

    def __setstate__(self, state): pass
    def append(self, value): pass
    def __setitem__(self, key, value): pass


class WithNew:
    def __getnewargs_ex__(self):
        return ((1,), {"key": 2})

    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


class Ordered(collections.OrderedDict): pass
class Plain(dict): pass
class Listed(list): pass
class Settings:
    def __init__(self): self.path, self.more = pathlib.Path("a"), {"x": 1}
    def method(self): pass
class Error(Exception): pass


settings = Settings()
settings.itself = settings
filled = Ordered(weights)
filled.note = "an attribute"
plain = Plain(weights)
plain.note = {"an": "attribute"}
objects = {
    "partial": functools.partial(torch.optim.Adam, lr=1e-3),
    "partials": [functools.partial(functools.partial(max, 1), key=abs)], "dataclass": Config(0.1, 3),
    "slots": Slots(0.1), "enum": Mode.TRAIN, "enums": {Mode.TRAIN: 1, Mode.TEST: 2},
    "flag": Flag.A | Flag.B, "namespace": argparse.Namespace(lr=0.1, path=pathlib.Path("/x")),
    "simple": types.SimpleNamespace(a=1), "path": pathlib.Path("/x"),
    "windows": pathlib.PureWindowsPath("c:/x"), "scalar": np.float64(0.5), "integer": np.int64(3),
    "truth": np.bool_(True), "array": np.arange(4.0), "objects": np.array([1, "a"], dtype=object),
    "dtype": np.dtype("float32"), "record": np.dtype([("a", "<f4")]), "device": torch.device("cpu"),
    "size": torch.Size([2, 3]), "torch-dtype": torch.bfloat16, "layout": torch.strided,
    "format": torch.channels_last, "default": collections.defaultdict(list, a=[1]),
    "default-partial": collections.defaultdict(functools.partial(int, 3), a=1),
    "default-default": collections.defaultdict(dict), "counter": collections.Counter("abca"),
    "deque": collections.deque([1, 2], maxlen=3), "tuple": Point(1, 2), "reduced": Reduced(),
    "new": WithNew(), "settings": settings, "method": settings.method, "class": Settings,
    "builtin": len, "function": np.mean, "date": datetime.datetime(2024, 1, 2, 3, 4),
    "zone": datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc),
    "delta": datetime.timedelta(1), "decimal": decimal.Decimal("1.5"),
    "fraction": fractions.Fraction(1, 3), "uuid": uuid.UUID(int=3), "complex": 1 + 2j,
    "range": range(3), "slice": slice(1, 2), "set": {1, 2}, "frozen": frozenset([1]),
    "bytes": b"\xff\x00", "array-bytes": bytearray(b"\xff"), "huge": 1 << 200, "negative": -(1 << 70),
    "surrogate": "a\udce9b", "random": random.Random(3), "numpy-random": np.random.RandomState(3),
    "numpy-state": np.random.get_state(), "generator": np.random.default_rng(3), "error": Error("a"),
    "listed": Listed([1]), "ordered": Ordered(a=1), "plain": Plain(a=1),
    "module": torch.nn.Linear(2, 2), "module-model": other,
    "sparse": torch.sparse_coo_tensor([[0]], [1.0], (3,)), "meta": torch.empty(2, device="meta"),
    "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
    "negated": torch.ones(2, dtype=torch.complex64).conj().imag,
    "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 3), "optimizer": optimizer,
    "ellipsis": ..., "not": NotImplemented, "mapping": collections.ChainMap({"a": 1}),
    "user": collections.UserDict(a=1),
}
try:
    from omegaconf import OmegaConf
    objects["omega"] = OmegaConf.create(
        {"model": {"depth": 1, "sizes": [1, 2]}, "lr": "${model.depth}"})
except ImportError:
    pass
UNSAVED = {"module", "module-model"}
for name, value in list(objects.items()):
    try:
        torch.save(value, "/dev/null")
    except Exception as error:
        print(f"{name} cannot be saved: {error}", file=sys.stderr)
        del objects[name]
for name, value in objects.items():
    save("beside-" + name, {"config": value, "state_dict": weights, "after": [value, value]})
    save("within-" + name, lightning(behind("model."), hyper_parameters={"x": value}))
plain_objects = {k: v for k, v in objects.items() if k not in UNSAVED}
save("beside-all", {**plain_objects, "state_dict": weights}, keep=True)
for protocol in (3, 4, 5):
    if not few:
        torch.save({**objects, "state_dict": weights}, folder / f"protocol{protocol}.pt",
                   pickle_protocol=protocol)
        expected[f"protocol{protocol}"] = [{"options": {}, "logits": LOGITS[id(model)]}]
save("subclass-ordered", filled, keep=True)
save("subclass-plain", plain)
save("subclass-within", {"state_dict": filled, "args": plain.__class__(a=1)})
save("subclass-default", collections.defaultdict(functools.partial(int), weights))
save("object-in-state-dict", {**weights, "config": Config(0.1, 3), "_extra_state": settings})
save("whole", model, error="a whole model with code of its own; save its weights alone")
save("whole-beside", {"model": model, "epoch": 3}, keep=True,
     error="a whole model with code of its own; save its weights alone")
save("dataclass-root", Config(weights, 3), error="found the class __main__.Config; save its weights")

(folder / "expected.json").write_text(json.dumps(
    {"args": ARGS, "cases": expected},
    indent=None, separators=(",", ":")) + "\n")
