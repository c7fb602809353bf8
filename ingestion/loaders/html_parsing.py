"""Parse HTML, of whole pages and of pieces in other formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_BREAK_CHANCES = re.compile(r"</?wbr\s*/?>", re.IGNORECASE)


def parse(text: str) -> BeautifulSoup:
    """Parsed HTML. The HTML parser of lxml knows no external entities and fetches nothing."""
    import warnings

    from bs4 import BeautifulSoup, UnusualUsageWarning

    # Remarks for programmers, such as "this looks like a file name", about input not ours.
    warnings.filterwarnings("ignore", category=UnusualUsageWarning)
    # lxml does not know that <wbr> has no end, and would put what follows into it.
    return BeautifulSoup(_BREAK_CHANCES.sub("", text), "lxml")
