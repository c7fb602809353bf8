"""Find a page's own content among navigation, banners and scripts, and count what is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.loaders.html_beside import (
    NEAREST_PARENTS,
    NOT_SHOWN,
    classes_of,
    is_text,
    texts_of,
    why_beside,
    words_of,
)
from ingestion.loaders.losses import Loss, Losses

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

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
# Parts of another kind than the text around them: buttons and fields that open something.
_NAMED_BY_BUTTON = ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt", "th", "legend", "caption")
_OPENING = ("aria-controls", "aria-expanded", "data-toggle", "data-bs-toggle")
_OPENING_CLASS = re.compile(r"accordion|collaps|expand|toggle|faq|disclosure", re.IGNORECASE)
_NAMED_IN_SCRIPT = re.compile(r"['\"]#?([A-Za-z][\w:.-]*)['\"]")
_STRUCK = frozenset(("del", "s", "strike"))
_READING_AIDS = frozenset(("rt", "rp", "rtc"))
# Stand for a place in a row or a list, which must not move.
_PLACES = frozenset(("td", "th"))
_HIDDEN_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|font-size:0(?:px|pt|em|rem|%)?(?:;|!|$)"
)
_KEEPS_LINES = re.compile(r"white-space:(?:pre|break-spaces)")
_CODE_TAGS = ["pre", "textarea", "listing", "xmp"]
_STRUCK_STYLE = re.compile(r"text-decoration(?:-line)?:[^;]*line-through")


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
            if loss is None:
                if _is_permalink(child):
                    child.decompose()
                else:
                    if "white-space:" in _style(child):
                        _keep_lines(child)
                    stack.append(child)
            elif not _keeps_visible_parts(child, loss, losses, stack):
                _leave_out(child, loss, losses)


def _leave_out(tag: Tag, loss: Loss, losses: Losses) -> None:
    """Take an element out and count its words."""
    if tag.name in _READING_AIDS:
        # A parser that does not know where readings end puts what follows into them.
        for base in tag.find_all("rb"):
            if base.find_parent(["rb", "ruby"]) is tag.find_parent("ruby"):
                for reading in base.find_all(["rt", "rtc", "rp"]):
                    losses.add(loss, reading.get_text(" "))
                    reading.extract()
                tag.insert_before(base.extract())
    if loss is not Loss.READING_AID or tag.name != "rp":
        losses.add(loss, words_of(tag))
    if tag.name in _PLACES and loss is Loss.STRUCK_OUT:
        tag.clear()
    else:
        tag.decompose()


def _keep_lines(tag: Tag) -> None:
    """Mark the line breaks of an element that shows them, so that they are not read as spaces."""
    from bs4.element import NavigableString

    if not _KEEPS_LINES.search(_style(tag)):
        return
    for text in tag.find_all(string=True):
        if "\n" in text and is_text(text) and text.find_parent(_CODE_TAGS) is None:
            text.replace_with(NavigableString(text.replace("\n", "\u2028")))


def _keeps_visible_parts(tag: Tag, loss: Loss, losses: Losses, stack: list[Tag]) -> bool:
    """Whether an invisible element has parts that are visible again; the rest is taken out."""
    from bs4 import Tag as Element

    style = _style(tag)
    if loss is not Loss.HIDDEN or "visibility:hidden" not in style or "display:none" in style:
        return False
    if not any("visibility:visible" in _style(part) for part in tag.find_all(style=True)):
        return False
    for child in list(tag.children):
        if not isinstance(child, Element):
            losses.add(loss, str(child) if is_text(child) else "")
            child.extract()
        elif "visibility:" not in _style(child):
            child["style"] = f"{child.get('style') or ''};visibility:hidden"
    stack.append(tag)
    return True


def _panels(soup: BeautifulSoup) -> set[str]:
    """Ids of the parts that a tab, a button or a switch shows."""
    shown: set[str] = set()
    for tag in soup.find_all(["a", "button", "label", "li", "div", "span", "summary", "h2", "h3"]):
        if not tag.attrs:
            continue
        if script := tag.get("onclick"):
            shown.update(_NAMED_IN_SCRIPT.findall(str(script)[:1000]))
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
    if name in _STRUCK:
        return Loss.STRUCK_OUT
    if name in _READING_AIDS:
        return Loss.READING_AID
    if not tag.attrs and name not in ("nav", "dialog", "footer", "aside"):
        return None
    role = str(tag.get("role") or "").lower()
    if name == "nav" or role in _NAVIGATION_ROLES:
        return Loss.NAVIGATION
    if name == "footer":
        return None if tag.find_parent(_SECTIONING) else Loss.RUNNING
    if (name == "dialog" and not tag.has_attr("open")) or role in _DIALOG_ROLES:
        return Loss.HIDDEN
    reason = hidden(tag)
    if reason and (reason is Loss.STRUCK_OUT or not _is_panel(tag, panels)):
        return reason
    return why_beside(tag, role)


def hidden(tag: Tag) -> Loss | None:
    """Whether readers see nothing of an element unless they click."""
    classes = classes_of(tag)
    if str(tag.get("aria-hidden") or "").lower() == "true":
        return Loss.DUPLICATE if "katex-html" in classes else Loss.HIDDEN
    if tag.has_attr("hidden"):
        return Loss.HIDDEN
    style = _style(tag)
    if not style:
        return None
    if _HIDDEN_STYLE.search(style):
        return Loss.HIDDEN
    return Loss.STRUCK_OUT if _STRUCK_STYLE.search(style) else None


def _style(tag: Tag) -> str:
    style = tag.get("style")
    return "".join(str(style).split()).lower() if style else ""


def _is_panel(tag: Tag, panels: set[str]) -> bool:
    """Whether a hidden part is what a tab or an accordion shows after a click."""
    return (
        tag.get("role") == "tabpanel"
        or str(tag.get("hidden") or "").lower() == "until-found"
        or str(tag.get("id") or "") in panels
        or any(map(_PANEL_CLASS.search, classes_of(tag)))
        or _follows_opener(tag)
    )


def _follows_opener(tag: Tag) -> bool:
    """Whether a button or the like right before a hidden part opens it."""
    before = tag.find_previous_sibling()
    if before is None or tag.name not in ("div", "section", "ul", "ol", "p", "dd", "table"):
        return False
    return before.name == "button" or any(before.has_attr(name) for name in ("onclick", *_OPENING))


def _is_a_name(button: Tag) -> bool:
    """Whether a button names the part that it opens: a question, a tab, a column."""
    if button.get("role") == "tab" or any(button.has_attr(name) for name in _OPENING):
        return True
    if any(map(_OPENING_CLASS.search, classes_of(button))) and button.find_next_sibling():
        return True
    following = button.find_next_sibling()
    if following is not None and hidden(following) is Loss.HIDDEN:
        return True
    parent: Tag | None = button
    for _ in range(NEAREST_PARENTS):  # deep nesting must not cost its square
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
    rest = (str(text) for text in texts_of(body) if id(text) not in inside)
    losses.add(Loss.NAVIGATION, " ".join(rest))


def _strip_page_headers(body: Tag, losses: Losses) -> None:
    """Drop the site's header, but not its <h1>: that names the page."""
    for header in body.find_all("header"):
        if header.decomposed or header.find_parent(_SECTIONING):
            continue
        heading = header.find("h1")
        if heading is None:
            losses.add(Loss.RUNNING, words_of(header))
            header.decompose()
        else:
            heading.extract()
            losses.add(Loss.RUNNING, words_of(header))
            header.replace_with(heading)


def _length(tag: Tag) -> int:
    return sum(len(piece) for piece in tag.stripped_strings)


def _prose(tag: Tag) -> int:
    """Characters outside of links."""
    return _length(tag) - sum(map(_length, tag.find_all("a")))
