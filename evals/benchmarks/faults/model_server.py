"""A chat model behind OpenAI's API whose every reply repeats its question, and that can fail."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from evals.benchmarks.faults.questions import FOLLOW_UP

NAME = "openai:echo"
DELAY_S = 0.15
QUOTED_WORDS = 8
ASKED = re.compile(
    r"\APassages:\n\n\[1\] [^\n]*\n(?P<first>.*?)(?:\n\n\[2\] .*)?\n\nQuestion: (?P<question>.*)\Z",
    re.DOTALL,
)
FOLLOWED = re.compile(
    r"\AConversation:\n\n(?P<history>.*)\n\nLast question: (?P<last>.*)\Z", re.DOTALL
)
Mood = Literal["well", "silent", "failing"]


class ModelServer:
    """Serves on a free port of the loopback while it is open.

    Attributes:
        url: base URL for a client.
        mood: `silent`: takes every call and says nothing more, some streams after their first word;
            `failing`: status 500.
        delay_s: how long it thinks when it is well.
    """

    def __init__(self, following: Callable[[str], str]) -> None:
        self.mood: Mood = "well"
        self.delay_s = DELAY_S
        self.following = following
        self.changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def set_mood(self, mood: Mood) -> None:
        """Change it; callers who wait in silence get their answer."""
        with self.changed:
            self.mood = mood
            self.changed.notify_all()

    def close(self) -> None:
        self.set_mood("well")
        self._server.shutdown()
        self._server.server_close()

    def reply(self, messages: list[dict[str, str]]) -> str:
        """What is said to messages: a function of them alone."""
        content = messages[-1]["content"].strip()
        followed = FOLLOWED.match(content)
        if followed:
            return self._standalone(followed["history"], followed["last"].strip())
        asked = ASKED.match(content)
        if asked is None:
            raise ValueError(f"no prompt that is known here: {content[:200]}")
        words = " ".join(re.findall(r"[^\s\"“”]+", asked["first"].split('"')[0])[:QUOTED_WORDS])
        return f"Question {tag(asked['question'].strip())} rests on this: {words} [1]."

    def _standalone(self, history: str, last: str) -> str:
        asked = re.findall(r"^User: (.*)$", history, re.MULTILINE)
        return self.following(asked[-1]) if asked and last == FOLLOW_UP else last


def tag(question: str) -> str:
    """A word that stands for a question."""
    return "q" + hashlib.sha256(question.encode()).hexdigest()[:16]


@contextmanager
def model_server(following: Callable[[str], str]) -> Iterator[ModelServer]:
    """Serve while the context lasts."""
    server = ModelServer(following)
    try:
        yield server
    finally:
        server.close()


def _handler(model: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with model.changed:
                mood = model.mood
                if mood == "well":
                    model.changed.wait_for(lambda: model.mood != "well", model.delay_s)
            text = model.reply(request["messages"])
            try:
                if mood == "failing":
                    self._send(500, {"error": {"message": "set to fail", "type": "server"}})
                elif request.get("stream"):
                    self._stream(text, mood)
                else:
                    self._hold(mood)
                    self._send(200, _completion(text))
            except OSError:
                self.close_connection = True  # the caller left

        def _hold(self, mood: Mood) -> None:
            if mood == "silent":
                with model.changed:
                    model.changed.wait_for(lambda: model.mood != "silent")

        def _send(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, text: str, mood: Mood) -> None:
            words = re.findall(r"\S+\s*", text)
            # Half of the questions see the stream stop before its first word.
            if int(tag(text)[1:], 16) % 2:
                self._hold(mood)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            for number, word in enumerate(words):
                self._piece([{"index": 0, "delta": {"content": word}, "finish_reason": None}])
                if number == 0:
                    self._hold(mood)
            self._piece([{"index": 0, "delta": {}, "finish_reason": "stop"}])
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def _piece(self, choices: list[dict[str, Any]]) -> None:
            piece = {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": NAME.partition(":")[2],
                "choices": choices,
            }
            self.wfile.write(f"data: {json.dumps(piece)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _completion(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": NAME.partition(":")[2],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }
