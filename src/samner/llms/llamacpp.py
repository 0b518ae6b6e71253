"""A GGUF file in this process, by llama.cpp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from samner.errors import InputError, MissingExtraError, ModelError
from samner.llms.chat import ChatFormat, Messages, fingerprint
from samner.llms.inprocess import InProcessLLM
from samner.llms.settings import LLMSettings
from samner.locate import usable_cores

if TYPE_CHECKING:
    from samner.llms.writing import Step
    from samner.ports import Floats


class LlamaCppLLM(InProcessLLM):
    """The model of the GGUF file `settings.model`, on a GPU where this build of llama.cpp has one and device is not
    "cpu". What a prompt shares with the one before it is not computed again. ModelError for a file that is no model."""

    def __init__(self, settings: LLMSettings) -> None:
        try:
            from llama_cpp import Llama, llama_model_get_vocab
            from llguidance.llamacpp import lltokenizer_from_vocab
        except ImportError as error:
            raise MissingExtraError(error.name or "llama-cpp-python", "llamacpp") from None
        super().__init__(settings)
        if settings.adapters:
            remedy = "merge the adapter into the GGUF file, or use --llm transformers"
            raise InputError("no adapters for llama.cpp", str(len(settings.adapters)), remedy)
        file, threads = Path(settings.model), settings.threads or usable_cores()
        if not file.is_file():
            raise ModelError("a GGUF file", f"none at {settings.model!r}", "pass --llm-model FILE.gguf")
        try:
            self._model = Llama(
                str(file),
                n_ctx=settings.context,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=0 if settings.device == "cpu" else -1,
                verbose=False,
            )
        except ValueError as error:
            raise ModelError("a GGUF file that llama.cpp reads", str(error), "get the file again") from None
        self._held: list[int] = []  # the tokens that the model remembers
        self._end = self._model.token_eos()
        self._pieces = lltokenizer_from_vocab(llama_model_get_vocab(self._model.model))
        self._format = ChatFormat(self._renderer())
        self.id = f"llamacpp {file.name} {fingerprint([file])} {settings.sampling}"

    def _renderer(self) -> Callable[[Messages], str] | None:
        template = self._model.metadata.get("tokenizer.chat_template")
        if template is None:
            return None
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        end, begin = (self._spelt(token) for token in (self._model.token_eos(), self._model.token_bos()))
        formatter = Jinja2ChatFormatter(template, end, begin)
        return lambda messages: str(formatter(messages=messages).prompt)

    def _spelt(self, token: int) -> str:
        from llama_cpp import llama_model_get_vocab, llama_vocab_get_text

        vocabulary = llama_model_get_vocab(self._model.model)
        return llama_vocab_get_text(vocabulary, token).decode() if token >= 0 else ""

    def _encode(self, text: str, special: bool) -> list[int]:
        return list(self._model.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=special))

    def _begin(self) -> Step:
        text: list[int] = []

        def step(tokens: Sequence[int]) -> Floats:
            text.extend(tokens)
            return self._read(text)

        return step

    def _log_likelihoods(self, prompt: Sequence[int], answers: Sequence[Sequence[int]]) -> list[float]:
        first = self._read(prompt)
        sums = []
        for answer in answers:
            total = _log_probability(first, answer[0])
            for n in range(1, len(answer)):
                total += _log_probability(self._read([*prompt, *answer[:n]]), answer[n])
            sums.append(total)
        return sums

    def _read(self, tokens: Sequence[int]) -> Floats:
        """The logits [V] after a text, of which what the model remembers is not read again."""
        import llama_cpp
        import numpy as np

        same = 0
        while same < min(len(self._held), len(tokens) - 1) and self._held[same] == tokens[same]:
            same += 1
        self._held = []  # until all is well
        memory = llama_cpp.llama_get_memory(self._model.ctx)
        if same and llama_cpp.llama_memory_seq_rm(memory, -1, same, -1):
            self._model.n_tokens = same
        else:  # nothing in common, or a kind of model that cannot forget a part
            self._model.reset()
            same = 0
        self._model.eval(tokens[same:])
        self._held = list(tokens)
        logits = llama_cpp.llama_get_logits_ith(self._model.ctx, -1)
        after: Floats = np.ctypeslib.as_array(logits, (self._model.n_vocab(),)).copy()
        return after


def _log_probability(logits: Floats, token: int) -> float:
    import numpy as np

    wide = logits.astype(np.float64)
    top = wide.max()
    return float(wide[token] - top - np.log(np.exp(wide - top).sum()))
