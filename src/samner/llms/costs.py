"""What a run's answers cost, for people to read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from samner.llms.settings import LLMSettings
from samner.ports import Asking, Usage

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Costs:
    """Usage, and the prices per million tokens where they are known."""

    usage: Usage
    price_in: float | None = None
    price_out: float | None = None

    @classmethod
    def of(cls, usage: Usage, settings: LLMSettings) -> Costs:
        return cls(usage, settings.price_in, settings.price_out)

    @property
    def money(self) -> float | None:
        """In the currency of the prices; None unless a price is given. A token that a server had cached counts in full:
        what it charges for those is its own affair."""
        if self.price_in is None and self.price_out is None:
            return None
        paid = self.usage.tokens_in * (self.price_in or 0) + self.usage.tokens_out * (self.price_out or 0)
        return paid / MILLION

    def to_dict(self) -> dict[str, Any]:
        money = self.money
        return asdict(self.usage) | ({} if money is None else {"money": money})

    def __str__(self) -> str:
        u = self.usage
        parts = [
            f"{u.requests:,} requests",
            f"{u.tokens_in:,} tokens in"
            + (f" ({u.tokens_cached:,} cached by the server)" if u.tokens_cached else ""),
            f"{u.tokens_out:,} out",
            f"{u.seconds:.1f} s of waiting",
        ]
        if u.from_cache:
            parts.append(f"{u.from_cache:,} answers from the cache")
        if (money := self.money) is not None:
            parts.append(f"money {money:.4f}")
        return ", ".join(parts)


def so_far(asks: Asking) -> str:
    """One short line for a run that goes on: what is answered, what is on the way, what it cost."""
    costs = Costs(asks.usage, *asks.prices)
    usage, lost = costs.usage, asks.failures.lost
    parts = [f"LLM: {usage.requests:,} requests done, {asks.waiting:,} on the way"]
    if usage.from_cache:
        parts.append(f"{usage.from_cache:,} from the cache")
    if lost:
        parts.append(f"{lost:,} lost")
    parts.append(f"{usage.tokens_in:,} tokens in, {usage.tokens_out:,} out")
    if costs.money is not None:
        parts.append(f"money {costs.money:.4f}")
    return ", ".join(parts)
