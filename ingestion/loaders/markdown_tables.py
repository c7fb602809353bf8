"""Keep the cells of Markdown tables that stand beyond the last column of the header.

GitHub Flavored Markdown leaves them out, and so does markdown-it-py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token


def keep_all_cells(parser: MarkdownIt) -> None:
    """A plugin for a parser in which the rule `table` is enabled."""
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    from markdown_it.rules_block import table

    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    if not silent:
        state.tokens[first:] = _with_all_cells(state, state.tokens[first:])
    return True


def _with_all_cells(state: StateBlock, tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    line = cells = 0
    for token in tokens:
        if token.type == "tr_open" and token.map:
            line, cells = token.map[0], 0
        elif token.type in ("th_close", "td_close"):
            cells += 1
        elif token.type == "tr_close":
            kept += _further_cells(state, line, cells, token.level + 1)
        kept.append(token)
    return kept


def _further_cells(state: StateBlock, line: int, cells: int, level: int) -> list[Token]:
    """The tokens of a row's cells behind the first so many."""
    from markdown_it.rules_block.table import escapedSplit, getLine
    from markdown_it.token import Token

    text = getLine(state, line).strip(" \t")
    bars = text.count("|") - text.startswith("|") - text.endswith("|")
    if bars < cells:
        return []
    found = escapedSplit(text)
    if found and not found[0]:
        del found[0]
    if found and not found[-1]:
        del found[-1]
    tokens = []
    for content in found[cells:]:
        inline = Token("inline", "", 0, map=[line, line + 1], level=level + 1, block=True)
        inline.content = content.strip()
        inline.children = []
        tokens += [
            Token("td_open", "td", 1, level=level, block=True),
            inline,
            Token("td_close", "td", -1, level=level, block=True),
        ]
    return tokens
