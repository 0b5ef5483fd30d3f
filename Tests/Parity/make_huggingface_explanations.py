"""Explains transformers' Perceivers with autograd: what `explain` must give for the same folders.

    python make_huggingface_explanations.py Tests/PerceiverTests/Fixtures/huggingface

writes explain.safetensors into each folder below: for the first item of the folder's `input`,
`target` and `against` (numbers of the output, counted row by row), `relevance`, `relevance.contrast`,
`relevance.paper`, `presence`, `toggles`, `rollout.METHOD` of half, residual, value and alti (one number
a token), `rollout.METHOD.left`, `hidden` (one where a token is hidden), `hidden.output`; of pictures
`gradient_times_input` and `integrated_gradients` from 0 with 16 nodes [height, width]. What if: `stage`
(the last self-attention, from 0) and `head` of it, `head.output` where it gives nothing, `skip.output`
where the stage's attention adds nothing, `latent` and `latent.output` without it from the start. Of a
film with sound the label's logits are explained. Values are of double precision; `NAME.error` is how far
single precision is from them. Made with transformers 5.24.0 and torch 2.15. The definitions: Chefer, Gur
and Wolf 2021 (relevance); Abnar and Zuidema 2020, Kobayashi et al. 2021, Ferrando et al. 2022 (rollout);
Sundararajan et al. 2017 (integrated gradients).
"""

import json
import pathlib
import sys

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

CASES = ["image_fourier", "image_learned", "image_conv", "image_conv_even", "sequence_classification",
         "masked_lm", "optical_flow", "multimodal"]


class Explained:
    """A model on one input: its output, every attention with its slopes, and what layers add."""

    def __init__(self, folder, dtype):
        kind = json.loads((folder / "config.json").read_text())["architectures"][0]
        self.model = getattr(transformers, kind).from_pretrained(
            folder, attn_implementation="eager").eval().to(dtype)
        given = load_file(folder / "expected.safetensors")
        self.others = {}
        if "input" in given:
            self.input = given["input"][:1]
        else:
            self.input = given["input.image"][:1]
            self.others = {name: given[f"input.{name}"][:1].to(dtype) for name in ("audio", "label")}
        self.is_text = not self.input.is_floating_point()
        if not self.is_text:
            self.input = self.input.to(dtype)
        self.mask = given["attention_mask"][:1] if "attention_mask" in given else None
        self.rows, self.updates, self.values = [], [], []
        # What is changed: of a call of attention by its number, and of the latents from the start.
        self.silent, self.skipped, self.removed = None, None, None
        for module in self.model.modules():
            if type(module).__name__ == "PerceiverAttention":
                module.register_forward_pre_hook(lambda _, given: self.rows.append(given[0]))
                getattr(module, "self").value.register_forward_hook(
                    lambda _, __, made: self.values.append(made))
                getattr(module, "self").register_forward_hook(self.silence)
                module.output.register_forward_hook(self.update)
        self.model.perceiver.embeddings.register_forward_hook(self.remove)
        encoder = self.model.perceiver.encoder
        # In the order of calls: the encoder's cross-attention, blocks of layers over again.
        self.order = [encoder.cross_attention.attention]
        self.order += [layer.attention for layer in encoder.self_attends] * self.model.config.num_blocks
        self.has_residual = [module.use_query_residual for module in self.order]

    def silence(self, module, _, made):
        """One head of one call gives nothing."""
        if self.silent is None or self.silent[0] != len(self.values) - 1:
            return None
        heads = made[0].clone()
        width = heads.shape[-1] // module.num_heads
        heads[..., self.silent[1] * width:(self.silent[1] + 1) * width] = 0
        return (heads, *made[1:])

    def update(self, _, __, made):
        made = torch.zeros_like(made) if self.skipped == len(self.updates) else made
        self.updates.append(made)
        return made

    def remove(self, _, __, made):
        if self.removed is None:
            return None
        return made[:, [row for row in range(made.shape[1]) if row != self.removed]]

    def run(self, data=None, mask=None):
        self.rows, self.updates, self.values = [], [], []
        mask = self.mask if mask is None else mask
        given = {} if mask is None else {"attention_mask": mask}
        inputs = self.input if data is None else data
        if self.others:
            inputs = {"image": inputs, **self.others}
            # The label is decoded with them, and asked last.
            given["subsampled_output_points"] = {
                "audio": torch.tensor([0]), "image": torch.tensor([0]), "label": None}
        return self.model(inputs=inputs, output_attentions=True, **given)

    def output(self, output):
        """What is explained, of the first item."""
        return output.logits["label"][0] if self.others else output.logits[0]

    def decoded(self, decoder):
        """The rows of the decoder's attention that give it: [heads, rows, latents]."""
        return decoder[0][:, -1:] if self.others else decoder[0]

    def number(self, output, index, against=None):
        flat = self.output(output).flatten()
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
        # Forward, by the paper's rule 10: R + L̄ᵀ Ā, where L, the latents' relevance to latents, is I
        # before the one cross-attention, so that L̄ is too.
        rest = torch.zeros(len(weights), len(weights), dtype=weights.dtype)
        sums = rest.sum(-1, keepdim=True)
        normed = torch.where(sums > 0, rest / sums, 0) + torch.eye(len(weights), dtype=weights.dtype)
        relevance = normed.T @ positive[0]
        for products in positive[1:-1]:
            relevance = relevance + products @ relevance
        paper = positive[-1].sum(0) @ relevance
        return weights @ positive[0], paper, cross[0], slopes[0][0]

    def rollout(self, kind):
        output = self.run()
        cross, decoder = output.cross_attentions
        attentions = [cross, *output.attentions]
        weights = self.decoded(decoder).mean(0).mean(0)

        def parts(stage):
            """What each key brings to each row, heads together: [rows, keys, dim]."""
            heads = attentions[stage][0]
            split = lambda t: t.reshape(t.shape[0], len(heads), -1).transpose(0, 1)
            brought = torch.einsum("hke,hde->hkd", split(self.values[stage][0]),
                                   split(self.order[stage].output.dense.weight))
            return torch.einsum("hik,hkd->ikd", heads, brought)

        def shares(stage):
            """Of each row, the share that is its own former self, and of what it reads."""
            update, row = self.updates[stage][0], self.rows[stage][0]
            # Latents come without a batch where they are parameters.
            update, row = update.reshape(-1, update.shape[-1]), row.reshape(-1, row.shape[-1])
            has_residual = self.has_residual[stage]
            if kind == "alti":
                row = row if has_residual else torch.zeros_like(update)
                middle, brought, within = row + update, parts(stage), stage > 0
                if within:
                    index = torch.arange(len(row))
                    brought = brought.index_put((index, index), brought[index, index] + row)
                size = middle.abs().sum(-1)
                near = (size[:, None] - (middle[:, None] - brought).abs().sum(-1)).clamp(min=0)
                own = torch.zeros_like(size)
                if has_residual and not within:
                    own = (size - (middle - row).abs().sum(-1)).clamp(min=0)
                own = torch.where(near.sum(-1) + own > 0, own, 1)
                total = near.sum(-1) + own
                return own / total, near / total[:, None]
            # Without a residual a row is all new.
            alpha = torch.full_like(weights, 0.5 if has_residual else 1)
            if kind != "half":
                sizes = update.norm(dim=1)
                alpha = sizes / (sizes + (row.norm(dim=1) if has_residual else 0))
            read = attentions[stage][0].mean(0)
            if kind == "value":
                read = parts(stage).norm(dim=-1)
                read = read / read.sum(-1, keepdim=True)
            return 1 - alpha, alpha[:, None] * read

        for stage in reversed(range(1, len(attentions))):
            own, read = shares(stage)
            weights = weights * own + weights @ read
        own, read = shares(0)
        return weights @ read, (weights * own).sum()[None]

    @torch.no_grad()
    def changed(self, **changes):
        """What is explained, of a run that is changed."""
        for name, value in changes.items():
            setattr(self, name, value)
        try:
            return self.output(self.run()).clone()
        finally:
            for name in changes:
                setattr(self, name, None)


