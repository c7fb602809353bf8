"""Front matter in YAML, TOML or JSON at the top of a text, and rules of access that only look so.

Front matter stands between `---` (YAML), `+++` (TOML) or `;;;` (JSON) lines, or is a JSON object.
Empty lines, byte order marks and comments may stand before it. Where a text names groups in what
looks like front matter and cannot be read as such, the document is hidden.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.documents.visibility import (
    REPEATED,
    GroupRule,
    folded,
    looks_like_groups,
    names_groups,
    without_repeats,
)

if TYPE_CHECKING:
    import yaml

LONGEST_FRONT_MATTER = 64 * 1024
_NOT_DRAWN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u2060-\u2064\ufeff]+")
_OTHER_BREAKS = "\x0b\x0c\x85\u2028\u2029"
_BREAKS = dict.fromkeys(map(ord, _OTHER_BREAKS), "\n")
_COMMENTS = (
    ("<!--", "-->"), ("/*", "*/"), ("{#", "#}"), ("{{!--", "--}}"), ("{%", "%}"), ("<?", "?>"),
)  # fmt: skip
_LANGUAGES = {"yaml": "yaml", "yml": "yaml", "toml": "toml", "json": "json"}
# Fences, and what stands between them unless the first one names it.
_USUAL = {"---": "yaml", "+++": "toml", ";;;": "json"}
# Lines of signs alone, which may be fences; code fences (``` and ~~~) are not among them.
_SIGNS = re.compile(r"^[^\w\n`~<>|#]{2,80}$", re.MULTILINE)
# The same behind a line break, which is found several times faster than the start of a line.
_SIGNS_BELOW = re.compile(r"\n[^\w\n`~<>|#]{2,80}(?=\n|\Z)")
_OPENS_LIKE = re.compile(
    r"[-\u2010-\u2015\u2212]{2,}|[=*_+;\s.]{2,}(?:\s*(?:yaml|yml|toml|json))?$"
)
# A fence of a block that does not stand at the top.
_FENCE = re.compile(r"(?:---|\+\+\+)\s*(?:yaml|yml|toml|json)?|\.\.\.")
# What tells where an object of something like JSON ends: braces outside of strings and comments.
_BRACES = re.compile(r'"(?:[^"\\\n]|\\.?)*+"?|//[^\n]*|/\*.*?(?:\*/|\Z)|([{\[])|([}\]])', re.DOTALL)
_OBJECT = re.compile(r"\s*(?:\[\s*)?\{")
_CODE_FENCE = re.compile(r"\s*(```+|~~~+)")
_KEY = re.compile(r"^[\s\-?*{,\[\"'(|>:%+@/;]*+(?:[!&]\S*+\s++)*+[\"']?([^:=\n]{1,100}+)[:=]")
_LIKE_YAML = re.compile(r"\s*(?:#|- |-$|[:@]?[^\s:][^:\n]{0,80}\s*[:=](?:\s|\*|$)|[{}\[\]])|\s+\S")
_SAYS_ANYWHERE = re.compile(r"(?<!\w)groups[\"'\])}\s]*[:=]|^[^\S\n]*+\?[^\n]*groups", re.MULTILINE)
# Fields and comments of Markdown, reStructuredText, AsciiDoc, Org and TeX.
_BARE_LINE = re.compile(
    r"(?:[:@]|%+[ \t]*|#\+|\*\*|//+[ \t]*|\.\.[ \t]+|\[[^\]\n]{0,80}\]:[ \t]*(?:#|<>)[ \t]*[(\"'])?"
    r"groups(?:\*\*)?\s*[:=]"
)
# Fields by which lines at the top are metadata without fences, whatever the case of `Groups`.
_HEADER = re.compile(r"(?:title|author|date|tags|layout)\s*:", re.IGNORECASE)
_GROUPS_LINE = re.compile(r"groups\s*:", re.IGNORECASE)
_LONGEST_BLOCK = 2000
_FIRST_LINES = 40


class FrontMatter(NamedTuple):
    """What was found at the top of a text.

    Attributes:
        values: its fields; none where there is no front matter.
        end: where the text after it begins; 0 where it is part of the text.
    """

    values: Mapping[Any, Any]
    end: int


_NONE = FrontMatter({}, 0)


def read_front_matter(text: str, groups: GroupRule) -> FrontMatter:
    """The front matter of a text whose lines end with "\\n"; what it says of groups is noted.

    Args:
        text: the whole text.
        groups: gets the fields, and access rules that can be guessed but not read.
    """
    # YAML knows other line breaks; each stands for one character, so that places stay.
    text = text.translate(_BREAKS) if any(sign in text for sign in _OTHER_BREAKS) else text
    start = _start(text, groups)
    found = _read(text, start, groups)
    stated = [groups.read(name, _in_plain(name, value)) for name, value in found.values.items()]
    if not any(stated):
        _look_for_rules(text, found.end or start, groups)
    return found


def note_rules(text: str, groups: GroupRule) -> None:
    """Note what front matter of a text says of groups; the text stays as it is."""
    read_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"), groups)


def comment_names_groups(comment: str) -> bool:
    """Whether a comment among a document's metadata names groups, and so seems to be a rule."""
    return _names_groups(comment[:LONGEST_FRONT_MATTER])


