#!/usr/bin/env python3
"""Makes Fixtures/tokens.json: texts as transformers' PerceiverTokenizer numbers them.
Made with transformers 5.24.0."""
import json
import pathlib

from transformers import PerceiverTokenizer

texts = [
    "", "a", "What a film!", "This is an incomplete sentence where some words are missing.",
    "ein schöner Tag, 猫 😀", "a [MASK] b", "[MASK][MASK]x", "[CLS]x[SEP][PAD]", "[mask] [MAS K] [[MASK]]",
    "two\nlines\tand tab", "[BOS]a[EOS]",
]
tokenizer = PerceiverTokenizer()
file = pathlib.Path(__file__).parent / "Fixtures/tokens.json"
file.write_text(json.dumps([{"text": t, "ids": tokenizer(t)["input_ids"]} for t in texts],
                           ensure_ascii=False, indent=1) + "\n")
