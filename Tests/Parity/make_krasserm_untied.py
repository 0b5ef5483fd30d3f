"""Makes a masked language model of perceiver-io whose output is not tied to its embedding: its names are
those of a text classifier with a query for each position.

    pip download --no-deps --ignore-requires-python -d wheels perceiver-io==0.11.0
    python -m zipfile -e wheels/perceiver_io-0.11.0-py3-none-any.whl WHEEL
    python make_krasserm_untied.py WHEEL Tests/PerceiverTests/Fixtures/krasserm/mlm_untied

writes config.json as the package's Hub wrapper writes it, model.safetensors, and expected.safetensors:
the logits of two texts, one of them padded, and every attention in the order of computation. Made with
torch 2.15.
"""

import dataclasses
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

import perceiver_io


def main():
    perceiver_io.without_lightning(pathlib.Path(sys.argv[1]))
    from perceiver.model.core.modules import MultiHeadAttention
    from perceiver.model.text.common import TextEncoderConfig
    from perceiver.model.text.mlm.backend import MaskedLanguageModel, MaskedLanguageModelConfig, TextDecoderConfig
    torch.set_num_threads(1)
    config = MaskedLanguageModelConfig(
        TextEncoderConfig(vocab_size=40, max_seq_len=14, num_input_channels=10, num_cross_attention_heads=2,
                          num_self_attention_heads=4, num_self_attention_layers_per_block=2),
        TextDecoderConfig(vocab_size=40, max_seq_len=14, num_output_query_channels=12, num_cross_attention_heads=3),
        num_latents=6, num_latent_channels=16)
    model = MaskedLanguageModel(config).eval()
    random = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = torch.randn(parameter.shape, generator=random)
            if parameter.dim() > 1:
                values *= (1.5 if "q_proj" in name or "k_proj" in name else 1) / parameter.shape[-1] ** 0.5
            else:
                values = values * 0.1 + (1 if "norm.weight" in name or name.endswith(".module.0.weight") else 0)
            parameter.copy_(values)
    padding = torch.zeros(2, 11, dtype=torch.bool)
    padding[1, 7:] = True
    ids = torch.randint(6, 40, (2, 11), generator=random)
    ids[padding] = 0
    maps = []
    for module in model.modules():
        if isinstance(module, MultiHeadAttention):
            module.dropout.register_forward_hook(lambda _, inputs, __: maps.append(inputs[0].clone()))
    with torch.no_grad():
        logits = model(ids, padding)
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"backend_model." + k: v.contiguous() for k, v in model.state_dict().items()},
              folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["PerceiverMaskedLanguageModel"], "model_config": dataclasses.asdict(config),
        "model_type": "perceiver-io-masked-language-model", "torch_dtype": "float32",
        "transformers_version": "4.29.2"}, indent=2))
    values = {"input.input_ids": ids, "input.pad_mask": padding.float(), "logits": logits}
    values |= {f"attention.{number}": map_ for number, map_ in enumerate(maps)}
    save_file({k: v.contiguous() for k, v in values.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
