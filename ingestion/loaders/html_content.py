"""Find a page's own content among navigation, banners and scripts, and count what is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from ingestion.loaders.losses import Loss, Losses

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from bs4.element import NavigableString

# Show no text of their own.
NOT_SHOWN = frozenset("script style head map datalist embed".split())
# Hold text for programs that cannot show the element itself.
_FALLBACKS = frozenset("canvas iframe object audio video noscript".split())
_NAVIGATION_ROLES = frozenset("navigation banner contentinfo search menu menubar".split())
_DIALOG_ROLES = frozenset(("dialog", "alertdialog"))
_WHOLE_PAGE = frozenset(("html", "body", "main", "article"))
# A page whose <main> is nearly empty keeps its content elsewhere.
_LEAST_SHARE = 0.2
# An <article> is the page only if there is little prose beside it.
_MOST_PROSE_BESIDE = 0.3
# Inside these, <header> and <footer> belong to the content.
_SECTIONING = ("article", "main", "section", "blockquote", "figure", "td", "li")
_PANEL_CLASS = re.compile(r"tab-?(?:pane|panel|content|item)|accordion|collaps|expand|toggle")
_CODE_LINE_NUMBERS = frozenset(
    "lineno linenos linenodiv ln lnt line-number line-numbers linenumber linenumbers "
    "hljs-ln-numbers blob-num line-numbers-rows gutter".split()
)
_COOKIES = re.compile(r"cookie|consent|gdpr|onetrust|cmp-", re.IGNORECASE)
_ADVERTISEMENT = re.compile(
    r"(?:^|.*[-_])(?:ads?|adverts?|advertisements?|advertising|adsbygoogle|sponsored)(?:[-_].*|$)",
    re.IGNORECASE,
)
_SIDEBAR = re.compile(r"side-?bar", re.IGNORECASE)
_BESIDE = re.compile(
    r"related|share|sharing|social|newsletter|subscribe|breadcrumb|(?:^|[-_])(?:toc|nav)"
    r"(?:[-_]|$)|table-of-contents",
    re.IGNORECASE,
)
_LONGEST_BANNER = 120  # words
_NEAREST_PARENTS = 6
_MOST_TEXTS = 100
_MOST_LINKS = 0.5  # of the words of an <aside> that is content
_FEW_LINKS = 0.2  # of the words of a sidebar that is content
# Parts of another kind than the text around them: buttons and fields that open something.
_NAMED_BY_BUTTON = ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "th", "legend", "caption")
_OPENING = ("aria-controls", "aria-expanded", "data-toggle", "data-bs-toggle")


def main_content(soup: BeautifulSoup, losses: Losses) -> Tag:
    """The element with the page's own content, stripped of what is not: <main>, the only
    <article>, or the body. What is left out is counted in `losses`."""
    strip_hidden(soup, losses)
    body = soup.body or soup
    mains = soup.find_all("main") or soup.find_all(role="main")
    candidates = mains or soup.find_all("article")
    candidate = candidates[0] if len(candidates) == 1 else None
    if candidate is not None and _is_the_page(candidate, body, is_main=bool(mains)):
        _count_rest(candidate, body, losses)
        return candidate
    _strip_page_headers(body, losses)
    return body


def strip_hidden(soup: BeautifulSoup, losses: Losses) -> None:
    """Take out what is hidden, navigation, advertisements and controls, and count it."""
    from bs4 import Tag as Element

    panels = _panels(soup)
    stack: list[Tag] = [soup]
    while stack:
        for child in list(stack.pop().children):
            if not isinstance(child, Element):
                continue
            loss = _why_left_out(child, panels)
            if loss is not None:
                losses.add(loss, _words(child))
            if loss is not None or _is_permalink(child):
                child.decompose()
            else:
                stack.append(child)


def _panels(soup: BeautifulSoup) -> set[str]:
    """Ids of the parts that a tab, a button or a switch shows."""
    shown: set[str] = set()
    for tag in soup.find_all(["a", "button", "label", "li", "div", "span", "summary"]):
        if controls := str(tag.get("aria-controls") or ""):
            shown.update(controls.split())
        for name in ("data-target", "data-bs-target"):
            shown.add(str(tag.get(name) or "").lstrip("#"))
        opens = tag.get("role") == "tab" or any(tag.has_attr(name) for name in _OPENING)
        href = str(tag.get("href") or "")
        if opens and href.startswith("#"):
            shown.add(href[1:])
    return shown - {""}


def _why_left_out(tag: Tag, panels: set[str]) -> Loss | None:
    """The reason why an element is no content; None if it may be."""
    name = tag.name
    if name in _FALLBACKS:
        return Loss.SCRIPT if name == "noscript" else Loss.DUPLICATE
    if name == "template":
        return Loss.HIDDEN
    if name in NOT_SHOWN or name in _WHOLE_PAGE:
        return None
    if name == "button":
        return None if _is_a_name(tag) else Loss.SCRIPT
    if not tag.attrs and name not in ("nav", "dialog", "footer", "aside"):
        return None
    role = str(tag.get("role") or "").lower()
    if name == "nav" or role in _NAVIGATION_ROLES:
        return Loss.NAVIGATION
    if name == "footer":
        return None if tag.find_parent(_SECTIONING) else Loss.RUNNING
    if (name == "dialog" and not tag.has_attr("open")) or role in _DIALOG_ROLES:
        return Loss.HIDDEN
    if (hidden := _hidden(tag)) and not _is_panel(tag, panels):
        return hidden
    return _why_beside(tag, role)


def _hidden(tag: Tag) -> Loss | None:
    """Whether readers see nothing of an element unless they click."""
    classes = _classes(tag)
    if str(tag.get("aria-hidden") or "").lower() == "true":
        return Loss.DUPLICATE if "katex-html" in classes else Loss.HIDDEN
    if tag.has_attr("hidden"):
        return Loss.HIDDEN
    style = str(tag.get("style") or "").replace(" ", "").lower()
    if "display:none" in style or "visibility:hidden" in style or "font-size:0;" in f"{style};":
        return Loss.HIDDEN
    return None


def _is_panel(tag: Tag, panels: set[str]) -> bool:
    """Whether a hidden part is what a tab or an accordion shows after a click."""
    return (
        tag.get("role") == "tabpanel"
        or str(tag.get("hidden") or "").lower() == "until-found"
        or str(tag.get("id") or "") in panels
        or any(map(_PANEL_CLASS.search, _classes(tag)))
    )


def _why_beside(tag: Tag, role: str) -> Loss | None:
    """Whether an element is a cookie banner, an advertisement, or links beside the content."""
    classes = _classes(tag)
    if _CODE_LINE_NUMBERS.intersection(classes) and (
        tag.name != "table" and tag.find_parent(["pre", "table", "code"])
    ):
        return Loss.LINE_NUMBER
    said = [*classes, str(tag.get("id") or "")]
    if tag.name in ("div", "section", "aside", "form") and any(map(_COOKIES.search, said)):
        asks = role in ("alert", "region") or tag.find(["button", "input"]) is not None
        if (asks or _link_share(tag) > 0) and _is_short(tag):
            return Loss.NAVIGATION
    if tag.name in ("div", "aside", "ins", "span", "section", "p") and (
        any(map(_ADVERTISEMENT.fullmatch, classes))
        or (tag.name != "section" and _ADVERTISEMENT.fullmatch(said[-1]))
        or str(tag.get("aria-label") or "").lower() in ("advertisement", "advertising", "ad")
    ):
        return Loss.NAVIGATION if _is_short(tag) else None
    if tag.name == "aside" or role == "complementary":
        links = _link_share(tag)
        # A box of facts within the text is called a sidebar, too.
        sidebar = any(map(_SIDEBAR.search, said)) and (
            links > _FEW_LINKS
            or tag.find(["button", "input", "nav"]) is not None
            or tag.find_parent(["main", "article"]) is None
        )
        beside = sidebar or any(map(_BESIDE.search, said))
        return Loss.NAVIGATION if beside or links > _MOST_LINKS else None
    return None


def _is_short(tag: Tag) -> bool:
    """Whether an element is short enough for a banner; a page about cookies or ads is longer."""
    words = 0
    for text in _texts(tag):
        words += len(text.split())
        if words > _LONGEST_BANNER:
            return False
    return tag.find(["main", "article"]) is None


def _is_a_name(button: Tag) -> bool:
    """Whether a button names the part that it opens: a question, a tab, a column."""
    if button.get("role") == "tab" or any(button.has_attr(name) for name in _OPENING):
        return True
    parent: Tag | None = button
    for _ in range(_NEAREST_PARENTS):  # deep nesting must not cost its square
        parent = parent.parent if parent is not None else None
        if parent is not None and parent.name in _NAMED_BY_BUTTON:
            return True
    return False


def _is_permalink(tag: Tag) -> bool:
    """The sign beside a heading that links to it, as documentation tools put there; or the way
    back from a footnote."""
    if tag.name != "a" or len(tag.contents) > 3:
        return False
    return tag.get_text().strip(" \n\t\ufe0e\ufe0f") in ("¶", "#", "§", "🔗", "↩", "↑", "⏎", "^")


def _is_the_page(candidate: Tag, body: Tag, *, is_main: bool) -> bool:
    whole, own = _length(body), _length(candidate)
    if own < _LEAST_SHARE * whole:
        return False
    if is_main:
        return True
    heading = body.find("h1")
    if heading is not None and candidate.find("h1") is None:
        return False
    return _prose(body) - _prose(candidate) <= _MOST_PROSE_BESIDE * _prose(candidate)


def _count_rest(content: Tag, body: Tag, losses: Losses) -> None:
    """Count the words of the body outside of its content."""
    inside = set(map(id, content.find_all(string=True)))
    rest = (str(text) for text in _texts(body) if id(text) not in inside)
    losses.add(Loss.NAVIGATION, " ".join(rest))


def _strip_page_headers(body: Tag, losses: Losses) -> None:
    """Drop the site's header, but not its <h1>: that names the page."""
    for header in body.find_all("header"):
        if header.decomposed or header.find_parent(_SECTIONING):
            continue
        heading = header.find("h1")
        if heading is None:
            losses.add(Loss.RUNNING, _words(header))
            header.decompose()
        else:
            heading.extract()
            losses.add(Loss.RUNNING, _words(header))
            header.replace_with(heading)


