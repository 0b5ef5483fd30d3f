#!/usr/bin/env python3
"""Makes Tests/PerceiverTests/Fixtures/training/optimizers.safetensors: optimisers, learning rates
and losses as torch and optax compute them.

    python3 -m venv venv && . venv/bin/activate
    pip install torch==2.15.0 optax==0.2.8 "jax[cpu]==0.10.2" safetensors numpy
    python3 Tests/Parity/make_optimizers.py         # from the root of the repository

Everything is computed in float64 from inputs that are exact in float32. Written are

    start.PARAMETER            the parameters before the first of 12 steps: weight [4, 3], bias [4],
                               zeros [2, 3] (which begins at zero)
    gradients.PARAMETER        [12, ...], the same for every optimiser
    OPTIMISER.PARAMETER        [12, ...], the parameters after each step; float32
    adamw_clipped.norms        [12], the norm of all gradients before clipping
    rates.SCHEDULE             [40], float64: the learning rate of each step; the highest is 1e-3
    loss.*                     logits [5, 7] with labels [5]: cross_entropy and its gradient, and
                               smoothed, with a label smoothing of 0.1; values [3, 5] and targets:
                               squared, their mean squared error, and its gradient

where OPTIMISER is

    adamw                 torch.optim.AdamW(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
    adamw_clipped         the same after torch.nn.utils.clip_grad_norm_ of 0.5 over all parameters;
                          torch divides by the norm + 1e-6
    lamb                  as DeepMind trains Perceivers with it: optax.lamb(1e-2, eps=1e-6,
                          weight_decay=0.1): Adam's direction, plus the decay, times the trust ratio
                          norm of the parameter / norm of the direction, of every parameter
    lamb_without_ratio    the same with no trust ratio for the bias, as in the implementation of
                          LAMB's authors

The bias has no weight decay in any of them. Where a parameter's or a direction's norm is zero, the
trust ratio is 1. SCHEDULE is

    cosine           CosineAnnealingLR(T_max=40)
    one_cycle        OneCycleLR(max_lr=1e-3, total_steps=40)
    step             StepLR(step_size=10, gamma=0.5)
    warmup_cosine    (s + 1) / 8 of it in step s of the first 8, then a cosine over 32:
                     LinearLR(start_factor=1/8, total_iters=7), CosineAnnealingLR(T_max=32)
    flat_cosine      half of the steps at 1e-3, then a cosine over the others: optax's, as Perceiver
                     IO was trained

LAMB is computed a second time here in numpy, and must agree to 1e-12.
"""

import pathlib

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import numpy as np
import optax
import torch
from safetensors.numpy import save_file
from torch.optim import lr_scheduler

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "Tests/PerceiverTests/Fixtures/training/optimizers.safetensors"
STEPS, RATE, BETAS, DECAY, CLIP = 12, 1e-2, (0.9, 0.999), 0.1, 0.5
RATES, HIGHEST = 40, 1e-3
DECAYED = {"weight": True, "bias": False, "zeros": True}


def exact(values):
    """Rounded to what float32 holds, in float64."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def inputs():
    """Parameters and gradients; the gradients' norm is on both sides of the clip."""
    generator = np.random.default_rng(12)
    start = {
        "weight": exact(generator.normal(size=(4, 3))),
        "bias": exact(generator.normal(size=4) * 0.2),
        "zeros": np.zeros((2, 3)),
    }
    sizes = 0.02 + 0.4 * generator.uniform(size=STEPS)
    gradients = {
        name: exact(np.stack([size * generator.normal(size=value.shape) for size in sizes]))
        for name, value in start.items()}
    # Some parameters have no gradient at times.
    gradients["weight"][5, 2] = 0
    return start, gradients


def adamw(start, gradients, clip=None):
    """{name: [steps, ...]}, and the norms before clipping."""
    parameters = {
        name: torch.nn.Parameter(torch.from_numpy(value.copy())) for name, value in start.items()}
    optimizer = torch.optim.AdamW(
        [{"params": [parameter], "weight_decay": DECAY if DECAYED[name] else 0.0}
         for name, parameter in parameters.items()], lr=RATE, betas=BETAS, eps=1e-8)
    history, norms = {name: [] for name in start}, []
    for step in range(STEPS):
        for name, parameter in parameters.items():
            parameter.grad = torch.from_numpy(gradients[name][step].copy())
        norms.append(torch.nn.utils.clip_grad_norm_(
            parameters.values(), float("inf") if clip is None else clip).item())
        optimizer.step()
        for name, parameter in parameters.items():
            history[name].append(parameter.detach().numpy().copy())
    return {name: np.stack(values) for name, values in history.items()}, np.array(norms)


def lamb(start, gradients, transformation):
    """{name: [steps, ...]} of a transformation of optax."""
    parameters = {name: jnp.asarray(value) for name, value in start.items()}
    state = transformation.init(parameters)
    history = {name: [] for name in start}
    for step in range(STEPS):
        updates, state = transformation.update(
            {name: jnp.asarray(value[step]) for name, value in gradients.items()}, state,
            parameters)
        parameters = optax.apply_updates(parameters, updates)
        for name, value in parameters.items():
            history[name].append(np.asarray(value))
    return {name: np.stack(values) for name, values in history.items()}


