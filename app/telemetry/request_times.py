"""Time every request, by the route it took and not by its path, which anybody can make up."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry.metrics import Metrics

NO_ROUTE = "(none)"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_METHOD = "(other)"
OWN_PATH = "/metrics"


class RequestTimes:
    """ASGI middleware: the time from a request to the end of its response."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["path"] == OWN_PATH:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def noticing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noticing)
        finally:
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            took = time.perf_counter() - began
            metrics = self._metrics
            # Anybody can make up methods too.
            method = scope["method"] if scope["method"] in METHODS else NO_METHOD
            metrics.requests_of(method, route, str(status), metrics.release).observe(took)
