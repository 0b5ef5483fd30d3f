#!/usr/bin/env python3
"""Explains one picture with PyTorch: perceiver-pytorch's Perceiver with hooks, in float32.

compare_explanations.py runs this in processes of its own; by itself:

    python3 Tests/Parity/hooked_explanations.py relevance --result map.npy

Hooks keep of every stage what perceiver-tui can be asked for after a run: latents, queries, keys and
values, weights after the softmax, what the heads average, and what attention and feed-forward add.
Scores are not kept, since no hook sees them. Autograd gives slopes of the answer's logit. With n
latents and M pixels, A are the weights [heads, n, M or n] of a stage and G their slopes. Every formula
is in the form that costs least here: where one row of n numbers can go back through the stages, no
matrix [n, M] is carried forward.

It prints a line of JSON: `seconds` from the picture to the result, `after` of these behind the run,
both medians of --repetitions after one that is not counted, and `peak`, the most memory of the
process. --result gets the map, the logits, or the answer's logit without each head.
"""

import argparse
import json
import pathlib
import resource
import statistics
import time

import numpy as np
import torch
from perceiver_pytorch import Perceiver
from perceiver_pytorch.perceiver_pytorch import Attention, PreNorm

import compare_speed as speed

SIDE, SMALL_SIDE = 224, 56


class HookedModel:
    """A model that keeps what each stage computes, in the order in which stages run."""

    def __init__(self, arguments):
        torch.manual_seed(0)
        self.model = Perceiver(input_channels=3, input_axis=2, **arguments).eval()
        self.attentions = [m for m in self.model.modules() if isinstance(m, Attention)]
        self.weights, self.given, self.added, self.others = [], [], [], []
        for module in self.model.modules():
            if isinstance(module, PreNorm):
                module.register_forward_hook(self._keep_update)
            if isinstance(module, Attention):
                # The softmax is a function; its result passes through the module for dropout.
                module.dropout.register_forward_hook(
                    lambda _, inputs, output: self.weights.append(output))
                for part in (module.to_q, module.to_kv):
                    part.register_forward_hook(
                        lambda _, inputs, output: self.others.append(output))
                module.to_out.register_forward_hook(
                    lambda _, inputs, output: self.others.append(inputs[0]))

    def _keep_update(self, module, inputs, output):
        if isinstance(module.fn, Attention):
            self.given.append(inputs[0][0])
            self.added.append(output[0])
        else:
            self.others += [inputs[0], output]

    def run(self, image, *, mask=None, recording=False):
        """Logits [classes] of a picture [1, *axes, 3]."""
        for kept in (self.weights, self.given, self.added, self.others):
            kept.clear()
        with torch.set_grad_enabled(recording):
            return self.model(image, mask=mask)[0]

    @property
    def stages(self):
        """For each attention whether it reads pixels, and its weights."""
        return [(w.shape[1] != w.shape[2], w) for w in self.weights]

    def slopes(self, logits):
        """Of the answer's logit, by the weights of each attention."""
        return torch.autograd.grad(logits.max(), self.weights)


def relevance(hooked, logits):
    """Attention that speaks for the answer, followed back from the mean of the latents: a stage has
    B = mean over heads of (A ∘ G)⁺; a row w, 1/n at the end, becomes w + wB at a latent stage, and a
    reading adds wB to the map."""
    count = hooked.weights[0].shape[1]
    row, total = torch.full((count,), 1 / count), 0
    for (reads, a), g in zip(reversed(hooked.stages), reversed(hooked.slopes(logits))):
        brought = row @ (a * g).clamp(min=0).mean(0)
        if reads:
            total = total + brought
        else:
            row = row + brought
    return total


def presence(hooked, logits):
    """The slope of how often a pixel is there: A ∘ (G − ⟨A, G⟩), summed over heads and latents."""
    total = 0
    for (reads, a), g in zip(hooked.stages, hooked.slopes(logits)):
        if reads:
            total = total + (a * (g - (a * g).sum(-1, keepdim=True))).sum((0, 1))
    return total


