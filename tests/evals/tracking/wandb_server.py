"""As much of W&B's server as `wandb sync` needs to take a run, and what it received.

Every artifact is known already, so that nobody uploads what is in it.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Server:
    """What was asked for.

    Attributes:
        url: where it is.
        calls: GraphQL operations with their variables, and `PUT` with a path and a body.
        down: from now on it answers nothing but 503.
        breaks_at: the operation at which it goes down.
    """

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    down: bool = False
    breaks_at: str = ""

    def of(self, operation: str) -> list[dict[str, Any]]:
        """What an operation was called with, each time."""
        return [variables for name, variables in self.calls if name == operation]

    def answer(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Data for a GraphQL operation."""
        if operation == "UpsertBucket":
            project = {
                "id": "p",
                "name": variables["project"],
                "entity": {"id": "e", "name": "team"},
            }
            bucket = {"id": "b", "name": variables["name"], "displayName": "n", "config": "{}",
                      "sweepName": "", "historyLineCount": 0, "project": project}  # fmt: skip
            return {"upsertBucket": {"bucket": bucket, "inserted": True}}
        if operation == "CreateArtifact":
            name = variables["input"]["artifactCollectionName"]
            known = {"id": f"id-{name}", "state": "COMMITTED", "artifactSequence": {}}
            return {"createArtifact": {"artifact": known}}
        if operation == "UseArtifact":
            return {"useArtifact": {"artifact": {"id": variables["input"]["artifactID"]}}}
        if operation == "CreateRunFiles":
            files = [{"name": n, "uploadUrl": f"{self.url}/put/{n}"} for n in variables["files"]]
            return {"createRunFiles": {"runID": "r", "uploadHeaders": [], "files": files}}
        return {"serverInfo": {"features": []}}


@contextmanager
def wandb_server() -> Iterator[Server]:
    """Serve on a free port."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_PUT(self) -> None:
            server.calls.append(("PUT", {"path": self.path, "body": self.body()}))
            self.reply({})

        def do_POST(self) -> None:
            content = self.body()
            if not self.path.endswith("/graphql"):
                return self.reply({})
            asked = json.loads(content)
            operation, variables = asked["operationName"], asked.get("variables") or {}
            server.down = server.down or operation == server.breaks_at
            if not server.down:
                server.calls.append((operation, variables))
            return self.reply({"data": server.answer(operation, variables)})

        def body(self) -> bytes:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            packed = self.headers.get("content-encoding") == "gzip"
            return gzip.decompress(content) if packed else content

        def reply(self, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(503 if server.down else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def handle(self) -> None:
            # Who asked may have been stopped.
            with suppress(ConnectionError):
                super().handle()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        http.shutdown()
