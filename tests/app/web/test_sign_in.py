"""Sign-in with a key: what a browser gets, keeps, and loses."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.errors import NotAuthenticated
from app.security.browser_sessions import MOST_OF_ONE, BrowserSessions
from app.security.keys import Keys
from app.store.database import Database

COOKIE = "plumb_sign_in"


def sign_in(client, key: str, next: str = "/"):
    return client.post("/sign-in", params={"next": next}, data={"key": key})


def csrf(client) -> str:
    page = client.get("/sign-in").text
    found = re.search(r'name="csrf-token" content="([0-9a-f]*)"', page)
    assert found
    return found[1]


def test_a_key_signs_in_and_counts_on_every_route(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    assert client.get("/v1/document-sets").status_code == 401
    done = sign_in(client, make_key())
    assert (done.status_code, done.headers["location"]) == (303, "/")
    cookie = done.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    assert client.get("/v1/document-sets").status_code == 200


def test_off_this_machine_the_cookie_is_secure(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True, browser__hosts=["plumb.example.org"])
    client.base_url = "https://plumb.example.org"
    cookie = sign_in(client, make_key()).headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "Secure" in cookie
    assert client.get("/v1/document-sets").status_code == 200


def test_plain_http_from_another_machine_is_named(serve_pages) -> None:
    client = serve_pages(auth__enabled=True, browser__hosts=["plumb.example.org"])
    assert "needs HTTPS" not in client.get("/sign-in").text
    client.base_url = "http://plumb.example.org"
    assert "needs HTTPS" in client.get("/sign-in").text


@pytest.mark.parametrize("key", ["", "plumb_nope", "x" * 199, "plumb_" + "0" * 12 + "_" + "a" * 43])
def test_a_wrong_key_is_refused_in_words(serve_pages, make_key, key) -> None:
    make_key()
    client = serve_pages(auth__enabled=True)
    refused = sign_in(client, key)
    assert refused.status_code == 401
    assert 'role="alert"' in refused.text
    assert "set-cookie" not in refused.headers
    assert key == "" or key not in refused.text


def test_wrong_keys_are_counted(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True, limits__failures_per_minute=3)
    key = make_key()
    pages = [sign_in(client, "plumb_nope").text for _ in range(4)]
    assert ["failed attempts" in page for page in pages] == [False, False, False, True]
    # Nobody is shut out by somebody else's attempts.
    assert sign_in(client, key).status_code == 303


@pytest.mark.parametrize("change", ["revoked", "expired"])
def test_a_session_ends_with_its_key(serve_pages, make_key, tmp_path, change) -> None:
    client = serve_pages(auth__enabled=True)
    sign_in(client, make_key("bo"))
    assert client.get("/v1/document-sets").status_code == 200
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with database.session() as session:
        column = "revoked" if change == "revoked" else "expires"
        session.execute(text(f"UPDATE access_keys SET {column} = '2026-01-01 00:00:00'"))
    database.close()
    assert client.get("/v1/document-sets").status_code == 401
    assert client.post("/v1/chat", json={"question": "Hello?"}).status_code == 403


def test_a_session_has_the_role_and_groups_of_its_key_now(serve_pages, make_key, tmp_path) -> None:
    client = serve_pages(auth__enabled=True)
    sign_in(client, make_key("bo", "admin"))
    assert client.get("/v1/jobs").status_code == 200
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with database.session() as session:
        session.execute(text("UPDATE access_keys SET role = 'reader'"))
    database.close()
    assert client.get("/v1/jobs").status_code == 403


def test_changes_need_what_only_our_pages_know(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    sign_in(client, make_key())
    body = {"question": "How long is the warranty?"}
    assert client.post("/v1/chat", json=body).status_code == 403
    wrong = client.post("/v1/chat", json=body, headers={"X-CSRF-Token": "0" * 64})
    assert wrong.status_code == 403
    assert "X-CSRF-Token" in wrong.json()["detail"]
    right = client.post("/v1/chat", json=body, headers={"X-CSRF-Token": csrf(client)})
    assert right.status_code == 200
    # Of another sign-in it does not count.
    other = csrf(client)
    sign_in(client, make_key("bo"))
    assert client.post("/v1/chat", json=body, headers={"X-CSRF-Token": other}).status_code == 403


def test_a_key_that_is_sent_counts_before_the_cookie(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    sign_in(client, make_key())
    admin = {"X-API-Key": make_key("root", "admin")}
    assert client.get("/v1/jobs").status_code == 403
    assert client.get("/v1/jobs", headers=admin).status_code == 200


def test_sign_out_ends_the_session_wherever_the_cookie_is(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    sign_in(client, make_key())
    copied = client.cookies[COOKIE]
    assert client.post("/sign-out").status_code == 403
    token = csrf(client)
    assert client.post("/sign-out", headers={"X-CSRF-Token": token}).status_code == 303
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, copied, domain="localhost.local")
    assert client.get("/v1/document-sets").status_code == 401


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a//evil.example",
        "/..//evil.example",
        "/\t/evil.example",
        "/a?b=c#d",
        "/a\r\nX: y",
        "javascript:alert(1)",
    ],
)
def test_sign_in_leads_to_no_other_site(serve_pages, make_key, next) -> None:
    client = serve_pages(auth__enabled=True)
    assert sign_in(client, make_key(), next).headers["location"] == "/"


@pytest.mark.parametrize("next", ["/admin/jobs?set=a%20b&x=1", "/chat/a:b", "/chat/c_1"])
def test_sign_in_leads_back(serve_pages, make_key, next) -> None:
    client = serve_pages(auth__enabled=True)
    asked = client.get(next)
    assert asked.status_code == 303
    form = client.get(asked.headers["location"]).text
    address = re.search(r'action="(/sign-in[^"]*)"', form)
    assert address
    done = client.post(html.unescape(address[1]), data={"key": make_key("anna", "editor")})
    assert done.headers["location"] == next


def test_sign_out_needs_no_script(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    sign_in(client, make_key())
    assert client.post("/sign-out", data={"csrf": "0" * 64}).status_code == 403
    form = client.get("/").text
    sent = re.search(r'name="csrf" value="([0-9a-f]+)"', form)
    assert sent
    assert client.post("/sign-out", data={"csrf": sent[1]}).status_code == 303
    assert COOKIE not in client.cookies


def test_nobody_signs_in_where_nobody_is_asked(serve_pages) -> None:
    client = serve_pages()
    assert client.get("/sign-in").headers["location"] == "/"
    assert client.post("/sign-in", data={"key": "x"}).headers["location"] == "/"


def test_pages_of_other_sites_cannot_sign_anyone_in(serve_pages, make_key) -> None:
    client = serve_pages(auth__enabled=True)
    key = make_key()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = client.post("/sign-in", data={"key": key}, headers=headers)
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers


def test_sessions_of_one_caller_are_bounded_and_old_ones_go(make_key, tmp_path: Path) -> None:
    key = make_key()
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    keys = Keys(database)
    caller = keys.verify(key)
    sessions = BrowserSessions(database, keys, hours=1)
    tokens = [sessions.begin(caller) for _ in range(MOST_OF_ONE + 3)]
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM browser_sessions")) == MOST_OF_ONE
        stored = str(session.execute(text("SELECT * FROM browser_sessions")).all())
    assert sessions.identify(tokens[-1]) == caller
    assert not any(token in stored for token in tokens)
    with database.session() as session:
        session.execute(text("UPDATE browser_sessions SET expires = '2026-01-01 00:00:00'"))
    sessions.begin(caller)
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM browser_sessions")) == 1
    database.close()


def test_a_session_ends_in_time(make_key, tmp_path: Path) -> None:
    key = make_key(expires_in=timedelta(days=1))
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    keys = Keys(database)
    token = BrowserSessions(database, keys, hours=1e-9).begin(keys.verify(key))
    with pytest.raises(NotAuthenticated, match="sign in again"):
        BrowserSessions(database, keys, hours=1).identify(token)
    database.close()
