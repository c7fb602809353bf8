"""Find a page's own content among navigation, banners and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

# Never content, wherever they stand.
NEVER_CONTENT = frozenset(
    "nav script style footer aside noscript template svg canvas iframe object embed audio video "
    "button select textarea input option datalist head dialog form-associated map".split()
)
_NEVER_ROLES = frozenset(
    "navigation banner contentinfo complementary search menu menubar dialog alert".split()
)
# A page whose <main> is nearly empty keeps its content elsewhere.
_LEAST_SHARE = 0.2


def main_content(soup: BeautifulSoup) -> Tag:
    """The element with the page's own content, stripped of what is not: <main>, the only
    <article>, or the body."""
    _strip(soup)
    body = soup.body or soup
    mains = soup.find_all("main") or soup.find_all(role="main")
    candidates = mains or soup.find_all("article")
    candidate = candidates[0] if len(candidates) == 1 else None
    if candidate and _length(candidate) >= _LEAST_SHARE * _length(body):
        return candidate
    _strip_page_headers(body)
    return body


def _strip(soup: BeautifulSoup) -> None:
    for tag in soup.find_all(_is_boilerplate):
        if not tag.decomposed:
            tag.decompose()


def _is_boilerplate(tag: Tag) -> bool:
    if tag.name in NEVER_CONTENT:
        return True
    if tag.name in ("html", "body", "main", "article"):
        return False
    if str(tag.get("role", "")).lower() in _NEVER_ROLES or tag.has_attr("hidden"):
        return True
    if str(tag.get("aria-hidden", "")).lower() == "true":
        return True
    style = str(tag.get("style", "")).replace(" ", "").lower()
    return "display:none" in style or _is_permalink(tag)


def _is_permalink(tag: Tag) -> bool:
    """The sign beside a heading that links to it, as documentation tools put there."""
    return tag.name == "a" and tag.get_text().strip() in ("¶", "#", "§", "🔗")


def _strip_page_headers(body: Tag) -> None:
    """Drop the site's header, but not its <h1>: that names the page."""
    for header in body.find_all("header"):
        if header.decomposed or header.find_parent(["article", "main", "section"]):
            continue
        heading = header.find("h1")
        if heading is None:
            header.decompose()
        else:
            header.replace_with(heading)


def _length(tag: Tag) -> int:
    return sum(len(piece) for piece in tag.stripped_strings)
