"""Makes small models of transformers' Perceiver classes with every output that they give.

    python make_huggingface.py FOLDER [CASE …]

writes FOLDER/CASE/{config.json,model.safetensors,expected.safetensors} for each case below. Made with
transformers 5.24.0, torch 2.15; weights are random, of one seed. Expected values: `input` (a batch of
two, pictures with their channels first, texts as numbers), `attention_mask` where there is one,
`logits`, `last_hidden_state`, `hidden_state.N`, `cross_attention.N` (the encoder's, then the
decoder's) and `self_attention.N`, in transformers' own order.
"""

import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import PerceiverConfig

SMALL = dict(num_latents=6, d_latents=24, num_blocks=2, num_self_attends_per_block=2,
             num_self_attention_heads=4, num_cross_attention_heads=1)

CASES = {
    # Widths of queries and values differ; blocks repeat.
    "bare": ("PerceiverModel", SMALL | dict(
        d_model=10, num_blocks=3, num_cross_attention_heads=2, qk_channels=8, v_channels=24), 17),
    # One block, queries as wide as the latents, wide feed-forwards, and no residual.
    "bare_queries": ("PerceiverModel", SMALL | dict(
        d_model=14, num_blocks=1, num_self_attends_per_block=3, cross_attention_shape_for_attention="q",
        self_attention_widening_factor=3, cross_attention_widening_factor=2,
        use_query_residual=False), 9),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or CASES:
        kind, arguments, tokens = CASES[name]
        torch.manual_seed(len(name))
        model = getattr(transformers, kind)(PerceiverConfig(**arguments)).eval()
        with torch.no_grad():
            # Biases and norms that are not what they begin as.
            for parameter in model.parameters():
                if parameter.dim() == 1:
                    parameter.add_(0.2 * torch.randn(parameter.shape))
                else:
                    parameter.mul_(8)
        inputs = torch.randn(2, tokens, arguments["d_model"])
        mask = torch.ones(2, tokens, dtype=torch.long)
        mask[1, tokens // 2:] = 0
        with torch.no_grad():
            out = model(inputs, attention_mask=mask, output_attentions=True,
                        output_hidden_states=True)
        expected = {"input": inputs, "attention_mask": mask, "last_hidden_state": out.last_hidden_state}
        for key, values in [("hidden_state", out.hidden_states), ("self_attention", out.attentions),
                            ("cross_attention", out.cross_attentions)]:
            expected |= {f"{key}.{i}": value for i, value in enumerate(values)}
        model.save_pretrained(folder / name)
        save_file({k: v.clone() for k, v in expected.items()}, folder / name / "expected.safetensors")
        print(name, sum(p.numel() for p in model.parameters()), "parameters")


if __name__ == "__main__":
    main()
