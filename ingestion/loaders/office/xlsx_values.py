"""Show a cell's value the way its sheet does, as far as a search cares."""

from __future__ import annotations

import datetime
from typing import Any


def shown(cell: Any) -> str:
    """A cell's value as text: ISO dates, whole numbers without a point, percentages as such."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time.min
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _number(value: float, number_format: str) -> str:
    if "%" in number_format and '"' not in number_format:
        return f"{value * 100:.10g}%"
    # Excel keeps 15 digits; the 17 of a float show 0.30000000000000004.
    return f"{value:.15g}" if isinstance(value, float) else str(value)
