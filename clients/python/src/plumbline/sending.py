"""Send requests, blocking or not. All that is particular to the one or the other is here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import httpx

from plumbline.calls import Call, Item, Pause, Steps, Stream
from plumbline.errors import ConfigurationError, UnexpectedResponse, unsendable
from plumbline.retries import Attempts, Limits, Received, stream_error

T = TypeVar("T")
Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)


def _request(
    http: httpx.Client | httpx.AsyncClient, call: Call[Any], attempts: Attempts, opened: ExitStack
) -> httpx.Request:
    """The request of one attempt; its files are open as long as `opened` is."""
    files = []
    for one in call.files:
        content = one.content
        if not isinstance(content, bytes):
            try:
                content = opened.enter_context(content.open("rb"))  # type: ignore[assignment]
            except OSError as error:
                raise ConfigurationError(
                    f"{content}: cannot be read ({error.strerror})."
                ) from error
        files.append((one.field, (one.name, content)))
    try:
        return http.build_request(
            call.method,
            call.path,
            params=call.query or None,
            json=call.json,
            data=call.form or None,
            files=files or None,  # type: ignore[arg-type]
            timeout=attempts.timeout_s,
        )
    except (TypeError, ValueError) as error:
        raise unsendable(error) from error


def _check_media_type(response: httpx.Response, stream: Stream[Any]) -> None:
    sent = response.headers.get("content-type", "nothing")
    if not sent.startswith(stream.media_type):
        raise UnexpectedResponse(
            f"the server sent {sent[:100]!a} in place of {stream.media_type}; is base_url the "
            "address of a Plumbline service?"
        )


class Sender:
    """Sends, and waits for what comes back. Safe to share between threads."""

    def __init__(self, http: httpx.Client, limits: Limits) -> None:
        self.http = http
        self._limits = limits

    def send(self, call: Call[T]) -> T:
        """What a request brings; raises `PlumblineError`."""
        attempts = Attempts(call, self._limits)
        while True:
            try:
                response = self._begin(call, attempts)
                received = self._read(response, attempts)
            except httpx.RequestError as error:
                pause: float | None = attempts.after_error(error)
            else:
                pause = attempts.after(received)
            if pause is None:
                return call.read(received.body)
            time.sleep(pause)

    def stream(self, stream: Stream[T]) -> Generator[T]:
        """What a stream brings, as it comes; raises `PlumblineError`."""
        response = self._opened(stream)
        try:
            decoder = stream.decoder()
            for piece in response.iter_bytes():
                yield from decoder.feed(piece)
            yield from decoder.end()
        except httpx.RequestError as error:
            raise stream_error(error) from error
        finally:
            response.close()

    def iterate(self, steps: Steps[T]) -> Iterator[T]:
        """What several requests bring, one after the other."""
        came: Any = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration:
                return
            came = None
            if isinstance(step, Call):
                came = self.send(step)
            elif isinstance(step, Pause):
                time.sleep(step.seconds)
            elif isinstance(step, Item):
                yield step.value

    def _opened(self, stream: Stream[Any]) -> httpx.Response:
        attempts = Attempts(stream.call, self._limits)
        while True:
            try:
                response = self._begin(stream.call, attempts, stream.media_type)
                if response.is_success:
                    break
                received = self._read(response, attempts)
            except httpx.RequestError as error:
                pause: float | None = attempts.after_error(error)
            else:
                pause = attempts.after(received)
            time.sleep(pause or 0)
        try:
            _check_media_type(response, stream)
        except UnexpectedResponse:
            response.close()
            raise
        return response

    def _begin(
        self, call: Call[Any], attempts: Attempts, accept: str | None = None
    ) -> httpx.Response:
        with ExitStack() as opened:
            request = _request(self.http, call, attempts, opened)
            if accept:
                request.headers["Accept"] = f"{accept}, application/json"
            return self.http.send(request, stream=True)

    def _read(self, response: httpx.Response, attempts: Attempts) -> Received:
        try:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                attempts.check_size(len(body))
        finally:
            response.close()
        return Received(response.status_code, response.headers, bytes(body))


class AsyncSender:
    """The same for asyncio."""

    def __init__(self, http: httpx.AsyncClient, limits: Limits) -> None:
        self.http = http
        self._limits = limits

    async def send(self, call: Call[T]) -> T:
        """What a request brings; raises `PlumblineError`."""
        attempts = Attempts(call, self._limits)
        while True:
            try:
                response = await self._begin(call, attempts)
                received = await self._read(response, attempts)
            except httpx.RequestError as error:
                pause: float | None = attempts.after_error(error)
            else:
                pause = attempts.after(received)
            if pause is None:
                return call.read(received.body)
            await asyncio.sleep(pause)

    async def stream(self, stream: Stream[T]) -> AsyncGenerator[T]:
        """What a stream brings, as it comes; raises `PlumblineError`."""
        response = await self._opened(stream)
        try:
            decoder = stream.decoder()
            async for piece in response.aiter_bytes():
                for one in decoder.feed(piece):
                    yield one
            for one in decoder.end():
                yield one
        except httpx.RequestError as error:
            raise stream_error(error) from error
        finally:
            await response.aclose()

    async def iterate(self, steps: Steps[T]) -> AsyncIterator[T]:
        """What several requests bring, one after the other."""
        came: Any = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration:
                return
            came = None
            if isinstance(step, Call):
                came = await self.send(step)
            elif isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Item):
                yield step.value

    async def _opened(self, stream: Stream[Any]) -> httpx.Response:
        attempts = Attempts(stream.call, self._limits)
        while True:
            try:
                response = await self._begin(stream.call, attempts, stream.media_type)
                if response.is_success:
                    break
                received = await self._read(response, attempts)
            except httpx.RequestError as error:
                pause: float | None = attempts.after_error(error)
            else:
                pause = attempts.after(received)
            await asyncio.sleep(pause or 0)
        try:
            _check_media_type(response, stream)
        except UnexpectedResponse:
            await response.aclose()
            raise
        return response

    async def _begin(
        self, call: Call[Any], attempts: Attempts, accept: str | None = None
    ) -> httpx.Response:
        with ExitStack() as opened:
            request = _request(self.http, call, attempts, opened)
            if accept:
                request.headers["Accept"] = f"{accept}, application/json"
            return await self.http.send(request, stream=True)

    async def _read(self, response: httpx.Response, attempts: Attempts) -> Received:
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                attempts.check_size(len(body))
        finally:
            await response.aclose()
        return Received(response.status_code, response.headers, bytes(body))
