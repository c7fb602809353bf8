from __future__ import annotations

import glob
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sources.globbing import Glob
from ingestion.sources.locations import Split, split_glob
from ingestion.sources.selection import Selection

PATHS = [
    "a.md",
    "b.txt",
    "docs/a.md",
    "docs/b.MD",
    "docs/deep/er/c.md",
    "docs/deep/d.txt",
    "docs/[1].md",
    "other/docs/e.md",
    "2024-1/x/f.md",
]
PATTERNS = [
    "*",
    "*.md",
    "**/*.md",
    "docs/*",
    "docs/**",
    "docs/**/*.md",
    "**/docs/*",
    "**/docs/**/*",
    "docs/*/*/c.md",
    "docs/**/**/c.md",
    "202[3-5]-*/**/*.md",
    "?.md",
    "docs/[[]1].md",
    "none/*",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_finds_what_the_standard_library_finds(tmp_path: Path, pattern: str) -> None:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    standard = {
        found
        for found in glob.glob(pattern, root_dir=tmp_path, recursive=True)  # noqa: PTH207
        if (tmp_path / found).is_file()
    }
    ours = Glob(pattern)
    assert {path for path in PATHS if ours.matches(path)} == standard


@given(
    st.lists(st.sampled_from(["**", "*", "a", "b*", "?"]), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "bc", "d"]), min_size=1, max_size=5),
)
def test_no_folder_on_the_way_to_a_match_is_passed_over(
    segments: list[str], parts: list[str]
) -> None:
    ours = Glob("/".join(segments))
    if ours.matches("/".join(parts)):
        for depth in range(1, len(parts)):
            assert ours.may_lead("/".join(parts[:depth]))
        assert ours.depth is None or ours.depth >= len(parts)


@pytest.mark.parametrize(
    ("location", "split"),
    [
        ("docs", Split("docs", None)),
        ("docs/**/*.md", Split("docs", "**/*.md")),
        ("*.md", Split("", "*.md")),
        ("/*.md", Split("/", "*.md")),
        ("/srv/docs/20??/a.md", Split("/srv/docs", "20??/a.md")),
        ("s3://bucket/docs/*.md", Split("s3://bucket/docs", "*.md")),
        ("memory://*", Split("memory://", "*")),
    ],
)
def test_the_folder_of_a_glob_is_the_longest_without_a_wildcard(
    location: str, split: Split
) -> None:
    assert split_glob(location) == split


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        ((), (), PATHS),
        (("*.txt",), (), ["b.txt", "docs/deep/d.txt"]),
        (("/*.md",), (), ["a.md"]),
        (("docs/",), (), [path for path in PATHS if "docs/" in path]),
        (("/docs/",), ("deep",), ["docs/a.md", "docs/b.MD", "docs/[1].md"]),
        ((), ("*", "!b.txt"), ["b.txt"]),
        (("docs/**/c.md",), (), ["docs/deep/er/c.md"]),
    ],
)
def test_include_and_exclude_are_read_as_in_gitignore(
    include: tuple[str, ...], exclude: tuple[str, ...], taken: list[str]
) -> None:
    selection = Selection(include, exclude)
    assert [path for path in PATHS if selection.wants(path)] == taken
