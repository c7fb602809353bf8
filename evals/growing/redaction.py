"""Put a word in place of what leads to people or gives access."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from evals.growing.private_keys import private_keys
from evals.growing.private_numbers import cards, ibans, phones, unknown_regions
from prompts.errors import SettingsError

EMAIL = re.compile(
    r"(?<![\w.+'-])[\w.+'%&=~#-]{1,64}(?:@|＠|\s?[\[(]at[\])]\s?)"
    r"[\w-]{1,63}(?:(?:\.|\s?[\[(]dot[\])]\s?)[\w-]{1,63}){1,8}",
    re.IGNORECASE,
)
# Characters that are not seen and would hide what they stand in.
UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


class Finding(NamedTuple):
    """Something private: `text[start:end]`, and what it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without what was private in it, and how often what was taken out."""

    text: str
    found: Counter[str]


class Redactor:
    """Takes out e-mail addresses, telephone, card and account numbers, keys and passwords.

    What it takes for one of these may be none: a wrong redaction is mended in review, a missed one
    is not. Names of people and postal addresses are left.

    Args:
        regions: within which telephone numbers are dialled without a country code, as ISO 3166
            codes (`GB`).

    Raises:
        SettingsError: a region is none.
    """

    def __init__(self, regions: Sequence[str]) -> None:
        self._regions = tuple(region.upper() for region in regions)
        if unknown := unknown_regions(self._regions):
            raise SettingsError(
                f"evals.phone_regions: {', '.join(unknown)}: no region that has telephone numbers; "
                "write ISO 3166 codes, for example GB."
            )

    def findings(self, text: str) -> list[Finding]:
        """What is private, in order; what overlaps is one finding."""
        merged: list[Finding] = []
        for found in sorted(self._found(text), key=lambda found: (found.start, -found.end)):
            if merged and found.start < merged[-1].end:
                last = merged[-1]
                merged[-1] = last._replace(end=max(last.end, found.end))
            else:
                merged.append(found)
        return merged

    def redact(self, text: str) -> Redacted:
        """The text with `[e-mail]`, `[phone]`, `[card]`, `[account]` or `[key]` in their places."""
        text = UNSEEN.sub("", text)
        pieces: list[str] = []
        at = 0
        found = self.findings(text)
        for finding in found:
            pieces += [text[at : finding.start], f"[{finding.kind}]"]
            at = finding.end
        pieces.append(text[at:])
        return Redacted("".join(pieces), Counter(finding.kind for finding in found))

    def redact_within(self, value: Any, found: Counter[str]) -> Any:
        """The same for every text within a JSON value; adds to `found`."""
        if isinstance(value, str):
            redacted = self.redact(value)
            found.update(redacted.found)
            return redacted.text
        if isinstance(value, dict):
            return {key: self.redact_within(item, found) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_within(item, found) for item in value]
        return value

    def _found(self, text: str) -> Iterator[Finding]:
        yield from (Finding(*match.span(), "e-mail") for match in EMAIL.finditer(text))
        yield from (Finding(*span, "key") for span in private_keys(text))
        if not any(character.isdigit() for character in text):
            return
        yield from (Finding(*span, "account") for span in ibans(text))
        yield from (Finding(*span, "card") for span in cards(text))
        yield from (Finding(*span, "phone") for span in phones(text, self._regions))
