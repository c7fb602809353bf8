"""Call a route's function with arguments whose sources are known from the start.

For each request FastAPI works out again where a function's arguments come from, and parses the body a
second time. For an answer out of the cache that took a third of the event loop's time.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args, get_type_hints

from fastapi import Request, Response
from fastapi.params import Body, Depends, Query
from pydantic import TypeAdapter, ValidationError

# In a request's state: the body's JSON, as `app.api.request_input` has read and checked it.
JSON_BODY: Final = "json_body"


class DirectCall:
    """A route's function, and where its arguments come from.

    Args:
        function: a coroutine function that returns a response. It takes at most one body, the
            request, what dependencies give, and query parameters with defaults. The dependencies
            are coroutine functions of the request.

    Raises:
        TypeError: it takes something else.
    """

    def __init__(self, function: Callable[..., Awaitable[Response]]) -> None:
        self._function = function
        self._requests: list[str] = []
        self._given: list[tuple[str, Callable[[Request], Awaitable[Any]]]] = []
        self._body: tuple[str, TypeAdapter[Any]] | None = None
        hints = get_type_hints(function, include_extras=True)
        if not inspect.iscoroutinefunction(function) or hints.get("return") is not Response:
            raise TypeError(
                f"{function.__name__} is not a coroutine function that returns a Response"
            )
        for name, parameter in inspect.signature(function).parameters.items():
            hint = hints[name]
            found = next(
                (one for one in get_args(hint) if isinstance(one, Body | Depends | Query)), None
            )
            if hint is Request:
                self._requests.append(name)
            elif isinstance(found, Depends) and inspect.iscoroutinefunction(found.dependency):
                self._given.append((name, found.dependency))
            elif isinstance(found, Body) and self._body is None:
                self._body = name, TypeAdapter(get_args(hint)[0])
            elif not isinstance(found, Query) or parameter.default is parameter.empty:
                raise TypeError(f"{function.__name__}: {name} comes from no place known here")

    async def response_to(self, request: Request) -> Response | None:
        """What the function answers; None: FastAPI is to look at the request itself.

        FastAPI does where the body is not JSON or does not fit its model, so that the caller gets
        the reason, and where there are query parameters.
        """
        arguments: dict[str, Any] = dict.fromkeys(self._requests, request)
        if request.scope["query_string"]:
            return None
        if self._body is not None:
            name, model = self._body
            try:
                arguments[name] = model.validate_python(request.scope["state"][JSON_BODY])
            except (KeyError, ValidationError):
                return None
        for name, dependency in self._given:
            arguments[name] = await dependency(request)
        return await self._function(**arguments)
