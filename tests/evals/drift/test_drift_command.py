"""`plumb drift` over a real store."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import plumb
from evals.errors import DriftError
from tests.evals.drift.conftest import DRUGS, MEDICINE


@pytest.fixture
def mixed(records, stored) -> None:
    """120 answers of the reference; of 100 recent ones, 40 are about another subject and refused."""
    stored(
        records(120, 20, 12)
        + records(60, 6.5, 6)
        + records(40, 6, 5, MEDICINE, DRUGS, refused=True)
    )


def test_no_drift_in_the_same_kind_of_questions(records, stored, run) -> None:
    stored(records(130, 20, 12) + records(110, 6.5, 6))
    result = run()
    assert "no drift: none of 5 signals" in result.stdout
    assert "130 answers, 130 different, 130 compared, in 130 conversations" in result.stdout


def test_another_subject_and_its_refusals_are_found(mixed, run, tmp_path) -> None:
    result = run("--json", "--html", "d.html", "--metrics", "d.prom", code=3)
    found = json.loads(result.stdout)
    signals = {signal["name"]: signal for signal in found["signals"]}
    assert signals["questions"]["drifted"]
    assert signals["refusals"]["drifted"]
    assert (signals["refusals"]["reference"], signals["refusals"]["recent"]) == (0.0, 0.4)
    assert not signals["similarity"]["drifted"]
    assert found["reason"].startswith("drift in questions, refusals")
    # The questions of the other subject stand out.
    examples = [example["question"] for example in found["examples"]]
    assert len(examples) == 10
    assert all(any(drug in question for drug in DRUGS) for question in examples)
    page = (tmp_path / "d.html").read_text()
    assert examples[0] in page
    assert page.count("<svg") == 5
    assert page.count('class="dot"') == 120
    assert page.count('class="dot recent loss"') == 100
    assert "http://" not in page
    assert "https://" not in page
    metrics = (tmp_path / "d.prom").read_text()
    assert 'plumbline_drift_detected{document_set="depot",signal="questions"} 1.0' in metrics
    assert 'plumbline_drift_detected{document_set="depot",signal="length"} 0.0' in metrics
    assert 'plumbline_drift_answers{document_set="depot",window="recent"} 100.0' in metrics


def test_lower_similarity_and_longer_answers_are_found(records, stored, run, answered) -> None:
    answer = answered[1]
    worse = [
        passage.model_copy(update={"scores": passage.scores.model_copy(update={"dense": 0.1})})
        for passage in answer.passages
    ]
    changed = answer.model_copy(update={"passages": worse, "answer": answer.answer * 3})
    stored(records(120, 20, 12) + records(120, 6.5, 6, answer=changed))
    found = json.loads(run("--json", code=3).stdout)
    drifted = {signal["name"] for signal in found["signals"] if signal["drifted"]}
    assert drifted == {"similarity", "length"}
    # No question is named for a drift that is not theirs.
    assert found["examples"] == []


def test_what_was_reconfigured_is_said(records, stored, run) -> None:
    stored(records(120, 20, 12) + records(120, 6.5, 6, prompt_version="answer@v9"))
    assert "changed: prompt answer@v" in (output := run().stdout)
    assert "→ answer@v9 100 %" in output


def test_what_varies_every_week_is_called_that(records, stored, run) -> None:
    weeks = [
        record
        for week, days_ago in enumerate((27.9, 20.9, 13.9, 6.9))
        for record in records(
            110, days_ago, 6, *((MEDICINE, DRUGS) if week % 2 else ()), question_hash=_unlike(week)
        )
    ]
    stored(weeks)
    output = run("--reference-days", "21", code=3).stdout
    assert re.search(r"questions differed in \d of 3 earlier periods", output)


def _unlike(week: int):
    return lambda place: f"{week}-{place}"


def test_a_probe_counts_once(records, stored, run) -> None:
    probes = records(300, 6.9, 6, question="Is it up?", question_hash="probe")
    stored(records(120, 20, 12) + records(120, 6.5, 6) + probes)
    output = run().stdout
    assert "420 answers, 121 different, 121 compared" in output


def test_many_answers_are_sampled_by_conversation(records, stored, run) -> None:
    talks = records(400, 6.5, 6, session_id=lambda place: f"s{place // 8}")
    stored(records(120, 20, 12) + talks)
    output = run("-S", "drift.most=100").stdout
    assert "400 answers, 400 different, 104 compared, in 13 conversations" in output


@pytest.mark.parametrize(
    ("reference", "recent", "said"),
    [
        (
            0,
            0,
            "the reference window of 'depot', 2026-10-16 00:00 to 2026-11-13 00:00 UTC, holds 0",
        ),
        (
            150,
            30,
            "the recent window of 'depot', 2026-11-13 00:00 to 2026-11-20 00:00 UTC, holds 30",
        ),
        (99, 200, "holds 99 different answers, and drift.minimum is 100"),
    ],
)
def test_too_few_answers(records, stored, run, reference, recent, said) -> None:
    stored(records(reference, 20, 12) + records(recent, 6.5, 6))
    with pytest.raises(DriftError, match=re.escape(said)):
        run()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--until", "2999-01-01"], "--until 2999-01-01T00:00 is in the future"),
        (["--reference-until", "2026-11-19"], "is within the recent window, which begins at"),
        (["--until", "0001-01-02"], "begins before the calendar"),
    ],
)
def test_windows_that_cannot_be(run, arguments, said) -> None:
    with pytest.raises(DriftError, match=said):
        run(*arguments)


@pytest.mark.parametrize("command", ["", "  ", "--help", "eval run 'open"])
def test_a_command_that_is_none(run, command) -> None:
    result = CliRunner().invoke(plumb.app, ["drift", "--on-drift", command])
    assert result.exit_code == 2
    assert "--on-drift" in result.output


def test_without_stored_words_the_rest_is_compared(records, stored, run) -> None:
    bare = records(120, 20, 12, question=None) + records(110, 6.5, 6, question=None, refused=True)
    stored(bare)
    found = json.loads(run("--json", code=3).stdout)
    signals = {signal["name"]: signal for signal in found["signals"]}
    assert signals["questions"]["not_compared"] == "words are not stored (store.texts)"
    assert signals["refusals"]["drifted"]
    # Nothing recent was answered, so that answers' length cannot be compared.
    assert signals["length"]["not_compared"] == "fewer than 20 answers of a window have it"


def test_questions_on_documents_of_groups_are_not_shown(mixed, records, stored, run) -> None:
    secret = records(60, 6.4, 6, MEDICINE, DRUGS, needs=[["board"]], documents=["board.md"])
    stored([one.model_copy(update={"id": f"ans_s{one.id[5:]}"}) for one in secret])
    names = {one.id[5:] for one in secret}
    found = json.loads(run("--json", "--examples", "100", code=3).stdout)
    assert found["examples"]
    assert not names & {example["answer_id"][5:] for example in found["examples"]}


def test_private_data_in_questions_is_redacted(records, stored, run) -> None:
    private = records(60, 6, 5, MEDICINE, DRUGS)
    private = [
        one.model_copy(update={"question": f"{one.question} Write to eve{n}@clinic.example."})
        for n, one in enumerate(private)
    ]
    stored(records(120, 20, 12) + records(60, 6.5, 6) + private)
    found = run("--html", "d.html", code=3)
    shown = found.stdout + Path("d.html").read_text()
    assert "[e-mail]" in shown
    assert "clinic.example" not in shown


def test_drift_starts_commands(mixed, run, capfd) -> None:
    run("--on-drift", "prompts list", "--on-drift", "plumb prompts lint")
    found = capfd.readouterr()
    assert "answer" in found.out
    with pytest.raises(DriftError, match=r"`plumb prompts show nothing` ended with exit code 1"):
        run("--on-drift", "prompts show nothing")


def test_no_drift_starts_nothing(records, stored, run) -> None:
    stored(records(120, 20, 12) + records(110, 6.5, 6))
    result = run("--on-drift", "prompts show nothing")
    assert "running plumb" not in result.stderr


def test_it_is_tracked(mixed, run, tmp_path) -> None:
    result = run("--track", "-S", "tracking.tracker=wandb", code=3)
    assert list(tmp_path.rglob("run-drift_*.wandb"))
    assert "wandb sync" in result.stderr
