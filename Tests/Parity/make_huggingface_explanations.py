"""Explains transformers' Perceivers with autograd: what `explain` must give for the same folders.

    python make_huggingface_explanations.py Tests/PerceiverTests/Fixtures/huggingface

writes explain.safetensors into each folder below: for the first item of the folder's `input`,
`target` and `against` (numbers of the output, counted row by row), `relevance`, `relevance.contrast`,
`presence`, `toggles`, `rollout.half`, `rollout.residual` (one number a token), `rollout.half.left`,
`rollout.residual.left`, `hidden` (one where a token is hidden), `hidden.output`; of pictures
`gradient_times_input` and `integrated_gradients` from 0 with 16 nodes [height, width]. Values are of
double precision; `NAME.error` is how far single precision is from them. Made with transformers
5.24.0 and torch 2.15. The definitions: Chefer, Gur and Wolf 2021 (relevance); Abnar and Zuidema 2020,
Kobayashi et al. 2021 (rollout); Sundararajan et al. 2017 (integrated gradients).
"""

import json
import pathlib
import sys

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

CASES = ["image_fourier", "image_learned", "image_conv", "image_conv_even", "sequence_classification",
         "masked_lm", "optical_flow"]


class Explained:
    """A model on one input: its output, every attention with its slopes, and what layers add."""

    def __init__(self, folder, dtype):
        kind = json.loads((folder / "config.json").read_text())["architectures"][0]
        self.model = getattr(transformers, kind).from_pretrained(
            folder, attn_implementation="eager").eval().to(dtype)
        given = load_file(folder / "expected.safetensors")
        self.input = given["input"][:1]
        self.is_text = not self.input.is_floating_point()
        if not self.is_text:
            self.input = self.input.to(dtype)
        self.mask = given["attention_mask"][:1] if "attention_mask" in given else None
        self.rows, self.updates = [], []
        for module in self.model.modules():
            if type(module).__name__ == "PerceiverAttention":
                module.register_forward_pre_hook(lambda _, given: self.rows.append(given[0]))
                module.output.register_forward_hook(lambda _, __, made: self.updates.append(made))
                self.has_residual = module.use_query_residual

    def run(self, data=None, mask=None):
        self.rows, self.updates = [], []
        mask = self.mask if mask is None else mask
        given = {} if mask is None else {"attention_mask": mask}
        return self.model(inputs=self.input if data is None else data, output_attentions=True, **given)

    def number(self, output, index, against=None):
        flat = output.logits[0].flatten()
        return flat[index] - (0 if against is None else flat[against])

    def walks(self, index, against):
        output = self.run()
        cross, decoder = output.cross_attentions
        own = list(output.attentions)
        slopes = torch.autograd.grad(
            self.number(output, index, against), [cross, *own, decoder], allow_unused=True)
        positive = [(a * g).clamp(min=0).mean(1)[0] for a, g in zip([cross, *own, decoder], slopes)]
        weights = positive[-1].sum(0)
        for products in reversed(positive[1:-1]):
            weights = weights + weights @ products
        return weights @ positive[0], cross[0], slopes[0][0]

    def rollout(self, kind):
        output = self.run()
        cross, decoder = output.cross_attentions
        attentions = [cross, *output.attentions]
        weights = decoder[0].mean(0).mean(0)

        def new(stage):
            if kind == "half":
                # Without a residual a row is all new.
                return torch.full_like(weights, 0.5 if self.has_residual[stage] else 1)
            update, row = self.updates[stage][0], self.rows[stage][0]
            # Latents and the decoder's queries come without a batch where they are parameters.
            update, row = update.reshape(-1, update.shape[-1]), row.reshape(-1, row.shape[-1])
            sizes = update.norm(dim=1)
            return sizes / (sizes + (row.norm(dim=1) if self.has_residual[stage] else 0))

        for stage in reversed(range(1, len(attentions))):
            alpha = new(stage)
            weights = weights * (1 - alpha) + (weights * alpha) @ attentions[stage][0].mean(0)
        alpha = new(0)
        return (weights * alpha) @ attentions[0][0].mean(0), (weights * (1 - alpha)).sum()[None]


def explain(folder, dtype, target=None):
    explained = Explained(folder, dtype)
    modules = [m for m in explained.model.modules() if type(m).__name__ == "PerceiverAttention"]
    # In the order of calls: the encoder's cross-attention, blocks of layers over again.
    encoder = explained.model.perceiver.encoder
    order = [encoder.cross_attention.attention]
    order += [layer.attention for layer in encoder.self_attends] * explained.model.config.num_blocks
    explained.has_residual = [module.use_query_residual for module in order]
    assert len(modules) == len(encoder.self_attends) + 2
    with torch.no_grad():
        output = explained.run().logits[0].flatten()
    if target is None:
        ranked = output.argsort(descending=True)
        target = (int(ranked[0]), int(ranked[1]))
    index, against = target
    found = {}
    found["relevance"], attention, slope = explained.walks(index, None)
    found["relevance.contrast"], _, _ = explained.walks(index, against)
    rest = slope - (attention * slope).sum(-1, keepdim=True)
    found["presence"] = (attention * rest).sum((0, 1))
    found["toggles"] = (attention / (1 - attention).clamp(min=1e-3) * rest).sum((0, 1))
    for kind in ("half", "residual"):
        found[f"rollout.{kind}"], found[f"rollout.{kind}.left"] = explained.rollout(kind)
    tokens = attention.shape[-1]
    hidden = torch.zeros(tokens, dtype=torch.bool)
    hidden[tokens // 4:tokens // 2] = True
    keeps = (~hidden).long()[None]
    if explained.mask is not None:
        keeps = keeps * explained.mask
    with torch.no_grad():
        found["hidden.output"] = explained.run(mask=keeps).logits[0]
    if explained.input.dim() == 4:
        def slope_at(share):
            data = (explained.input * share).requires_grad_()
            return torch.autograd.grad(explained.number(explained.run(data), index), data)[0]

        found["gradient_times_input"] = (explained.input * slope_at(1)).sum(1)[0]
        points, weights = np.polynomial.legendre.leggauss(16)
        mean = sum(w / 2 * slope_at((p + 1) / 2) for p, w in zip(points, weights))
        found["integrated_gradients"] = (explained.input * mean).sum(1)[0]
    return {key: value.detach() for key, value in found.items()}, target, hidden


def main():
    root = pathlib.Path(sys.argv[1])
    for name in CASES:
        exact, target, hidden = explain(root / name, torch.float64)
        single, _, _ = explain(root / name, torch.float32, target)
        saved = {"target": torch.tensor([target[0]]), "against": torch.tensor([target[1]]),
                 "hidden": hidden.to(torch.uint8)}
        for key, value in exact.items():
            saved[key] = value.float().contiguous()
            size = value.norm().clamp(min=1e-30)
            saved[key + ".error"] = ((single[key].double() - value).norm() / size).float()[None]
        save_file(saved, root / name / "explain.safetensors")
        print(name, target, {k: f"{v.item():.0e}" for k, v in saved.items() if k.endswith(".error")})


if __name__ == "__main__":
    main()