def explain(folder, dtype, target=None):
    explained = Explained(folder, dtype)
    modules = [m for m in explained.model.modules() if type(m).__name__ == "PerceiverAttention"]
    assert len(modules) == len(explained.model.perceiver.encoder.self_attends) + 2
    with torch.no_grad():
        output = explained.output(explained.run()).flatten()
    if target is None:
        ranked = output.argsort(descending=True)
        target = (int(ranked[0]), int(ranked[1]))
    index, against = target
    found = {}
    found["relevance"], found["relevance.paper"], attention, slope = explained.walks(index, None)
    found["relevance.contrast"], *_ = explained.walks(index, against)
    rest = slope - (attention * slope).sum(-1, keepdim=True)
    found["presence"] = (attention * rest).sum((0, 1))
    found["toggles"] = (attention / (1 - attention).clamp(min=1e-3) * rest).sum((0, 1))
    for kind in ("half", "residual", "value", "alti"):
        found[f"rollout.{kind}"], found[f"rollout.{kind}.left"] = explained.rollout(kind)
    tokens = attention.shape[-1]
    hidden = torch.zeros(tokens, dtype=torch.bool)
    hidden[tokens // 4:tokens // 2] = True
    keeps = (~hidden).long()[None]
    if explained.mask is not None:
        keeps = keeps * explained.mask
    with torch.no_grad():
        found["hidden.output"] = explained.output(explained.run(mask=keeps))
    stage = len(explained.order) - 1
    head = min(1, getattr(explained.order[stage], "self").num_heads - 1)
    latent = 1
    found["head.output"] = explained.changed(silent=(stage, head))
    found["skip.output"] = explained.changed(skipped=stage)
    found["latent.output"] = explained.changed(removed=latent)
    if explained.input.dim() == 4 or explained.others:
        def slope_at(share):
            data = (explained.input * share).requires_grad_()
            return torch.autograd.grad(explained.number(explained.run(data), index), data)[0]

        # Of a film's frames alone, [frames, height, width]; sound and label stay as they are.
        channels = explained.input.dim() - 3
        found["gradient_times_input"] = (explained.input * slope_at(1)).sum(channels)[0]
        points, weights = np.polynomial.legendre.leggauss(16)
        mean = sum(w / 2 * slope_at((p + 1) / 2) for p, w in zip(points, weights))
        found["integrated_gradients"] = (explained.input * mean).sum(channels)[0]
    found = {key: value.detach() for key, value in found.items()}
    return found, target, {"hidden": hidden.to(torch.uint8), "stage": torch.tensor([stage]),
                           "head": torch.tensor([head]), "latent": torch.tensor([latent])}


def main():
    root = pathlib.Path(sys.argv[1])
    for name in CASES:
        exact, target, asked = explain(root / name, torch.float64)
        single, _, _ = explain(root / name, torch.float32, target)
        saved = {"target": torch.tensor([target[0]]), "against": torch.tensor([target[1]]), **asked}
        for key, value in exact.items():
            saved[key] = value.float().contiguous()
            size = value.norm().clamp(min=1e-30)
            saved[key + ".error"] = ((single[key].double() - value).norm() / size).float()[None]
        save_file(saved, root / name / "explain.safetensors")
        print(name, target, {k: f"{v.item():.0e}" for k, v in saved.items() if k.endswith(".error")})


if __name__ == "__main__":
    main()
