"""Steps that need no Azure: releases on the share, changes, the gate of a change, comments, login."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.infra.pipelines.conftest import IMAGE, NEW, ROOT, Cloud


@dataclass
class Asked:
    """What a server was asked, and what it keeps.

    Attributes:
        url: where it is.
        calls: method, path, content and Authorization of each call.
        kept: comments, by id.
        status: answered to everything instead, if it is not 200.
    """

    url: str = ""
    calls: list[tuple[str, str, Any, str]] = field(default_factory=list)
    kept: dict[int, str] = field(default_factory=dict)
    status: int = 200


@pytest.fixture
def server() -> Iterator[Asked]:
    """Speaks as much of Azure Repos' and GitHub's comments, and GitHub's identity tokens, as steps use."""
    asked = Asked()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            asked.calls.append(
                (self.command, self.path, content, self.headers.get("Authorization") or "")
            )
            found: Any = {"value": "an-identity-token"}
            path = self.path.split("?")[0]
            if path.endswith("/threads") and self.command == "GET":
                found = {"value": [
                    {"id": 1, "comments": [{"id": 1, "content": "somebody's"}]},
                    {"id": 2, "comments": []},
                    *({"id": one, "comments": [{"id": 1, "content": text}]}
                      for one, text in asked.kept.items()),
                ]}  # fmt: skip
            elif path.endswith("/threads"):
                asked.kept[7] = content["comments"][0]["content"]
            elif "/threads/" in path:
                asked.kept[7] = content["content"]
            elif path.endswith("/issues/12/comments") and self.command == "GET":
                page = [{"id": one, "body": text} for one, text in asked.kept.items()]
                found = page if "page=1" in self.path.rsplit("&", 1)[1] else []
            elif "/issues/" in path:
                asked.kept[7] = content["body"]
            body = json.dumps(found).encode()
            self.send_response(asked.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    asked.url = f"http://127.0.0.1:{running.server_port}"
    yield asked
    running.shutdown()
    running.server_close()


def on_azure(server: Asked) -> dict[str, str]:
    return {
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "12",
        "SYSTEM_COLLECTIONURI": f"{server.url}/",
        "SYSTEM_TEAMPROJECT": "Search team",
        "BUILD_REPOSITORY_ID": "r",
        "SYSTEM_ACCESSTOKEN": "t",
    }


def on_github(server: Asked) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": server.url,
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_TOKEN": "t",
        "PULL_REQUEST": "12",
    }


@pytest.mark.parametrize("service", [on_azure, on_github])
def test_a_pull_request_has_one_comment_that_is_replaced(
    cloud: Cloud, server: Asked, tmp_path: Path, service: Any
) -> None:
    file = tmp_path / "gate.md"
    for text in ("**passes**", "**fails**"):
        file.write_text(text, "utf-8")
        ran = cloud.run("comment-pull-request.sh", file, **service(server))
        assert ran.code == 0, ran.said
    assert len(server.kept) == 1
    assert "**fails**" in server.kept[7]
    assert [call[0] for call in server.calls if call[0] != "GET"] == ["POST", "PATCH"]
    assert {call[3] for call in server.calls} == {"Bearer t"}


def test_a_comment_that_may_not_be_written_names_the_right(
    cloud: Cloud, server: Asked, tmp_path: Path
) -> None:
    (tmp_path / "gate.md").write_text("x", "utf-8")
    server.status = 403
    ran = cloud.run("comment-pull-request.sh", tmp_path / "gate.md", **on_azure(server))

    assert ran.code == 1
    assert "answered 403. The token must be allowed to contribute" in ran.said
    assert "Traceback" not in ran.said


def test_a_comment_without_a_pull_request_or_a_verdict_is_no_error(
    cloud: Cloud, tmp_path: Path
) -> None:
    assert "nothing to comment" in cloud.run("comment-pull-request.sh", tmp_path / "no.md").said
    (tmp_path / "gate.md").write_text("x", "utf-8")
    ran = cloud.run("comment-pull-request.sh", tmp_path / "gate.md")
    assert (ran.code, ran.said.strip()) == (
        0,
        "This run is about no pull request; nothing to comment.",
    )


