"""Tiny encoders of several families with random weights, as folders of Hugging Face's library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    DebertaV2Config,
    DebertaV2Model,
    ModernBertConfig,
    ModernBertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)

import tiny_run

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 256,
}
SENTENCE = {
    "cls_token": "<s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
BERT = {
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "mask_token": "[MASK]",
}


def write_encoder(folder: Path, family: str) -> None:
    """A model and its fast tokenizer: `roberta` (byte-level BPE), `modernbert` (the same, other names), `deberta`
    (pieces that spell the space before a word, as SentencePiece has them)."""
    special = SENTENCE if family == "roberta" else BERT
    words = unigram(special) if family == "deberta" else byte_level(special)
    PreTrainedTokenizerFast(tokenizer_object=words, **special).save_pretrained(folder)
    size = words.get_vocab_size()
    pad = words.token_to_id(special["pad_token"])
    torch.manual_seed(5)
    model = MAKERS[family](dict(SIZES, vocab_size=size, pad_token_id=pad))
    with torch.no_grad():
        model.get_input_embeddings().weight.normal_()
    model.save_pretrained(folder)


def deberta(sizes: dict[str, Any]) -> Any:
    near = {"relative_attention": True, "position_buckets": 32, "pos_att_type": ["p2c", "c2p"]}
    shared = {"share_att_key": True, "position_biased_input": False, "norm_rel_ebd": "layer_norm"}
    return DebertaV2Model(DebertaV2Config(**sizes, **near, **shared))


MAKERS = {
    "roberta": lambda sizes: RobertaModel(RobertaConfig(**sizes), add_pooling_layer=False),
    "modernbert": lambda sizes: ModernBertModel(
        ModernBertConfig(**sizes, bos_token_id=0, eos_token_id=0, cls_token_id=0, sep_token_id=0)
    ),
    "deberta": deberta,
}


def byte_level(special: dict[str, str]) -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=500, initial_alphabet=alphabet, special_tokens=list(special.values()), show_progress=False
    )
    made.train_from_iterator(texts(), trainer)
    return made


def unigram(special: dict[str, str]) -> Tokenizer:
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=300,
        special_tokens=list(special.values()),
        unk_token=special["unk_token"],
        show_progress=False,
    )
    made.train_from_iterator(texts(), trainer)
    return made


def texts() -> list[str]:
    return [*tiny_run.passages(), *tiny_run.different_passages(), tiny_run.TYPES, tiny_run.OVERLAP]
