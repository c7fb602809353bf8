"""The generated types: of today's API, sound to the compiler, and true of a running service."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clients.typescript import generate
from tests.clients.serving import QUESTION

FOLDER = generate.FOLDER
GUIDE = generate.FOLDER.parents[1] / "docs/how-to/use-the-clients.md"
TSC = FOLDER / "node_modules/typescript/bin/tsc"
needs_npm = pytest.mark.skipif(generate.missing() is not None, reason=str(generate.missing()))


@pytest.fixture(scope="module")
def document() -> str:
    return generate.openapi()


@pytest.fixture(scope="module", autouse=True)
def _generated_once() -> Iterator[None]:
    """Run the generator once for each document."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "generated", cache(generate.generated))
        yield


def changed(document: str) -> str:
    """The document of an API with one field more."""
    other: dict[str, Any] = json.loads(document)
    other["components"]["schemas"]["Turn"]["properties"]["colour"] = {"type": "string"}
    return json.dumps(other, ensure_ascii=False, sort_keys=True)


def test_the_types_are_of_todays_api(document) -> None:
    types = generate.TYPES.read_text("utf-8")
    assert not generate.is_stale(types, document), "run `make clients`"


def test_without_npm_the_hash_in_the_head_tells(document, monkeypatch) -> None:
    types = generate.TYPES.read_text("utf-8")
    monkeypatch.setattr(generate, "missing", lambda: "no npm here")
    assert not generate.is_stale(types, document)
    assert generate.is_stale(types, changed(document))


@needs_npm
def test_with_npm_the_types_themselves_tell(document) -> None:
    types = generate.TYPES.read_text("utf-8")
    assert generate.is_stale(types, changed(document))
    by_hand = types.replace("standalone_question: string;", "standalone_question?: string;")
    assert by_hand != types
    assert generate.is_stale(by_hand, document)


def test_the_variables_of_a_machine_change_nothing(document, monkeypatch) -> None:
    monkeypatch.setenv("PLUMB_TELEMETRY_METRICS", "false")
    monkeypatch.setenv("PLUMB_BROWSER_ORIGINS", '["https://plumb.example.org"]')
    assert generate.openapi() == document


@pytest.mark.parametrize(
    "name",
    ["ChatEvent", "ChatRequest", "GivenQuestion", "JobEvent", "Lineage", "Passage", "SetDefinition",
     "SyncJob", "Turn"],
)  # fmt: skip
def test_no_type_of_ours_is_vague(name) -> None:
    types = generate.TYPES.read_text("utf-8")
    found = re.search(rf"^        {name}: \{{$.*?^        \}};$", types, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert not re.search(r"\b(unknown|any)\b;", found[0])


def test_the_file_is_small_enough_to_be_committed() -> None:
    assert len(generate.TYPES.read_bytes()) < 500_000


MISTAKES = {
    "event.data.text": "event.data.words",
    "{ question, stream: true }": "{ query: question, stream: true }",
    "answer.citations": "answer.sources",
}


class Compiled(NamedTuple):
    """What the compiler makes of the example, of the example with mistakes, and of the guide's snippet.

    Attributes:
        made: the folder of its JavaScript.
        lines: what it says, by the file.
    """

    made: Path
    lines: dict[str, list[str]]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """All three beside the types, compiled at once as the project's settings say."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("example.ts", "plumbline.d.ts", "package.json"):
        shutil.copy(FOLDER / name, folder)
    wrong = (FOLDER / "example.ts").read_text("utf-8")
    for right, other in MISTAKES.items():
        assert right in wrong
        wrong = wrong.replace(right, other)
    (folder / "wrong.ts").write_text(wrong, "utf-8")
    (snippet,) = re.findall(r"^```ts\n(.*?)^```$", GUIDE.read_text("utf-8"), re.M | re.DOTALL)
    declared = "declare const process: { env: Record<string, string | undefined> };\n"
    (folder / "guide.ts").write_text(declared + snippet, "utf-8")
    settings = json.loads((FOLDER / "tsconfig.json").read_text("utf-8"))
    settings["files"] += ["wrong.ts", "guide.ts"]
    (folder / "tsconfig.json").write_text(json.dumps(settings), "utf-8")
    made = folder / "made"
    done = subprocess.run(
        ["node", str(TSC), "-p", str(folder), "--noEmit", "false", "--outDir", str(made)],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    lines: dict[str, list[str]] = {}
    for line in filter(str.strip, done.stdout.splitlines()):
        if not line.startswith(" "):  # where it does, it goes on
            file = line.partition("(")[0]
        lines.setdefault(file, []).append(line)
    return Compiled(made, lines)


@needs_npm
def test_the_compiler_finds_what_does_not_fit_the_types(compiled) -> None:
    assert set(compiled.lines) == {"wrong.ts"}
    found = "\n".join(compiled.lines["wrong.ts"])
    for name in ("words", "query", "sources"):
        assert f"'{name}'" in found


@needs_npm
def test_the_example_asks_a_running_service(compiled, service) -> None:
    assert "example.ts" not in compiled.lines
    call = "import { print } from './example.js'; await print(...process.argv.slice(1));"
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", call, service.url, service.reader, QUESTION],
        cwd=compiled.made, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert "24 months" in lines[0]
    assert lines[1] == "[1] Warranty terms, -"
    refused = subprocess.run(
        ["node", "--input-type=module", "-e", call, service.url, "plumb_wrong", QUESTION],
        cwd=compiled.made, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "401 Not authenticated" in refused.stderr


@needs_npm
def test_the_guides_snippet_fits_the_types(compiled) -> None:
    assert (compiled.made / "guide.js").is_file()
    assert "guide.ts" not in compiled.lines


def test_versions_of_the_generator_are_exact() -> None:
    package = json.loads((FOLDER / "package.json").read_text("utf-8"))
    lock = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))
    for name, version in package["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
