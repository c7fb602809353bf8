"""Tokens of a certified issuer, `oidc-provider`: discovery, rotation, programs, people with PKCE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from app.errors import NotAuthenticated
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings.access import AuthSettings
from tests.oidc.running import AUDIENCE, OidcProvider, missing, oidc_provider

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


def reading(provider: OidcProvider, clock: list[float], **more: Any) -> Tokens:
    settings = AuthSettings(**{"issuer": provider.url, "audience": AUDIENCE, **more})
    return Tokens(settings, SigningKeys(provider.url, None, lambda: clock[0]))


def test_a_program_passes_with_client_credentials(provider: OidcProvider) -> None:
    token = provider.client_credentials()
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    caller = reading(provider, [0.0]).verify(token)
    assert (caller.role, caller.groups) == ("reader", {"staff"})
    named = reading(provider, [0.0], authorized_parties=["ci"], token_types=["at+jwt"])
    assert named.verify(token)
    with pytest.raises(NotAuthenticated, match="'ci'"):
        reading(provider, [0.0], authorized_parties=["web"]).verify(token)


def test_a_person_passes_with_their_access_token_and_not_with_their_id_token(
    provider: OidcProvider,
) -> None:
    access, identity = provider.signed_in("anna")
    tokens = reading(provider, [0.0], authorized_parties=["web"])
    assert tokens.verify(access).name == "anna"
    with pytest.raises(NotAuthenticated):
        tokens.verify(identity)
    # Even where the operator has taken a client's id for the audience.
    careless = reading(provider, [0.0], audience="web", require_nbf=False)
    with pytest.raises(NotAuthenticated, match="not an access token"):
        careless.verify(identity)


@pytest.mark.parametrize("algorithm", ["RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"])
def test_keys_of_any_algorithm_are_found_after_a_rotation(
    provider: OidcProvider, algorithm: str
) -> None:
    clock = [0.0]
    tokens = reading(provider, clock)
    before = provider.client_credentials()
    assert tokens.verify(before)
    provider.rotate(algorithm)
    after = provider.client_credentials()
    assert jwt.get_unverified_header(after)["alg"] == algorithm
    clock[0] += 61
    assert tokens.verify(after)
    assert tokens.verify(before)
    provider.forget()
    clock[0] += 601
    assert tokens.verify(after)
    with pytest.raises(NotAuthenticated, match="no key of that id"):
        tokens.verify(before)


def test_the_service_takes_its_tokens_over_http(
    provider: OidcProvider, make_parts: Callable[..., Any]
) -> None:
    from app.main import create_app

    settings = make_parts(
        auth__enabled=True, auth__issuer=provider.url, auth__audience=AUDIENCE
    ).settings
    access, identity = provider.signed_in("bo")
    with TestClient(create_app(settings), base_url="http://localhost") as client:
        for token, status in ((access, 200), (identity, 401), (access[:-8], 401)):
            headers = {"Authorization": f"Bearer {token}"}
            assert client.get("/v1/sessions", headers=headers).status_code == status