def may_name_groups(text: str) -> bool:
    """Whether a text that cannot be read as a document names groups on a line of its own."""
    return any(map(_key_of_groups, text.splitlines()))


def _start(text: str, groups: GroupRule) -> int:
    """Where the text begins behind empty lines, what is not drawn, and comments."""
    place = 0
    while True:
        blank = _NOT_DRAWN.match(text, place)
        place = blank.end() if blank else place
        for opening, closing in _COMMENTS:
            if text.startswith(opening, place):
                end = text.find(closing, place + len(opening))
                stop = end if end >= 0 else len(text)
                if comment_names_groups(text[place + len(opening) : stop]):
                    groups.hide("a comment at its top names groups")
                if end < 0:
                    return place
                place = end + len(closing)
                break
        else:
            return place


def _read(text: str, start: int, groups: GroupRule) -> FrontMatter:
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    line = _as_drawn(text[start:line_end])
    if line.startswith("{"):
        return _read_object(text, start, groups)
    if line.startswith("[") and _OBJECT.match(text, start):
        _guess(text, start - 1, _end_of_object(text, start), groups, "is a list")
        return _NONE
    fence, language = line[:3], line[3:].partition("#")[0].strip()
    kind = _LANGUAGES.get(language or _USUAL[fence]) if fence in _USUAL else None
    if kind is None:
        if _OPENS_LIKE.match(line):
            _guess(text, start - 1, None, groups, "begins with a line that is no fence (---)")
        return _NONE
    closers = ("---", "...") if fence == "---" else (fence,)
    close = next(
        (m for m in _SIGNS.finditer(text, line_end + 1) if _as_drawn(m[0]) in closers), None
    )
    if close is None:
        _guess(text, line_end, None, groups, f"has no line {fence} at its end")
        return _NONE
    body = text[line_end + 1 : close.start()]
    if len(body) > LONGEST_FRONT_MATTER:
        why = f"is longer than {LONGEST_FRONT_MATTER >> 10} KB"
        _guess(text, line_end, close.start(), groups, why)
        return _NONE
    try:
        values = _PARSERS[kind](body)
    except _Unparsable as error:
        _guess(text, line_end, close.start(), groups, f"is no {kind.upper()} ({error})")
        return _NONE
    if values is not None and not isinstance(values, dict):
        _guess(text, line_end, close.start(), groups, "holds no fields")
        return _NONE
    fields = values or {}
    lines = [line for line in body.split("\n") if not line.lstrip().startswith("#")]
    if not any(map(looks_like_groups, fields)) and any(map(_key_of_groups, lines)):
        groups.hide("its front matter names groups where they do not count")
    return FrontMatter(fields, min(close.end() + 1, len(text)))


def _read_object(text: str, start: int, groups: GroupRule) -> FrontMatter:
    """A JSON object at the top of a text."""
    within = text[start : start + LONGEST_FRONT_MATTER]
    try:
        values, length = json.JSONDecoder(object_pairs_hook=without_repeats).raw_decode(within)
    except (ValueError, RecursionError):
        _guess(text, start - 1, _end_of_object(text, start), groups, "cannot be read as JSON")
        return _NONE
    rest = text[start + length :]
    if rest.strip() and not re.match(r"[^\S\n]*\n", rest):
        _guess(text, start - 1, start + length, groups, "does not end with its line")
        return _NONE
    # Where there is nothing but the object, it is the content.
    return FrontMatter(values, start + length if rest.strip() else 0)


def _end_of_object(text: str, start: int) -> int:
    """Where what looks like a JSON object or list ends; the text's end where it does not end."""
    depth = 0
    for found in _BRACES.finditer(text, start):
        depth += 1 if found[1] else -1 if found[2] else 0
        if found[2] and depth <= 0:
            return found.end()
    return len(text)


def _guess(text: str, start: int, end: int | None, groups: GroupRule, why: str) -> None:
    """Hide the document if what looks like its front matter names groups."""
    if _names_groups(text[start + 1 : end]):
        groups.hide(f"its front matter names groups and {why}")


