"""Who was refused and comes again too early is refused at once, and nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from app.api.early_refusals import FREE_REFUSALS, MOST_REMEMBERED, EarlyRefusals
from app.api.problems import install
from app.errors import InvalidRequest, TooBusy, TooManyRequests
from app.main import create_app
from tests.app.api.test_fair_shares import QUESTION, key

MINE = {"Authorization": "Bearer mine"}
MANY = 20


class Service:
    """Routes that refuse, behind the middleware; counts what reaches them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reached = 0
        self.error: Exception | None = TooManyRequests("too many.", 20)
        app = FastAPI()
        app.state.redact = lambda text: text
        install(app, app.state.redact)
        app.add_middleware(EarlyRefusals, clock=lambda: self.now)

        @app.api_route("/{path}", methods=["GET", "POST"])
        def ask(request: Request, path: str) -> str:
            self.reached += 1
            if self.error is not None:
                raise self.error
            return path

        self.client = TestClient(app)
        self.ask = self.client.get


@pytest.fixture
def service() -> Service:
    return Service()


def test_a_caller_who_does_not_wait_gets_the_same_refusal_unexamined(service: Service) -> None:
    found = [service.ask("/chat", headers=MINE) for _ in range(MANY)]
    assert {(one.status_code, one.text) for one in found} == {(429, found[0].text)}
    assert "too many." in found[0].text
    assert service.reached == FREE_REFUSALS + 1
    service.now = 12.5
    again = service.ask("/chat", headers=MINE)
    assert (again.status_code, again.headers["Retry-After"]) == (429, "8"), "the rest of the time"


def test_a_caller_who_waits_is_looked_at_again(service: Service) -> None:
    for _ in range(MANY):
        service.ask("/chat", headers=MINE)
    service.now, service.error = 20.0, None
    assert service.ask("/chat", headers=MINE).status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"url": "/chat", "headers": {"Authorization": "Bearer other"}},
        {"url": "/chat", "headers": {"X-API-Key": "mine"}},
        {"url": "/chat"},
        {"url": "/chat", "headers": {"Cookie": "plumb_sign_in=other"}},
        {"url": "/search", "headers": MINE},
    ],
)
def test_nobody_else_and_no_other_route_is_refused(service: Service, other: dict[str, Any]) -> None:
    for _ in range(MANY):
        service.ask("/chat", headers=MINE)
    service.error = None
    assert service.ask(**other).status_code == 200
    assert service.client.post("/chat", headers=MINE).status_code == 200
    assert service.ask("/chat", headers=MINE).status_code == 429


def test_people_who_are_signed_in_behind_one_address_are_told_apart(service: Service) -> None:
    mine, other = {"Cookie": "plumb_sign_in=mine"}, {"Cookie": "plumb_sign_in=other"}
    for _ in range(MANY):
        service.ask("/chat", headers=mine)
    service.error = None
    assert service.ask("/chat", headers=mine).status_code == 429
    assert service.ask("/chat", headers=other).status_code == 200


def test_a_busy_service_is_asked_again_after_its_second(service: Service) -> None:
    service.error = TooBusy("busy.", 1)
    found = [service.ask("/chat", headers=MINE) for _ in range(MANY)]
    assert {one.status_code for one in found} == {503}
    assert service.reached == FREE_REFUSALS + 1
    service.now, service.error = 1.0, None
    assert service.ask("/chat", headers=MINE).status_code == 200


@pytest.mark.parametrize("error", [InvalidRequest("no question."), TooManyRequests("no time.")])
def test_what_waiting_does_not_mend_is_not_repeated(service: Service, error: Exception) -> None:
    service.error = error
    for _ in range(MANY):
        service.ask("/chat", headers=MINE)
    assert service.reached == MANY


def test_a_refusal_carries_the_headers_of_its_own_request_alone(
    make_parts: Callable[..., Any],
) -> None:
    mine, origin = key("mine"), "https://app.example.org"
    settings = make_parts(
        auth__enabled=True, limits__per_minute=1, browser__origins=[origin]
    ).settings
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        responses = [
            client.get("/v1/sessions", headers=mine | {"Origin": origin}) for _ in range(MANY)
        ]
        assert responses[-1].status_code == 429
        by_name = {tuple(sorted(one.headers.keys())) for one in responses[1:]}
        assert len(by_name) == 1
        assert {one.headers["Vary"] for one in responses} == {"Origin"}
        plain = client.get("/v1/sessions", headers=mine)
        assert plain.status_code == 429
        assert "Access-Control-Allow-Origin" not in plain.headers
        foreign = mine | {"Origin": "https://evil.example"}
        assert client.get("/v1/sessions", headers=foreign).status_code == 403


def test_no_path_passes_for_a_credential(service: Service) -> None:
    for _ in range(MANY):
        service.ask("/chat%00Bearer mine")
    service.error = None
    assert service.ask("/chat", headers=MINE).status_code == 200


def test_strangers_cannot_fill_the_memory(service: Service) -> None:
    for number in range(MOST_REMEMBERED + 50):
        service.ask("/chat", headers={"X-API-Key": str(number)})
    found: Any = service.client.app.middleware_stack  # type: ignore[attr-defined]
    while not isinstance(found, EarlyRefusals):
        found = getattr(found, "app", None) or found._app
    assert len(found._refusals) == MOST_REMEMBERED


def test_the_service_refuses_early_and_counts_it_by_its_route(
    make_parts: Callable[..., Any],
) -> None:
    mine, others = key("mine"), key("others")
    settings = make_parts(auth__enabled=True, limits__per_minute=2).settings
    body = {"question": QUESTION}
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        statuses = [client.post("/v1/chat", json=body, headers=mine).status_code for _ in range(10)]
        assert statuses == [200, 200] + [429] * 8
        response = client.post("/v1/chat", json=body, headers=mine)
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.json()["type"] == "urn:plumbline:problem:too-many-requests"
        assert client.post("/v1/chat", json=body, headers=others).status_code == 200
        counted = client.get("/metrics", headers=others).text
    refused = [line for line in counted.splitlines() if 'status="429"' in line and "_count" in line]
    assert len(refused) == 1
    assert 'route="/v1/chat"' in refused[0]
    assert refused[0].endswith(" 9.0")
