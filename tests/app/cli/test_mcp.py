"""`plumb mcp`: the SDK's own client starts it, as assistants do, and talks over its stdin and stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.to_thread import run_sync
from mcp import Client, MCPError, StdioServerParameters

from app.cli.mcp import forward
from app.errors import ServiceUnavailable
from prompts.errors import SettingsError
from tests.app.api.live import live_service
from tests.app.api.test_access import key
from tests.conftest import ROOT

QUESTION = "How long does the warranty on a refrigeration unit last?"
REQUESTS = [
    {
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "by hand", "version": "1"},
        },
    },
    {"method": "tools/call", "params": {"name": "ask", "arguments": {"question": "a\0b"}}},
    {"method": "tools/call", "params": {"name": "ask", "arguments": {"question": "When?"}}},
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def command(make_parts) -> tuple[str, list[str], dict[str, str]]:
    """What an assistant starts: program, arguments, environment."""
    index = make_parts().settings.index.url
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    return sys.executable, ["-m", "plumb", "mcp", "--index-url", index], variables


@pytest.mark.usefixtures("warm_processes")
@pytest.mark.anyio
async def test_an_assistant_on_this_machine_is_served(command, tmp_path: Path) -> None:
    program, arguments, variables = command
    started = StdioServerParameters(
        command=program, args=arguments, env=variables, cwd=str(tmp_path)
    )
    async with Client(started) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"ask", "search"} <= names
        first = await client.call_tool("ask", {"question": QUESTION, "session_id": "s"})
        assert "24 months" in first.content[0].text
        again = await client.call_tool(
            "ask", {"question": "When does it end early?", "session_id": "s"}
        )
        assert "seal" in again.content[0].text
        failed = await client.call_tool("ask", {"question": "Why?", "document_set": "none"})
        assert failed.is_error
        assert "no document set 'none'" in failed.content[0].text
        # A user who can start it may read the files anyway.
        prompt = await client.read_resource("plumbline://prompts/answer/v1")
        assert "messages" in prompt.contents[0].text


def test_nothing_but_the_protocol_goes_to_stdout(command, tmp_path: Path) -> None:
    program, arguments, variables = command
    with subprocess.Popen(
        [program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
        cwd=tmp_path,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        print("no json", file=running.stdin)
        answers: dict[int, dict[str, Any]] = {}
        for number, request in enumerate(REQUESTS):
            sent = {"jsonrpc": "2.0", "id": number, **request}
            print(json.dumps(sent), file=running.stdin, flush=True)
            while number not in answers:
                answer = json.loads(running.stdout.readline())
                assert answer["jsonrpc"] == "2.0"
                answers[answer.get("id")] = answer
        # It ends when its stdin does.
        rest, log = running.communicate(timeout=60)
    assert running.returncode == 0, log
    assert rest == ""
    assert answers[0]["result"]["serverInfo"]["name"] == "plumbline"
    unfit = answers[1]["result"]
    assert unfit["isError"]
    assert "question: holds" in unfit["content"][0]["text"]
    assert answers[2]["result"]["structuredContent"]["index_version"]


@pytest.mark.usefixtures("warm_processes")
@pytest.mark.anyio
async def test_a_service_elsewhere_is_passed_on(make_parts, tmp_path: Path) -> None:
    with live_service(make_parts(auth__enabled=True).settings) as url:
        shown = key("assistant")["Authorization"].split()[1]
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "PLUMBLINE_API_KEY": shown}
        started = StdioServerParameters(
            command=sys.executable,
            args=["-m", "plumb", "mcp", "--url", url],
            env=variables,
            cwd=str(tmp_path),
        )
        async with Client(started) as client:
            assert client.server_info.name == "plumbline"
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert {"ask", "search", "get_document_span"} <= names
            answer = await client.call_tool("ask", {"question": QUESTION})
            assert "24 months" in answer.content[0].text
            assert answer.structured_content["citations"]
            failed = await client.call_tool("ask", {"question": "Why?", "document_set": "none"})
            assert "no document set 'none'" in failed.content[0].text
            with pytest.raises(MCPError, match="takes the role editor"):
                await client.read_resource("plumbline://prompts/answer/v1")
        stored = httpx.get(f"{url}/v1/answers", headers={"X-API-Key": shown}).json()
        assert [one["question"] for one in stored["answers"]] == [QUESTION]
        with pytest.raises(ServiceUnavailable, match="who are you"):
            await run_sync(forward, url, None)


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("nonsense", SettingsError, "--url: write https://"),
        ("http://plumbline.example.org", SettingsError, "must be an https:// URL"),
        ("http://127.0.0.1:9", ServiceUnavailable, "http://127.0.0.1:9/mcp: "),
    ],
)
def test_an_address_that_is_wrong_is_reported(
    url: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as raised:
        forward(url, "plumb_secret")
    assert "plumb_secret" not in str(raised.value)


@pytest.mark.usefixtures("warm_processes")
def test_a_start_that_fails_says_why_in_one_line(command, tmp_path: Path) -> None:
    program, arguments, variables = command
    done = subprocess.run(
        [program, *arguments, "-S", "embedding.model=/nowhere/model"],
        input="",
        capture_output=True,
        text=True,
        env=variables,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
