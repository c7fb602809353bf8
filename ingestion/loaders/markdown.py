"""Markdown: readable text with its headings, lists, tables and code."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from ingestion.documents import Scalar
from ingestion.loaders.decoding import decode
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.markdown_walk import MarkdownWalker
from ingestion.visibility import GROUPS, names_groups, stated_groups

if TYPE_CHECKING:
    from markdown_it.token import Token

LONGEST_INLINE = 20_000
_FRONT_MATTER = re.compile(
    r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_LONGEST_FRONT_MATTER = 64 * 1024


def extract(data: bytes, name: str) -> TextBuilder:
    """The document without Markdown's signs; YAML front matter becomes metadata and title."""
    decoded = decode(data, name)
    builder = TextBuilder()
    builder.metadata.update(decoded.metadata)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text, 0, _LONGEST_FRONT_MATTER)
    if front and _read_front_matter(front[1], builder):
        text = text[front.end() :]
    MarkdownWalker(builder).walk(_tokens(text))
    return builder


def _tokens(text: str) -> list[Token]:
    """Parsed Markdown. Inline signs in an overlong paragraph are left as they are, because the
    time to parse them grows with the square of its length."""
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    # Nesting is bounded at 20 levels by the preset.
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("inline")
    environment: dict[str, object] = {}
    tokens = parser.parse(text, environment)
    for token in tokens:
        if token.type != "inline":
            continue
        token.children = []
        if len(token.content) <= LONGEST_INLINE:
            parser.inline.parse(token.content, parser, environment, token.children)
        else:
            token.children.append(Token("text", "", 0, content=token.content))
    return tokens


def _read_front_matter(text: str, builder: TextBuilder) -> bool:
    """Take over scalars and lists of strings; False if it is no YAML mapping but content."""
    import yaml

    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    if not isinstance(values, dict):
        return values is None
    for key, value in values.items():
        kept = _filterable(value)
        if key == "title" and isinstance(kept, str):
            builder.title = kept
        elif names_groups(key):
            builder.metadata[GROUPS] = stated_groups(value)
        elif isinstance(key, str) and kept is not None:
            builder.metadata[key] = kept
    return True


def _filterable(value: object) -> Scalar | list[str] | None:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return value
    return None
