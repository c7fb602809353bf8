"""Hooks for MkDocs, named in mkdocs.yml: links that leave docs/, and search without a server."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
# Of this name MkDocs counts warnings, so that --strict fails on them.
logger = logging.getLogger("mkdocs.hooks.docs_site")
# `make docs` installs it with npm. Material otherwise loads it from another host.
SEARCH_SHIM = ROOT / "build" / "docs" / "node_modules" / "iframe-worker" / "shim" / "index.js"
SEARCH_SHIM_URI = "assets/iframe-worker.js"
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>(?!\w+:)[^)#\s]+)[^)]*\)")
ELSEWHERE = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=[\"']?(https?:[^\"' >]+)")


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add the script that lets search run on pages opened from a folder."""
    if SEARCH_SHIM.is_file():
        content = SEARCH_SHIM.read_bytes()
        files.append(File.generated(config, SEARCH_SHIM_URI, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Turn links to files outside docs/, such as tests, into their text: the site does not hold them."""
    here = (Path(config.docs_dir) / page.file.src_uri).parent

    def outside(match: re.Match[str]) -> str:
        target = (here / match["target"]).resolve()
        inside = target.is_relative_to(Path(config.docs_dir).resolve())
        return match[0] if inside or not target.exists() else match["text"]

    return LINK.sub(outside, markdown)


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Warn of a script, style or picture that a page would load from another host."""
    for url in ELSEWHERE.findall(output):
        logger.warning("'%s' loads %s from another host", page.file.src_uri, url)
    return output
