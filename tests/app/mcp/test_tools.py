"""The tools and resources, by the SDK's own client over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import MCPError

pytestmark = pytest.mark.anyio
QUESTION = "How long does the warranty on a refrigeration unit last?"
# The handshake of earlier revisions, and the exchange without one of the latest.
MODES = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


def text_of(result: Any) -> str:
    (content,) = result.content
    return str(content.text)


@MODES
async def test_a_question_is_answered_with_sources(url: str, connect, mode: str) -> None:
    async with connect(url, mode=mode) as client:
        result = await client.call_tool("ask", {"question": QUESTION})
    assert not result.is_error
    found = text_of(result)
    assert '24 months from delivery." [1]' in found
    assert "[1] Warranty terms › Length (document warranty.md, characters " in found
    data = result.structured_content
    assert data["refused"] is False
    (citation, *_) = data["citations"]
    assert citation["document"] == "warranty.md"
    assert citation["quote"] in data["answer"]
    assert f"characters {citation['start']}-{citation['end']})" in found
    assert data["passages"][citation["marker"] - 1]["document"] == "warranty.md"
    assert data["index_version"] in found
    assert data["manifest_id"]


async def test_passages_are_found(url: str, connect) -> None:
    async with connect(url) as client:
        result = await client.call_tool("search", {"query": "E-214", "limit": 2})
    data = result.structured_content
    assert [one["number"] for one in data["passages"]] == [1, 2]
    assert data["passages"][0]["document"] == "codes.csv"
    assert data["passages"][0]["text"] in text_of(result)


@MODES
async def test_a_citation_is_read_in_its_document(url: str, connect, mode: str) -> None:
    async with connect(url, mode=mode) as client:
        answer = (await client.call_tool("ask", {"question": QUESTION})).structured_content
        citation = answer["citations"][0]
        place = {
            "document": citation["document"],
            "start": citation["start"],
            "end": citation["end"],
            "index_version": answer["index_version"],
            "around": 40,
        }
        result = await client.call_tool("get_document_span", place)
        wider = await client.call_tool("get_document_span", {**place, "around": 5000})
    data = result.structured_content
    assert data["text"][data["start"] : data["end"]] == citation["quote"]
    assert (data["document_start"], data["document_end"]) == (citation["start"], citation["end"])
    assert data["is_live"]
    assert data["heading_path"] == citation["heading_path"]
    assert len(data["text"]) <= len(citation["quote"]) + 80
    found = text_of(result)
    assert found.startswith("Warranty terms › Length (document warranty.md, characters ")
    assert "[…]" in found
    assert data["index_version"] in found
    whole = wider.structured_content
    assert not whole["begins_before"]
    assert not whole["goes_on"]
    assert "A claim is sent to the service desk" in text_of(wider)


async def test_words_that_stand_elsewhere_by_now_are_found_by_themselves(url: str, connect) -> None:
    quote = "A claim is sent to the service desk"
    place = {"document": "warranty.md", "start": 0, "end": 10, "index_version": "99-gone"}
    async with connect(url) as client:
        found = await client.call_tool("get_document_span", {**place, "quote": quote})
        lost = await client.call_tool("get_document_span", {**place, "quote": "Nobody wrote it."})
    data = found.structured_content
    assert data["text"][data["start"] : data["end"]] == quote
    assert lost.is_error
    assert "do not stand in it any more" in text_of(lost)


async def test_what_is_listed_fits_what_is_given(url: str, connect) -> None:
    async with connect(url) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools.keys() == {"search", "ask", "get_document_span"}
        for tool in tools.values():
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint
            assert tool.description
            Draft202012Validator.check_schema(tool.input_schema)
        for name, arguments in {
            "ask": {"question": QUESTION},
            "search": {"query": QUESTION},
            "get_document_span": {"document": "warranty.md", "start": 20, "end": 60},
        }.items():
            given = (await client.call_tool(name, arguments)).structured_content
            Draft202012Validator(tools[name].output_schema or {}).validate(given)
            Draft202012Validator(tools[name].input_schema).validate(arguments)


async def test_a_follow_up_is_understood_within_a_session(url: str, connect) -> None:
    async with connect(url) as client:
        await client.call_tool("ask", {"question": QUESTION, "session_id": "talk-1"})
    # Another connection: the conversation is the service's.
    async with connect(url) as client:
        asked = {"question": "When does it end early?", "session_id": "talk-1"}
        result = await client.call_tool("ask", asked)
    assert "seal" in text_of(result)
    assert result.structured_content["session_id"] == "talk-1"


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("ask", {}, "question: Field required"),
        ("ask", {"question": ""}, "question"),
        ("ask", {"question": "x" * 2001}, "2,000"),
        ("ask", {"question": "Why?", "colour": "red"}, "colour: Extra inputs are not permitted"),
        ("ask", {"question": "Why?", "document_set": "none"}, "no document set 'none'"),
        ("ask", {"question": "Why?", "prompt": "v99"}, "v99"),
        ("ask", {"question": "Why?", "session_id": "a b"}, "session_id"),
        ("ask", {"question": "Why?", "filters": {"year": {"above": 1}}}, "above"),
        ("search", {"query": "x", "limit": 0}, "limit"),
        ("search", {"query": "x", "limit": 1000}, "limit"),
        ("search", {"query": 7}, "query"),
        ("get_document_span", {"document": "warranty.md", "start": 5, "end": 5}, "end: must be"),
        ("get_document_span", {"document": "none.md", "start": 0, "end": 5}, "no document of"),
        ("get_document_span", {"document": "warranty.md", "start": 0, "end": 90_000}, "20,000"),
        ("get_document_span", {"document": "warranty.md", "start": -1, "end": 5}, "start"),
        (
            "get_document_span",
            {"document": "warranty.md", "start": 0, "end": 5, "document_set": "none"},
            "no document set 'none'",
        ),
    ],
)
@MODES
async def test_what_is_wrong_is_reported_to_the_assistant(
    url: str, connect, mode: str, tool: str, arguments: dict[str, Any], message: str
) -> None:
    async with connect(url, mode=mode) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert message in text_of(result)
    assert "Traceback" not in text_of(result)


@MODES
async def test_there_is_no_other_tool(url: str, connect, mode: str) -> None:
    async with connect(url, mode=mode) as client:
        with pytest.raises(
            MCPError, match="no tool 'drop'; there are search, ask, get_document_span"
        ):
            await client.call_tool("drop", {})


@MODES
async def test_null_counts_as_left_out(url: str, connect, mode: str) -> None:
    arguments = {"query": "E-214", "limit": None, "document_set": None, "filters": None}
    async with connect(url, mode=mode) as client:
        result = await client.call_tool("search", arguments)
    assert not result.is_error


@MODES
async def test_resources_say_what_there_is(url: str, connect, mode: str) -> None:
    async with connect(url, mode=mode) as client:
        listed = [str(one.uri) for one in (await client.list_resources()).resources]
        assert listed == [
            "plumbline://document-sets",
            "plumbline://prompts",
            "plumbline://document-sets/depot",
        ]
        templates = (await client.list_resource_templates()).resource_templates
        assert len(templates) == 2

        async def read(uri: str) -> dict[str, Any]:
            (content,) = (await client.read_resource(uri)).contents
            assert content.mime_type == "application/json"
            return dict(json.loads(content.text))

        (one,) = (await read("plumbline://document-sets"))["document_sets"]
        assert one == await read("plumbline://document-sets/depot")
        assert one["documents"] == 3
        prompts = {p["name"]: p for p in (await read("plumbline://prompts"))["prompts"]}
        assert "v1" in prompts["answer"]["versions"]
        assert "production" in prompts["answer"]["aliases"]
        version = await read("plumbline://prompts/answer/v1")
        assert version["messages"]
        for missing, message in {
            "plumbline://document-sets/none": "no document set 'none'",
            "plumbline://prompts/answer/v99": "v99",
            "plumbline://prompts/../v1": "no prompt",
            "file:///etc/passwd": "no resource",
        }.items():
            with pytest.raises(MCPError, match=message):
                await client.read_resource(missing)