def rollout(hooked):
    """Where the mean latent was read from. Of a row that a stage makes, the share
    α = ‖added‖ / (‖added‖ + ‖given‖) is new and read by the mean of the heads' weights."""
    count = hooked.weights[0].shape[1]
    row, total = torch.full((count,), 1 / count), 0
    kept = zip(hooked.stages, hooked.given, hooked.added)
    for (reads, a), given, added in reversed(list(kept)):
        update = added.norm(dim=-1)
        alpha = update / (update + given.norm(dim=-1))
        brought = (row * alpha) @ a.mean(0)
        row = row * (1 - alpha)
        if reads:
            total = total + brought
        else:
            row = row + brought
    return total


def without_heads(hooked, image, answer):
    """The answer's logit where one head gives zeros: a run for each head of each attention."""
    found = []
    for attention in hooked.attentions:
        width = attention.to_out.in_features // attention.heads
        for head in range(attention.heads):
            def silence(module, inputs, first=head * width, width=width):
                rows = inputs[0].clone()
                rows[..., first:first + width] = 0
                return (rows,)
            handle = attention.to_out.register_forward_pre_hook(silence)
            found.append(hooked.run(image)[answer])
            handle.remove()
    return torch.stack(found)


def middle(side):
    """The rows and columns of the square that `bench` hides, half as wide as the picture."""
    return slice(side // 4, 3 * side // 4)


QUESTIONS = [
    "run", "presence", "relevance", "gradient-times-input", "rollout-residual", "hiding", "heads",
]


def answered(question, hooked, image):
    """The result, and when the run that it is made from was complete."""
    side = image.shape[1]
    if question == "hiding":
        keep = torch.ones(1, side, side, dtype=torch.bool)
        keep[:, middle(side), middle(side)] = False
        return hooked.run(image, mask=keep), time.perf_counter()
    if question == "gradient-times-input":
        image = image.clone().requires_grad_()
    logits = hooked.run(
        image, recording=question in ("relevance", "presence", "gradient-times-input"))
    then = time.perf_counter()
    if question == "run":
        return logits, then
    if question == "relevance":
        return relevance(hooked, logits), then
    if question == "presence":
        return presence(hooked, logits), then
    if question == "rollout-residual":
        return rollout(hooked), then
    if question == "heads":
        return without_heads(hooked, image, int(logits.argmax())), then
    slope = torch.autograd.grad(logits.max(), image)[0]
    return (image * slope).sum(-1)[0], then


def peak_bytes():
    """The most memory the process has had. Linux's getrusage begins with that of the parent."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        (line,) = [x for x in status.read_text().splitlines() if x.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(description, make, answered):
    """Asks a question as often as it is wanted, and says what it took.

    make: gives what `answered` asks, from a model's arguments. answered: the result, and when the run
    that it is made from was complete.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question", choices=QUESTIONS)
    parser.add_argument("--small", action="store_true", help="the model of `bench --small`")
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--result", type=pathlib.Path, required=True)
    asked = parser.parse_args()
    model = make(speed.SMALL if asked.small else speed.README)
    image = torch.from_numpy(speed.picture(SMALL_SIDE if asked.small else SIDE))[None]
    # Where a result is many runs, the first of them is what is not counted.
    answered("run" if asked.question == "heads" else asked.question, model, image)
    seconds, after = [], []
    for _ in range(asked.repetitions):
        start = time.perf_counter()
        result, then = answered(asked.question, model, image)
        end = time.perf_counter()
        seconds.append(end - start)
        after.append(end - then)
    np.save(asked.result, result.detach().numpy().reshape(-1))
    print(json.dumps({
        "seconds": statistics.median(seconds), "after": statistics.median(after),
        "peak": peak_bytes()}))


if __name__ == "__main__":
    main(__doc__, HookedModel, answered)
