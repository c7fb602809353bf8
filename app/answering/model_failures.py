"""Why a call of a chat model failed: the provider is ill, or the question cannot be answered by it.

Only the first counts against the circuit breaker. Else a caller with five questions that a content
filter refuses would take the model away from everybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx

# The question (with its passages) is what the provider refuses, whatever the status.
ABOUT_QUESTION = {
    "content_filter": "a content filter refused it",
    "content_filtered": "a content filter refused it",
    "content_policy_violation": "a content filter refused it",
    "responsibleaipolicyviolation": "a content filter refused it",
    "contentpolicyviolationerror": "a content filter refused it",
    "moderation_blocked": "a content filter refused it",
    "flagged_input": "a content filter refused it",
    "invalid_prompt": "the provider refused it",
    "context_length_exceeded": "it is too long with its passages",
    "contextwindowexceedederror": "it is too long with its passages",
    "string_above_max_length": "it is too long with its passages",
    "exceed_context_size_error": "it is too long with its passages",
    "request_too_large": "it is too long with its passages",
}
# What only the operator can mend, though the status says that the request is wrong.
OPERATORS = frozenset(
    "model_not_found invalid_api_key api_key_invalid invalid_model deploymentnotfound "
    "insufficient_quota billing_not_active unsupported_parameter unsupported_value "
    "unknown_parameter authentication_error permission_error".split()
)
TOO_LONG_STATUS = frozenset({413, 414, 431})
REQUEST_STATUS = frozenset({400, 405, 406, 409, 410, 411, 412, 415, 422, *TOO_LONG_STATUS})
CONFIGURATION_STATUS = frozenset({401, 402, 403, 404, 407})
# A provider that asks for more is asked again after so long all the same, seconds.
LONGEST_REST_S = 600.0
# Nested causes and bodies that are looked into.
MOST_CAUSES, MOST_DEPTH = 12, 6

Cause = Literal["provider", "question", "neither"]


class Declined(Exception):
    """The provider answered, and gave no text for this question.

    Args:
        why: in words, without anything that the provider said.
    """


class CutOff(Exception):
    """The reply was longer than it may be, and there is nothing of it to show."""


class TooShort(Exception):
    """The question's time ended before the model had had a fair share of it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a failed call says.

    Attributes:
        cause: `provider`: it is ill or cannot be used, so that the next question fails as well;
            `question`: this question is what it does not answer; `neither`: nothing of either is
            known.
        why: in words that are fit for readers: nothing that the provider said.
        retry_after_s: when the provider wants to be asked again; None where it does not say.
    """

    cause: Cause
    why: str
    retry_after_s: float | None = None


def failure_of(error: BaseException) -> Failure:
    """What the exception of a provider's client says."""
    chain = list(_causes(error))
    for one in chain:
        if isinstance(one, Declined):
            return Failure("question", str(one))
        if isinstance(one, CutOff):
            return Failure("neither", "its reply was longer than it may be")
        if isinstance(one, TooShort):
            return Failure("neither", "the question's time was over")
    status = next((found for one in chain if (found := _status(one)) is not None), None)
    codes = {code for one in chain for code in _codes(one)}
    return _by_code(codes, chain, status) or _by_status(status, chain) or _by_kind(chain)


def _by_code(codes: set[str], chain: list[BaseException], status: int | None) -> Failure | None:
    if status in (401, 407):
        return None
    for code in sorted(codes):
        if code in ABOUT_QUESTION:
            return Failure("question", ABOUT_QUESTION[code])
    if any("ContextOverflow" in kind.__name__ for one in chain for kind in type(one).__mro__):
        return Failure("question", "it is too long with its passages")
    if status == httpx.codes.TOO_MANY_REQUESTS and any(_is_too_large(one) for one in chain):
        return Failure("question", "it is too long for the provider's rate")
    if codes & OPERATORS:
        return Failure("provider", f"the provider refuses how it is called{_shown(status)}")
    return None


