"""What tests of the chat over a test client share: to sign in, ask, and read what comes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient

WARRANTY = "How long does the warranty on a refrigeration unit last?"
HOURS = "When does the Kestrel depot open?"
PAY = "What is the salary of the depot manager at Kestrel?"


def sign_in(client: TestClient, key: str) -> None:
    assert client.post("/sign-in", data={"key": key}).status_code == 303


def token_of(client: TestClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]*)"', client.get("/").text)
    assert found
    return found[1]


def ask(
    client: TestClient, question: str, session: str = "s", status: int = 200, **more: Any
) -> list[tuple[str, Any]]:
    """Ask as the page does; the events, or the problem."""
    body = {"question": question, "session_id": session, **more}
    response = client.post("/chat/ask", json=body, headers={"X-CSRF-Token": token_of(client)})
    assert response.status_code == status, response.text
    if status != 200:
        return [("error", response.json())]
    found = []
    for block in response.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def answer(events: list[tuple[str, Any]]) -> dict[str, Any]:
    name, data = events[-1]
    assert name == "answer", data
    return dict(data)


class Elements(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def with_attribute(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.found if name in attributes]


def sources(html: str) -> list[dict[str, Any]]:
    return [
        json.loads(one["data-source"] or "") for one in Elements(html).with_attribute("data-source")
    ]


def opened(client: TestClient, source: dict[str, Any]) -> Any:
    return client.post("/chat/source", json=source, headers={"X-CSRF-Token": token_of(client)})
