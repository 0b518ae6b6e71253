"""Which engine a command is to use, and how that asks its LLM: options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samner.cli.llm_options import (
    CacheOption,
    LLMAdapterOption,
    LLMBackendOption,
    LLMBaseURLOption,
    LLMPriceInOption,
    LLMPriceOutOption,
    LLMSetOption,
    llm_settings,
)
from samner.cli.shared import Usage, arguments_checked, load_model, report

if TYPE_CHECKING:
    from samner.llms import LLMSettings
    from samner.options import LLMUse
    from samner.pipeline import SamNER
    from samner.ports import Asking

EngineOption = Annotated[
    str, typer.Option("--engine", metavar="NAME", help="embedded, hybrid or llm; the last two ask an LLM.")
]
ModelNameOption = Annotated[
    str | None,
    typer.Option("--llm-model", metavar="NAME|FILE|DIR", help="A server's model, a GGUF file, or a folder."),
]
GateOption = Annotated[
    float | None,
    typer.Option(
        "--gate", metavar="0..1", help="hybrid: ask about spans decided rightly with less probability."
    ),
]
RepairOption = Annotated[
    bool, typer.Option("--repair", help="The LLM may mend boundaries and add what was missed.")
]
BudgetOption = Annotated[
    str | None,
    typer.Option("--llm-budget", metavar="N|Ntokens", help="Most requests, or tokens, that may be spent."),
]
ShareOption = Annotated[
    int, typer.Option("--llm-share", min=1, help="Documents that may share a request; 1 keeps them apart.")
]
_BUDGET = re.compile(r"(\d+)([kM]?)( ?tokens)?")
_TIMES = {"": 1, "k": 1000, "M": 1_000_000}


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine, with the LLM behind it if it asks one."""

    name: str
    llm: LLMSettings | None = None
    use: LLMUse | None = None

    def load(self, model: str | None, threads: int | None, **more: Any) -> SamNER:
        if self.llm is not None:
            more |= {"llm": self.llm, "use": self.use}
        if self.name == "embedded" and not more:
            return load_model(model, threads)
        with arguments_checked():
            return load_model(model, threads, engine=self.name, **more)

    def identity(self) -> dict[str, Any]:
        """How the LLM is used, as far as answers depend on it (a budget may be raised); nothing where none is."""
        if self.use is None:
            return {}
        use = {key: value for key, value in asdict(self.use).items() if key not in ("requests", "tokens")}
        return {"engine": self.name} | use

    @property
    def prices(self) -> tuple[float | None, float | None]:
        """Of a million tokens in and out."""
        return (None, None) if self.llm is None else (self.llm.price_in, self.llm.price_out)

    def tell(self, ner: object, *, quoting: bool = True) -> bool:
        """Say what the LLM of a pipeline cost and how often it failed; False if it never answered. The reason may quote
        a text, as a server's words may: with `quoting` off it is not said."""
        asks: Asking | None = getattr(ner, "asks", None)
        if self.llm is None or asks is None:
            return True
        from samner.llms.costs import Costs

        usage, failures = asks.usage, asks.failures
        report(str(Costs.of(usage, self.llm)))
        if failures.lost:
            found = f"{failures.lost} of {failures.asked} prompts got no answer, the embedded ones stand"
            report(f"{found}: {failures.last}" if quoting else f"{found}; samner llm check may tell why")
        if failures.unasked:
            report(
                f"the budget is spent: {failures.unasked} prompts were not asked, the embedded answers stand"
            )
        return failures.lost == 0 or failures.lost < failures.asked


def with_engine(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of this file; it gets them as `engine`, an `EngineChoice`."""
    # Not by get_type_hints: before Python 3.11 it hides an option that defaults to None from typer.
    own, options = signature(command, eval_str=True), signature(engine_choice, eval_str=True)
    mine = [p for p in own.parameters.values() if p.name != "engine"]
    added = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in options.parameters.values()]

    @wraps(command)
    def wrapped(**given: Any) -> Any:
        chosen = {name: given.pop(name) for name in options.parameters}
        return command(**given, engine=engine_choice(**chosen))

    wrapped.__signature__ = own.replace(parameters=mine + added)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in mine + added}
    return wrapped


def engine_choice(
    engine_name: EngineOption = "embedded",
    llm: LLMBackendOption = "openai",
    llm_model: ModelNameOption = None,
    llm_base_url: LLMBaseURLOption = None,
    gate: GateOption = None,
    repair: RepairOption = False,
    llm_budget: BudgetOption = None,
    llm_share: ShareOption = 1,
    llm_price_in: LLMPriceInOption = None,
    llm_price_out: LLMPriceOutOption = None,
    llm_set: LLMSetOption = None,
    llm_adapter: LLMAdapterOption = None,
    cache: CacheOption = True,
) -> EngineChoice:
    """The engine of these options; Usage for what cannot be meant."""
    if llm_model is None:
        given = {"--gate": gate, "--repair": repair, "--llm-budget": llm_budget, "--llm-adapter": llm_adapter}
        given |= {"--llm-set": llm_set, "--llm-base-url": llm_base_url, "--llm-share": llm_share != 1}
        for flag in (name for name, value in given.items() if value or (value == 0 and value is not False)):
            raise Usage(f"expected --llm-model with {flag}, found none; name the model, or leave {flag} out")
        return EngineChoice(engine_name)
    from samner.options import LLMUse

    settings = llm_settings(
        llm_model, llm, llm_base_url, llm_set, cache, llm_price_in, llm_price_out, llm_adapter
    )
    chosen: dict[str, Any] = _budget(llm_budget) | ({} if gate is None else {"gate": gate})
    with arguments_checked():
        use = LLMUse(repair=repair, share=llm_share, **chosen)
    return EngineChoice(engine_name, settings, use)


def _budget(text: str | None) -> dict[str, int]:
    """A budget such as "500" (requests) or "2Mtokens"."""
    if text is None:
        return {}
    found = _BUDGET.fullmatch(text.strip())
    if found is None:
        raise Usage(f"expected --llm-budget as 500 or 200ktokens, found {text!r}; write a number")
    count, times, tokens = found.groups()
    return {"tokens" if tokens else "requests": int(count) * _TIMES[times]}
