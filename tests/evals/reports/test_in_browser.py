"""The report as a browser shows it; without a Chromium these are skipped (`make services`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.gate.decide import decide
from evals.gate.verdict import Verdict
from evals.reports.html import render
from evals.running.run import EvalRun
from tests.chromium import Tab, browser, tab
from tests.evals.reports.made_runs import BASELINE, CANDIDATE, RULES, made_run

HOSTILE = "</script></style><script>window.hacked=1</script><img src=x onerror=hacked=1>\"'><b>"
# Nothing is hidden from this: it is as wide as the page wants to be.
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Tables may scroll by themselves, but these need not.
SCROLLING = (
    "[...document.querySelectorAll('.wide')].filter((part) => part.scrollWidth > part.clientWidth)"
    ".map((part) => part.innerText.slice(0, 80))"
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    program = browser()
    if program is None:
        pytest.skip("no Chromium is installed; `make services` installs one where apt has it")
    with tab(program, tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture
def report(tmp_path: Path, runs: tuple[EvalRun, EvalRun], verdict: Verdict) -> Path:
    return _written(tmp_path, render(*runs, verdict))


def _written(folder: Path, text: str) -> Path:
    file = folder / "report.html"
    file.write_text(text, encoding="utf-8")
    return file


def _requests(chromium: Tab) -> list[str]:
    return [sent["request"]["url"] for sent in chromium.seen("Network.requestWillBeSent")]


def test_it_loads_nothing_and_complains_of_nothing(chromium: Tab, report: Path) -> None:
    chromium.open(report)
    chromium.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert _requests(chromium) == [report.as_uri()]
    assert chromium.seen("Runtime.exceptionThrown") == []
    assert chromium.seen("Runtime.consoleAPICalled") == []
    assert chromium.seen("Log.entryAdded") == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 700, 1100])
def test_nothing_overflows_and_the_verdict_is_seen(
    chromium: Tab, report: Path, width: int, dark: bool
) -> None:
    chromium.open(report, width, dark)
    box = chromium.run("document.getElementById('verdict').getBoundingClientRect().toJSON()")
    assert 0 <= box["top"] < 400
    assert 0 <= box["left"] < box["right"] <= width
    assert "The candidate fails" in chromium.run("document.getElementById('verdict').innerText")
    chromium.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert chromium.run(OVERFLOW) <= 0
    assert chromium.run(SCROLLING) == []
    back = chromium.run("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(255, 255, 255)") is not dark


def test_documents_and_models_cannot_run_anything(chromium: Tab, tmp_path: Path) -> None:
    before, after = (made_run(system, 20, hostile=HOSTILE) for system in (BASELINE, CANDIDATE))
    file = _written(tmp_path, render(before, after, decide(before, after, RULES)))
    chromium.open(file, 360)
    chromium.run("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert chromium.run("typeof window.hacked") == "undefined"
    assert chromium.run("document.querySelectorAll('img, b').length") == 0
    assert chromium.run("document.querySelectorAll('script, style').length") == 2
    assert HOSTILE in chromium.run("document.querySelector('.passage').innerText")
    assert _requests(chromium) == [file.as_uri()]
    assert chromium.run(OVERFLOW) <= 0


def test_the_pages_policy_stops_even_what_was_not_escaped(
    chromium: Tab, tmp_path: Path, runs: tuple[EvalRun, EvalRun]
) -> None:
    unescaped = (
        '<script>window.hacked=1</script><img src="http://127.0.0.1:9/x" onerror="hacked=1">'
    )
    text = render(None, runs[1], None)
    assert text.count("</main>") == 1
    chromium.open(_written(tmp_path, text.replace("</main>", f"{unescaped}</main>")))
    assert chromium.run("document.images.length") == 1
    assert chromium.run("typeof window.hacked") == "undefined"
    found = [entry["entry"]["text"] for entry in chromium.seen("Log.entryAdded")]
    found += [str(issue) for issue in chromium.seen("Audits.issueAdded")]
    assert any("Content Security Policy" in text for text in found)


def test_the_table_of_questions_is_filtered_and_sorted(chromium: Tab, report: Path) -> None:
    chromium.open(report)
    seen = "[...document.querySelectorAll('#changed tbody tr')].filter((row) => !row.hidden)"
    everything = chromium.run(f"{seen}.length")
    chromium.run(
        "(() => { const field = document.querySelector('input[data-filters]'); field.value = "
        "'multi-hop'; field.dispatchEvent(new Event('input')); })()"
    )
    left = chromium.run(f"{seen}.map((row) => row.innerText)")
    assert 0 < len(left) < everything
    assert all("multi-hop" in row for row in left)
    assert (
        chromium.run("document.getElementById('changed-matches').innerText") == f"{len(left)} match"
    )
    chromium.run("document.querySelector('#changed thead button').click()")
    keys = chromium.run(f"{seen}.map((row) => row.cells[0].dataset.key)")
    assert keys == sorted(keys)
