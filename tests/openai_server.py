"""A local server that speaks as much of the OpenAI API as a chat model's client needs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server says next, and what it was asked.

    Attributes:
        reply: the assistant's text.
        answer: gives the assistant's text to a request's body, instead of `reply`.
        status: an HTTP status other than 200 makes every call fail.
        statuses: those of the next calls, before `status`.
        held: a streamed reply stops after its first word until this is set; another waits for it.
        finish_reason: why a reply ends.
        left: set when a client left before its reply was whole.
        raw: writes the whole response, given the handler and the request; what a client
            that leaves makes it raise sets `left`.
        error: the body of a failure, instead of a plain one.
        headers: sent beside it.
        requests: bodies received, in order.
        usage: tokens read and written that a whole reply reports.
        keys: Authorization headers received, in order.
        url: base URL for a client.
    """

    reply: str = ""
    answer: Callable[[dict[str, Any]], str] | None = None
    status: int = 200
    statuses: list[int] = field(default_factory=list)
    held: threading.Event | None = None
    left: threading.Event = field(default_factory=threading.Event)
    raw: Callable[[BaseHTTPRequestHandler, dict[str, Any]], None] | None = None
    error: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    finish_reason: str = "stop"
    requests: list[dict[str, Any]] = field(default_factory=list)
    usage: tuple[int, int] = (1, 1)
    keys: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def openai_server() -> Iterator[Script]:
    """Serve on a free port of the loopback while the context lasts."""
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            request = json.loads(self.rfile.read(length))
            script.requests.append(request)
            script.keys.append(self.headers.get("Authorization", ""))
            if script.raw is not None:
                try:
                    script.raw(self, request)
                except OSError:
                    script.left.set()
                return
            status = script.statuses.pop(0) if script.statuses else script.status
            if status == 200 and request.get("stream"):
                self._stream(request)
                return
            if script.held is not None:
                script.held.wait()
            failure = {"error": {"message": "scripted failure", "type": "server"}}
            answer: dict[str, Any] = script.error or failure
            if status == 200:
                text = script.answer(request) if script.answer else script.reply
                message = {"role": "assistant", "content": text}
                answer = {
                    "id": "chatcmpl-1",
                    "object": "chat.completion",
                    "created": 1,
                    "model": request["model"],
                    "choices": [
                        {"index": 0, "message": message, "finish_reason": script.finish_reason}
                    ],
                    "usage": {
                        "prompt_tokens": script.usage[0],
                        "completion_tokens": script.usage[1],
                        "total_tokens": sum(script.usage),
                    },
                }
            body = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                for name, value in script.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                script.left.set()

        def _stream(self, request: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            words = re.findall(r"\S+\s*", script.reply)
            try:
                for number, word in enumerate(words):
                    self._send(request, {"delta": {"content": word}, "finish_reason": None})
                    if number == 0 and script.held is not None:
                        # A client that has left is noticed by writing to it.
                        while not script.held.wait(0.02):
                            self.wfile.write(b": still here\n\n")
                            self.wfile.flush()
                self._send(request, {"delta": {}, "finish_reason": script.finish_reason})
                self._send(request, None)
                self.wfile.write(b"data: [DONE]\n\n")
            except OSError:
                script.left.set()

        def _send(self, request: dict[str, Any], choice: dict[str, Any] | None) -> None:
            piece: dict[str, Any] = {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": request["model"],
                "choices": [] if choice is None else [{"index": 0, **choice}],
            }
            if choice is None:
                piece["usage"] = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
            self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