def _classes(tag: Tag) -> list[str]:
    found: str | list[str] = tag.get("class") or []
    return found.split() if isinstance(found, str) else list(found)


def _words(tag: Tag) -> str:
    return " ".join(_texts(tag))


def _texts(tag: Tag) -> Iterator[NavigableString]:
    from bs4.element import NavigableString, PreformattedString

    for text in tag.descendants:
        if not isinstance(text, NavigableString):
            continue
        parent = text.parent
        if isinstance(text, PreformattedString) or parent is None or parent.name in NOT_SHOWN:
            continue
        yield text


def _length(tag: Tag) -> int:
    return sum(len(piece) for piece in tag.stripped_strings)


def _prose(tag: Tag) -> int:
    """Characters outside of links."""
    return _length(tag) - sum(map(_length, tag.find_all("a")))


def _link_share(tag: Tag) -> float:
    """How much of an element's text is in links, as far as its beginning tells."""
    linked = total = 0
    for text in islice(_texts(tag), _MOST_TEXTS):
        total += len(text.strip())
        parent = text.parent
        for _ in range(_NEAREST_PARENTS):
            if parent is None or parent is tag:
                break
            if parent.name == "a":
                linked += len(text.strip())
                break
            parent = parent.parent
    return linked / max(total, 1)
