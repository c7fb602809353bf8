"""The report as a file: whole, self-contained, escaped, small."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup

from evals.gate.decide import decide
from evals.gate.verdict import Verdict
from evals.reports.html import render
from evals.running.run import EvalRun
from tests.evals.reports.made_runs import BASELINE, CANDIDATE, RULES, made_run

HOSTILE = "</script></style><script>hacked=1</script><img src=x onerror=hacked=1>\"'>{{ 7 * 7 }}"


def _page(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "lxml")


@pytest.fixture(scope="module")
def page(runs: tuple[EvalRun, EvalRun], verdict: Verdict) -> BeautifulSoup:
    return _page(render(*runs, verdict))


def _table(page: BeautifulSoup, heading: str) -> dict[str, list[str]]:
    """Rows of the first table below a heading, by their own heading."""
    table = page.find(id=heading).find_next("table")  # type: ignore[union-attr]
    return {
        row.th.get_text(" ", strip=True): [cell.get_text(" ", strip=True) for cell in row("td")]
        for row in table.tbody("tr")  # type: ignore[union-attr]
    }


def test_the_verdict_is_shown_in_words_shape_and_colour(
    page: BeautifulSoup, verdict: Verdict
) -> None:
    found = page.find(id="verdict")
    assert found is not None
    assert found["class"] == ["verdict", "fail"]
    assert found.find("svg") is not None
    assert "The candidate fails" in found.get_text()
    assert verdict.sentence in found.get_text()
    assert page.title is not None
    assert page.title.get_text().startswith("Fails: answer@v2 against answer@v1")


def test_the_table_has_the_verdicts_own_numbers(page: BeautifulSoup, verdict: Verdict) -> None:
    rows = _table(page, "figures")
    item = next(item for item in verdict.comparisons if item.metric == "answer_recall")
    assert item.candidate is not None
    assert item.candidate_interval is not None
    assert item.difference is not None
    outcome, _, candidate, change, lost, questions = rows["answer_recall"]
    low, high = item.candidate_interval
    assert candidate == f"{100 * item.candidate:.1f} % {100 * low:.1f} to {100 * high:.1f} %"
    assert change.startswith(f"{100 * item.difference:+.1f} points")
    assert outcome == f"✗ {item.outcome} {item.reason}"
    assert item.p_value is not None
    assert lost.startswith(f"5.0 points floor 60.0 % p {item.p_value:.3f}, Holm")
    assert questions.startswith(f"{item.cases} {item.losses} worse, {item.wins} better")
    assert "no rule" in rows["latency_ms lower is better"][0]


def test_it_tells_what_was_compared_and_what_differs(
    page: BeautifulSoup, runs: tuple[EvalRun, EvalRun]
) -> None:
    rows = _table(page, "compared")
    before, after = runs
    assert rows["Manifest ≠"] == [before.manifest.id, after.manifest.id]
    assert rows["Prompt ≠"][1] == f"answer@v2, {after.manifest.prompt_hash[:12]}"
    assert rows["Index version"] == ["handbook 3-9f1c2b7a"] * 2
    assert rows["Judge"] == ["none", "none"]
    assert before.dataset.hash[:12] in rows["Dataset"][0]


def test_slices_come_from_the_gate_where_it_has_judged_them(
    page: BeautifulSoup, verdict: Verdict
) -> None:
    rows = _table(page, "slices")
    assert next(iter(rows)) == "single-hop"
    item = next(item for item in verdict.comparisons if item.slice == "single-hop")
    assert item.difference is not None
    [cell] = [cell for cell in rows["single-hop"] if f"✗ {item.outcome}" in cell]
    assert f"{100 * item.difference:+.1f} points" in cell
    assert rows["unanswerable"][1:4] == ["–", "–", "–"]


def test_what_has_no_score_is_listed(page: BeautifulSoup) -> None:
    text = page.find(id="troubles").find_next("table").get_text(" ", strip=True)  # type: ignore[union-attr]
    assert "stale label answer@v1 incidents.md: “Rule 11" in text
    assert (
        "no answer answer@v2 ChatModelError: the model did not answer in 60 s 1: on-call-007"
        in text
    )
    assert "no value answer@v1 answer_recall: the reference has no words" in text


def test_nothing_comes_from_outside(page: BeautifulSoup) -> None:
    text = str(page)
    assert not re.search(r"(?:src|href|action|data)\s*=\s*[\"']?(?!#)[^\s>]*//", text)
    assert not page.find_all(["link", "img", "iframe", "object", "form", "base"])
    assert "url(" not in text
    assert "@import" not in text
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    for name in ("style", "script"):
        [element] = page.find_all(name)
        digest = hashlib.sha256(element.string.encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy["content"]
    assert str(policy["content"]).startswith("default-src 'none'; ")


def test_all_that_others_wrote_is_escaped() -> None:
    before, after = (made_run(system, 20, hostile=HOSTILE) for system in (BASELINE, CANDIDATE))
    page = _page(render(before, after, decide(before, after, RULES)))
    assert len(page.find_all("script")) == 1
    assert page.find("img") is None
    assert not [tag for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]
    for place in ("h1", "summary h3", ".card .text", ".passage .text", "#changed th"):
        assert any(HOSTILE in found.get_text() for found in page.select(place)), place


def test_it_can_be_read_without_seeing_it(page: BeautifulSoup) -> None:
    assert page.html is not None
    assert page.html["lang"] == "en"
    levels = [int(found.name[1]) for found in page.find_all(re.compile(r"^h\d$"))]
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert page.find_all("svg")
    assert page.find_all("table")
    for picture in page.find_all("svg"):
        assert picture.get("aria-label") or picture.get("aria-hidden") == "true"
    for table in page.find_all("table"):
        assert table.caption is not None
        assert all(head.get("scope") in ("col", "row") for head in table.find_all("th"))
    ids = [found["id"] for found in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for link in page.select("a[href^='#']"):
        assert str(link["href"])[1:] in ids


def test_a_single_run_has_its_means_and_no_verdict(runs: tuple[EvalRun, EvalRun]) -> None:
    page = _page(render(None, runs[1], None))
    assert "No verdict" in page.find(id="verdict").get_text()  # type: ignore[union-attr]
    rows = _table(page, "figures")
    scores = [result.scores.get("refusal_accuracy") for result in runs[1].results]
    values = [score.value for score in scores if score and score.value is not None]
    assert rows["refusal_accuracy"][1].startswith(f"{100 * sum(values) / len(values):.1f} % ")
    assert page.find(id="differences") is None
    assert page.find(id="Lowest-scores") is not None
    assert "Baseline" not in page.get_text()


def test_two_runs_that_no_gate_has_judged_are_measured_only(
    runs: tuple[EvalRun, EvalRun],
) -> None:
    page = _page(render(*runs, None))
    assert "No gate has judged these two runs" in page.find(id="verdict").get_text()  # type: ignore[union-attr]
    assert "▼ worse (no rule)" in _table(page, "figures")["answer_recall"][0]
    assert page.find(class_="stops") is None


def test_a_passing_candidate_looks_so() -> None:
    runs = made_run(BASELINE, 200), made_run(BASELINE, 200)
    rules = RULES.model_copy(update={"metrics": {"answer_recall": RULES.metrics["answer_recall"]}})
    verdict = decide(*runs, rules)
    assert verdict.passes, verdict.sentence
    page = _page(render(*runs, verdict))
    assert page.find(id="verdict")["class"] == ["verdict", "pass"]  # type: ignore[index]
    assert [found.get_text() for found in page.select("#metrics .good")] == ["✓ no worse"]
    assert [found.get_text() for found in page("p")].count("None.") == 2


def test_250_questions_take_less_than_3_mb() -> None:
    filler = "A longer passage, as documents have them, with “quotes” & signs. " * 15
    before, after = (made_run(system, 250, hostile=filler) for system in (BASELINE, CANDIDATE))
    text = render(before, after, decide(before, after, RULES))
    assert 300_000 < len(text.encode()) < 3_000_000