def _by_status(status: int | None, chain: list[BaseException]) -> Failure | None:
    if status is None:
        return None
    if status in REQUEST_STATUS:
        too_long = status in TOO_LONG_STATUS
        why = "it is too long with its passages" if too_long else "the provider refused it"
        return Failure("question", f"{why}{_shown(status)}")
    if status in CONFIGURATION_STATUS:
        return Failure("provider", f"the provider refuses how it is called{_shown(status)}")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        rest = next((found for one in chain if (found := _retry_after(one)) is not None), None)
        return Failure("provider", f"the provider limits its rate{_shown(status)}", rest)
    if status == httpx.codes.REQUEST_TIMEOUT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        rest = next((found for one in chain if (found := _retry_after(one)) is not None), None)
        return Failure("provider", f"the provider failed{_shown(status)}", rest)
    return Failure("neither", f"the provider answered{_shown(status)}")


def _by_kind(chain: list[BaseException]) -> Failure:
    if any(
        isinstance(one, TimeoutError | httpx.TimeoutException) or _named(one, "Timeout")
        for one in chain
    ):
        return Failure("provider", "it took too long")
    if any(
        isinstance(one, OSError | httpx.HTTPError) or _named(one, "Connection") for one in chain
    ):
        return Failure("provider", "the provider cannot be reached")
    if any(
        isinstance(one, json.JSONDecodeError) or _named(one, "ResponseValidation") for one in chain
    ):
        return Failure("provider", "its reply cannot be read")
    return Failure("neither", "its reply cannot be used")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [error]
    while waiting and len(seen) < MOST_CAUSES:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [other for other in (one.__cause__, one.__context__) if other is not None]


def _named(error: BaseException, part: str) -> bool:
    return any(part in kind.__name__ for kind in type(error).__mro__)


def _status(error: BaseException) -> int | None:
    """The HTTP status, by whichever name the provider's client gives it."""
    response = getattr(error, "response", None)
    found = [
        getattr(error, "status_code", None),
        getattr(response, "status_code", None),
        getattr(error, "http_status", None),
        getattr(error, "status", None),
        getattr(error, "code", None),
    ]
    if isinstance(response, Mapping):  # botocore
        meta = response.get("ResponseMetadata")
        found.append(meta.get("HTTPStatusCode") if isinstance(meta, Mapping) else None)
    found += [one.get("code") for one in error.args if isinstance(one, Mapping)]
    for one in found:
        value = getattr(one, "value", one)
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
            return value
    return None


def _codes(error: BaseException) -> Iterator[str]:
    """The codes and types by which the body of an error says what is wrong, in small letters."""
    for held in (getattr(error, "body", None), getattr(error, "response", None)):
        if isinstance(held, Mapping):
            yield from _codes_in(held, MOST_DEPTH)
    for name in ("code", "type"):
        value = getattr(error, name, None)
        if isinstance(value, str):
            yield value.lower()
    # LangChain raises `ValueError(error)` where a reply of status 200 holds an error.
    for one in error.args:
        if isinstance(one, Mapping):
            yield from _codes_in(one, MOST_DEPTH)


def _codes_in(body: Mapping[Any, Any], depth: int) -> Iterator[str]:
    for name, value in body.items():
        key = str(name).lower()
        if isinstance(value, str) and key in ("code", "type", "reason", "status", "__type"):
            yield value.lower()
        elif key == "flagged_input":
            yield key
        elif isinstance(value, Mapping) and depth:
            yield from _codes_in(value, depth - 1)
        elif isinstance(value, list | tuple) and depth:
            for part in value:
                if isinstance(part, Mapping):
                    yield from _codes_in(part, depth - 1)


def _is_too_large(error: BaseException) -> bool:
    """A request that alone is more than the rate allows is the question's doing."""
    return str(error.args[0] if error.args else "").lower().find("request too large") >= 0


def _retry_after(error: BaseException) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None)
    if headers is None:
        return None
    try:
        if (exact := headers.get("retry-after-ms")) is not None:
            seconds = float(exact) / 1000
        else:
            seconds = _seconds(headers.get("retry-after"))
    except (TypeError, ValueError, OverflowError):
        return None
    # Written so that NaN fails too.
    return min(seconds, LONGEST_REST_S) if seconds > 0 else None


def _seconds(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        at = parsedate_to_datetime(text or "")
        return (at - datetime.now(UTC)).total_seconds()


def _shown(status: int | None) -> str:
    return "" if status is None else f" (HTTP {status})"
