"""Text that a style sheet generates: the numbers of CSS counters, and words before and after."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingestion.loaders.html_lists import MARKER, numeral

if TYPE_CHECKING:
    from bs4 import Tag

_HELD = re.compile(r"[\w%°‰]")
_DEEPEST = 200
_LONGEST = 300  # characters for one element
_LARGEST = 1_000_000


def write_generated(
    tags: Sequence[Tag],
    generated: Mapping[tuple[int, str], Mapping[str, str]],
    said: Mapping[int, Mapping[str, str]],
) -> None:
    """Put the text of `::before` and `::after` into the page.

    Args:
        tags: all elements in the order of the page.
        generated: what the sheets say by element and part.
        said: what they say of elements themselves.
    """
    contents = {
        key: own for key, own in generated.items() if 0 < len(own.get("content", "")) <= _LONGEST
    }
    if not contents:
        return
    counters = _Counters()
    counted = any("counter" in own["content"] for own in contents.values())
    for tag in tags:
        if counted:
            counters.enter(tag, said.get(id(tag), {}))
        for part in ("before", "after"):
            own = contents.get((id(tag), part))
            if own is None:
                continue
            if counted:
                counters.count(tag, own)
            text, numbered = _text(own.get("content", ""), tag, counters)
            _put(tag, part, text, numbered=numbered)


def _put(tag: Tag, part: str, text: str, *, numbered: bool) -> None:
    from bs4.element import NavigableString

    if not text.strip() or len(text) > _LONGEST:
        return
    if tag.name == "li" and part == "before" and numbered:
        tag[MARKER] = text.strip()
    elif _HELD.search(text) or any(unicodedata.category(sign) == "Sc" for sign in text):
        if any(unicodedata.category(sign) == "Co" for sign in text):  # the picture of an icon font
            return
        tag.insert(0 if part == "before" else len(tag.contents), NavigableString(text))


def _text(content: str, tag: Tag, counters: _Counters) -> tuple[str, bool]:
    """The generated text, and whether a counter is part of it."""
    import tinycss2

    written, numbered = "", False
    for token in tinycss2.parse_component_value_list(content):
        if token.type == "string":
            written += token.value
        elif token.type == "ident" and token.lower_value in ("open-quote", "close-quote"):
            written += "“" if token.lower_value == "open-quote" else "”"
        elif token.type == "function":
            arguments = [one for one in token.arguments if one.type in ("ident", "string")]
            names = [one.value for one in arguments]
            if token.lower_name == "attr" and names:
                value = tag.get(names[0]) or ""
                written += value if isinstance(value, str) else " ".join(value)
            elif token.lower_name in ("counter", "counters") and names:
                numbered = True
                written += _number(token.lower_name, names, counters)
        elif token.type == "literal" and token.value == "/":
            break  # what follows is for screen readers
    return written, numbered


def _number(function: str, names: list[str], counters: _Counters) -> str:
    if function == "counter":
        style = names[1] if len(names) > 1 else "decimal"
        return numeral(counters.value(names[0]), style)
    parting = names[1] if len(names) > 1 else "."
    style = names[2] if len(names) > 2 else "decimal"
    return parting.join(numeral(value, style) for value in counters.values(names[0]))


class _Counters:
    """CSS counters, each with the elements that it holds for (CSS Lists, section 4)."""

    def __init__(self) -> None:
        # By name: the parent whose children the counter holds for, and its value.
        self._open: dict[str, list[tuple[Any, int]]] = {}
        self._path: list[Any] = []

    def enter(self, tag: Tag, said: Mapping[str, str]) -> None:
        """Go on to the next element."""
        while self._path and self._path[-1] is not tag.parent:
            left = self._path.pop()
            for scopes in self._open.values():
                while scopes and scopes[-1][0] is left:
                    scopes.pop()
        self._path.append(tag)
        self.count(tag, said, within=tag.parent)

    def count(self, tag: Tag, said: Mapping[str, str], within: Any = None) -> None:
        """Reset and raise counters as an element or its generated text says."""
        scope = tag if within is None else within
        for name, value in _pairs(said.get("counter-reset", ""), 0):
            scopes = self._open.setdefault(name, [])
            if scopes and scopes[-1][0] is scope:
                scopes.pop()
            if len(scopes) < _DEEPEST:
                scopes.append((scope, value))
        for name, step in _pairs(said.get("counter-increment", ""), 1):
            scopes = self._open.setdefault(name, [])
            if not scopes:
                scopes.append((scope, 0))
            holder, value = scopes[-1]
            scopes[-1] = (holder, max(min(value + step, _LARGEST), -_LARGEST))

    def value(self, name: str) -> int:
        """The innermost counter of that name."""
        scopes = self._open.get(name.lower())
        return scopes[-1][1] if scopes else 0

    def values(self, name: str) -> list[int]:
        """All counters of that name, the outermost first."""
        return [value for _, value in self._open.get(name.lower(), [])] or [0]


def _pairs(text: str, usual: int) -> list[tuple[str, int]]:
    pairs: list[tuple[str, int]] = []
    for word in text.split():
        if re.fullmatch(r"[-+]?\d{1,7}", word):
            if pairs:
                pairs[-1] = (pairs[-1][0], int(word))
        elif word != "none":
            pairs.append((word, usual))
    return pairs
