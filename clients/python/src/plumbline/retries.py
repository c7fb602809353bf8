"""Whether a request is sent again, and when."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Any

import httpx

from plumbline.calls import Call
from plumbline.errors import (
    NotFound,
    PlumblineError,
    ServiceError,
    StreamBroken,
    TooManyRequests,
    Unavailable,
    UnexpectedResponse,
    error_of,
)

FIRST_PAUSE_S = 0.25
MOST_PAUSE_S = 8.0
# The service refuses so before it begins with anything.
REFUSED = "urn:plumbline:problem:too-busy"
# The request did not leave this machine, or no connection was there to send it on.
NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
BROKEN_OFF = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
# Sending again would change nothing.
HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.DecodingError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how often.

    Attributes:
        timeout_s: how long one wait may take: for a connection, to send, for the next bytes.
        deadline_s: how long a call may take in all, with its retries and pauses. Of a stream: until
            it begins.
        max_retries: how often a request is sent again.
        max_response_bytes: how large a response may be; of a stream, that which is no stream.
    """

    timeout_s: float
    deadline_s: float
    max_retries: int
    max_response_bytes: int


@dataclass(frozen=True, slots=True)
class Received:
    """A response that was read as a whole."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status says that all went well."""
        return 200 <= self.status < 300


class Attempts:
    """The attempts at one call; says after each whether there is another.

    A request is sent again where that is safe: where it never arrived or was refused before anything
    was done (429, or a 503 that says so), or where it is repeatable.
    """

    def __init__(self, call: Call[Any], limits: Limits) -> None:
        self._call = call
        self._limits = limits
        self._until = time.monotonic() + limits.deadline_s
        self._retries = 0
        self._may_have_arrived = False

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self._until - time.monotonic()

    @property
    def timeout_s(self) -> float:
        """How long the next wait may take."""
        return max(0.001, min(self._limits.timeout_s, self.left_s))

    def check_size(self, size: int) -> None:
        """Check a response while it is read.

        Raises:
            UnexpectedResponse: it is too large.
            httpx.ReadTimeout: the deadline is over.
        """
        if size > self._limits.max_response_bytes:
            raise UnexpectedResponse(
                f"the response has more than {self._limits.max_response_bytes:,} bytes, which is "
                "max_response_bytes; is base_url the address of a Plumbline service?"
            )
        # How long files take to send is no fault of the service.
        if self.left_s < 0 and not self._call.files:
            raise httpx.ReadTimeout("the response did not end in time")

    def after_error(self, error: httpx.RequestError) -> float:
        """The pause in seconds after which to send again.

        Raises:
            Unavailable, UnexpectedResponse: it is not sent again.
        """
        if isinstance(error, HOPELESS):
            raise UnexpectedResponse(f"{_told(error)}.") from error
        never_arrived = isinstance(error, NEVER_ARRIVED)
        self._may_have_arrived |= not never_arrived
        why = f"the service cannot be reached: {_told(error)}."
        if isinstance(error, BROKEN_OFF) and self._call.files:
            # What was answered before the end is lost where files were still being sent.
            why += (
                " It may have refused the files: as too large together (serve.max_upload_bytes), or "
                "since the key may not upload."
            )
        failed = Unavailable(why)
        is_safe = never_arrived or self._call.repeatable
        if not is_safe or "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise failed from error
        return self._pause(failed, error)

    def after(self, received: Received) -> float | None:
        """The pause in seconds after which to send again; None: the response is the result.

        Raises:
            PlumblineError: it is an error, and not sent again.
        """
        is_json = received.headers.get("content-type", "").startswith("application/json")
        if received.is_success or (received.status in self._call.accepted and is_json):
            return None
        error = error_of(received.status, received.headers, received.body)
        # What was deleted by an attempt whose response was lost is gone, as it should be.
        was_deleted = self._call.method == "DELETE" and self._may_have_arrived
        if was_deleted and isinstance(error, NotFound):
            return None
        if not isinstance(error, TooManyRequests | Unavailable):
            raise error
        refused = isinstance(error, TooManyRequests) or error.type == REFUSED
        if not (refused or self._call.repeatable):
            raise error
        self._may_have_arrived |= not refused
        return self._pause(error)

    def _pause(self, error: ServiceError, cause: Exception | None = None) -> float:
        # Half of it by chance, so that clients that failed together do not retry together.
        grown: float = min(MOST_PAUSE_S, FIRST_PAUSE_S * 2**self._retries)
        pause = grown * random.uniform(0.5, 1)  # noqa: S311 (no secret)
        if error.retry_after_s is not None:
            # Never sooner than the service asks.
            pause += error.retry_after_s
        if self._retries >= self._limits.max_retries or pause >= self.left_s:
            raise error from cause
        self._retries += 1
        return pause


def stream_error(error: httpx.RequestError) -> PlumblineError:
    """What is raised where a stream fails after it has begun."""
    return StreamBroken(f"the stream broke off: {_told(error)}.")


def _told(error: httpx.RequestError) -> str:
    """An error of httpx in words; some have none."""
    name = type(error).__name__
    return f"{name}: {str(error).rstrip('.')}" if str(error) else name
