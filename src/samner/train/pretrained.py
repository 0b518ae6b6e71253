"""Any encoder of Hugging Face's library in the place of our own BERT: RoBERTa's, DeBERTa's, ModernBERT's ...

Slower to train than our own, since it computes the padding too, and exported as PyTorch traces it, in 32 bits.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES as READERS
from transformers.utils import logging

from samner.errors import ModelError, in_one_line
from samner.train.encoder import Layout

REMEDY = "pass the folder or hub id of an encoder, such as roberta-base or BAAI/bge-base-en-v1.5"


class PretrainedEncoder(nn.Module):
    """Embedded pieces [T, D] in, states [T, D] out; the model's own table of pieces is not asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.model = loaded(folder)
        self.model.get_input_embeddings().weight.requires_grad_(False)

    @property
    def pieces(self) -> Tensor:
        """The table of word pieces [V, D]."""
        table: Tensor = self.model.get_input_embeddings().weight
        return table

    def forward(self, embedded: Tensor, layout: Layout) -> Tensor:
        """States of all pieces, flat."""
        out = self.model(inputs_embeds=layout.padded(embedded), attention_mask=layout.mask.long())
        return layout.flat(out.last_hidden_state)


def loaded(folder: Path) -> PreTrainedModel:
    """The encoder in `folder` in 32 bits; ModelError where its weights are not all there, in safetensors."""
    expected = "an encoder's weights in safetensors"
    remedy = f"AutoModel.from_pretrained(...).save_pretrained({str(folder)!r}) of the whole model writes them"
    told = logging.get_verbosity()
    logging.set_verbosity_error()  # its table of what a head for another task has besides
    try:
        model, report = AutoModel.from_pretrained(
            folder,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except Exception as error:  # of several libraries: no file, a damaged one, other shapes
        raise ModelError(expected, in_one_line(error, 200), remedy) from None
    finally:
        logging.set_verbosity(told)
    missing = sorted(name for name in report["missing_keys"] if "pooler" not in name)
    if missing:  # transformers would begin them by chance
        raise ModelError(expected, f"no {missing[0]} in {folder}", remedy)
    return model


def encoder_config(folder: Path) -> PretrainedConfig:
    """The configuration of an encoder that reads both ways; ModelError says why another is none."""
    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            "an encoder of a family that transformers knows", in_one_line(error, 200), REMEDY
        ) from None
    if config.model_type not in READERS or config.is_encoder_decoder or getattr(config, "is_decoder", False):
        raise ModelError("an encoder that reads both ways", f"a {config.model_type!r} in {folder}", REMEDY)
    if getattr(config, "embedding_size", config.hidden_size) != config.hidden_size:
        found = f"{config.embedding_size} and {config.hidden_size} in {folder}"
        raise ModelError("word pieces as wide as the states", found, REMEDY)
    return config


def check(folder: Path) -> None:
    """ModelError for what is no encoder, or one without a fast tokenizer."""
    encoder_config(folder)
    if not (folder / "tokenizer.json").exists():
        mend = f"AutoTokenizer.from_pretrained({str(folder)!r}).save_pretrained(...) writes one, where it can"
        raise ModelError("a fast tokenizer, tokenizer.json", f"none in {folder}", mend)
