"""Rollout of the bottom-up class, where pixels change: what `Rollout` must give for the same models.

    python make_bottom_up_rollouts.py Tests/PerceiverTests/Fixtures/bottom-up

writes a folder for each case below: config.json (module, class, arguments), model.safetensors and
expected.safetensors with `input` [height, width, channels] and, for each method, `rollout.METHOD`
[tokens], `.left` [1] (the share of the initial latents), `.by_stage` [cross-attentions, tokens] (each
reading's part of the map) and `.latent` [tokens] (of latent 1 after the stage in `.latent.stage`).
Values are of double precision; `NAME.error` is how far single precision is from them.

The library walks back with one row of weights for latents and one for tokens. Here the matrices are
made, forward: each row of X (latents) and of T (tokens) has a share of every initial token and of
every initial latent, T from the identity. With a row's share of what is new, alpha, and attention A:

    tokens read by latents    X <- (1 - alpha) X + alpha A T
    latents read by tokens    T <- (1 - alpha) T + alpha A X
    latents read by latents   X <- (1 - alpha) X + alpha A X
    tokens read by tokens     T stays: linear attention multiplies each token's own value by one matrix,
                              the same for all

Made with perceiver-pytorch 0.11.0 and torch 2.15.
"""

import json
import pathlib
import sys

import torch
from perceiver_pytorch import experimental
from safetensors.torch import save_file

ARGUMENTS = {
    "num_freq_bands": 3, "depth": 3, "max_freq": 10.0, "input_channels": 3, "input_axis": 2,
    "num_latents": 5, "latent_dim": 10, "cross_heads": 2, "latent_heads": 2, "cross_dim_head": 6,
    "latent_dim_head": 5, "num_classes": 7, "fourier_encode_data": False,
}
CASES = {
    "two_heads": ARGUMENTS,
    "tied": ARGUMENTS | {"cross_heads": 1, "weight_tie_layers": True, "input_channels": 4},
}
METHODS = ["half", "residual", "value", "alti"]


def made(arguments, seed):
    """A model with sharp attention and nothing left at a trivial value."""
    torch.manual_seed(seed)
    model = experimental.Perceiver(**arguments)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter)
            if "norm" in name or name.startswith("to_logits.0"):
                parameter.add_(0.25 * noise)
            elif name.endswith(("to_q.weight", "to_kv.weight")):
                parameter.mul_(2.5)
            elif name.endswith("bias"):
                parameter.add_(0.2 * noise)
    return model.eval()


def attend(layer, rows, context=None):
    """Weights [heads, rows, keys], what each key brings of each head [heads, keys, dim], and the update."""
    attention = layer.fn
    normed = layer.norm(rows)
    keys = normed if context is None else layer.norm_context(context)
    split = lambda t: t.reshape(len(t), attention.heads, -1).transpose(0, 1)
    query, (key, value) = attention.to_q(normed), attention.to_kv(keys).chunk(2, dim=-1)
    weights = (split(query) @ split(key).transpose(1, 2) * attention.scale).softmax(-1)
    given = {} if context is None else {"context": context[None]}
    update = layer(rows[None], **given)[0]
    linear = attention.to_out if isinstance(attention.to_out, torch.nn.Linear) else attention.to_out[0]
    brought = torch.einsum("hke,dhe->hkd", split(value), linear.weight.reshape(
        linear.weight.shape[0], attention.heads, -1))
    parts = torch.einsum("hik,hkd->ikd", weights, brought)
    assert torch.allclose(parts.sum(1) + linear.bias, update, rtol=1e-4, atol=1e-5)
    return weights, parts, update


def shares(method, rows, weights, parts, update, within):
    """Of each row, the share that is its own former self [rows], and of what it reads [rows, keys]."""
    if method == "alti":
        middle = rows + update
        if within:
            # A latent that reads itself is one part with what it was.
            index = torch.arange(len(rows))
            parts = parts.index_put((index, index), parts[index, index] + rows)
        size = middle.abs().sum(-1)
        near = (size[:, None] - (middle[:, None] - parts).abs().sum(-1)).clamp(min=0)
        own = torch.zeros_like(size) if within else (size - (middle - rows).abs().sum(-1)).clamp(min=0)
        # Where no part brings a row nearer (its bias does), nothing is known to be new.
        own = torch.where(near.sum(-1) + own > 0, own, 1)
        total = near.sum(-1) + own
        return own / total, near / total[:, None]
    new = torch.full((len(rows),), 0.5, dtype=rows.dtype)
    if method != "half":
        new = update.norm(dim=-1) / (update.norm(dim=-1) + rows.norm(dim=-1))
    read = weights.mean(0)
    if method == "value":
        read = parts.norm(dim=-1)
        read = read / read.sum(-1, keepdim=True)
    return 1 - new, new[:, None] * read


