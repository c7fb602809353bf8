"""Assistants that sign people in by OAuth: from the 401 to the issuer, and back with its token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest
from anyio.to_thread import run_sync
from fastapi.testclient import TestClient
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
    ProtectedResourceMetadata,
)

from app.main import create_app
from tests.app.api.live import live_service
from tests.oidc.running import AUDIENCE, REDIRECT, OidcProvider, missing, oidc_provider

WELL_KNOWN = "/.well-known/oauth-protected-resource"
ISSUER = "https://login.example.org/realms/depot"


@pytest.fixture
def serve(make_parts) -> Iterator[Any]:
    running: list[TestClient] = []

    def start(base_url: str = "http://testserver", **overrides: Any) -> TestClient:
        settings = make_parts(**overrides).settings
        client = TestClient(create_app(settings), base_url, raise_server_exceptions=False)
        running.append(client.__enter__())
        return client

    yield start
    for client in running:
        client.__exit__(None, None, None)


def of_issuer(**more: Any) -> dict[str, Any]:
    return {
        "auth__enabled": True,
        "auth__issuer": ISSUER,
        "auth__audience": "plumbline",
        "browser__hosts": ["plumb.example.org"],
        **more,
    }


def test_a_401_names_the_metadata_and_that_names_the_issuer(serve) -> None:
    client = serve("https://plumb.example.org", **of_issuer(auth__scopes=["openid", "ask"]))
    refused = client.post("/mcp", json={})
    assert refused.status_code == 401
    address = f"https://plumb.example.org{WELL_KNOWN}/mcp"
    assert refused.headers["WWW-Authenticate"] == f'Bearer resource_metadata="{address}"'
    wrong = client.post("/mcp", json={}, headers={"X-API-Key": "plumb_x"})
    assert wrong.headers["WWW-Authenticate"] == (
        f'Bearer error="invalid_token", resource_metadata="{address}"'
    )
    # Clients that know nothing of OAuth read what they read before.
    assert client.get("/v1/jobs").headers["WWW-Authenticate"] == "Bearer"
    for path in ("/mcp", ""):
        found = client.get(WELL_KNOWN + path)
        assert found.status_code == 200
        result = ProtectedResourceMetadata.model_validate_json(found.content)
        assert str(result.resource) == f"https://plumb.example.org{path}"
        assert [str(one) for one in result.authorization_servers] == [ISSUER]
        assert result.bearer_methods_supported == ["header"]
        assert result.scopes_supported == ["openid", "ask"]
    assert client.get(f"{WELL_KNOWN}/other").status_code == 404


def test_behind_a_proxy_it_has_the_name_that_clients_know(serve) -> None:
    uri = "https://plumb.example.org/sign-in/callback"
    more = of_issuer(auth__browser_redirect_uri=uri, browser__hosts=["inside"])
    client = serve("http://inside", **more)
    body = client.get(f"{WELL_KNOWN}/mcp").json()
    assert body["resource"] == "https://plumb.example.org/mcp"
    assert "scopes_supported" not in body
    named = client.post("/mcp", json={}).headers["WWW-Authenticate"]
    assert "https://plumb.example.org/.well-known/" in named


def test_with_keys_alone_it_is_said_that_there_is_no_oauth(serve) -> None:
    client = serve(auth__enabled=True)
    refused = client.post("/mcp", json={})
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "takes API keys alone" in refused.json()["error"]["message"]
    for path in ("/mcp", ""):
        none = client.get(WELL_KNOWN + path)
        assert none.status_code == 404
        assert none.json()["type"] == "urn:plumbline:problem:not-found"
        assert "takes API keys alone" in none.json()["detail"]


def test_where_nobody_is_asked_there_is_nothing_to_sign_in_for(serve) -> None:
    asking_nobody = serve(
        "http://localhost",
        auth__enabled=False,
        auth__issuer=ISSUER,
        auth__audience="plumbline",
        serve__host="127.0.0.1",
    )
    none = asking_nobody.get(f"{WELL_KNOWN}/mcp")
    assert none.status_code == 404
    assert "asks nobody" in none.json()["detail"]


class Kept:
    """What an assistant keeps between its runs."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    if why := missing():
        pytest.skip(why)
    with oidc_provider() as running:
        yield running


@pytest.mark.anyio
async def test_the_sdks_client_signs_a_person_in_at_a_real_issuer(
    make_parts, provider: OidcProvider
) -> None:
    settings = make_parts(
        auth__enabled=True,
        auth__issuer=provider.url,
        auth__audience=AUDIENCE,
        auth__scopes=["openid", "ask"],
    ).settings
    led: list[str] = []
    kept = Kept()

    async def to_issuer(address: str) -> None:
        led.append(address)

    async def back() -> AuthorizationCodeResult:
        answer = await run_sync(provider.answer_to, led[-1], "anna")
        return AuthorizationCodeResult(
            **{name: answer.get(name) for name in ("code", "state", "iss")}
        )

    with live_service(settings) as url:
        signing_in = OAuthClientProvider(
            f"{url}/mcp",
            OAuthClientMetadata(client_name="an assistant", redirect_uris=[REDIRECT]),  # type: ignore[list-item]
            kept,
            to_issuer,
            back,
        )
        async with httpx2.AsyncClient(auth=signing_in, timeout=60) as http:
            transport = streamable_http_client(f"{url}/mcp", http_client=http)
            async with Client(transport, cache=None) as client:
                found = await client.call_tool("search", {"query": "When does the depot open?"})
        assert not found.is_error, found
        asked = httpx.URL(led[0]).params
        assert asked["resource"] == f"{url}/mcp"
        # The SDK adds `offline_access` where the issuer has it.
        assert set(asked["scope"].split()) - {"offline_access"} == {"openid", "ask"}
        assert kept.tokens is not None
        # It is the person who counts, on every route.
        shown = {"Authorization": f"Bearer {kept.tokens.access_token}"}
        listed = await run_sync(lambda: httpx.get(f"{url}/v1/document-sets", headers=shown))
        assert listed.status_code == 200