def written_out_lamb(start, gradients, scaled):
    """LAMB (You et al. 2020, algorithm 2, with Adam's bias correction)."""
    result = {}
    for name, value in start.items():
        x, mean, square, history = value.copy(), 0.0, 0.0, []
        for step in range(STEPS):
            gradient = gradients[name][step]
            mean = BETAS[0] * mean + (1 - BETAS[0]) * gradient
            square = BETAS[1] * square + (1 - BETAS[1]) * gradient**2
            direction = (mean / (1 - BETAS[0] ** (step + 1))) / (
                np.sqrt(square / (1 - BETAS[1] ** (step + 1))) + 1e-6)
            direction = direction + (DECAY * x if DECAYED[name] else 0)
            own, length = np.linalg.norm(x), np.linalg.norm(direction)
            ratio = own / length if scaled[name] and own > 0 and length > 0 else 1.0
            x = x - RATE * ratio * direction
            history.append(x)
        result[name] = np.stack(history)
    return result


def rates(make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=HIGHEST)
    scheduler, result = make(optimizer), []
    for _ in range(RATES):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(result, dtype=np.float64)


def schedules():
    def warmup(optimizer):
        return lr_scheduler.SequentialLR(
            optimizer,
            [lr_scheduler.LinearLR(optimizer, start_factor=1 / 8, total_iters=7),
             lr_scheduler.CosineAnnealingLR(optimizer, T_max=RATES - 8)], milestones=[8])

    # OneCycleLR ends with its last step, and one more is an error.
    def one_cycle(optimizer):
        scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=HIGHEST, total_steps=RATES)
        step, left = scheduler.step, iter(range(RATES - 1))
        scheduler.step = lambda: step() if next(left, None) is not None else None
        return scheduler

    flat = optax.join_schedules(
        [optax.constant_schedule(HIGHEST),
         optax.cosine_decay_schedule(HIGHEST, RATES - RATES // 2)], [RATES // 2])
    return {
        "cosine": rates(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=RATES)),
        "one_cycle": rates(one_cycle),
        "step": rates(lambda o: lr_scheduler.StepLR(o, step_size=10, gamma=0.5)),
        "warmup_cosine": rates(warmup),
        "flat_cosine": np.array([float(flat(jnp.asarray(step))) for step in range(RATES)]),
    }


def losses():
    generator = np.random.default_rng(7)
    logits = generator.normal(size=(5, 7)) * 2
    logits[3] *= 40
    labels = np.array([0, 6, 3, 2, 3])
    values, targets = generator.normal(size=(3, 5)), generator.uniform(size=(3, 5))
    result = {"logits": logits, "labels": labels, "values": values, "targets": targets}
    result = {name: exact(array) for name, array in result.items()}
    result["labels"] = labels

    def record(name, source, loss):
        leaf = torch.from_numpy(result[source]).requires_grad_()
        value = loss(leaf)
        value.backward()
        result[name], result[f"{name}.gradient"] = value.detach().numpy()[None], leaf.grad.numpy()

    for name, smoothing in (("cross_entropy", 0.0), ("smoothed", 0.1)):
        record(name, "logits", lambda x: torch.nn.functional.cross_entropy(
            x, torch.from_numpy(labels), label_smoothing=smoothing))
    record("squared", "values", lambda x: torch.nn.functional.mse_loss(
        x, torch.from_numpy(result["targets"])))
    return result


def main():
    start, gradients = inputs()
    plain, norms = adamw(start, gradients)
    clipped, _ = adamw(start, gradients, CLIP)
    assert (norms > CLIP).any() and (norms < CLIP).any(), norms
    without_bias = {name: name != "bias" for name in start}
    usual = optax.lamb(RATE, *BETAS, eps=1e-6, weight_decay=DECAY, mask=DECAYED)
    masked = optax.chain(
        optax.scale_by_adam(*BETAS, eps=1e-6), optax.add_decayed_weights(DECAY, mask=DECAYED),
        optax.masked(optax.scale_by_trust_ratio(), without_bias),
        optax.scale_by_learning_rate(RATE))
    histories = {
        "adamw": plain, "adamw_clipped": clipped, "lamb": lamb(start, gradients, usual),
        "lamb_without_ratio": lamb(start, gradients, masked)}
    for name, scaled in (("lamb", dict.fromkeys(start, True)),
                         ("lamb_without_ratio", without_bias)):
        own = written_out_lamb(start, gradients, scaled)
        worst = max(np.abs(own[key] - histories[name][key]).max() for key in start)
        assert worst < 1e-12, f"{name}: {worst}"
        print(f"{name}: numpy differs from optax by {worst:.1e}")

    tensors = {f"start.{name}": value for name, value in start.items()}
    tensors |= {f"gradients.{name}": value for name, value in gradients.items()}
    tensors |= {
        f"{optimizer}.{name}": value
        for optimizer, history in histories.items() for name, value in history.items()}
    tensors["adamw_clipped.norms"] = norms
    found = losses()
    tensors |= {f"loss.{name}": value for name, value in found.items() if name != "labels"}
    tensors = {name: value.astype(np.float32) for name, value in tensors.items()}
    tensors["loss.labels"] = found["labels"].astype(np.int64)
    tensors |= {f"rates.{name}": value for name, value in schedules().items()}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, OUT)
    print(f"torch {torch.__version__}, optax {optax.__version__}, jax {jax.__version__}: "
          f"{len(tensors)} tensors, {OUT.stat().st_size} bytes")
    for name, value in tensors.items():
        if name.startswith("rates"):
            print(f"{name:20} {value[0]:.3e} {value[7]:.3e} {value[8]:.3e} {value[-1]:.3e}")
    print("norms", np.round(norms, 3))
    for name in ("cross_entropy", "smoothed", "squared"):
        print(name, float(found[name][0]))


if __name__ == "__main__":
    main()
