"""`plumb mcp`: the Model Context Protocol over stdin and stdout, for assistants on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from app.settings.tree import Settings
from prompts.errors import SettingsError

STDOUT, STDERR = 1, 2
# No setting: it is what is shown to a service elsewhere.
KEY_VARIABLE = "PLUMBLINE_API_KEY"


def serve(settings: Settings, line: Callable[[Exception], str]) -> None:
    """Serve the local index until stdin ends.

    Nothing but the protocol goes to stdout: entries of the log, and what libraries print, go to stderr.

    Args:
        line: an error in one line, without secrets.

    Raises:
        PlumbError: the parts cannot be built.
    """
    import anyio
    from mcp.server.stdio import stdio_server

    from app.callers import Caller
    from app.configuration.redaction import Redactor
    from app.mcp.access import LocalAccess
    from app.mcp.server import build_server
    from app.mcp.tools import Offer
    from app.sessions.memory import MemorySessions
    from app.source_view.originals import Originals
    from app.source_view.source_views import SourceViews
    from app.telemetry.logs import log_to_stderr
    from app.turns.turns import Turns
    from app.wiring import build

    release = None if settings.release is None else settings.release.id
    log_to_stderr(settings.telemetry, release, Redactor(settings))
    with _stdout_for_the_protocol():
        parts = build(settings)
    originals = Originals(settings.originals, settings.sync, parts.catalogue)
    views = SourceViews(parts.sets, originals)
    try:
        sessions = MemorySessions(settings.session)
        offer = Offer(parts, Turns(parts.answers, sessions), views)
        operator = Caller("command line", "admin", id="operator:command line")
        server = build_server(offer, LocalAccess(operator, line))

        async def run() -> None:
            async with stdio_server() as (incoming, outgoing):
                await server.run(incoming, outgoing, server.create_initialization_options())

        anyio.run(run)
    finally:
        views.close()
        parts.close()


@contextmanager
def _stdout_for_the_protocol() -> Iterator[None]:
    """Send to stderr what is printed inside the block; while it serves, the SDK does so."""
    kept = os.dup(STDOUT)
    os.dup2(STDERR, STDOUT)
    try:
        yield
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)


def forward(url: str, key: str | None) -> None:
    """Serve over stdio what a running service offers at /mcp, until stdin ends.

    Args:
        url: of the service, with or without `/mcp`.
        key: a key or token to show there.

    Raises:
        SettingsError: the URL is none, or would carry the key in plain text.
        ServiceUnavailable: the service cannot be reached, or refuses.
    """
    import anyio
    import httpx2
    from mcp.shared.exceptions import MCPError

    from app.errors import ServiceUnavailable
    from app.mcp.forwarding import forward_to
    from app.settings.access import check_url

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("--url: write https://plumbline.example.org, the service's address.")
    if key:
        try:
            check_url(url)
        except ValueError as error:
            raise SettingsError(f"--url: {error}: it carries {KEY_VARIABLE}.") from error
    address = url if parts.path.strip("/") else f"{url.rstrip('/')}/mcp"
    try:
        anyio.run(forward_to, address, key)
    except BaseException as error:
        # Task groups wrap what their tasks raise.
        first: BaseException = error
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if isinstance(first, MCPError | httpx2.HTTPError):
            raise ServiceUnavailable(f"{address}: {first or type(first).__name__}") from error
        raise
