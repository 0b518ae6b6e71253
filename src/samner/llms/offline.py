"""Prompts written to files, to be answered by any model anywhere, and the replies read back.

A folder holds `prompts-STAGE.jsonl`, a line {"id", "version", "prompt": {"system", "user"}, "answer"} each, and
`replies.jsonl`, {"id", "reply"}. The id is a hash of all that is asked, so that a reply belongs to these very bytes.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from samner.errors import FormatError
from samner.llms.errors import LLMError
from samner.llms.settings import LLMSettings
from samner.ports import Prompt, Reply, Usage
from samner.strict import place

REPLIES = "replies.jsonl"


def prompt_id(prompt: Prompt) -> str:
    """32 hex digits of the SHA-256 of what is asked."""
    whole = [prompt.version, prompt.system, prompt.user, prompt.answer]
    text = json.dumps(whole, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class OfflineLLM:
    """Answers from the replies in the folder `settings.model`. A prompt that has none yet is an LLMError, and kept in
    `missing`. FormatError for a file of replies that is damaged."""

    def __init__(self, settings: LLMSettings) -> None:
        self.settings, self.folder = settings, Path(settings.model)
        self.missing: dict[str, Prompt] = {}
        self._lock = threading.Lock()
        self._replies = read_replies(self.folder)
        known = hashlib.sha256(json.dumps(sorted(self._replies.items())).encode()).hexdigest()[:12]
        self.id = f"offline {self.folder.name} {known}"

    def __reduce__(self) -> tuple[Any, ...]:
        return OfflineLLM, (self.settings,)

    def ask(self, prompts: Sequence[Prompt]) -> list[Reply | Exception]:
        """As `ports.LLM.ask`."""
        return [self._one(prompt) for prompt in prompts]

    def _one(self, prompt: Prompt) -> Reply | Exception:
        id = prompt_id(prompt)
        if id in self._replies:
            return Reply(self._replies[id], Usage(from_cache=1))
        with self._lock:
            self.missing[id] = prompt
        remedy = "run samner llm export-prompts, have them answered, and import the replies"
        return LLMError("a reply to this prompt", f"none in {self.folder / REPLIES}", remedy)


def write_prompts(folder: Path, stage: int, prompts: Iterable[Prompt]) -> Path:
    """The prompts of a stage, sorted by id, in place of those that were there."""
    file = folder / f"prompts-{stage}.jsonl"
    rows = {prompt_id(prompt): prompt for prompt in prompts}
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="\n") as out:
        for id, prompt in sorted(rows.items()):
            asked = {"system": prompt.system, "user": prompt.user}
            row = {"id": id, "version": prompt.version, "prompt": asked, "answer": prompt.answer}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return file


def add_replies(folder: Path, file: Path) -> tuple[int, int]:
    """Check a file of replies against the exported prompts, and add them to the folder's: how many were taken, and how
    many prompts are still without one. A later reply takes the place of an earlier one; a bad line spoils all."""
    asked = {row["id"]: row for path in sorted(folder.glob("prompts-*.jsonl")) for _, row in _rows(path)}
    if not asked:
        raise FormatError(f"exported prompts in {folder}", "none", "run samner llm export-prompts first")
    replies = read_replies(folder)
    taken = 0
    for where, row in _rows(file):
        id, reply = row.get("id"), row.get("reply")
        if not isinstance(id, str) or id not in asked:
            raise FormatError("the id of an exported prompt", f"{id!r:.40} at {where}", "export anew")
        if "prompt" in row and row["prompt"] != asked[id]["prompt"]:
            raise FormatError("the prompt as it was exported", f"another one at {where}", "export anew")
        replies[id] = reply if isinstance(reply, str) else _dumped(reply, where)
        taken += 1
    with (folder / REPLIES).open("w", encoding="utf-8", newline="\n") as out:
        for id, text in sorted(replies.items()):
            out.write(json.dumps({"id": id, "reply": text}, ensure_ascii=False) + "\n")
    return taken, len(asked.keys() - replies.keys())


def read_replies(folder: Path) -> dict[str, str]:
    """The replies of a folder by the id of their prompt; none where there is no file yet."""
    file = folder / REPLIES
    return {row["id"]: row["reply"] for _, row in _rows(file)} if file.exists() else {}


def _dumped(reply: Any, where: str) -> str:
    """A reply given as an object, not as its text."""
    if not isinstance(reply, dict):
        raise FormatError("a reply as a string or an object", f"{reply!r:.40} at {where}", "mend the line")
    return json.dumps(reply, ensure_ascii=False)


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each object of a JSON Lines file stands, and the object."""
    try:
        lines = file.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"a readable file {file}", str(error), "check the path and its encoding") from None
    for number, text in enumerate(lines, 1):
        if text.strip():
            where = place(str(file), number)
            try:
                row = json.loads(text)
            except ValueError as error:
                raise FormatError("a JSON object", f"{error} at {where}", "mend the line") from None
            if not isinstance(row, dict):
                raise FormatError("a JSON object", f"{type(row).__name__} at {where}", "mend the line")
            yield where, row
