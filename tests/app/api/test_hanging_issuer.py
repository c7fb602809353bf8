"""A service whose identity provider hangs: who is known gets on, who is not is turned away at once."""

from __future__ import annotations

import base64
import threading
import time
from pathlib import Path

import httpx
import pytest

from app.security.keys import Keys
from app.settings.tree import load_settings
from app.store.database import Database
from tests.app.api.live import live_service
from tests.app.security.stalling import HEAD, stalling

pytestmark = pytest.mark.load

FAILURES = 5


def token(key_id: str) -> dict[str, str]:
    """A token as a stranger makes it up, for a request's headers."""
    header = base64.urlsafe_b64encode(f'{{"alg": "RS256", "kid": "{key_id}"}}'.encode())
    return {"Authorization": f"Bearer {header.rstrip(b'=').decode()}.e30.eA"}


def test_strangers_are_turned_away_while_keys_are_waited_for(tmp_path: Path) -> None:
    with stalling(HEAD + b'{"keys": [') as issuer:
        settings = load_settings(
            {
                "index.url": str(tmp_path / "index"),
                "auth.enabled": True,
                "auth.issuer": issuer.url,
                "auth.audience": "plumbline",
                "limits.failures_per_minute": FAILURES,
            }
        )
        database = Database(settings.store.url.get_secret_value())
        database.migrate()
        key = {"X-API-Key": Keys(database).create("ci", "reader")}
        database.close()
        with live_service(settings) as url, httpx.Client(base_url=url, timeout=30) as client:
            # The service begins to fetch keys when it starts; the first with a token waits for it.
            assert issuer.asked.acquire(timeout=10)
            first: list[int] = []

            def ask_first() -> None:
                first.append(
                    httpx.get(f"{url}/v1/sessions", headers=token("0"), timeout=30).status_code
                )

            waiting = threading.Thread(target=ask_first)
            waiting.start()
            began = time.monotonic()
            statuses = []
            for number in range(40):
                response = client.get("/v1/sessions", headers=token(str(number)))
                statuses.append(response.status_code)
                assert response.status_code == 503
                assert int(response.headers["Retry-After"]) >= 1
                assert client.get("/healthz").status_code == 200
                assert client.get("/v1/sessions", headers=key).status_code == 200
            took = time.monotonic() - began
            waiting.join(30)
        # Nobody failed here: the tokens may be good ones.
        assert first == [503]
        assert statuses == [503] * 40
        assert issuer.connections <= 2
        assert took < 20
