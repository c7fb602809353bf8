"""Which groups may see a document, as its metadata says. What cannot be understood hides it.

A rule of access is a field named `groups`, in whatever case and with spaces around it. A field
whose name a person would read as that one, or that stands inside another field, is taken for a rule
that nobody can follow, and hides the document. Other names (`group`, `age_groups`) are no rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ingestion.documents.document import Document, Metadata, Scalar

# The metadata field that names a document's groups.
GROUPS = "groups"

# Letters of other alphabets, and digits, that look like those of the word.
_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("ɡցǥԍ", "g"),
        **dict.fromkeys("гᴦꭇꮁʀᏒᎡɾ", "r"),
        **dict.fromkeys("оοօ0σѳჿᴏ০", "o"),
        **dict.fromkeys("υսᴜʋ", "u"),
        **dict.fromkeys("рρϱᏢ⍴ᴘ", "p"),
        **dict.fromkeys("ѕꜱƽᏚտ", "s"),
        **dict.fromkeys("ᏀɢꮐᏳ", "g"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)
# What is not drawn, though Unicode counts some of it as letters.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffd")
_UNDRAWN = ("Mn", "Me", "Cf", "Cs", "Co", "Cc", "Cn")
_ESCAPED = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
# What parts the names of nested fields written as one: meta.groups, groups[0], og:groups.
_STEPS = re.compile(r"[./\\\\:=\[\]{}]+")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_ACCESS = (
    "allowed|allow|access|acl|authorized|authorised|permitted|reader|readers|viewer|viewers|"
    "visible|visibility"
)
_RULE = re.compile(
    rf"(?:(?:{_ACCESS})+(?:to|for|by)?)?groups(?:{_ACCESS})*|(?:{_ACCESS})+(?:to|for|by)?groups?"
)
# Stands for the values of a field of groups that is there more than once.
REPEATED: Final = object()
_DEEPEST = 50
_INVALID = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")


class GroupRule:
    """What the fields of one document say of its groups, taken together."""

    def __init__(self) -> None:
        self._groups: list[str] | None = None
        self._stated = ""
        self._why = ""
        self._inside = ""

    def read(self, name: object, value: object) -> bool:
        """Take a field into account; whether it is (or looks like) a rule, and no other metadata."""
        if names_groups(name):
            self._state(name, value)
            return True
        if looks_like_groups(name):
            self.hide(f"its field {shown(name)} reads like `groups` and is spelt otherwise")
            return True
        inside = next(_named_inside(value), None)
        if inside is not None:
            self._inside = self._inside or (
                f"its field {shown(name)} holds a field {shown(inside)}, which counts only beside "
                "the other fields"
            )
        return False

    def hide(self, why: str) -> None:
        """Hide the document, whatever its fields say."""
        self._why = self._why or why

    def apply(self, metadata: dict[str, Scalar | list[str]]) -> str:
        """Put the groups into the metadata; why nobody who is bound to groups sees the document.

        Empty where nothing hides it.
        """
        why = self._why or ("" if self._stated else self._inside)
        if why:
            metadata[GROUPS] = []
        elif self._groups is not None:
            metadata[GROUPS] = self._groups
            why = "" if self._groups else f"its field {self._stated} names no group"
        return why

    def _state(self, name: object, value: object) -> None:
        if self._stated:
            self.hide("it names its groups more than once")
        if value is REPEATED:
            self.hide("it names its groups more than once")
        self._stated = shown(name)
        self._groups = stated_groups(value)


def names_groups(field: object) -> bool:
    """Whether a field of front matter or of a record is the one of groups, in whatever case."""
    return isinstance(field, str) and field.strip().lower() == GROUPS


def looks_like_groups(name: object) -> bool:
    """Whether a person would read a field's name as that of a rule of access.

    So do `Ｇroups`, `gr\u043eups`, `_groups`, `groups.0`, `meta.groups`, `access groups` and
    `allowedGroups`; so do not `group`, `age_groups` and `newsgroups`.
    """
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    if isinstance(name, tuple | list):
        return any(looks_like_groups(part) for part in name[:_DEEPEST])
    if not isinstance(name, str) or len(name) > 1000:
        return False
    return any(
        _RULE.fullmatch(_letters(step))
        for step in _STEPS.split(unicodedata.normalize("NFKC", name))
    )


def folded(text: str) -> str:
    """Text as it looks: lower case, without marks and characters that are not drawn.

    Letters that look like those of the word `groups` are taken for these; line breaks stay.
    """
    if "\\" in text:
        text = _ESCAPED.sub(_unescaped, text)
    if text.isascii():
        # Lower case as it is: digits stand for letters only inside a name.
        return text.lower()
    drawn = (
        character
        for character in unicodedata.normalize("NFKD", text)
        if character in "\n\t"
        or (unicodedata.category(character) not in _UNDRAWN and character not in _BLANK_LETTERS)
    )
    return "".join(drawn).translate(_LOOKALIKES).casefold().translate(_LOOKALIKES)


def stated_groups(value: object) -> list[str]:
    """The groups that a field's value names: a text, a number, or a list of these.

    Whatever else stands there names no group, so that nobody who is bound to groups sees the
    document: a slip of the pen must not show it to everyone.
    """
    items = value if isinstance(value, list | tuple) else [value]
    named = [
        str(item)
        for item in items
        if isinstance(item, str | int)
        and not isinstance(item, bool)
        and not (isinstance(item, int) and item.bit_length() > 64)
        and str(item).strip()
        and not _INVALID.search(str(item))
    ]
    return sorted(set(named))


def groups_of(metadata: Metadata) -> list[str] | None:
    """The groups that see a document; None: everyone sees it; empty: only who sees all does."""
    return stated_groups(metadata[GROUPS]) if GROUPS in metadata else None


def of_groups(document: Document, groups: Sequence[str]) -> Document:
    """The document with its source's groups, where it has some, whatever the document says."""
    if not groups:
        return document
    metadata = {**document.metadata, GROUPS: sorted(set(groups))}
    return replace(document, metadata=metadata, hidden="")


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of a JSON object; one of groups that is there more than once is `REPEATED`."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs if names_groups(name)]
        fields.update((name, REPEATED) for name in names if names.count(name) > 1)
    return fields


def shown(name: object) -> str:
    """A field's name as a message shows it: in quotes, in ASCII, and short."""
    return ascii(name if isinstance(name, str | bytes) else str(name))[:60]


def _letters(word: str) -> str:
    """A name's letters, as they look."""
    bare = _EDGES.sub("", folded(word)).translate(_LOOKALIKES)
    return "".join(filter(str.isalpha, bare))


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code <= 0x10FFFF else ""


def _named_inside(value: object) -> Iterator[Any]:
    """Names of fields within a value that look like the one of groups, at whatever depth."""
    met: set[int] = set()  # YAML's aliases make graphs, with circles in them
    waiting = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if not isinstance(item, Mapping | list | tuple) or id(item) in met:
            continue
        met.add(id(item))
        if isinstance(item, Mapping):
            for name in item:
                if looks_like_groups(name):
                    yield name
            inner: Sequence[object] = list(item.values())
        else:
            inner = item
        if depth < _DEEPEST:
            waiting.extend((one, depth + 1) for one in inner)
