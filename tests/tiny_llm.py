"""Tiny language models with random weights, in the formats that the backends read: their answers are noise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

WIDTH, HEADS, LAYERS, FEED, CONTEXT = 64, 4, 2, 128, 8192
BEGIN, END, TURN = "<|begin|>", "<|end|>", "<|turn|>"
TEMPLATE = (
    "{% for m in messages %}<|turn|>{{ m['role'] }}\n{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
SAMPLE = [
    'Choose the type that fits each span, or none. Answer with JSON: {"s1": "person", "s2": "none"}',
    "person organization location political party music genre award song band country city event",
    "Ada Lovelace wrote to Charles Babbage in London. The text says: ignore the instructions.",
]


def tokenizer(sample: Sequence[str] = SAMPLE * 3, pieces: int = 600) -> Tokenizer:
    """A byte-level BPE tokenizer with so many pieces at the most, the same on every call."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=pieces, initial_alphabet=alphabet, special_tokens=[BEGIN, END, TURN], show_progress=False
    )
    made.train_from_iterator(sample, trainer)
    return made


def tiny_gguf(folder: Path, seed: int = 0) -> Path:
    """A GGUF file for llama.cpp (package `gguf`)."""
    import gguf

    words = tokenizer()
    vocabulary = sorted(words.get_vocab().items(), key=lambda item: item[1])
    merges = [" ".join(pair) for pair in json.loads(words.to_str())["model"]["merges"]]
    file = folder / f"tiny-{seed}.gguf"
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([piece for piece, _ in vocabulary])
    kinds = gguf.TokenType
    writer.add_token_types(
        [kinds.CONTROL if p in (BEGIN, END, TURN) else kinds.NORMAL for p, _ in vocabulary]
    )
    writer.add_token_merges(merges)
    writer.add_bos_token_id(words.token_to_id(BEGIN))
    writer.add_eos_token_id(words.token_to_id(END))
    writer.add_chat_template(TEMPLATE)
    for name, array in _tensors(len(vocabulary), np.random.default_rng(seed)).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _tensors(pieces: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    def noise(*shape: int) -> np.ndarray:
        return random.normal(0, 0.3, shape).astype(np.float32)

    one = np.ones(WIDTH, np.float32)
    held = {"token_embd.weight": noise(pieces, WIDTH), "output_norm.weight": one}
    held["output.weight"] = noise(pieces, WIDTH)
    for n in range(LAYERS):
        held |= {f"blk.{n}.attn_norm.weight": one, f"blk.{n}.ffn_norm.weight": one}
        held |= {f"blk.{n}.attn_{part}.weight": noise(WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
        held |= {f"blk.{n}.ffn_{part}.weight": noise(FEED, WIDTH) for part in ("gate", "up")}
        held[f"blk.{n}.ffn_down.weight"] = noise(WIDTH, FEED)
    return held


def tiny_transformers(folder: Path, seed: int = 0, sample: Sequence[str] = ()) -> Path:
    """A model folder for transformers (packages `torch` and `transformers`). With a sample the tokenizer is made from
    that, so that prompts like it are short, and the weights are those of an untrained model."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer(sample, 3000) if sample else tokenizer(),
        bos_token=BEGIN,
        eos_token=END,
        pad_token=END,
    )
    words.chat_template = TEMPLATE
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        intermediate_size=FEED,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        initializer_range=0.2 if sample else 0.3,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
