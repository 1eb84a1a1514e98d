"""What an investigation may spend, and what it has spent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import ModelError

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, AnyMessage

Spent = dict[str, float]
"""`model_calls`, `seconds`, `tokens_in`, `tokens_out`: what was used so far."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one investigation, None for none; when one is met, the best answer is given."""

    model_calls: int = 24
    """Answers of the model, in all opinions together."""
    seconds: float | None = None
    """Time spent by model and tools; the time that a person takes to review is not counted."""
    tokens: int | None = None
    """Read and written together."""
    dollars: float | None = None
    price: tuple[float, float] | None = None
    """Dollars for a million tokens read, and written."""

    def __post_init__(self) -> None:
        """Refuse what cannot be kept."""
        if self.price is not None and not all(0 <= part < math.inf for part in self.price):
            raise ModelError(f"expected prices from 0 up, got {self.price}")
        if self.dollars is not None and self.price is None:
            raise ModelError(
                "a budget in dollars needs the price of a million tokens, read and written"
            )

    def exhausted(self, spent: Mapping[str, float]) -> str:
        """Say which limit is met; empty for none."""
        tokens = spent.get("tokens_in", 0) + spent.get("tokens_out", 0)
        limits = (
            ("model call", spent.get("model_calls", 0), self.model_calls),
            ("second", spent.get("seconds", 0), self.seconds),
            ("token", tokens, self.tokens),
            ("dollar", self.cost(spent), self.dollars),
        )
        met = (
            f"{_written(most)} {name}{'s' * (most != 1)}"
            for name, used, most in limits
            if most is not None and used >= most
        )
        return next(met, "")

    def seconds_left(self, spent: Mapping[str, float]) -> float | None:
        """Return the seconds that are left; None for no limit."""
        return None if self.seconds is None else max(0.0, self.seconds - spent.get("seconds", 0))

    def cost(self, spent: Mapping[str, float]) -> float:
        """Return the dollars spent; 0 where the price is not known."""
        read, written = self.price or (0.0, 0.0)
        return (spent.get("tokens_in", 0) * read + spent.get("tokens_out", 0) * written) / 1e6


def add(spent: Spent | None, more: Spent | None) -> Spent:
    """Return two amounts together."""
    first, second = spent or {}, more or {}
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def spent_on(
    asked: Sequence[AnyMessage], tools: Sequence[Any], reply: AIMessage, seconds: float
) -> Spent:
    """Return what one answer of a model took.

    Tokens are as the provider counts them; where it does not, they are estimated by the letters of
    messages and tools, so that a budget of them holds.
    """
    usage = reply.usage_metadata
    return {
        "model_calls": 1,
        "seconds": seconds,
        "tokens_in": usage["input_tokens"] if usage else _estimated(asked, tools),
        "tokens_out": usage["output_tokens"] if usage else _estimated([reply], ()),
    }


def _estimated(messages: Sequence[AnyMessage], tools: Sequence[Any]) -> int:
    from langchain_core.messages.utils import count_tokens_approximately
    from langchain_core.utils.function_calling import convert_to_openai_tool

    schemas: list[Any] = [convert_to_openai_tool(tool) for tool in tools]
    return count_tokens_approximately(messages, tools=schemas or None)


def _written(most: float) -> str:
    return f"{most:,}" if isinstance(most, int) else f"{most:g}"
