"""Tell what stands beside a page's content: cookie banners, advertisements, boxes of links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from ingestion.loaders.losses import Loss

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import NavigableString

# Show no text of their own.
NOT_SHOWN = frozenset("script style head map datalist embed".split())
_CODE_LINE_NUMBERS = frozenset(
    "lineno linenos linenodiv ln lnt line-number line-numbers linenumber linenumbers "
    "hljs-ln-numbers blob-num line-numbers-rows gutter".split()
)
_COOKIES = re.compile(r"cookie|consent|gdpr|onetrust|cmp-", re.IGNORECASE)
_COOKIE_BANNER = re.compile(
    r"cookie.?(?:banner|bar|consent|notice|pop|modal|law|alert|message|overlay|info|disclaimer|wall)|"
    r"(?:banner|consent|notice).?cookie|gdpr|onetrust|cmp-",
    re.IGNORECASE,
)
# A banner about cookies says so, and asks something or links to more about it.
_ABOUT_DATA = re.compile(
    r"cookie|gdpr|rgpd|dsgvo|privacy|tracking|third.part|partners|personal|datenschutz|données|"
    r"privacidad|datos",
    re.IGNORECASE,
)
_ASKS_CONSENT = re.compile(
    r"accept|agree|allow|reject|decline|polic|setting|preference|learn more|more info|got it|privacy|"
    r"akzept|zustimm|ablehn|einstell|datenschutz|richtlinie|accepte|refuse|param[eè]tre|aceptar|"
    r"rechazar|pol[ií]tica|accett|rifiut|informativa|cookies?$|^ok$",
    re.IGNORECASE,
)
_ADVERTISEMENT = re.compile(
    r"(?!(?:.*[-_])?ad[-_]?hoc|(?:no|non|without)[-_])(?:^|.*[-_])(?:ads?|adverts?|advertisements?|advertising|adsbygoogle|sponsored)(?:[-_].*|$)",
    re.IGNORECASE,
)
_SIDEBAR = re.compile(r"side-?bar", re.IGNORECASE)
_BESIDE = re.compile(
    r"related|share|sharing|social|newsletter|subscribe|breadcrumb|(?:^|[-_])(?:toc|nav)"
    r"(?:[-_]|$)|table-of-contents",
    re.IGNORECASE,
)
_LONGEST_BANNER = 120  # words
NEAREST_PARENTS = 6
_MOST_TEXTS = 100
_MOST_LINKS = 0.5  # of the words of an <aside> that is content
_FEW_LINKS = 0.2  # of the words of a sidebar that is content


def why_beside(tag: Tag, role: str) -> Loss | None:
    """Whether an element is a cookie banner, an advertisement, or links beside the content."""
    classes = classes_of(tag)
    if _CODE_LINE_NUMBERS.intersection(classes) and (
        tag.name != "table" and tag.find_parent(["pre", "table", "code"])
    ):
        return Loss.LINE_NUMBER
    labels = [*classes, str(tag.get("id") or "")]
    if (
        tag.name in ("div", "section", "aside", "form")
        and any(map(_COOKIES.search, labels))
        and _is_short(tag)
        and _asks_consent(tag)
    ):
        return Loss.NAVIGATION
    if tag.name in ("div", "aside", "ins", "span", "section", "p") and (
        any(map(_ADVERTISEMENT.fullmatch, classes))
        or (tag.name != "section" and _ADVERTISEMENT.fullmatch(labels[-1]))
        or str(tag.get("aria-label") or "").lower() in ("advertisement", "advertising", "ad")
    ):
        return Loss.NAVIGATION if _is_short(tag) else None
    if tag.name == "aside" or role == "complementary":
        links = _link_share(tag)
        # A box of facts within the text is called a sidebar, too.
        sidebar = any(map(_SIDEBAR.search, labels)) and (
            links > _FEW_LINKS
            or tag.find(["button", "input", "nav"]) is not None
            or tag.find_parent(["main", "article"]) is None
        )
        beside = sidebar or any(map(_BESIDE.search, labels))
        return Loss.NAVIGATION if beside or links > _MOST_LINKS else None
    return None


def _asks_consent(tag: Tag) -> bool:
    """Whether a banner asks for consent, rather than speaks of cookies to eat."""
    labels = " ".join([*classes_of(tag), str(tag.get("id") or "")])
    is_banner = _COOKIE_BANNER.search(labels) is not None
    if tag.find(["button", "input"]) is not None and is_banner:
        return True
    if not _ABOUT_DATA.search(words_of(tag)):
        return False
    links = (link.get_text(" ", strip=True) for link in tag.find_all("a"))
    return any(map(_ASKS_CONSENT.search, links))


def _is_short(tag: Tag) -> bool:
    """Whether an element is short enough for a banner; a page about cookies or ads is longer."""
    words = 0
    for text in texts_of(tag):
        words += len(text.split())
        if words > _LONGEST_BANNER:
            return False
    return tag.find(["main", "article"]) is None


def _link_share(tag: Tag) -> float:
    """How much of an element's text is in links, as far as its beginning tells."""
    linked = total = 0
    for text in islice(texts_of(tag), _MOST_TEXTS):
        total += len(text.strip())
        parent = text.parent
        for _ in range(NEAREST_PARENTS):
            if parent is None or parent is tag:
                break
            if parent.name == "a":
                linked += len(text.strip())
                break
            parent = parent.parent
    return linked / max(total, 1)


def classes_of(tag: Tag) -> list[str]:
    found: str | list[str] = tag.get("class") or []
    return found.split() if isinstance(found, str) else list(found)


def words_of(tag: Tag) -> str:
    return " ".join(texts_of(tag))


def is_text(node: object) -> bool:
    from bs4.element import NavigableString, PreformattedString

    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def texts_of(tag: Tag) -> Iterator[NavigableString]:
    from bs4.element import NavigableString, PreformattedString

    for text in tag.descendants:
        if not isinstance(text, NavigableString):
            continue
        parent = text.parent
        if isinstance(text, PreformattedString) or parent is None or parent.name in NOT_SHOWN:
            continue
        yield text
