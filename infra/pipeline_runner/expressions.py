"""Azure Pipelines expressions: parse and evaluate the part of the language that we use.

The language: https://learn.microsoft.com/azure/devops/pipelines/process/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<sign>[()\[\].,]))"
)


class PipelineError(Exception):
    """A pipeline that Azure would refuse, or something of its language that is not covered here."""


Function = Callable[..., Any]


def evaluate(text: str, context: Mapping[str, Any], functions: Mapping[str, Function]) -> Any:
    """The value of an expression.

    Args:
        text: without the braces.
        context: `parameters`, `variables` and the like; names are looked up without regard to case.
        functions: those that may be called beside the general ones, by name.

    Raises:
        PipelineError: it cannot be parsed, or names something unknown.
    """
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise PipelineError(f"cannot read the expression {text!r} from {text[at:]!r} on")
        tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
        at = match.end()
    parser = _Parser(tokens, text, context, {**GENERAL, **functions})
    value = parser.value()
    if parser.rest():
        raise PipelineError(f"the expression {text!r} goes on after its end: {parser.rest()}")
    return value


class _Parser:
    def __init__(
        self,
        tokens: Sequence[tuple[str, str]],
        text: str,
        context: Mapping[str, Any],
        functions: Mapping[str, Function],
    ) -> None:
        self._tokens = list(tokens)
        self._text = text
        self._context = {name.lower(): value for name, value in context.items()}
        self._functions = {name.lower(): function for name, function in functions.items()}

    def rest(self) -> str:
        return " ".join(token for _, token in self._tokens)

    def value(self) -> Any:
        kind, token = self._take()
        if kind == "text":
            return token[1:-1].replace("''", "'")
        if kind == "number":
            return float(token) if "." in token else int(token)
        if kind != "name":
            raise PipelineError(f"{self._text!r}: {token!r} is not expected here")
        if self._next_is("("):
            return self._call(token)
        lowered = token.lower()
        if lowered in ("true", "false"):
            return lowered == "true"
        if lowered == "null":
            return None
        if lowered not in self._context:
            known = ", ".join(sorted(self._context))
            raise PipelineError(f"{self._text!r}: there is no {token!r} here, only {known}")
        return self._members(self._context[lowered])

    def _members(self, value: Any) -> Any:
        while self._tokens and self._tokens[0][1] in (".", "["):
            _, sign = self._take()
            if sign == ".":
                value = _member(value, self._take()[1], self._text)
            else:
                value = _member(value, self.value(), self._text)
                self._expect("]")
        return value

    def _call(self, name: str) -> Any:
        function = self._functions.get(name.lower())
        if function is None:
            raise PipelineError(f"{self._text!r}: the function {name}() is not covered here")
        self._expect("(")
        arguments = []
        while not self._next_is(")"):
            arguments.append(self.value())
            if self._next_is(","):
                self._take()
            elif not self._next_is(")"):
                raise PipelineError(f"{self._text!r}: a comma or ) is missing in {name}(…)")
        self._expect(")")
        try:
            return function(*arguments)
        except TypeError as error:
            raise PipelineError(f"{self._text!r}: {name}() does not take these: {error}") from error

    def _next_is(self, sign: str) -> bool:
        return bool(self._tokens) and self._tokens[0] == ("sign", sign)

    def _take(self) -> tuple[str, str]:
        if not self._tokens:
            raise PipelineError(f"{self._text!r} ends too early")
        return self._tokens.pop(0)

    def _expect(self, sign: str) -> None:
        if not self._next_is(sign):
            raise PipelineError(f"{self._text!r}: {sign} is missing")
        self._take()


def _member(value: Any, name: Any, text: str) -> Any:
    if isinstance(value, Mapping):
        found = {str(key).lower(): key for key in value}
        key = found.get(str(name).lower())
        if key is None:
            raise PipelineError(f"{text!r}: there is no {name!r}; there are {', '.join(value)}")
        return value[key]
    if isinstance(value, list) and isinstance(name, int) and 0 <= name < len(value):
        return value[name]
    raise PipelineError(f"{text!r}: {name!r} cannot be looked up in {value!r}")


def as_text(value: Any) -> str:
    """A value put into a text, as Azure writes it.

    Raises:
        PipelineError: it is a list or a mapping.
    """
    if isinstance(value, bool):
        return "True" if value else "False"
    if value is None:
        return ""
    if isinstance(value, Mapping | list):
        raise PipelineError(f"{json.dumps(value)} cannot be put into a text; use convertToJson()")
    return str(value)


def is_true(value: Any) -> bool:
    """Whether Azure takes a value for true: all but false, 0, null and the empty text."""
    return bool(value) or isinstance(value, list | Mapping)


def _equal(left: Any, right: Any) -> bool:
    # The right side is cast to the type of the left one; texts are compared without case.
    if isinstance(left, bool):
        return left == is_true(right)
    return as_text(left).lower() == as_text(right).lower()


GENERAL: dict[str, Function] = {
    "and": lambda *values: all(is_true(value) for value in values),
    "or": lambda *values: any(is_true(value) for value in values),
    "not": lambda value: not is_true(value),
    "eq": _equal,
    "ne": lambda left, right: not _equal(left, right),
    "in": lambda value, *others: any(_equal(value, other) for other in others),
    "coalesce": lambda *values: next((one for one in values if one not in (None, "")), ""),
    "startsWith": lambda text, start: as_text(text).lower().startswith(as_text(start).lower()),
    "format": lambda text, *values: re.sub(
        r"\{(\d+)\}", lambda match: as_text(values[int(match.group(1))]), as_text(text)
    ),
    "join": lambda between, values: as_text(between).join(as_text(one) for one in values),
    "length": len,
    "convertToJson": lambda value: json.dumps(value, indent=2),
}
