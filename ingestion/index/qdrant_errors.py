"""What goes wrong with a Qdrant server, told as what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from ingestion.errors import IndexUnavailable


@contextmanager
def reported(place: str) -> Iterator[None]:
    """The client's exceptions, told as what to look at."""
    try:
        yield
    except ResponseHandlingException as error:
        raise IndexUnavailable(
            f"{place}: the Qdrant server cannot be reached ({error.source}); check PLUMB_INDEX_URL and the server."
        ) from error
    except UnexpectedResponse as error:
        text = " ".join(str(error.content.decode("utf-8", "replace")).split())[:300]
        hint = "; check PLUMB_INDEX_API_KEY" if error.status_code in (401, 403) else ""
        raise IndexUnavailable(
            f"{place}: the Qdrant server answered {error.status_code}: {text}{hint}."
        ) from error
    except OSError as error:
        raise IndexUnavailable(f"{place}: {error}") from error
