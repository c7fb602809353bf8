"""HTML pages: the main content as prose, without what surrounds it on every page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.documents.visibility import looks_like_groups
from ingestion.loaders.decoding import decode
from ingestion.loaders.extraction import TextBuilder
from ingestion.loaders.front_matter import comment_names_groups, note_rules
from ingestion.loaders.html_content import main_content
from ingestion.loaders.html_inline import flat_text
from ingestion.loaders.html_parsing import parse
from ingestion.loaders.html_styles import apply_style_sheets
from ingestion.loaders.html_walk import HtmlWalker
from ingestion.loaders.losses import Losses
from ingestion.loaders.titles import stated_title

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_DECLARED = re.compile(
    rb"""<(?:meta\s[^>]*?charset|\?xml\s[^>]*?encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""",
    re.IGNORECASE,
)
_DECLARATION_BYTES = 4096

# With the prefix of a namespace, too.
_META_ELEMENT = re.compile(r"(?:\A|:)meta\Z")
# <meta name or property> to metadata key; the first one found wins.
_META = {
    "author": "author",
    "article:author": "author",
    "dc.creator": "author",
    "description": "description",
    "og:description": "description",
    "date": "date",
    "article:published_time": "date",
    "dc.date": "date",
    "article:modified_time": "modified",
    "last-modified": "modified",
    "keywords": "keywords",
}


def extract(data: bytes, name: str) -> TextBuilder:
    """The page's main content; headings, lists, tables and code keep their structure."""
    declared = _DECLARED.search(data[:_DECLARATION_BYTES])
    decoded = decode(data, name, declared[1].decode() if declared else None)
    builder = TextBuilder()
    builder.metadata.update(decoded.metadata)
    note_rules(decoded.text, builder.groups)
    soup = parse(decoded.text)
    _read_head(soup, builder)
    page_title = soup.title.get_text() if soup.title is not None else None
    apply_style_sheets(soup)
    content = main_content(soup, builder.losses)
    first = content.find("h1")
    # The title element often names the site as well.
    title = flat_text(first, Losses()) if first is not None else None
    builder.title = stated_title(title)
    builder.title = builder.title or page_title
    HtmlWalker(builder).walk(content)
    return builder


def _read_head(soup: BeautifulSoup, builder: TextBuilder) -> None:
    from bs4 import Comment

    for meta in soup.find_all(_META_ELEMENT):
        property_name = meta.get("name") or meta.get("property") or meta.get("itemprop")
        value = " ".join(str(meta.get("content") or "").split())
        for name in ("name", "property", "itemprop", "http-equiv", "id"):
            if meta.has_attr(name):
                builder.groups.read(str(meta[name]), value)
        if any(map(looks_like_groups, meta.attrs)):
            builder.groups.hide("a meta element names groups by an attribute; use name and content")
        key = _META.get(str(property_name).lower())
        if key and value:
            builder.metadata.setdefault(key, value)
    comments = soup.find_all(string=lambda text: isinstance(text, Comment))
    if any(one.find_parent("body") is None and comment_names_groups(one) for one in comments):
        builder.groups.hide("a comment outside of its body names groups")
    language = soup.html.get("lang") if soup.html else None
    if language:
        builder.metadata["language"] = str(language)
