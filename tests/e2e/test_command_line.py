"""`plumb` as a user runs it: a process, its output, its exit code."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.forked_plumb import run_plumb

pytestmark = pytest.mark.usefixtures("warm_processes")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents, one of them broken, indexed once for the module."""
    folder = tmp_path_factory.mktemp("place")
    documents = folder / "docs"
    documents.mkdir()
    (documents / "rules.md").write_text(
        "# Rules\n\n## Speed\n\nA loaded van may drive at most 90 km/h.\n\n"
        "## Rest\n\nA driver rests 45 minutes after four and a half hours at the wheel.\n"
    )
    (documents / "ünïcode näme.txt").write_text(
        "The gate code of the north yard changes every Monday."
    )
    (documents / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of the kind")
    (documents / "binary.txt").write_bytes(bytes(range(256)) * 20)
    return folder


def plumb(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `plumb` in `place`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PLUMB_")}
    return run_plumb(arguments, place, {**clean, "COLUMNS": "120", **environment})


@pytest.fixture(scope="module")
def indexed(place: Path) -> dict:
    """What `plumb ingest --json` said of the folder."""
    done = plumb(place, "ingest", "docs", "--set", "yard", "--json", PLUMB_INDEX_URL="index")
    assert done.returncode == 3, done.stderr
    return json.loads(done.stdout)


def test_ingest_indexes_what_it_can_and_tells_the_rest(indexed: dict) -> None:
    assert indexed["added"] == 2
    skipped = {item["document"]: item["reason"] for item in indexed["problems"]}
    assert set(skipped) == {"broken.pdf", "binary.txt"}
    assert "binary" in skipped["binary.txt"]


def test_a_second_run_embeds_nothing(place: Path, indexed: dict) -> None:
    done = plumb(place, "ingest", "docs", "--set", "yard", "--index-url", "index")
    assert done.returncode == 3
    assert "0 added, 0 changed, 0 removed, 2 unchanged; 0 chunks embedded" in done.stdout
    assert indexed["index_version"] in done.stdout
    assert "broken.pdf" in done.stdout


def test_ask_prints_the_promised_json(place: Path, indexed: dict) -> None:
    done = plumb(place, "ask", "How fast may a loaded van drive?", "--index-url", "index", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    promised = {
        "answer", "refused", "citations", "passages", "manifest", "prompt_version",
        "index_version", "model", "timings_ms",
    }  # fmt: skip
    assert promised <= answer.keys()
    assert "90 km/h" in answer["answer"]
    assert answer["index_version"] == indexed["index_version"]
    citation = answer["citations"][0]
    assert citation["document"] == "rules.md"
    assert citation["heading_path"][-1] == "Speed"
    assert Path(citation["source"]).name == "rules.md"


def test_ask_for_people_shows_answer_and_source(place: Path, indexed: dict) -> None:
    done = plumb(
        place, "ask", "How long does a driver rest?", "--set", "yard", "--index-url", "index"
    )
    assert done.returncode == 0
    assert "45 minutes" in done.stdout
    assert "[1]" in done.stdout
    assert "rules.md" in done.stdout


def test_search_and_sets_print_json(place: Path, indexed: dict) -> None:
    found = plumb(place, "search", "gate code", "--index-url", "index", "--json", "-k", "1")
    (passage,) = json.loads(found.stdout)["passages"]
    assert passage["document"] == "ünïcode näme.txt"
    listed = plumb(place, "sets", "--json", PLUMB_INDEX_URL="index")
    assert json.loads(listed.stdout)["document_sets"][0]["name"] == "yard"
    shown = plumb(place, "sets", PLUMB_INDEX_URL="index")
    assert "yard" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("ask", "", "--index-url", "index"), 1, "the question is empty"),
        (("ask", "🙂", "--index-url", "index"), 1, "no letter or digit"),
        (("ask", "Hours?", "--set", "none", "--index-url", "index"), 1, "there are: yard"),
        (("ask", "Hours?", "--index-url", "empty"), 1, "no document set yet"),
        (("ask", "Hours?", "--filter", "{", "--index-url", "index"), 1, "--filter: is not JSON"),
        (("ask", "Hours?", "-S", "nonesuch=1"), 1, "'nonesuch' is not a setting"),
        (("ask", "Hours?", "-S", "chat.nonesuch=1"), 1, "chat.nonesuch: is not a setting"),
        (("ask", "Hours?", "--index-url", "ftp://x/y"), 1, "names no index"),
        (("ask",), 2, "QUESTION"),
        (("ingest", "docs"), 1, "--set NAME"),
        (("ingest", "nowhere", "--set", "x"), 1, "nowhere"),
        (("ingest", "nothing", "--set", "x"), 1, "nothing"),
        (("ingest", "docs", "--set", "Not A Name"), 1, "'Not A Name' cannot name a document set"),
        (("ingest", "docs/broken.pdf", "--set", "x", "--index-url", "index"), 1, "broken.pdf"),
        (("ingest", "docs", "--set", "x", "--embedding-model", "no/such"), 1, "no/such"),
        (("ingest", "docs", "--set", "x", "--index-url", "/proc/nowhere"), 1, "/proc/nowhere"),
        (("nonesuch",), 2, "nonesuch"),
    ],
)
def test_a_mistake_is_one_clear_line(
    place: Path, indexed: dict, arguments, code: int, message: str
) -> None:
    (place / "nothing").mkdir(exist_ok=True)
    done = plumb(place, *arguments, HF_HUB_OFFLINE="1")
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if code == 1:
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1


def test_settings_are_listed_with_their_variables(place: Path) -> None:
    done = plumb(place, "settings", "-S", "serve.port=1234", COLUMNS="200")
    assert "PLUMB_INDEX_URL" in done.stdout
    assert "1234" in done.stdout


def test_help_names_every_command(place: Path) -> None:
    done = plumb(place, "--help")
    for command in ("ingest", "sets", "ask", "search", "serve", "demo", "settings"):
        assert command in done.stdout


def test_serve_answers_over_http_and_stops_when_asked(place: Path, indexed: dict) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "plumb", "serve", "--port", str(port), "--index-url", "index"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        base = f"http://127.0.0.1:{port}"
        _until_ready(base, server)
        body = json.dumps({"question": "How fast may a loaded van drive?"}).encode()
        request = urllib.request.Request(
            f"{base}/v1/chat", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            assert "90 km/h" in json.load(response)["answer"]
        taken = plumb(place, "serve", "--port", str(port), "--index-url", "index")
        assert taken.returncode == 1
        assert "cannot listen on" in taken.stderr
    finally:
        server.terminate()
        _, errors = server.communicate(timeout=20)
    assert "Traceback" not in errors


def _until_ready(base: str, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):
                return
        except OSError:
            continue
    raise TimeoutError("the service did not become ready")
