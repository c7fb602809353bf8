"""Markdown: readable text with its headings, lists, tables and code."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from ingestion.documents.document import Scalar
from ingestion.documents.visibility import looks_like_groups
from ingestion.loaders.decoding import decode
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.front_matter import FrontMatter, read_front_matter
from ingestion.loaders.markdown_tables import keep_all_cells
from ingestion.loaders.markdown_walk import MarkdownWalker

if TYPE_CHECKING:
    from markdown_it.token import Token

LONGEST_INLINE = 20_000


def extract(data: bytes, name: str) -> TextBuilder:
    """The document without Markdown's signs; front matter becomes metadata and title."""
    decoded = decode(data, name)
    builder = TextBuilder()
    builder.metadata.update(decoded.metadata)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    front = read_front_matter(text, builder.groups)
    _take_over(front, builder)
    MarkdownWalker(builder).walk(_tokens(text[front.end :]))
    return builder


def _tokens(text: str) -> list[Token]:
    """Parsed Markdown. Inline signs in an overlong paragraph are left as they are, because the
    time to parse them grows with the square of its length."""
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.subscript import sub_plugin
    from mdit_py_plugins.superscript import superscript_plugin

    # Nesting is bounded at 20 levels by the preset.
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    keep_all_cells(parser)
    footnote_plugin(parser, inline=False, move_to_end=False, always_match_refs=True)
    dollarmath_plugin(
        parser, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True
    )
    for plugin in (deflist_plugin, sub_plugin, superscript_plugin):
        plugin(parser)
    parser.disable("inline")
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


def _take_over(front: FrontMatter, builder: TextBuilder) -> None:
    """Scalars and lists of strings become metadata; what names groups is known already."""
    for key, value in front.values.items():
        filterable = _filterable(value)
        if key == "title" and isinstance(filterable, str):
            builder.title = filterable
        elif isinstance(key, str) and filterable is not None and not looks_like_groups(key):
            builder.metadata[key] = filterable


def _filterable(value: object) -> Scalar | list[str] | None:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return value
    return None
