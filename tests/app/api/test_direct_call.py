"""Two ways to a route's function: the direct one, and FastAPI's for what does not fit it."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import Body, Depends, Query, Request, Response
from pydantic import BaseModel

from app.api.direct_call import JSON_BODY, DirectCall


@pytest.fixture
def anyio_backend() -> str:
    """The server runs on asyncio alone."""
    return "asyncio"


class Asked(BaseModel):
    number: int


async def path_of(request: Request) -> str:
    return request.url.path


async def echo(
    asked: Annotated[Asked, Body()],
    path: Annotated[str, Depends(path_of)],
    http: Request,
    more: Annotated[str | None, Query()] = None,
) -> Response:
    return Response(f"{http.method} {path} {asked.number} {more}")


def a_request(query: bytes = b"", **state: object) -> Request:
    scope = {"type": "http", "method": "POST", "path": "/echo", "query_string": query}
    scope |= {"headers": [], "server": ("localhost", 80), "scheme": "http", "state": state}
    return Request(scope)


@pytest.mark.anyio
async def test_arguments_come_from_body_request_and_dependencies() -> None:
    found = await DirectCall(echo).response_to(a_request(**{JSON_BODY: {"number": 7}}))
    assert found is not None
    assert found.body == b"POST /echo 7 None"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "request_",
    [
        a_request(),
        a_request(**{JSON_BODY: None}),
        a_request(**{JSON_BODY: {"number": "seven"}}),
        a_request(b"more=1", **{JSON_BODY: {"number": 7}}),
    ],
    ids=["no JSON", "null", "unfit", "query"],
)
async def test_what_does_not_fit_is_left_to_fastapi(request_: Request) -> None:
    assert await DirectCall(echo).response_to(request_) is None


async def takes_a_header(asked: Annotated[Asked, Body()], header: str) -> Response:
    return Response()


async def returns_a_model(asked: Annotated[Asked, Body()]) -> Asked:
    return asked


def blocks(asked: Annotated[Asked, Body()]) -> Response:
    return Response()


@pytest.mark.parametrize("function", [takes_a_header, returns_a_model, blocks])
def test_other_functions_are_refused_at_the_start(function) -> None:
    with pytest.raises(TypeError, match=function.__name__):
        DirectCall(function)


@pytest.fixture
def direct(monkeypatch):
    """Whether each request to the chat took the direct way."""
    taken: list[bool] = []
    really = DirectCall.response_to

    async def noted(self, request):
        found = await really(self, request)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(DirectCall, "response_to", noted)
    return taken


def test_both_ways_of_the_chat_answer_alike(serve, direct, make_parts) -> None:
    parts = make_parts()
    client = serve(index__url=parts.settings.index.url)
    body = {"question": "When does the depot open?", "options": None}
    here, there = client.post("/v1/chat", json=body), client.post("/v1/chat?x=1", json=body)
    assert direct == [True, False]
    assert (here.status_code, there.status_code) == (200, 200)
    own = {"id", "at", "cache", "timings_ms"}
    one, other = here.json(), there.json()
    assert {name: one[name] for name in one if name not in own} == {
        name: other[name] for name in other if name not in own
    }
    assert here.headers.keys() == there.headers.keys()


def test_both_ways_refuse_alike(serve, direct, make_parts) -> None:
    parts = make_parts()
    client = serve(index__url=parts.settings.index.url)
    for body in ({"question": "", "document_set": "depot"}, {"question": "why?", "nope": 1}, {}):
        here, there = client.post("/v1/chat", json=body), client.post("/v1/chat?x=1", json=body)
        assert (here.status_code, here.json()) == (there.status_code, there.json())
        assert 400 <= here.status_code < 500
