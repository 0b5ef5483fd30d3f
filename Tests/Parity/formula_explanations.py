#!/usr/bin/env python3
"""Explains one picture with PyTorch: each question as its formula reads, in float32.

compare_explanations.py runs this in processes of its own; by itself:

    python3 Tests/Parity/formula_explanations.py relevance --result map.npy

The model is perceiver-pytorch's; its stages are computed one by one here and what they compute is kept:
rows before and after, weights, and what attention adds. Relevance and rollout carry a matrix
[latents, pixels] forward, as the papers write them; presence is the gradient by a factor of each
pixel's weight. A table of heads is so many runs however it is written: hooked_explanations.py makes it,
and asks all other questions in the form that costs PyTorch least. What is printed and written is the
same.
"""

import dataclasses
import time

import torch
from perceiver_pytorch import Perceiver

import hooked_explanations as hooked


@dataclasses.dataclass
class Step:
    """What a stage computed."""

    reads_pixels: bool
    before: torch.Tensor  # [latents, dim]
    weights: torch.Tensor  # [heads, latents, keys]
    added: torch.Tensor  # [latents, dim], by attention


class Formulas:
    """A model of the seed that every comparison has, and a picture's tokens."""

    def __init__(self, arguments):
        torch.manual_seed(0)
        self.model = Perceiver(input_channels=3, input_axis=2, **arguments).eval()
        self.stages = []
        for block in self.model.layers:
            self.stages.append((True, block.cross_attn, block.cross_ff))
            self.stages += [(False, attention, feed) for attention, feed in block.self_attns]

    def positions(self, axes):
        """Fourier features of all pixels, [pixels, features]."""
        grids = [torch.linspace(-1.0, 1.0, size) for size in axes]
        places = torch.stack(torch.meshgrid(*grids, indexing="ij"), dim=-1).reshape(-1, len(axes), 1)
        scales = torch.linspace(1.0, self.model.max_freq / 2, self.model.num_freq_bands)
        angles = places * scales * torch.pi
        return torch.cat([angles.sin(), angles.cos(), places], dim=-1).reshape(len(places), -1)

    def run(self, image, keep=None, presence=None):
        """Logits [classes] of a picture [*axes, 3], and its steps.

        keep: which pixels are read. presence: how often each is there, by stage.
        """
        tokens = torch.cat(
            [image.reshape(-1, image.shape[-1]), self.positions(image.shape[:-1])], dim=-1)
        x, steps = self.model.latents, []
        for number, (reads, attention, feed) in enumerate(self.stages):
            module, normed = attention.fn, attention.norm(x)
            keys_from = attention.norm_context(tokens) if reads else normed
            queries, keys, values = (
                part.reshape(len(part), module.heads, -1).transpose(0, 1)
                for part in (module.to_q(normed), *module.to_kv(keys_from).chunk(2, dim=-1)))
            scores = queries @ keys.transpose(1, 2) * module.scale
            if reads and keep is not None:
                scores = scores.masked_fill(~keep, -torch.inf)
            weights = scores.softmax(dim=-1)
            if reads and presence is not None:
                weights = weights * presence[number]
                weights = weights / weights.sum(dim=-1, keepdim=True)
            averages = weights @ values
            added = module.to_out(averages.transpose(0, 1).reshape(len(x), -1))
            steps.append(Step(reads, x, weights, added))
            x = x + added
            x = x + feed(x)
        return self.model.to_logits(x[None])[0], steps

    def relevance(self, logits, steps):
        """R + Ā at a reading, R + Ā R between latents, Ā the heads' mean of (A ∘ G)⁺; the rows' mean."""
        slopes = torch.autograd.grad(logits.max(), [step.weights for step in steps])
        rows = torch.zeros(steps[0].weights.shape[1:])
        for step, slope in zip(steps, slopes):
            positive = (step.weights * slope).clamp(min=0).mean(dim=0)
            rows = rows + (positive if step.reads_pixels else positive @ rows)
        return rows.mean(dim=0)

    def presence(self, image):
        """The gradient by how often a pixel is there, of all readings."""
        counts = {
            number: torch.ones(image.shape[0] * image.shape[1], requires_grad=True)
            for number, (reads, _, _) in enumerate(self.stages) if reads}
        logits, _ = self.run(image, presence=counts)
        then = time.perf_counter()
        return sum(torch.autograd.grad(logits.max(), list(counts.values()))), then

    def rollout(self, steps):
        """Of a row that a stage makes, α = ‖added‖ / (‖added‖ + ‖before‖) is new."""
        rows = torch.zeros(steps[0].weights.shape[1:])
        for step in steps:
            new = step.added.norm(dim=-1)
            alpha = new / (new + step.before.norm(dim=-1))
            brought = alpha[:, None] * step.weights.mean(dim=0)
            own = (1 - alpha)[:, None] * rows
            rows = own + (brought if step.reads_pixels else brought @ rows)
        return rows.mean(dim=0)


def answered(question, formulas, image):
    """The result, and when the run that it is made from was complete."""
    image = image[0]
    if question in ("run", "hiding", "rollout-residual"):
        with torch.no_grad():
            return without_slopes(question, formulas, image)
    if question == "presence":
        return formulas.presence(image)
    if question == "gradient-times-input":
        image = image.clone().requires_grad_()
    logits, steps = formulas.run(image)
    then = time.perf_counter()
    if question == "relevance":
        return formulas.relevance(logits, steps), then
    slope = torch.autograd.grad(logits.max(), image)[0]
    return (image * slope).sum(-1), then


def without_slopes(question, formulas, image):
    keep = None
    if question == "hiding":
        side = image.shape[0]
        keep = torch.ones(side, side, dtype=torch.bool)
        keep[hooked.middle(side), hooked.middle(side)] = False
        keep = keep.reshape(-1)
    logits, steps = formulas.run(image, keep=keep)
    then = time.perf_counter()
    if question == "rollout-residual":
        return formulas.rollout(steps), then
    return logits, then


if __name__ == "__main__":
    hooked.main(__doc__, Formulas, answered)
