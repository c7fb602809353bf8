"""Which names and sites may call, where browsers are asked to call on behalf of others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.api.test_access import ROUTES, ask, guarded, key  # noqa: F401

OPEN = ("/healthz", "/readyz")
PAGES = ("/docs", "/openapi.json")
EVERYWHERE = [route for routes in ROUTES.values() for route in routes] + [
    ("DELETE", "/v1/answers/none"),
    ("DELETE", "/v1/sessions/none"),
    ("DELETE", "/v1/batches/none"),
    ("GET", "/v1/nothing"),
]
FOREIGN_HOSTS = [
    "rebound.example",
    "rebound.example:8000",
    "localhost.rebound.example",
    "127.0.0.1.rebound.example",
    "localhost@rebound.example",
    "rebound.example#localhost",
    "localhost, rebound.example",
    "192.168.1.7",
    "0.0.0.0",
    "[::ffff:10.0.0.1]",
    "[::1]rebound.example",
    "localhost:port",
    "",
]
OWN_HOSTS = [
    "localhost",
    "LocalHost:8000",
    "localhost.",
    "localhost.:8000",
    "127.0.0.1:8000",
    "127.9.9.9",
    "[::1]",
    "[::1]:8000",
    "[::ffff:127.0.0.1]:8000",
]
EVIL = "https://evil.example"


def test_no_route_but_health_is_reached_by_a_foreign_name(serve) -> None:
    client = serve(limits__failures_per_minute=1000)
    for method, path in [*EVERYWHERE, *(("GET", page) for page in PAGES)]:
        refused = ask(client, method, path, {"Host": "rebound.example"})
        assert refused.status_code == 403, (method, path)
        assert "rebound.example" in refused.text
        assert refused.headers["X-Content-Type-Options"] == "nosniff"
    for path in OPEN:
        assert client.get(path, headers={"Host": "rebound.example"}).status_code != 403


def test_names_that_only_look_like_this_machines_are_foreign(serve) -> None:
    client = serve()
    for host in FOREIGN_HOSTS:
        refused = client.get("/v1/document-sets", headers={"Host": host})
        assert refused.status_code == 403, host


def test_this_machines_own_names_are_taken_however_they_are_written(serve) -> None:
    client = serve()
    for host in OWN_HOSTS:
        same = {"Host": host, "Origin": f"http://{host}".lower()}
        assert client.get("/v1/document-sets", headers={"Host": host}).status_code == 200, host
        assert client.get("/v1/document-sets", headers=same).status_code == 200, host


def test_a_forwarded_name_does_not_stand_in_for_the_name(serve) -> None:
    sent = {"Host": "rebound.example", "X-Forwarded-Host": "localhost"}
    assert serve(auth__enabled=False).get("/v1/document-sets", headers=sent).status_code == 403


def test_names_that_the_operator_gives_are_taken_and_no_others(serve) -> None:
    named = {"browser__hosts": ["Plumb.example.org"]}
    for client in (serve(**named), serve(serve__host="0.0.0.0", auth__enabled=False, **named)):
        for host, status in (
            ("plumb.example.org", 200),
            ("PLUMB.example.org.:443", 200),
            ("127.0.0.1:8000", 200),
            ("other.example.org", 403),
        ):
            found = client.get("/v1/document-sets", headers={"Host": host})
            assert found.status_code == status, host


def test_two_hosts_or_origins_are_none(serve) -> None:
    client = serve()
    for name in ("Host", "Origin"):
        twice = [(name, "localhost"), (name, "localhost"), ("Accept", "*/*")]
        assert client.get("/v1/document-sets", headers=twice).status_code == 403


FOREIGN_PAGES: list[dict[str, str]] = [
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://[broken"},
    {"Origin": "chrome-extension://localhost:80"},
    {"Origin": "https://localhost"},
    {"Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "Same-Site"},
]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_pages_of_other_sites_get_nothing(serve, host: str) -> None:
    client = serve(serve__host=host, auth__enabled=False)
    for page in FOREIGN_PAGES:
        sent = {"Host": "localhost:8000", **page}
        for method, path in (
            ("GET", "/v1/document-sets"),
            ("POST", "/v1/chat"),
            ("GET", "/metrics"),
        ):
            refused = ask(client, method, path, sent)
            assert refused.status_code == 403, (page, path, refused.text)
            assert "PLUMB_BROWSER_ORIGINS" in refused.text


def test_a_page_of_another_site_may_not_even_with_a_key(guarded: Any) -> None:  # noqa: F811
    client = guarded()
    with_key = key("a")
    assert client.get("/v1/document-sets", headers=with_key).status_code == 200
    for sent in ({"Origin": EVIL}, {"Origin": "null"}):
        assert client.get("/v1/document-sets", headers={**with_key, **sent}).status_code == 403
    own = {**with_key, "Origin": "https://plumb.example.org", "Host": "plumb.example.org"}
    assert client.get("/v1/document-sets", headers=own).status_code == 200


def test_where_only_the_referer_tells_of_a_page_it_counts(serve) -> None:
    client = serve()
    for referer, status in (
        (f"{EVIL}/page", 403),
        ("http://localhost:8000/docs", 200),
        ("http://[broken", 403),
    ):
        sent = {"Host": "localhost:8000", "Referer": referer}
        assert client.get("/v1/document-sets", headers=sent).status_code == status


def test_a_site_that_the_operator_names_may_call_and_change(serve) -> None:
    client = serve(browser__origins=["https://app.example.org"])
    sent = {"Origin": "https://app.example.org", "Sec-Fetch-Site": "cross-site"}
    made = client.post("/v1/document-sets", json={"document_set": "manuals"}, headers=sent)
    assert made.status_code == 201
    assert made.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
    other = {"Origin": "https://app.example.org.evil.example"}
    assert client.get("/v1/document-sets", headers=other).status_code == 403


def test_people_may_come_to_the_documentation_by_a_link(serve) -> None:
    client = serve()
    by_link = {"Sec-Fetch-Site": "cross-site", "Referer": f"{EVIL}/"}
    for path in PAGES:
        assert client.get(path, headers=by_link).status_code == 200
        assert client.get(path, headers={"Origin": EVIL}).status_code == 403


def test_a_body_that_a_form_can_send_is_no_question(serve) -> None:
    client = serve()
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        sent = {} if kind is None else {"Content-Type": kind}
        asked = client.post("/v1/chat", content=b'{"question": "Why?"}', headers=sent)
        assert asked.status_code == 422, kind


def test_a_flood_of_refusals_makes_few_entries(serve) -> None:
    client = serve(limits__failures_per_minute=5)
    for number in range(30):
        sent = {"Host": f"h{number}.example"}
        assert client.get("/v1/document-sets", headers=sent).status_code == 403
    assert len(client.app.state.guard.audit.entries()) == 5
