"""Find numbers that lead to people: telephones, payment cards, bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]?\d)")
IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}\b")


def phones(text: str, regions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Spans of telephone numbers: international ones, and those as dialled within the regions.

    By Google's libphonenumber (the package `phonenumbers`): a number must be one that can have
    been given out.
    """
    import phonenumbers

    for region in (None, *regions):
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            yield match.start, match.end


def cards(text: str) -> Iterator[tuple[int, int]]:
    """Spans of 13 to 19 digits whose last checks the others (Luhn; ISO/IEC 7812)."""
    from stdnum import luhn

    for match in CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if luhn.is_valid(digits) and len(set(digits)) > 1:
            yield match.span()


def ibans(text: str) -> Iterator[tuple[int, int]]:
    """Spans of bank account numbers whose check digits are right (ISO 13616)."""
    from stdnum import iban

    for match in IBAN.finditer(text):
        # The words behind a number written in groups may look like further groups.
        for end in range(match.end(), match.start() + 14, -1):
            if text[end - 1].isalnum() and iban.is_valid(text[match.start() : end], False):
                yield match.start(), end
                break


def unknown_regions(regions: Sequence[str]) -> list[str]:
    """Regions that libphonenumber does not know."""
    import phonenumbers

    return [region for region in regions if region not in phonenumbers.SUPPORTED_REGIONS]
