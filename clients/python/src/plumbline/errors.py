"""What can go wrong: one class for each kind, all below `PlumblineError`."""

from __future__ import annotations

import http
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# A proxy or a hostile server may send any amount of anything.
MOST_DETAIL_CHARS = 2000
FIELD = re.compile(r"(?:^|; )(?P<field>[A-Za-z_][\w.]*): ")


class PlumblineError(Exception):
    """Anything that this client raises about a request."""


class ConfigurationError(PlumblineError, ValueError):
    """The client cannot be made, or a value cannot be sent, as it was given."""


class UnexpectedResponse(PlumblineError):
    """What came back is nothing that a Plumbline service sends: HTML, broken JSON, too much of it."""


class ServiceError(PlumblineError):
    """The service, or something in front of it, refused or failed.

    Attributes:
        status: the HTTP status; None where there was no response.
        title: the kind of problem, for people.
        detail: what is wrong, and the mend.
        type: a URN that names the kind of problem, for programs; empty where no service of
            Plumbline said it.
        retry_after_s: seconds after which to try again, where the service says so.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        title: str = "",
        type: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        self.status = status
        self.title = _shown(title)
        self.detail = _shown(detail)
        self.type = _shown(type)
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.title}: {self.detail}" if status else self.detail)

    @property
    def field_errors(self) -> dict[str, str]:
        """What is wrong by the request's fields, for example `{"question": "Field required"}`."""
        if not isinstance(self, InvalidRequest):
            return {}
        found = list(FIELD.finditer(self.detail))
        ends = [*(one.start() for one in found[1:]), len(self.detail)]
        return {
            one["field"]: self.detail[one.end() : end] for one, end in zip(found, ends, strict=True)
        }


class InvalidRequest(ServiceError):
    """The request is not valid, or is too large (400, 405, 408, 413, 415, 422)."""


class NotAuthenticated(ServiceError):
    """No key was sent, or none that counts (401)."""


class AccessDenied(ServiceError):
    """The key may not do this (403)."""


class NotFound(ServiceError):
    """There is no such thing, or it is another caller's (404)."""


class Conflict(ServiceError):
    """It does not go together with what is there now (409)."""


class TooManyRequests(ServiceError):
    """The caller asked too often; `retry_after_s` says when to try again (429)."""


class Unavailable(ServiceError):
    """The service cannot be reached, or cannot answer right now (502, 503, 504, no response)."""


class ServerFailed(ServiceError):
    """The service failed in a way that it did not foresee (500, and any status without a class)."""


class StreamBroken(Unavailable):
    """A stream ended before its end."""


_KINDS: dict[int, type[ServiceError]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    403: AccessDenied,
    404: NotFound,
    405: InvalidRequest,
    408: InvalidRequest,
    409: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: TooManyRequests,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def unsendable(error: Exception) -> ConfigurationError:
    """The error of a value that JSON or an address cannot hold."""
    # Not all of the message: that of UnicodeEncodeError is about bytes.
    why = "a character that is none" if isinstance(error, UnicodeError) else _shown(str(error))
    return ConfigurationError(
        f"the request holds what cannot be sent ({why}); give text, numbers, true or false, lists and "
        "mappings of these, and dates as ISO text."
    )


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> PlumblineError:
    """The error that a response is, whose status is none of success."""
    if 300 <= status < 400:
        where = _shown(headers.get("location", "nowhere"))
        return UnexpectedResponse(
            f"the server redirects to {where}, which is not followed; give the address that it "
            "redirects to as base_url."
        )
    return problem_error(_object(body), status, headers)


def problem_error(
    problem: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None
) -> ServiceError:
    """The error that a problem detail is; also of one that holds nothing."""
    headers = headers or {}
    # OpenAI's API has errors of its own shape.
    found = {name: value for name, value in problem.items() if isinstance(value, str)}
    kind = _KINDS.get(status, ServerFailed)
    title = found.get("title") or _phrase(status)
    sent = headers.get("content-type", "nothing").partition(";")[0]
    detail = found.get("detail") or f"the server sent {sent}, and no problem detail."
    return kind(
        detail,
        status=status,
        title=title,
        type=found.get("type", ""),
        retry_after_s=_retry_after(headers.get("retry-after", "")),
    )


def _object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(value: str) -> float | None:
    """Seconds to wait: from a number of them, or from a date."""
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown status"


def _shown(text: str) -> str:
    """Text of a server on one line, without control characters, and bounded."""
    line = "".join(one if one.isprintable() else " " for one in text[: MOST_DETAIL_CHARS + 1])
    return line if len(line) <= MOST_DETAIL_CHARS else line[:MOST_DETAIL_CHARS] + "…"
