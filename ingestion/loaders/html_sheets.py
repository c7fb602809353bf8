"""Read the style sheets in a page: the rules that apply on a screen and change what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

# What is hidden, struck out, raised, numbered, or keeps its lines.
PROPERTIES = frozenset(
    "display visibility font-size text-decoration text-decoration-line vertical-align white-space list-style "
    "list-style-type content counter-reset counter-increment".split()
)
_MATTERS = re.compile(
    r"display\s*:|visibility\s*:|font-size\s*:\s*0|line-through|vertical-align\s*:\s*(?:su|-?[.\d])|white-space\s*:\s*(?:pre|break)|"
    r"list-style|content\s*:\s*(?!\s*(?:\"\"|'')\s*[;}!])",
    re.IGNORECASE,
)
_LONGEST_SHEETS = 1 << 20
_MOST_SELECTORS = 5_000
_DEEPEST_RULES = 5
_MOST_NESTED = 20  # selectors of a nested rule
_SCREEN_WIDTH = 1280  # pixels
_PIXELS = {"px": 1.0, "em": 16.0, "rem": 16.0}
_FEATURE = re.compile(r"\(\s*(min|max)-(?:device-)?width\s*:\s*([\d.]+)(px|r?em)\s*\)")
# Conditions that hold on a computer with a mouse.
_HOLDS = re.compile(
    r"\(\s*(?:orientation\s*:\s*landscape|(?:any-)?hover\s*:\s*hover|(?:any-)?pointer\s*:\s*fine|"
    r"prefers-color-scheme\s*:\s*light|color)\s*\)"
)
_GENERATED = re.compile(r"::?(before|after)$", re.IGNORECASE)
_NAMES = re.compile(r"#[\w-]+")
_CLASSES = re.compile(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!:)[\w-]+")
_TYPES = re.compile(r"(?:^|[\s>+~])[A-Za-z][\w-]*")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one selector says.

    Attributes:
        selector: without a pseudo-element.
        part: `before` or `after` for generated text, otherwise empty.
        weight: its specificity and its place; the larger one wins.
        declarations: values by property, and whether they are important.
    """

    selector: str
    part: str
    weight: tuple[int, int, int, int]
    declarations: dict[str, tuple[str, bool]]


def sheet_rules(soup: BeautifulSoup) -> list[Rule]:
    """The rules of the page's <style> elements that matter, in their order."""
    texts: list[str] = []
    length = 0
    for element in soup.find_all("style"):
        text = element.get_text()
        length += len(text)
        if length > _LONGEST_SHEETS:
            break
        if _MATTERS.search(text) and _is_for_screen(str(element.get("media") or "")):
            texts.append(text)
    if not texts:
        return []
    import tinycss2

    rules: list[Rule] = []
    for text in texts:
        parsed = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        for prelude, content in _qualified(parsed, 0):
            _add(rules, _selectors(prelude), content, 0)
    return rules[:_MOST_SELECTORS]


def _add(rules: list[Rule], selectors: Sequence[str], content: list[Any], depth: int) -> None:
    """Add the rules of selectors, and of those nested in them."""
    import tinycss2

    if len(rules) >= _MOST_SELECTORS:
        return
    if declarations := _declarations(content):
        rules.extend(
            _rule(selector, len(rules) + place, declarations)
            for place, selector in enumerate(selectors[:_MOST_SELECTORS])
        )
    if depth >= _DEEPEST_RULES or not any(node.type == "{} block" for node in content):
        return
    for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if node.type == "qualified-rule":
            nested = [
                inner.replace("&", outer) if "&" in inner else f"{outer} {inner}"
                for outer in selectors[:_MOST_NESTED]
                for inner in _selectors(node.prelude)[:_MOST_NESTED]
            ]
            _add(rules, nested[:_MOST_NESTED], node.content, depth + 1)


def inline_declarations(style: str) -> dict[str, tuple[str, bool]]:
    """The declarations of a `style` attribute, as far as they matter."""
    import tinycss2

    return _declarations(tinycss2.parse_component_value_list(style))


def _qualified(nodes: Iterable[Any], depth: int) -> Iterator[tuple[list[Any], list[Any]]]:
    import tinycss2

    for node in nodes:
        if node.type == "qualified-rule":
            yield node.prelude, node.content
        elif node.type == "at-rule" and node.content is not None and depth < _DEEPEST_RULES:
            name = node.lower_at_keyword
            prelude = tinycss2.serialize(node.prelude).strip().lower()
            if (name == "media" and _is_for_screen(prelude)) or (
                name in ("supports", "layer") and not prelude.startswith("not")
            ):
                inner = tinycss2.parse_rule_list(
                    node.content, skip_comments=True, skip_whitespace=True
                )
                yield from _qualified(inner, depth + 1)


def _is_for_screen(media: str) -> bool:
    """Whether a list of media queries holds on a computer's screen."""
    return not media.strip() or any(map(_holds, media.lower().split(",")))


def _holds(query: str) -> bool:
    query = query.strip()
    for found in _FEATURE.finditer(query):
        pixels = float(found[2]) * _PIXELS[found[3]] if _is_number(found[2]) else 0.0
        if (pixels > _SCREEN_WIDTH) if found[1] == "min" else (pixels < _SCREEN_WIDTH):
            return False
    rest = _HOLDS.sub("", _FEATURE.sub("", query))
    words = [word for word in rest.split() if word not in ("and", "only")]
    return words in ([], ["screen"], ["all"], ["not", "print"])


def _is_number(text: str) -> bool:
    return text.count(".") < 2 and any(map(str.isdigit, text))


def _declarations(content: list[Any]) -> dict[str, tuple[str, bool]]:
    import tinycss2

    found: dict[str, tuple[str, bool]] = {}
    for one in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if one.type != "declaration" or one.lower_name not in PROPERTIES:
            continue
        if one.lower_name in found and found[one.lower_name][1] and not one.important:
            continue
        value = tinycss2.serialize(one.value).strip()
        name = one.lower_name
        if name == "text-decoration-line":
            name = "text-decoration"
        elif name == "list-style":
            name = "list-style-type"
        found[name] = (value if name == "content" else value.lower(), one.important)
    return found


def _selectors(prelude: list[Any]) -> list[str]:
    import tinycss2

    pieces: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            pieces.append([])
        elif token.type != "comment":
            pieces[-1].append(token)
    return list(filter(None, (tinycss2.serialize(piece).strip() for piece in pieces)))


def _rule(selector: str, place: int, declarations: dict[str, tuple[str, bool]]) -> Rule:
    generated = _GENERATED.search(selector)
    part = generated[1].lower() if generated else ""
    if generated:
        selector = selector[: generated.start()].strip() or "*"
        if selector[-1] in ">+~":
            selector += "*"
    weight = (
        len(_NAMES.findall(selector)),
        len(_CLASSES.findall(selector)),
        len(_TYPES.findall(selector)) + bool(part),
        place,
    )
    return Rule(selector, part, weight, declarations)
