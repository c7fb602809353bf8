"""An issuer with authorization codes and refresh tokens, whose answers a test can change."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.security.issuer_client import IssuerClient, Signed
from app.security.sign_in_flow import Flow
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings.access import AuthSettings
from tests.app.security.issuer import AUDIENCE, Issuer

CLIENT = "plumbline-pages"
REDIRECT = "http://localhost/sign-in/callback"


@dataclass
class CodeIssuer(Issuer):
    """The issuer.

    Attributes:
        more: further fields of its discovery document; None takes one out.
        secret: the client's secret, where it must show one; and the headers and forms that it sent.
        access: claims of the access tokens that differ.
        identity: claims of the ID tokens that differ.
        given: fields of the token endpoint's answers that differ; None takes one out.
        refuses: status and JSON of the token endpoint where it refuses.
        refreshes: whether it gives refresh tokens; each counts once.
        revokes: the status with which it answers at `/revoke`.
    """

    more: dict[str, Any] = field(default_factory=dict)
    secret: str | None = None
    sent: list[tuple[dict[str, str], Mapping[str, str]]] = field(default_factory=list)
    access: dict[str, Any] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    refuses: tuple[int, Any] | None = None
    refreshes: bool = True
    revokes: int = 200
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    grants: list[str] = field(default_factory=list)

    def document(self, path: str) -> Any:
        """What is at a path."""
        found = super().document(path)
        if path == "/.well-known/openid-configuration":
            found |= {
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                **self.more,
            }
            return {name: value for name, value in found.items() if value is not None}
        return found

    def agreed(self, address: str) -> dict[str, str]:
        """Parameters of the answer, after the person has signed in at an authorization address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def posted(self, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        """The token endpoint."""
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.sent.append((form, headers))
        if path == "/revoke":
            self.refresh_tokens.discard(form["token"])
            return self.revokes, {}
        assert path == "/token"
        if self.refuses is not None:
            return self.refuses
        self.grants.append(form["grant_type"])
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh_tokens:
                self.refresh_tokens.clear()  # it was used twice: somebody has stolen it
                return 400, {"error": "invalid_grant"}
            self.refresh_tokens.discard(form["refresh_token"])
            return 200, self._tokens(None)
        asked = self.codes.pop(form["code"], None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        shown = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        fits = asked and asked["code_challenge"] == shown
        if not asked or not fits or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant", "error_description": "no such code"}
        return 200, self._tokens(asked["nonce"])

    def _tokens(self, nonce: str | None) -> dict[str, Any]:
        found: dict[str, Any] = {"token_type": "Bearer", "expires_in": 300}
        found["access_token"] = self.token(**{"client_id": CLIENT, **self.access})
        if nonce is not None:
            found["id_token"] = self.token(**self.id_claims(nonce, found["access_token"]))
        if self.refreshes:
            found["refresh_token"] = secrets.token_urlsafe(24)
            self.refresh_tokens.add(found["refresh_token"])
        found |= self.given
        return {name: value for name, value in found.items() if value is not None}

    def id_claims(self, nonce: str, access: str) -> dict[str, Any]:
        """Claims of the ID token that comes with an access token."""
        half = hashlib.sha256(access.encode()).digest()[:16]
        return {
            "aud": CLIENT,
            "nonce": nonce,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "roles": None,
            "exp": int(time.time()) + 60,
            **self.identity,
        }

    def client(self, settings: Mapping[str, Any] | None = None, **more: Any) -> IssuerClient:
        """A client of this issuer, as one process has it."""
        given = {"issuer": self.url, "audience": AUDIENCE, "browser_client_id": CLIENT}
        auth = AuthSettings(**{**given, **(settings or {})})
        return IssuerClient(auth, Tokens(auth, SigningKeys(self.url, None)), **more)

    def signed(self, client: IssuerClient | None = None, **answer: str | None) -> Signed:
        """Somebody who signs in; `answer`: parameters that differ, None takes one out."""
        client, flow = client or self.client(), Flow.begun(REDIRECT, "/", "")
        given = {**self.agreed(client.address(flow, "me")), **answer}
        kept = {name: value for name, value in given.items() if value is not None}
        return client.redeem(flow, kept, "me")
