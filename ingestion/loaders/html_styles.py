"""Apply a page's own style sheets: what they say of an element goes into its `style` attribute.

Everything else then has to look at one place only. What a sheet hides until a reader clicks, points
or chooses is not hidden.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from ingestion.loaders.html_generated import write_generated
from ingestion.loaders.html_sheets import Rule, inline_declarations, sheet_rules

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

# Values by property with their weight: importance, then whether the attribute says it, then
# specificity.
Said: TypeAlias = dict[str, tuple[tuple[bool, bool, tuple[int, ...]], str]]

_DYNAMIC = re.compile(
    r":(?:hover|focus(?:-within|-visible)?|active|checked|target|open|popover-open|indeterminate)\b",
    re.IGNORECASE,
)
_SIMPLE = re.compile(r"([A-Za-z][\w-]*|\*)?((?:[.#][\w-]+)*)")
_LAST = re.compile(r"[\s>+~]*([^\s>+~]+)$")
# Classes that a script sets when a reader opens something.
_STATE = re.compile(
    r"\.(?:is-|has-|js-)?(?:open(?:ed)?|active|show(?:n|ing)?|visible|expanded|on|in|current|selected|"
    r"checked|toggled)(?![\w-])",
    re.IGNORECASE,
)
# Selectors that look at all elements beside one.
_BESIDE = re.compile(r":(?:nth|last|only|first-of)-|~")
_DEEPEST = 60  # elements further down are matched by simple selectors alone
_MOST_STEPS = 4_000_000  # a hostile page must not take long


def apply_style_sheets(soup: BeautifulSoup) -> None:
    """Write the computed values that matter into `style` attributes, and generated text into
    the page."""
    rules = sheet_rules(soup)
    if not rules:
        return
    page = _Page(soup)
    declared: dict[int, Said] = defaultdict(dict)
    generated: dict[tuple[int, str], Said] = defaultdict(dict)
    for rule in rules:
        if _DYNAMIC.search(rule.selector):
            continue
        for tag in page.matching(rule.selector):
            own = generated[id(tag), rule.part] if rule.part else declared[id(tag)]
            _take(own, rule)
    opened = _Openers(page, rules)
    for tag in page.tags:
        if id(tag) in declared:
            _write(tag, declared[id(tag)], opened)
    write_generated(
        page.tags,
        {key: _values(own) for key, own in generated.items()},
        said={key: _values(own) for key, own in declared.items()},
    )


def _take(own: Said, rule: Rule) -> None:
    for name, (value, important) in rule.declarations.items():
        weight = (important, False, rule.weight)
        if name not in own or weight > own[name][0]:
            own[name] = (weight, value)


def _values(own: Said) -> dict[str, str]:
    return {name: value for name, (_, value) in own.items()}


def _write(tag: Tag, own: Said, opened: _Openers) -> None:
    style = str(tag.get("style") or "")
    for name, (value, important) in (inline_declarations(style) if style else {}).items():
        weight = (important, True, (0,))
        if name not in own or weight > own[name][0]:
            own[name] = (weight, value)
    hidden = own.get("display", ((), ""))[1] == "none" or (
        own.get("visibility", ((), ""))[1] == "hidden"
    )
    if hidden and opened.shows(tag):
        own.pop("display", None)
        own.pop("visibility", None)
        style = re.sub(r"(?:display|visibility)\s*:[^;]*", "", style)
    written = [f"{name}:{value}" for name, (_, value) in own.items() if _matters(name, value)]
    kept = [
        piece for piece in style.split(";") if piece.partition(":")[0].strip().lower() not in own
    ]
    tag["style"] = ";".join([*filter(str.strip, kept), *written])


def _matters(name: str, value: str) -> bool:
    return not name.startswith(("content", "counter"))


class _Openers:
    """The rules that show something after a click, or while a reader points at it."""

    def __init__(self, page: _Page, rules: Iterable[Rule]) -> None:
        self._shown: set[int] = set()
        for rule in rules:
            display = rule.declarations.get("display", ("none", False))[0]
            visibility = rule.declarations.get("visibility", ("hidden", False))[0]
            if rule.part or (display == "none" and visibility != "visible"):
                continue
            plain = _STATE.sub("", _DYNAMIC.sub("", rule.selector)).strip()
            last = _LAST.search(plain)
            state = plain != rule.selector.strip()
            if state and last is not None and _SIMPLE.fullmatch(last[1]) and last[1] != "*":
                self._shown.update(map(id, page.matching(last[1])))

    def shows(self, tag: Tag) -> bool:
        """Whether a reader can bring the element to sight."""
        return id(tag) in self._shown


class _Page:
    """The elements of a page, found by tag, class and id."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._soup = soup
        self.tags: list[Tag] = soup.find_all(True)
        self._by: dict[str, list[Tag]] = defaultdict(list)
        self._depth: dict[int, int] = {id(soup): 0}
        self._steps = 0
        self._simple_steps = 0
        for tag in self.tags:
            self._depth[id(tag)] = self._depth.get(id(tag.parent), 0) + 1
            self._by[tag.name.lower()].append(tag)
            classes = tag.get("class") or ()
            for name in set(classes.split() if isinstance(classes, str) else classes):
                self._by[f".{name}"].append(tag)
            if said := tag.get("id"):
                self._by[f"#{said}"].append(tag)

    def matching(self, selector: str) -> list[Tag]:
        """The elements that a selector selects; none of one that is not understood."""
        last = _LAST.search(selector)
        simple = _SIMPLE.fullmatch(last[1]) if last else None
        if simple is None:
            return self._sieved(selector, self.tags)
        kind, names = simple[1], re.findall(r"[.#][\w-]+", simple[2])
        candidates = self.tags
        if names:
            candidates = min((self._by.get(name, []) for name in names), key=len)
        elif kind and kind != "*":
            candidates = self._by.get(kind.lower(), [])
        if not candidates:
            return []
        if last is not None and last[1] == selector and len(names) < 2:
            wanted = kind.lower() if kind and kind != "*" and names else ""
            self._simple_steps += len(candidates)
            if self._simple_steps > _MOST_STEPS:
                return []
            return [tag for tag in candidates if not wanted or tag.name.lower() == wanted]
        return self._sieved(selector, candidates)

    def _sieved(self, selector: str, candidates: list[Tag]) -> list[Tag]:
        css = self._soup.css
        try:
            compiled = css.compile(selector)
        except (css.api.SelectorSyntaxError, NotImplementedError, ValueError):
            return []
        climbs = min(len(re.findall(r"(?<![>+~\s])\s+(?![>+~\s])|~", selector)), 3)
        beside = _BESIDE.search(selector) is not None
        inside = len(self.tags) if ":has(" in selector else 0
        found = []
        for tag in candidates:
            depth = self._depth[id(tag)]
            if depth > _DEEPEST:
                continue
            siblings = len(tag.parent.contents) if beside and tag.parent is not None else 0
            self._steps += 20 + (1 + siblings + inside) * depth**climbs
            if self._steps > _MOST_STEPS:
                return []
            if compiled.match(tag):
                found.append(tag)
        return found