@torch.no_grad()
def rollouts(model, data, method):
    """After each stage, rows of latents' shares [latents, tokens + latents], and for each reading the
    part of them that is from it."""
    dtype = data.dtype
    tokens = model.data_proj(data.reshape(-1, data.shape[-1]))
    latents = model.latents.to(dtype)
    count = len(tokens)
    whole = torch.eye(count + len(latents), dtype=dtype)
    of_tokens, of_latents = whole[:count], whole[count:]
    # The same shares, split by the reading through which they came.
    tokens_by, latents_by, steps = [], [], []

    for number, layer in enumerate(model.layers):
        cross, cross_ff, reverse, reverse_ff, linear, own, own_ff = layer
        keep, read = shares(method, latents, *attend(cross, latents, tokens), within=False)
        latents_by = [keep[:, None] * x + read @ t for x, t in zip(latents_by, tokens_by)]
        # What tokens have of themselves is new in this reading.
        before = sum(tokens_by) if tokens_by else 0
        latents_by.append(read @ (of_tokens[:, :count] - before))
        of_latents = keep[:, None] * of_latents + read @ of_tokens
        tokens_by.append(torch.zeros(count, count, dtype=dtype))
        latents = latents + cross(latents[None], context=tokens[None])[0]
        latents = latents + cross_ff(latents)
        steps.append((of_latents, list(latents_by)))
        if number < len(model.layers) - 1:
            tokens = tokens + linear(tokens[None])[0]
            steps.append((of_latents, list(latents_by)))
            keep, read = shares(method, tokens, *attend(reverse, tokens, latents), within=False)
            tokens_by = [keep[:, None] * t + read @ x for t, x in zip(tokens_by, latents_by)]
            of_tokens = keep[:, None] * of_tokens + read @ of_latents
            tokens = tokens + reverse(tokens[None], context=latents[None])[0]
            tokens = tokens + reverse_ff(tokens)
            steps.append((of_latents, list(latents_by)))
        keep, read = shares(method, latents, *attend(own, latents), within=True)
        mix = torch.diag(keep) + read
        latents_by = [mix @ x for x in latents_by]
        of_latents = mix @ of_latents
        latents = latents + own(latents[None])[0]
        latents = latents + own_ff(latents)
        steps.append((of_latents, list(latents_by)))
    logits = model.to_logits(latents.mean(0))
    assert torch.allclose(logits, model(data[None])[0], rtol=1e-4, atol=1e-5)
    return steps, count


def explained(model, data):
    found = {}
    for method in METHODS:
        steps, count = rollouts(model, data, method)
        last, parts = steps[-1]
        assert torch.allclose(last.sum(-1), torch.ones(len(last), dtype=data.dtype), atol=1e-5)
        name = f"rollout.{method}"
        found[name] = last.mean(0)[:count]
        found[name + ".left"] = last.mean(0)[count:].sum()[None]
        found[name + ".by_stage"] = torch.stack([part.mean(0) for part in parts])
        assert torch.allclose(found[name + ".by_stage"].sum(0), found[name], atol=1e-5)
        # After the second cross-attention: the tokens that it reads have read latents.
        found[name + ".latent"] = steps[4][0][1, :count]
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    for seed, (name, arguments) in enumerate(CASES.items()):
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        model = made(arguments, seed)
        data = torch.randn(4, 6, arguments["input_channels"])
        state = model.state_dict()
        save_file({key: value.clone().contiguous() for key, value in state.items()},
                  folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(
            {"package": "perceiver-pytorch", "version": "0.11.0", "module": "experimental",
             "cls": "Perceiver", "args": arguments}, indent=1) + "\n")
        single = explained(model, data)
        exact = explained(model.double(), data.double())
        saved = {"input": data, "rollout.latent.stage": torch.tensor([4], dtype=torch.int32)}
        for key, value in exact.items():
            saved[key] = value.float().contiguous()
            error = (single[key].double() - value).norm() / value.norm().clamp(min=1e-30)
            saved[key + ".error"] = error.float()[None]
        save_file(saved, folder / "expected.safetensors")
        print(name, {key: f"{value.item():.1e}" for key, value in saved.items()
                     if key.endswith((".error", ".left"))})


if __name__ == "__main__":
    main()
