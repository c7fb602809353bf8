"""The documentation: generated pages match the code, and links lead somewhere."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.api.problems import STATUS
from docs import generate_reference

ROOT = Path(__file__).resolve().parent.parent
# Documents that are indexed, in the words of an invented company.
CORPORA = (ROOT / "docs/handbook/documents", ROOT / "docs/handbook/sources")


def test_generated_pages_match_the_code() -> None:
    assert generate_reference.stale_pages() == {}, "run `make reference`"


def test_the_check_finds_a_changed_page_and_a_page_of_nothing(tmp_path: Path) -> None:
    pages = generate_reference.pages()
    for name, text in pages.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert generate_reference.stale_pages(tmp_path) == {}
    changed, left_over = tmp_path / "settings.md", tmp_path / "rest" / "gone.md"
    changed.write_text(pages["settings.md"].replace("30", "31", 1), "utf-8")
    left_over.write_text(generate_reference.NOTICE, "utf-8")
    (tmp_path / "by-hand.md").write_text("# Written by hand", "utf-8")
    stale = generate_reference.stale_pages(tmp_path)
    assert stale == {"settings.md": pages["settings.md"], "rest/gone.md": None}


def test_generated_pages_name_nothing_of_this_machine() -> None:
    for name, text in generate_reference.pages().items():
        assert str(ROOT) not in text, name
        assert str(Path.home()) not in text, name


def test_every_problem_type_is_described() -> None:
    text = (ROOT / "docs/reference/problem-types.md").read_text("utf-8")
    names = [re.sub(r"(?<=.)([A-Z])", r"-\1", error.__name__).lower() for error in STATUS]
    missing = [name for name in names if f"`{name}`" not in text]
    assert missing == []


def test_links_lead_somewhere() -> None:
    """In every Markdown file, also where the site does not look: README, CHANGELOG, datasets."""
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in _pages()
        for link in _links(page)
        if not _leads_somewhere(page, link)
    ]
    assert broken == []


def test_a_link_to_a_missing_file_or_heading_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n\n## Two words\n\n## Two words\n\n[a](b.md)\n\n`[c](d.md)`\n", "utf-8")
    assert _links(page) == ["b.md"]
    assert _leads_somewhere(page, "page.md#two-words")
    assert _leads_somewhere(page, "#two-words-1")
    assert not _leads_somewhere(page, "#three")
    assert not _leads_somewhere(page, "b.md")


def _pages() -> list[Path]:
    names = ("docs", "evals", "infra", "app", "ingestion", "prompts", "clients/python")
    folders = [ROOT / name for name in names]
    pages = [*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]
    return [page for page in pages if not any(page.is_relative_to(one) for one in CORPORA)]


@cache
def _tokens(page: Path) -> list[Token]:
    blocks = MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))
    return [token for block in blocks for token in (block, *(block.children or ()))]


def _links(page: Path) -> list[str]:
    """The targets of links and pictures that name no host."""
    found = [token.attrs.get("href", token.attrs.get("src")) for token in _tokens(page)]
    return [str(link) for link in found if link and not re.match(r"[a-z]+:", str(link))]


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path) if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and the site make them."""
    tokens = _tokens(page)
    found: set[str] = set()
    for before, token in pairwise(tokens):
        if before.type != "heading_open":
            continue
        text = "".join(
            child.content for child in token.children or () if child.type in ("text", "code_inline")
        )
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        repeats = sum(1 for one in found if re.fullmatch(re.escape(anchor) + r"(-\d+)?", one))
        found.add(f"{anchor}-{repeats}" if repeats else anchor)
    return found
