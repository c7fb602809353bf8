"""Headers for browsers, and which sites' pages may call."""

from __future__ import annotations

import re

SITE = "https://app.example.org"


def test_every_answer_has_them(serve) -> None:
    client = serve()
    for path in ("/v1/document-sets", "/v1/nothing", "/healthz", "/docs", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        # Our own forms need an origin: browsers send `null` with `no-referrer`.
        own = "no-referrer" if path.startswith("/v1") else "same-origin"
        assert headers["Referrer-Policy"] == own
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert ("Cache-Control" in headers) == (path != "/docs")
        assert "Strict-Transport-Security" not in headers
        assert "Access-Control-Allow-Origin" not in headers
    assert client.get("/v1/jobs").headers["Cache-Control"] == "no-store"


def test_the_documentation_may_load_what_it_loads(serve) -> None:
    client = serve()
    for path in ("/docs", "/redoc"):
        page = client.get(path)
        policy = page.headers["Content-Security-Policy"]
        for kind, directive in (
            ("script", "script-src"),
            ("link", "style-src"),
            ("img", "img-src"),
        ):
            allowed = re.search(rf"{directive} ([^;]*)", policy)
            assert allowed
            for tag in re.findall(rf"<{kind}\b[^>]*>", page.text):
                found = re.search(r'(?:src|href)="(https://[^/"]+)', tag)
                is_icon = "icon" in tag
                if found and not is_icon:
                    assert found[1] in allowed[1], tag
        assert "'unsafe-inline'" in policy
        assert "connect-src 'self'" in policy


def test_https_only_and_other_sites_by_setting(serve) -> None:
    client = serve(browser__hsts_s=31536000, browser__origins=[SITE])
    asked = client.get("/v1/document-sets", headers={"Origin": SITE})
    assert asked.headers["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Credentials" not in asked.headers
    assert asked.headers["Strict-Transport-Security"] == "max-age=31536000"
    before = {"Origin": SITE, "Access-Control-Request-Method": "POST"}
    preflight = {**before, "Access-Control-Request-Headers": "authorization"}
    assert client.options("/v1/chat", headers=preflight).status_code == 200
    other = client.get("/v1/document-sets", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_refusals_and_what_nobody_foresaw_have_them_too(serve, monkeypatch) -> None:
    client = serve(browser__origins=[SITE], limits__changes_per_minute=1)

    def fails(*_: object) -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(client.app.state.answer_log, "list", fails)
    too_large = b"x" * 1_000_001
    for method, path, body, status in (
        ("GET", "/v1/answers", b"", 500),
        ("GET", "/nothing", b"", 404),
        ("PATCH", "/v1/answers", b"", 405),
        ("POST", "/v1/chat", too_large, 413),
        ("POST", "/v1/chat", b"{", 422),
    ):
        response = client.request(method, path, content=body, headers={"Origin": SITE})
        assert response.status_code == status, path
        for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
            assert name in response.headers, (status, name)
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["Access-Control-Allow-Origin"] == SITE
    assert client.get("/v1/answers", headers={"Host": "evil.example"}).headers["X-Frame-Options"]
