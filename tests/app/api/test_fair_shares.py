"""Fair shares over HTTP: what holds the processor, and what does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.fair_shares import at_work
from app.main import create_app
from app.security.keys import Keys
from app.store.database import Database
from tests.openai_server import openai_server

QUESTION = "When does the Kestrel depot open?"
ROUTES: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "chat": ("POST", "/v1/chat", {"question": QUESTION}),
    "stream": ("POST", "/v1/chat", {"question": QUESTION, "stream": True}),
    "openai": (
        "POST",
        "/v1/chat/completions",
        {"model": "plumb/depot", "messages": [{"role": "user", "content": QUESTION}]},
    ),
    "search": ("GET", "/v1/search?q=Kestrel", None),
}


def key(name: str) -> dict[str, str]:
    with closing(Database("sqlite:///plumb-store.db")) as database:
        database.migrate()
        return {"Authorization": f"Bearer {Keys(database).create(name, 'reader')}"}


def test_every_way_to_ask_waits_for_its_turn_and_is_answered_after(
    make_parts: Callable[..., Any],
) -> None:
    mine = key("mine")
    settings = make_parts(
        auth__enabled=True, limits__work_at_once=1, limits__work_wait_s=0.2
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        processor = client.app.state.guard.processor  # type: ignore[attr-defined]
        with processor.serving("other"), at_work():
            for name, (method, path, body) in ROUTES.items():
                response = client.request(method, path, json=body, headers=mine)
                assert (response.status_code, response.headers["Retry-After"]) == (503, "1"), name
                assert "busy with other answers" in response.text
        for name, (method, path, body) in ROUTES.items():
            assert client.request(method, path, json=body, headers=mine).status_code == 200, name
        assert not processor._active


@pytest.mark.parametrize("streams", [False, True])
def test_waiting_for_a_hosted_model_holds_no_processor(
    make_parts: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, streams: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    mine, other = key("mine"), key("other")
    with openai_server() as script, ThreadPoolExecutor(1) as pool:
        script.reply = "It opens at six [1]."
        script.held = threading.Event()
        settings = make_parts(
            auth__enabled=True,
            limits__work_at_once=1,
            limits__work_wait_s=5.0,
            chat__model="openai:held",
            chat__base_url=script.url,
        ).settings
        with TestClient(create_app(settings), base_url="http://localhost") as client:
            body = {"question": QUESTION, "stream": streams}
            held = pool.submit(client.post, "/v1/chat", json=body, headers=mine)
            while not script.requests:
                assert not held.done(), held.result().text
                time.sleep(0.01)
            found = client.get("/v1/search?q=Kestrel", headers=other)
            script.held.set()
            assert found.status_code == 200
            assert held.result().status_code == 200
            assert not client.app.state.guard.processor._active  # type: ignore[attr-defined]
