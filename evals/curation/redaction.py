"""Replace what identifies people or gives access: addresses, numbers, keys, passwords."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from prompts.errors import SettingsError

# Defined here: what detect-secrets does not know, or finds only in part.
KEY_SHAPES = (
    re.compile(r"\bplumb_[0-9a-f]{12}_[A-Za-z0-9_-]{20,}"),
    # OpenAI, Anthropic, OpenRouter and others that follow them.
    re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"),
    re.compile(r"\bgithub_pat_\w{20,}"),
    re.compile(r"\b(?:hf|glpat|gsk|r8|dop_v1|lin_api|figd|shpat|whsec)[_-][A-Za-z0-9_-]{16,}"),
    re.compile(r"\bAIza[A-Za-z0-9_-]{30,}"),
    re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{10,}"),
    # A JSON Web Token with its signature.
    re.compile(r"\beyJ[A-Za-z0-9_=-]{8,}\.[A-Za-z0-9_=-]+(?:\.[A-Za-z0-9_.+/=-]*)?"),
    re.compile(
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.{0,20000}?)"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    ),
)
AUTHORIZATION = re.compile(r"(?i)\b(?:bearer|basic)\s+(?P<secret>[A-Za-z0-9._~+/=-]{16,})")
# What stands behind such a word is the secret, whatever its shape.
NAMED = re.compile(
    r"""(?ix)
    (?: \b(?:api[\s_-]?key|access[\s_-]?key|secret(?:[\s_-]?key)?|(?:access|auth|refresh)[\s_-]?token
          |token|client[\s_-]?secret|password|passwd|pwd|passphrase)
        ["']?\s*(?::=|=>|[:=])\s*["']?(?:bearer\s+)?
    )
    (?P<secret>[^\s"'<>,;]{6,})
    """
)
SPOKEN = re.compile(
    r"(?i)\b(?:password|passphrase|api[\s_-]?key|token|secret)\s+is\s+[\"“'‘]?"
    r"(?P<secret>(?=[^\s\"”'’]*\d)[^\s\"”'’]{6,})"
)
IN_URL = re.compile(r"://(?P<secret>[^\s:/@]{1,80}:[^\s/@]{1,200})@")
LONG = re.compile(r"(?<![\w/.-])[A-Za-z0-9_+/=-]{28,}(?![\w/])")
ENTROPY = 3.5
# Letters and signs that name things, as in `a-long-file-name-of-the-3rd-quarter`, are no key.
WORDY = re.compile(r"[A-Za-z]{4,}")


def find_keys(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what looks like a secret, in no order; they may overlap."""
    for pattern in (*KEY_SHAPES, *_of_providers()):
        for match in pattern.finditer(text):
            yield match.span()
    for pattern in (AUTHORIZATION, NAMED, SPOKEN, IN_URL):
        for match in pattern.finditer(text):
            yield match.span("secret")
    for match in LONG.finditer(text):
        if _looks_random(match[0]):
            yield match.span()


@cache
def _of_providers() -> tuple[re.Pattern[str], ...]:
    """Shapes of some providers' keys, by detect-secrets.

    Its plugins yield the groups of a match, which are parts of a key only; here the whole match
    counts, so its patterns are taken and its search is not.
    """
    from detect_secrets.plugins import (
        artifactory,
        aws,
        azure_storage_key,
        discord,
        github_token,
        gitlab_token,
        mailchimp,
        npm,
        pypi_token,
        sendgrid,
        slack,
        square_oauth,
        stripe,
        telegram_token,
        twilio,
    )

    detectors = (
        artifactory.ArtifactoryDetector,
        aws.AWSKeyDetector,
        azure_storage_key.AzureStorageKeyDetector,
        discord.DiscordBotTokenDetector,
        github_token.GitHubTokenDetector,
        gitlab_token.GitLabTokenDetector,
        mailchimp.MailchimpDetector,
        npm.NpmDetector,
        pypi_token.PypiTokenDetector,
        sendgrid.SendGridDetector,
        slack.SlackDetector,
        square_oauth.SquareOAuthDetector,
        stripe.StripeDetector,
        telegram_token.TelegramBotTokenDetector,
        twilio.TwilioKeyDetector,
    )
    return tuple(pattern for detector in detectors for pattern in detector.denylist)


def _looks_random(token: str) -> bool:
    """Whether a long token mixes letters and digits as chance does."""
    if not any(c.isdigit() for c in token) or not any(c.isalpha() for c in token):
        return False
    words = sum(len(word) for word in WORDY.findall(token) if word.islower() or word.isupper())
    if "-" in token and words > len(token) / 2:
        return False
    counts = Counter(token)
    entropy = -sum(n / len(token) * math.log2(n / len(token)) for n in counts.values())
    return entropy >= (3.0 if re.fullmatch(r"[0-9a-fA-F-]+", token) else ENTROPY)


CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]?\d)")
IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}\b")


def find_phones(text: str, regions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Spans of telephone numbers: international ones, and those as dialled within the regions.

    By Google's libphonenumber (the package `phonenumbers`): a number must be one that can have
    been given out.
    """
    import phonenumbers

    for region in (None, *regions):
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            yield match.start, match.end


def find_cards(text: str) -> Iterator[tuple[int, int]]:
    """Spans of 13 to 19 digits whose last checks the others (Luhn; ISO/IEC 7812)."""
    from stdnum import luhn

    for match in CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if luhn.is_valid(digits) and len(set(digits)) > 1:
            yield match.span()


def find_ibans(text: str) -> Iterator[tuple[int, int]]:
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
        yield from (Finding(*span, "key") for span in find_keys(text))
        if not any(character.isdigit() for character in text):
            return
        yield from (Finding(*span, "account") for span in find_ibans(text))
        yield from (Finding(*span, "card") for span in find_cards(text))
        yield from (Finding(*span, "phone") for span in find_phones(text, self._regions))
