"""Say in one line what does not fit in a file that people write, where it stands, and how to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

MOST_ERROR_CHARS = 3
_LONGEST_VALUE = 60
_MENDS = {
    "missing": "is missing; add it",
    "string_type": "must be text; put it in quotes",
    "tuple_type": "must be a list, such as [a, b]",
    "model_type": "must be a mapping; write name: value",
    "model_attributes_type": "must be a mapping; write name: value",
    "dataclass_type": "must be a mapping; write name: value",
    "dict_type": "must be a mapping; write name: value",
    "too_short": "is empty; list at least one",
    "string_too_short": "is empty; fill it in",
}

Line = Callable[[Sequence[int | str]], int | None]


def explain(
    error: ValidationError,
    models: Mapping[tuple[str, ...], type[BaseModel]],
    name: str = "",
    line: Line = lambda _: None,
) -> str:
    """What pydantic found, in one line for anyone who wrote the file.

    Args:
        error: what it found.
        models: the model at each place (names of fields, without positions in lists), to tell
            which fields there are.
        name: the file, put before it all.
        line: finds a field's line in the file.
    """
    problems = _without_echoes(error.errors(include_url=False))
    messages = [_one(problem, models, line) for problem in problems[:MOST_ERROR_CHARS]]
    more = len(problems) - len(messages)
    text = ". ".join(messages) + (f". And {more} more" if more else "")
    if not name:
        return text
    first = line(problems[0]["loc"])
    return f"{name}, line {first}: {text}" if first else f"{name}: {text}"


def _without_echoes(problems: Sequence[Any]) -> list[Any]:
    """A list whose items do not fit is not "too short" because of that."""
    places = [problem["loc"] for problem in problems]
    return [
        problem
        for problem in problems
        if problem["type"] != "too_short"
        or not any(
            len(place) > len(problem["loc"]) and place[: len(problem["loc"])] == problem["loc"]
            for place in places
        )
    ]


def _one(problem: Any, models: Mapping[tuple[str, ...], type[BaseModel]], line: Line) -> str:
    location, kind = problem["loc"], problem["type"]
    dotted = ".".join(str(step) for step in location)
    if kind == "extra_forbidden":
        return f"{dotted}: is not a field{_instead(location, models)}"
    if kind == "value_error":
        message = problem["msg"].removeprefix("Value error, ")
        return f"{dotted}: {message}" if dotted else message
    message = _MENDS.get(kind) or problem["msg"][:1].lower() + problem["msg"][1:]
    if kind == "missing" or "options" in location or isinstance(problem["input"], dict):
        return f"{dotted}: {message}"
    given = repr(problem["input"])
    shown = given if len(given) <= _LONGEST_VALUE else given[:_LONGEST_VALUE] + "…"
    return f"{dotted}: {message} (given: {shown})"


def _instead(
    location: Sequence[int | str], models: Mapping[tuple[str, ...], type[BaseModel]]
) -> str:
    place = tuple(step for step in location[:-1] if isinstance(step, str))
    if place not in models:
        return "; take it out"
    fields = list(models[place].model_fields)
    close = difflib.get_close_matches(str(location[-1]), fields, n=1)
    return f"; did you mean {close[0]}?" if close else f"; the fields are {', '.join(fields)}"
