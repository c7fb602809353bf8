"""An issuer of tokens, as an identity provider is one: published keys, and signed claims."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def token_issuer() -> Iterator[tuple[str, Callable[[dict[str, Any]], str]]]:
    """An issuer of tokens on a free port: its URL, and what signs claims."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa
    from jwt.algorithms import RSAAlgorithm

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    published = {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            known = {"issuer": at, "jwks_uri": f"{at}/keys"}
            body = json.dumps(published if self.path == "/keys" else known).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield (
            f"http://127.0.0.1:{server.server_port}",
            lambda claims: jwt.encode(claims, private, "RS256", headers={"kid": "one"}),
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
