"""Sign in at an OpenID Connect issuer over a test client."""

from __future__ import annotations

from app.security.audit import Audit
from app.store.database import Database
from tests.app.security.code_issuer import CodeIssuer

COOKIE, FLOW = "plumb_sign_in", "plumb_flow"
CALLBACK = "/sign-in/callback"


def begin(client, next: str = "/") -> str:
    """Where the browser is led."""
    led = client.get("/sign-in/start", params={"next": next})
    assert led.status_code == 303, led.text
    return led.headers["location"]


def sign_in(client, issuer: CodeIssuer, next: str = "/"):
    return client.get(CALLBACK, params=issuer.agreed(begin(client, next)))


def assert_refused(response, text: str, status: int = 401) -> None:
    """Check that a page says in words why there is no sign-in, and that there is none."""
    assert response.status_code == status, response.text
    assert text in response.text
    assert 'role="alert"' in response.text
    assert f"{COOKIE}=" not in response.headers.get("set-cookie", "")


def denials(database: Database) -> list[str]:
    return [
        entry.detail["why"] for entry in Audit(database).entries() if entry.action == "authenticate"
    ]