def test_a_login_asks_for_a_token_and_keeps_it_off_command_lines_of_its_own(
    cloud: Cloud, server: Asked
) -> None:
    ran = cloud.run(
        "login.sh",
        AZURE_CLIENT_ID="c", AZURE_TENANT_ID="t", AZURE_SUBSCRIPTION_ID="s",
        ACTIONS_ID_TOKEN_REQUEST_URL=f"{server.url}/token?x=1",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN="r", GITHUB_ACTIONS="true",
    )  # fmt: skip
    assert ran.code == 0, ran.said
    assert server.calls == [
        ("GET", "/token?x=1&audience=api://AzureADTokenExchange", None, "bearer r")
    ]
    assert "::add-mask::an-identity-token" in ran.said
    assert cloud.calls[0].startswith("login --service-principal --username c --tenant t")

    missing = cloud.run(
        "login.sh", AZURE_CLIENT_ID="c", AZURE_TENANT_ID="t", AZURE_SUBSCRIPTION_ID="s"
    )
    assert missing.code == 1
    assert "permissions: {id-token: write}" in missing.said


def test_a_release_is_published_once_with_its_prompts(
    cloud: Cloud, release: Path, tmp_path: Path
) -> None:
    share = {"DELIVERY_SHARE": str(tmp_path)}
    assert cloud.run("publish-release.sh", release, **share).code == 0
    folder = tmp_path / "releases" / NEW
    assert (folder / "release.json").read_bytes() == release.read_bytes()
    for file in ROOT.glob("prompts/*/v*.yaml"):
        assert (folder / file.relative_to(ROOT)).read_bytes() == file.read_bytes()
    assert "published already" in cloud.run("publish-release.sh", release, **share).said

    release.write_text(json.dumps({"id": NEW, "image": "another"}), "utf-8")
    edited = cloud.run("publish-release.sh", release, **share)
    assert edited.code == 1
    assert "a release never changes" in edited.said
    nowhere = cloud.run("publish-release.sh", release, DELIVERY_SHARE=str(tmp_path / "none"))
    assert "mount the file share" in nowhere.said


def head() -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize(
    ("fields", "code", "said", "output"),
    [
        ({}, "true", f"Production's is used: {IMAGE}", "reuse"),
        ({}, "False", f"Production's is used: {IMAGE}", "reuse"),
        ({"image": None}, "true", "names none", "build"),
        ({"commit": "0" * 40}, "true", "not in this checkout", "build"),
        ({"image": None}, "false", "Run the main pipeline", None),
    ],
)
def test_an_image_is_built_only_where_production_lacks_it(
    cloud: Cloud, tmp_path: Path, fields: dict[str, Any], code: str, said: str, output: str | None
) -> None:
    production = tmp_path / "production.json"
    production.write_text(json.dumps({"image": IMAGE, "commit": head(), **fields}), "utf-8")
    ran = cloud.run("changes.sh", production, tmp_path / "image.txt", code)

    assert said in ran.said
    assert ran.outputs.get("image") == output
    assert ran.code == (1 if output is None else 0)
    assert (tmp_path / "image.txt").exists() == (output == "reuse")


def test_a_summary_that_is_missing_is_said(cloud: Cloud, tmp_path: Path) -> None:
    ran = cloud.run("summary.sh", tmp_path / "gate.md")
    assert (ran.code, "an earlier step failed" in ran.said) == (0, True)
    (tmp_path / "gate.md").write_text("x", "utf-8")
    assert "##vso[task.uploadsummary]" in cloud.run("summary.sh", tmp_path / "gate.md").said
    page = tmp_path / "page.md"
    cloud.run("summary.sh", tmp_path / "gate.md", GITHUB_STEP_SUMMARY=str(page))
    assert page.read_text("utf-8") == "x"
