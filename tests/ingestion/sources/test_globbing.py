"""Globs, and which folders they lead into."""

from __future__ import annotations

import time

import pytest

from ingestion.sources.globbing import Glob


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.md", "a.md", True),
        ("*.md", "b/a.md", False),
        ("*.md", "a.MD", False),
        ("**/*.md", "a.md", True),
        ("**/*.md", "b/c/a.md", True),
        ("**/*.md", "b/c/a.txt", False),
        ("**", "b/a.txt", True),
        ("b/**", "b/a.txt", True),
        ("b/**", "b", False),
        ("b/**/**/a.md", "b/a.md", True),
        ("**/b/**/a.md", "x/b/y/z/a.md", True),
        ("**/b/**/a.md", "x/c/y/z/a.md", False),
        ("[ab]?/*.md", "a1/x.md", True),
        ("[!ab]?/*.md", "a1/x.md", False),
        ("*/", "a", True),
    ],
)
def test_what_fits(pattern: str, path: str, fits: bool) -> None:
    assert Glob(pattern).matches(path) is fits


@pytest.mark.parametrize(
    ("pattern", "folder", "leads"),
    [
        ("*.md", "b", False),
        ("*/*.md", "b", True),
        ("*/*.md", "b/c", False),
        ("a*/x/*.md", "b", False),
        ("a*/x/*.md", "ab", True),
        ("a*/x/*.md", "ab/y", False),
        ("a/**/*.md", "a/b/c/d", True),
        ("a/**/*.md", "b", False),
    ],
)
def test_where_it_leads(pattern: str, folder: str, leads: bool) -> None:
    assert Glob(pattern).may_lead(folder) is leads


def test_depth() -> None:
    assert Glob("a/*.md").depth == 2
    assert Glob("a/**/*.md").depth is None


def test_many_stars_do_not_take_forever() -> None:
    began = time.perf_counter()
    assert not Glob("**/" * 20 + "x").matches("/".join("a" * 60))
    assert time.perf_counter() - began < 1
