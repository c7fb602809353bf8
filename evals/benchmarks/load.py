"""A light HTTP client for load: prepared requests over kept connections, timed one by one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load.

    Attributes:
        milliseconds: each request's time.
        statuses: each response's status.
        seconds: from the first request to the last response.
    """

    milliseconds: list[float]
    statuses: list[int]
    seconds: float


def post(path: str, body: object) -> bytes:
    """A POST of JSON, as it goes over the wire."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def get(path: str) -> bytes:
    """A GET, as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def send(port: int, requests: Sequence[bytes], callers: int, pause_s: float = 0.0) -> Load:
    """Send all requests, each caller one after the other on a connection of its own.

    Args:
        pause_s: for how long a caller thinks between two requests; their beginnings are spread.
    """
    return asyncio.run(_send(port, requests, callers, pause_s))


async def _send(port: int, requests: Sequence[bytes], callers: int, pause_s: float) -> Load:
    waiting = iter(requests)
    took: list[float] = []
    statuses: list[int] = []

    async def caller(number: int) -> None:
        await asyncio.sleep(pause_s * number / callers)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            statuses.append(await _response(reader))
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(pause_s)
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(caller(number) for number in range(callers)))
    return Load(took, statuses, time.perf_counter() - began)


async def _response(reader: asyncio.StreamReader) -> int:
    """Read one response to its end; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines[1:])
    }
    await reader.readexactly(int(headers["content-length"]))
    return int(lines[0].split()[1])