def _look_for_rules(text: str, start: int, groups: GroupRule) -> None:
    """Hide a document that names groups outside of front matter as if it were within."""
    if start and _OBJECT.match(text, start):
        end = _end_of_object(text, start)
        _guess(text, start - 1, end, groups, "is an object behind another one")
    first = text[start : start + 16_384].lstrip().split("\n\n", 1)[0].split("\n")[:_FIRST_LINES]
    first = [line for line in first if not _SIGNS.fullmatch(line)]
    bare = any(map(_BARE_LINE.match, first)) or (
        any(map(_HEADER.match, first)) and any(map(_GROUPS_LINE.match, first))
    )
    if bare and all(map(_LIKE_YAML.match, first)):
        groups.hide(
            "it begins with a line `groups:` outside of front matter; put it between lines ---"
        )
    opening = _SIGNS.match(text) if not start else None
    signs = _SIGNS_BELOW.finditer(text, max(start - 1, 0))
    if any(_as_drawn(m[0]) in ("---", "+++") for m in chain([opening] if opening else [], signs)):
        for block in _blocks(text[start:]):
            if any(map(_key_of_groups, block)) and all(map(_LIKE_YAML.match, block)):
                groups.hide("a block between lines --- names groups and does not stand at the top")
                return


def _blocks(text: str) -> Iterator[list[str]]:
    """What stands between two fences, or a fence and an empty line, outside of code."""
    code = ""
    block: list[str] | None = None
    for line in text.split("\n"):
        fence = _CODE_FENCE.match(line)
        if fence and (not code or fence[1].startswith(code)):
            code = "" if code else fence[1]
            block = None
        elif code:
            continue
        elif _FENCE.fullmatch(_as_drawn(line)):
            if block:
                yield block
            block = []
        elif block is not None and line.strip():
            block.append(line)
            if len(block) > _LONGEST_BLOCK:
                block = None
        elif block:
            yield list(block)
    if block:
        yield block


def _names_groups(block: str) -> bool:
    """Whether a block that cannot be read names groups, as far as can be guessed."""
    if _SAYS_ANYWHERE.search(folded(block)):
        return True
    return any(map(_key_of_groups, block.splitlines()))


def _key_of_groups(line: str) -> bool:
    found = _KEY.match(folded(line[:200]))
    return found is not None and looks_like_groups(found[1])


def _as_drawn(line: str) -> str:
    return folded(line[:200]).strip().removeprefix("\\")


class _Unparsable(Exception):
    """The block is not what its fences announce."""


def _yaml(text: str) -> object:
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _Unparsable(error.problem or "not readable") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise _Unparsable(type(error).__name__) from error


def _toml(text: str) -> object:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Unparsable(str(error)[:80]) from error


def _json(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=without_repeats) if text.strip() else None
    except (ValueError, RecursionError) as error:
        raise _Unparsable(str(error)[:80]) from error


_PARSERS = {"yaml": _yaml, "toml": _toml, "json": _json}


class OddInt(int):
    """A number that is not written in plain digits: YAML reads 010 as 8 and 1:30 as 90."""


class Unknown(tuple[object, ...]):
    """A value of a type that YAML does not know, or that is not a field's: it names no group.

    It holds the list or mapping that it is made from, so that rules within it are noticed.
    """

    __slots__ = ()


def _in_plain(name: object, value: object) -> object:
    """A value of a field of groups, without numbers that are written otherwise than they read."""
    if not names_groups(name):
        return value
    # One level, as groups are listed: YAML's aliases make lists that grow without limit.
    if isinstance(value, list):
        return [None if isinstance(item, OddInt) else item for item in value]
    return None if isinstance(value, OddInt) else value


def _loader() -> type[yaml.SafeLoader]:
    """A loader that passes over types it does not know, and notices groups named twice."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            if isinstance(node, yaml.MappingNode):
                self.flatten_mapping(node)
            values: dict[Any, Any] = super().construct_mapping(node, deep)
            names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            for name in values:
                if names_groups(name) and names.count(name) > 1:
                    values[name] = REPEATED
            return values

    def odd(loader: Any, node: Any) -> int:
        value = int(yaml.SafeLoader.construct_yaml_int(loader, node))
        return value if node.value == str(value) else OddInt(value)

    def unknown(loader: Any, node: Any) -> Unknown:
        if isinstance(node, yaml.MappingNode):
            return Unknown([loader.construct_mapping(node, deep=True)])
        if isinstance(node, yaml.SequenceNode):
            return Unknown([loader.construct_sequence(node, deep=True)])
        return Unknown()

    Loader.add_constructor("tag:yaml.org,2002:int", odd)
    for tag in ("omap", "pairs", "set"):
        Loader.add_constructor(f"tag:yaml.org,2002:{tag}", unknown)
    Loader.add_constructor(None, unknown)
    return Loader
