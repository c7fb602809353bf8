"""Find what gives access: API keys, tokens, passwords in URLs, private keys."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

# Kept here: what detect-secrets does not know, or finds only in part.
OWN = (
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


def private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what looks like a secret, in no order; they may overlap."""
    for pattern in (*OWN, *_of_providers()):
        for match in pattern.finditer(text):
            yield match.span()
    for pattern in (AUTHORIZATION, NAMED, SPOKEN, IN_URL):
        for match in pattern.finditer(text):
            yield match.span("secret")
    for match in LONG.finditer(text):
        if _random(match[0]):
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


def _random(token: str) -> bool:
    """Whether a long token mixes letters and digits as chance does."""
    if not any(c.isdigit() for c in token) or not any(c.isalpha() for c in token):
        return False
    words = sum(len(word) for word in WORDY.findall(token) if word.islower() or word.isupper())
    if "-" in token and words > len(token) / 2:
        return False
    counts = Counter(token)
    entropy = -sum(n / len(token) * math.log2(n / len(token)) for n in counts.values())
    return entropy >= (3.0 if re.fullmatch(r"[0-9a-fA-F-]+", token) else ENTROPY)
