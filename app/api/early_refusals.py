"""Refuse at once a caller who was refused and does not wait.

A refusal says in `Retry-After` when to try again. Finding out that a caller is over a limit takes a key
look-up, a rate count and the request's body. A caller who ignores `Retry-After` gets the same refusal
again without these, so that a flood costs other callers little.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The handler of errors puts here, in a request's state, for how many seconds its caller is refused.
REFUSED_FOR_S = "refused_for_s"
# A caller may come early so often: clients retry, and several may share one key.
FREE_REFUSALS = 3
MOST_REMEMBERED = 1000
CREDENTIALS = (b"authorization", b"x-api-key", b"cookie")


@dataclass(slots=True)
class _Refusal:
    """The last refusal of a caller.

    Attributes:
        until: when the caller may try again, on the clock.
        count: refusals since the caller last got a new `Retry-After`.
        route: the route that refused, for the metrics.
        messages: the response.
    """

    until: float
    route: Any
    count: int = 0
    messages: list[Message] = field(default_factory=list)


class EarlyRefusals:
    """ASGI middleware: repeat a refusal to a caller who comes again before `Retry-After` is over.

    Callers are distinguished by the credentials they send, routes by their path. Only refusals for being over a
    limit are repeated: `TooManyRequests` and `TooBusy`. At most 1,000 are remembered.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        # Who was refused last comes last.
        self._refusals: OrderedDict[bytes, _Refusal] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Mostly nobody is refused: then it need not be known who this is.
        key = _key_of(scope) if self._refusals else b""
        known = self._refusals.get(key)
        now = self._clock()
        if known is not None and now >= known.until:
            del self._refusals[key]
            known = None
        if known is not None and known.count > FREE_REFUSALS:
            scope["route"] = known.route
            for message in _with_wait(known.messages, known.until - now):
                await send(message)
            return
        state = scope.setdefault("state", {})
        messages: list[Message] = []

        async def noted(message: Message) -> None:
            if REFUSED_FOR_S in state:
                # What stands around adds headers to the message itself, for this request alone.
                messages.append(dict(message))
            await send(message)

        await self._app(scope, receive, noted)
        if messages and not messages[-1].get("more_body"):
            self._remember(self._clock() + state[REFUSED_FOR_S], scope, messages)

    def _remember(self, until: float, scope: Scope, messages: list[Message]) -> None:
        key = _key_of(scope)
        refusal = self._refusals.setdefault(key, _Refusal(until, scope.get("route")))
        refusal.count += 1
        refusal.messages = messages
        self._refusals.move_to_end(key)
        if len(self._refusals) > MOST_REMEMBERED:
            self._refusals.popitem(last=False)


def _key_of(scope: Scope) -> bytes:
    """Who asks for what: as a hash, since it holds a credential."""
    client = scope.get("client") or ("",)
    shown = [header for header in scope["headers"] if header[0] in CREDENTIALS]
    # Quoted, so that no path ends where a credential begins.
    identity = repr((client[0], scope["method"], scope["path"], shown))
    return blake2b(identity.encode(), digest_size=16).digest()


def _with_wait(messages: list[Message], wait_s: float) -> list[Message]:
    start, *rest = messages
    headers = [header for header in start["headers"] if header[0].lower() != b"retry-after"]
    wait = str(max(1, math.ceil(wait_s))).encode()
    return [{**start, "headers": [*headers, (b"retry-after", wait)]}, *rest]
