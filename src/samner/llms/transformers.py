"""A model of the Hugging Face format in this process, by transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samner.errors import MissingExtraError, ModelError, in_one_line
from samner.llms.chat import fingerprint
from samner.llms.hf_chat import HFChat
from samner.llms.inprocess import InProcessLLM
from samner.llms.settings import LLMSettings
from samner.llms.torch_model import log_likelihoods, stepper
from samner.ports import Prompt

if TYPE_CHECKING:
    from samner.llms.writing import Step


class TransformersLLM(InProcessLLM):
    """The model of a local folder or hub id, its weights in safetensors; no code from the folder is run. Where
    `settings.device` names no device it runs on a GPU if there is one. `settings.adapters` lie on the same weights, and
    one is in force only while its prompt is answered. ModelError for what cannot be loaded."""

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
            words = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            model = AutoModelForCausalLM.from_pretrained(
                name, trust_remote_code=False, use_safetensors=True, dtype="auto"
            )
            which = _which(name, model)
            wide = max(len(words), int(model.config.get_text_config().vocab_size))
            self._pieces = llguidance.hf.from_tokenizer(words, n_vocab=wide)
        except Exception as error:  # of transformers, safetensors, the hub, torch
            found = in_one_line(error, 300)
            remedy = "pass a folder or hub id of a chat model with safetensors weights"
            raise ModelError(f"a language model in {name!r}", found, remedy) from None
        self._adapted = with_adapters(model, settings.adapters)
        self._model = model.to(device).eval()
        self._chat = HFChat(words)
        self._end, self._format = self._chat.end, self._chat.format
        self.id = f"transformers {which}{_names(settings.adapters)} {settings.sampling}"

    def _encode(self, text: str, special: bool) -> list[int]:
        return self._chat.encode(text, special)

    def _begin(self) -> Step:
        return stepper(self._model)

    def _turn_to(self, prompt: Prompt) -> None:
        if self._adapted is None:
            return
        if self.settings.adapter(prompt) is None:
            self._adapted.base_model.disable_adapter_layers()
        else:
            self._adapted.base_model.enable_adapter_layers()
            self._adapted.set_adapter(prompt.version.partition("/")[0])

    def _log_likelihoods(self, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[float]:
        return log_likelihoods(self._model, prompt, answers)


def with_adapters(model: Any, adapters: Sequence[tuple[str, str]]) -> Any:
    """Put PEFT adapters into the model, each under its prompt's name; the handle that turns to one of them, None where
    there are none. ModelError for a folder that has no adapter of this model."""
    handle = None
    for prompt, folder in adapters:
        try:
            from peft import PeftModel
        except ImportError:
            raise MissingExtraError("peft", "transformers") from None
        remedy = "pass the folder that `samner train recipes/llm-...yaml` wrote, on the model that it was trained on"
        if not (Path(folder) / "adapter_model.safetensors").is_file():
            raise ModelError("a folder with adapter_model.safetensors", f"none in {folder}", remedy)
        try:
            if handle is None:
                handle = PeftModel.from_pretrained(model, folder, adapter_name=prompt)
            else:
                handle.load_adapter(folder, adapter_name=prompt)
        except Exception as error:  # of peft, safetensors, torch
            found = in_one_line(error, 300)
            raise ModelError(f"an adapter of this model in {folder}", found, remedy) from None
    return handle


def _which(name: str, model: Any) -> str:
    """The model's name and, of a folder, a fingerprint of its files, of a hub's, the commit."""
    folder = Path(name)
    if folder.is_dir():
        return f"{folder.resolve().name} {_print(folder)}"
    return f"{name} {str(model.config._commit_hash)[:8]}"


def _names(adapters: Sequence[tuple[str, str]]) -> str:
    return "".join(f" {prompt}={_print(Path(folder))}" for prompt, folder in sorted(adapters))


def _print(folder: Path) -> str:
    return fingerprint([f for f in folder.iterdir() if f.suffix in (".safetensors", ".json", ".jinja")])
