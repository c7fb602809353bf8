"""An OpenID Connect issuer on a real HTTP server, with real keys."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "plumbline-test"


@dataclass
class Issuer:
    """The issuer: what it signs with, what it publishes, how often it was asked."""

    url: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)
    private: dict[str, Any] = field(default_factory=dict)
    published: list[dict[str, Any]] = field(default_factory=list)
    called: str | None = None

    def add(self, key_id: str, kind: str = "RSA") -> None:
        """Make a key and publish it."""
        key: Any
        if kind == "RSA":
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        else:
            key = ec.generate_private_key(ec.SECP256R1())
            public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self.private[key_id] = key
        self.published.append({**public, "kid": key_id, "use": "sig"})

    def public_pem(self, key_id: str) -> bytes:
        """A public key, as anyone can have it."""
        return (
            self.private[key_id]
            .public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    def claims(self, **more: Any) -> dict[str, Any]:
        """Claims of a good token; None takes one out."""
        now = int(time.time())
        given = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "1234",
            "preferred_username": "anna@example.org",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "roles": ["reader"],
            "groups": ["finance"],
            **more,
        }
        return {name: value for name, value in given.items() if value is not None}

    def token(self, key_id: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
        """A token signed with a key of the issuer."""
        return jwt.encode(
            self.claims(**claims), self.private[key_id], algorithm, headers={"kid": key_id}
        )

    def document(self, path: str) -> Any:
        """What is at a path."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.called or self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": self.published} if path == "/keys" else None

    def posted(self, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and JSON that a POST gets."""
        return 404, None


@contextmanager
def running_issuer(issuer: Issuer | None = None) -> Iterator[Any]:
    """Run an issuer with the RSA key `one` and the EC key `two`."""
    issuer = issuer or Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(issuer.status, issuer.document(self.path))

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"])).decode()
            self._answer(*issuer.posted(self.path, sent, dict(self.headers)))

        def _answer(self, status: int, found: Any) -> None:
            issuer.asked.append(self.path)
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    issuer.add("one")
    issuer.add("two", "EC")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
