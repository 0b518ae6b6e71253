"""A model of the Hugging Face format in this process, by transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samner.errors import MissingExtraError, ModelError
from samner.llms.chat import ChatFormat, Messages, fingerprint
from samner.llms.inprocess import InProcessLLM
from samner.llms.settings import LLMSettings
from samner.llms.torch_model import log_likelihoods, stepper

if TYPE_CHECKING:
    from samner.llms.writing import Step


class TransformersLLM(InProcessLLM):
    """The model of a local folder or hub id, its weights in safetensors; no code from the folder is run. Where
    `settings.device` names no device it runs on a GPU if there is one. ModelError for what cannot be loaded."""

    def __init__(self, settings: LLMSettings) -> None:
        try:
            import llguidance.hf
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise MissingExtraError(error.name or "transformers", "transformers") from None
        super().__init__(settings)
        name = settings.model
        device = settings.device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            self._words = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(
                name, trust_remote_code=False, use_safetensors=True, dtype="auto"
            )
            self._model = model.to(device).eval()
            wide = max(len(self._words), int(model.config.get_text_config().vocab_size))
            self._pieces = llguidance.hf.from_tokenizer(self._words, n_vocab=wide)
        except Exception as error:  # of transformers, safetensors, the hub, torch
            found = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            remedy = "pass a folder or hub id of a chat model with safetensors weights"
            raise ModelError(f"a language model in {name!r}", found, remedy) from None
        self._end = int(self._words.eos_token_id)
        self._format = ChatFormat(self._render if self._words.chat_template else None)
        self.id = f"transformers {self._which()} {settings.sampling}"

    def _which(self) -> str:
        """The model's name and, of a folder, a fingerprint of its files, of a hub's, the commit."""
        folder = Path(self.settings.model)
        if folder.is_dir():
            files = [file for file in folder.iterdir() if file.suffix in (".safetensors", ".json", ".jinja")]
            return f"{folder.resolve().name} {fingerprint(files)}"
        return f"{self.settings.model} {str(self._model.config._commit_hash)[:8]}"

    def _render(self, messages: Messages) -> str:
        return str(self._words.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))

    def _encode(self, text: str, special: bool) -> list[int]:
        text = text.encode("utf-8", "replace").decode()
        out = self._words(text, add_special_tokens=False, split_special_tokens=not special)
        return list(out["input_ids"])

    def _begin(self) -> Step:
        return stepper(self._model)

    def _log_likelihoods(self, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[float]:
        return log_likelihoods(self._model, prompt, answers)
