"""A Key Vault on a real HTTPS server, and the identity endpoint that Azure puts beside a container."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "identity-token"


@dataclass
class Vault:
    """What the vault holds, and which paths were asked for."""

    url: str = ""
    identity: str = ""
    certificate: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    denied: bool = False
    no_identity: bool = False
    asked: list[str] = field(default_factory=list)


@contextmanager
def running_vault(folder: Path) -> Iterator[Vault]:
    """A vault that is served, behind a certificate of its own."""
    vault = Vault()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(vault)) for _ in range(2)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    vault.certificate = str(_certificate(folder))
    context.load_cert_chain(vault.certificate)
    servers[0].socket = context.wrap_socket(servers[0].socket, server_side=True)
    vault.url = f"https://127.0.0.1:{servers[0].server_port}"
    vault.identity = f"http://127.0.0.1:{servers[1].server_port}/identity"
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield vault
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(vault: Vault) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].strip("/")
            vault.asked.append(path)
            if path == "identity":
                self._identity()
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                # The client takes a challenge for a domain that the vault's host ends with.
                domain = vault.url.removeprefix("https://127.")
                self._answer(
                    401,
                    {},
                    f'Bearer authorization="https://login.microsoftonline.com/t", '
                    f'resource="https://{domain}"',
                )
            elif vault.denied:
                error = {"code": "Forbidden", "message": "Caller is not authorized"}
                self._answer(403, {"error": error})
            elif path == "secrets":
                self._answer(200, {"value": [self._of(name) for name in vault.secrets]})
            else:
                name = path.split("/")[1]
                self._answer(200, {**self._of(name), "value": vault.secrets[name]})

        def _identity(self) -> None:
            if vault.no_identity:
                self._answer(400, {"error": "invalid_request"})
                return
            later = int(datetime.datetime.now().timestamp()) + 3600
            self._answer(
                200, {"access_token": TOKEN, "expires_on": str(later), "token_type": "Bearer"}
            )

        def _of(self, name: str) -> dict:
            enabled = name not in vault.disabled
            return {"id": f"{vault.url}/secrets/{name}", "attributes": {"enabled": enabled}}

        def _answer(self, status: int, body: dict, challenge: str = "") -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if challenge:
                self.send_header("WWW-Authenticate", challenge)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "vault.pem"
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, *plain))
    return file
