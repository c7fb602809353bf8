"""What goes wrong with a Qdrant server: whether it may pass, and what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped]
import httpx
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from ingestion.errors import IndexUnavailable

PASSING_STATUSES = {408, 429, 500, 502, 503, 504}
PASSING_CODES = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
}
REFUSED_CODES = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}


def is_passing(error: BaseException) -> bool:
    """Whether the same call may succeed later: a lost connection, a timeout, a busy server."""
    if isinstance(error, ResourceExhaustedResponse):
        return True
    if isinstance(error, ResponseHandlingException):
        return isinstance(error.source, httpx.TransportError)
    if isinstance(error, UnexpectedResponse):
        return error.status_code in PASSING_STATUSES
    return isinstance(error, grpc.RpcError) and error.code() in PASSING_CODES


@contextmanager
def reported(place: str) -> Iterator[None]:
    """The client's exceptions as messages that say what to look at."""
    try:
        yield
    except ResponseHandlingException as error:
        why = " ".join(str(error.source).split())[:300]
        raise IndexUnavailable(
            f"{place}: the Qdrant server cannot be reached ({why}); check PLUMB_INDEX_URL and the server."
        ) from error
    except ResourceExhaustedResponse as error:
        raise IndexUnavailable(
            f"{place}: the Qdrant server is busy and asks to wait {error.retry_after_s} s; try again later."
        ) from error
    except UnexpectedResponse as error:
        text = error.content.decode("utf-8", "replace")
        raise _answered(
            place, str(error.status_code), text, refused=error.status_code in (401, 403)
        ) from error
    except grpc.RpcError as error:
        raise _answered(
            place, error.code().name, error.details() or "", refused=error.code() in REFUSED_CODES
        ) from error
    except (OSError, ValueError, RuntimeError) as error:  # what local mode raises
        raise IndexUnavailable(f"{place}: {' '.join(str(error).split())}") from error


def _answered(place: str, status: str, text: str, *, refused: bool) -> IndexUnavailable:
    hint = "; check PLUMB_INDEX_API_KEY" if refused else ""
    return IndexUnavailable(
        f"{place}: the Qdrant server answered {status}: {' '.join(text.split())[:300]}{hint}."
    )
