"""Hooks for MkDocs, named in mkdocs.yml: links that leave docs/; search and diagrams without a server."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

ROOT = Path(__file__).resolve().parent.parent
# Of this name MkDocs counts warnings, so that --strict fails on them.
logger = logging.getLogger("mkdocs.hooks.docs_site")
# `make docs` installs these with npm. Material otherwise loads them from another host.
NPM = ROOT / "build" / "docs" / "node_modules"
SEARCH_SHIM, SEARCH_SHIM_URI = NPM / "iframe-worker/shim/index.js", "assets/iframe-worker.js"
MERMAID, MERMAID_URI = NPM / "mermaid/dist/mermaid.min.js", "assets/mermaid.js"
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>(?!\w+:)[^)#\s]+)[^)]*\)")
ELSEWHERE = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=[\"']?(https?:[^\"' >]+)")


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add the scripts that let search run on pages opened from a folder, and draw diagrams."""
    for script, uri in ((SEARCH_SHIM, SEARCH_SHIM_URI), (MERMAID, MERMAID_URI)):
        if script.is_file():
            files.append(File.generated(config, uri, content=script.read_bytes()))
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
    """Load Mermaid where a page has a diagram; warn of what a page would load from another host."""
    if 'class="mermaid"' in output and MERMAID.is_file():
        source = get_relative_url(MERMAID_URI, page.url)
        output = output.replace("</head>", f'<script src="{source}"></script></head>', 1)
    for url in ELSEWHERE.findall(output):
        logger.warning("'%s' loads %s from another host", page.file.src_uri, url)
    return output
