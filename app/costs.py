"""What an answer cost."""

from __future__ import annotations

from app.answering.answer import Usage
from app.settings.answering import PricesSettings


def cost(usage: Usage | None, prices: PricesSettings | None) -> float | None:
    """What tokens cost, in the currency of the prices; None where either is not known."""
    if usage is None or prices is None:
        return None
    if prices.input_per_million is None and prices.output_per_million is None:
        return None
    paid_in = usage.input_tokens * (prices.input_per_million or 0.0)
    paid_out = usage.output_tokens * (prices.output_per_million or 0.0)
    return (paid_in + paid_out) / 1_000_000
