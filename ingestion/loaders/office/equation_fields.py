r"""Word's older equations, which are fields: `EQ \f(15,4)` is drawn as a fraction."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.notation import fraction, index, power

_FIELD = re.compile(r"\s*EQ\b", re.IGNORECASE)
# Formats of the field as a whole: \* jc2, \* "Font:MS Mincho", \* hps10.
_FORMAT = re.compile(r"\\\*\s*(?:\"[^\"]*\"|[^\s\\(]+)\s*")
_OPTION = re.compile(r"\\([a-z]+)\s*(-?\d*)\s*", re.IGNORECASE)
_MARKS = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 20
_LONGEST = 10_000


def equation_field_text(instruction: str, losses: Losses) -> str:
    """What the field shows, on one line; empty for fields of other kinds."""
    begin = _FIELD.match(instruction)
    if begin is None or len(instruction) > _LONGEST:
        return ""
    return _Reader(_FORMAT.sub("", instruction[begin.end() :]), losses).text(0, "").strip()


@dataclass(slots=True)
class _Reader:
    source: str
    losses: Losses
    place: int = 0

    def text(self, depth: int, stops: str) -> str:
        """The text up to one of the signs that end it."""
        written = ""
        while self.place < len(self.source):
            sign = self.source[self.place]
            if sign in stops:
                break
            option = _OPTION.match(self.source, self.place) if sign == "\\" else None
            if option is not None and depth < _DEEPEST:
                written = self._drawn(written, depth + 1)
                continue
            if sign == "\\":  # an escaped sign
                self.place += 1
                sign = self.source[self.place : self.place + 1]
            elif sign == "(":
                self.place += 1
                written += f"({self.text(depth + 1, ')') if depth < _DEEPEST else ''})"
                self.place += 1
                continue
            written += sign
            self.place += 1
        return written

    def _drawn(self, before: str, depth: int) -> str:
        """The text so far with the next element drawn behind it."""
        names: list[tuple[str, str]] = []
        while option := _OPTION.match(self.source, self.place):
            names.append((option[1].lower(), option[2]))
            self.place = option.end()
        given = {name for name, _ in names}
        kind = names[0][0]
        bracket = "("
        if kind == "b" and self.source[self.place : self.place + 1] == "\\":
            bracket = self.source[self.place + 1 : self.place + 2]
            self.place += 2
        arguments = self._arguments(depth)
        if kind == "f" and len(arguments) > 1:
            drawn = fraction(*arguments[:2])
            return f"{before} {drawn}" if before[-1:].isdigit() else before + drawn
        if kind == "r" and arguments:
            sign = {"2": "√", "3": "∛", "4": "∜", "": "√"}
            root = arguments[0] if len(arguments) > 1 else ""
            inner = arguments[-1]
            shown = inner if inner.isalnum() else f"({inner})"
            return before + sign.get(root, f"{root}√") + shown
        if kind == "s":
            text = " ".join(arguments)
            if not before.strip():
                return before + text
            return index(before, text) if "do" in given else power(before, text)
        if kind == "o" and len(arguments) > 1:  # readings above a word
            self.losses.add(Loss.READING_AID, " ".join(arguments[:-1]))
            return before + arguments[-1]
        if kind == "b":
            return f"{before}{bracket}{', '.join(arguments)}{_MARKS.get(bracket, bracket)}"
        if kind == "i" and len(arguments) > 2:
            return f"{before}∫_{arguments[0]}^{arguments[1]} {arguments[2]}"
        return before + ", ".join(arguments)

    def _arguments(self, depth: int) -> list[str]:
        while self.source[self.place : self.place + 1] == " ":
            self.place += 1
        if self.source[self.place : self.place + 1] != "(":
            return []
        arguments: list[str] = []
        while self.source[self.place : self.place + 1] not in (")", ""):
            self.place += 1
            arguments.append(self.text(depth, ",;)").strip())
        self.place += 1
        return arguments
