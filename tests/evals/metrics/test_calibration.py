"""`plumb eval calibrate` and `plumb eval metrics`, from the command line to the judge and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import plumb
from evals.errors import DatasetError, JudgeError, UnknownMetric
from tests.evals.metrics.scripted import by_rule
from tests.openai_server import Script

TRUE = "The unit lasts 24 months"
FALSE = "The moon is made of cheese"
ROWS = [
    {"question": "How long?", "answer": TRUE, "passages": [TRUE], "label": 1},
    {"id": 7, "question": "How long?", "answer": f"{FALSE}.", "passages": [TRUE], "label": 0},
    {"question": "Cheese?", "answer": f"{TRUE}. {FALSE}.", "passages": [TRUE], "label": 0.5},
    {"id": "odd", "question": "And?", "answer": FALSE, "passages": [TRUE], "label": 1},
    {"id": "none", "question": "And?", "answer": FALSE, "label": 1},
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(plumb.app, ["eval", *arguments])


def written(tmp_path: Path, rows: list[Any]) -> str:
    file = tmp_path / "labels.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


@pytest.fixture
def judge(openai: Script) -> list[str]:
    """Flags that name the judge of rules."""
    openai.answer = by_rule
    return ["-S", "judge.model=openai:judge-1", "-S", f"judge.base_url={openai.url}"]


def calibrated(tmp_path: Path, rows: list[Any], *flags: str) -> dict[str, Any]:
    done = run("calibrate", written(tmp_path, rows), "--metric", "faithfulness", "--json", *flags)
    assert done.exit_code == 0, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_judge_and_people_are_compared(tmp_path: Path, judge: list[str]) -> None:
    found = calibrated(tmp_path, ROWS, *judge)
    # Scores: 1, 0, 0.5, 0; labels: 1, 0, 0.5, 1; from 0.5 on it is yes.
    assert found["rows"] == 4
    assert found["agreement"] == 0.75
    assert found["confusion"] == {"both_yes": 2, "only_people": 1, "only_judge": 0, "both_no": 1}
    # Observed 3/4, by chance 3/4 · 2/4 + 1/4 · 2/4 = 1/2.
    assert found["kappa"] == pytest.approx(0.5)
    assert found["mean_distance"] == 0.25
    assert found["worst"] == [{"id": "odd", "label": 1.0, "score": 0.0}]
    assert found["missing"] == [{"id": "none", "why": "nothing was retrieved"}]
    assert not found["enough"]
    assert found["judge"]["model"] == "openai:judge-1"


def test_the_threshold_says_what_counts_as_yes(tmp_path: Path, judge: list[str]) -> None:
    found = calibrated(tmp_path, ROWS, "--threshold", "0.6", *judge)
    assert found["confusion"] == {"both_yes": 1, "only_people": 1, "only_judge": 0, "both_no": 2}


def test_a_second_time_costs_nothing(tmp_path: Path, judge: list[str], openai: Script) -> None:
    first = calibrated(tmp_path, ROWS, *judge)
    asked = len(openai.requests)
    assert calibrated(tmp_path, ROWS, *judge) == first
    assert len(openai.requests) == asked


def test_people_see_figures_intervals_and_whether_they_are_enough(
    tmp_path: Path, judge: list[str]
) -> None:
    done = run("calibrate", written(tmp_path, ROWS), "--metric", "faithfulness", *judge)
    said = " ".join(done.stdout.split())
    assert "faithfulness by openai:judge-1, 4 rows" in said
    assert "agreement 75.0% (95% interval 30.1% to 95.4%)" in said
    assert "Cohen's kappa 0.50 (95% interval" in said
    assert "no score for none: nothing was retrieved" in said
    assert "4 rows are too few to tell: it takes about" in said
    assert "odd" in said


def test_relevancy_is_calibrated_with_the_real_embedding_model(
    tmp_path: Path, judge: list[str]
) -> None:
    arguments = [written(tmp_path, ROWS[:2]), "--metric", "answer_relevancy", "--json", *judge]
    done = run("calibrate", *arguments)
    assert done.exit_code == 0, done.exception
    assert json.loads(done.stdout)["rows"] == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROWS[0], '{"question": '], "line 2: is not JSON"),
        ([ROWS[0], "", '["x"]'], "line 3: is not a JSON object"),
        ([{"question": "x", "answer": "y"}], "line 1: label: is missing; add it"),
        ([{**ROWS[0], "label": 2}], "line 1: label: input should be less than"),
        ([{**ROWS[0], "id": "a"}, {**ROWS[0], "id": "a"}], "line 2: the id 'a' comes twice"),
        ([{**ROWS[0], "lable": 1}], "line 1: lable: is not a field; did you mean label"),
        ([], "has no rows; write one JSON object a line"),
    ],
)
def test_a_file_of_labels_that_is_none_is_reported_by_line(
    tmp_path: Path, judge: list[str], rows: list[Any], said: str
) -> None:
    done = run("calibrate", written(tmp_path, rows), "--metric", "faithfulness", *judge)
    assert isinstance(done.exception, DatasetError)
    assert "labels.jsonl" in str(done.exception)
    assert said in str(done.exception)


def test_a_file_that_is_not_there_is_reported(judge: list[str]) -> None:
    done = run("calibrate", "nowhere.jsonl", "--metric", "faithfulness", *judge)
    assert str(done.exception) == "nowhere.jsonl: cannot be read: No such file or directory."


def test_rows_without_a_reference_are_reported_where_one_is_needed(
    tmp_path: Path, judge: list[str]
) -> None:
    done = run("calibrate", written(tmp_path, ROWS), "--metric", "factual_correctness", *judge)
    assert isinstance(done.exception, DatasetError)
    assert "factual_correctness compares with a `reference`; line 1 has none" in str(done.exception)


def test_a_judge_and_a_judged_metric_are_needed(tmp_path: Path, judge: list[str]) -> None:
    file = written(tmp_path, ROWS)
    done = run("calibrate", file, "--metric", "faithfulness")
    assert isinstance(done.exception, JudgeError)
    done = run("calibrate", file, "--metric", "mrr", *judge)
    assert isinstance(done.exception, UnknownMetric)
    assert "'mrr' needs no judge; one of these does: faithfulness" in str(done.exception)


def test_a_judge_without_a_single_score_is_an_error(
    tmp_path: Path, judge: list[str], openai: Script
) -> None:
    openai.answer = None
    openai.reply = "Hm."
    done = run("calibrate", written(tmp_path, ROWS[:2]), "--metric", "faithfulness", *judge)
    assert isinstance(done.exception, DatasetError)
    assert "the judge gave none of 2 rows a score: the answer is not a judgement" in str(
        done.exception
    )


def test_metrics_are_listed_for_people_and_for_programs() -> None:
    listed = json.loads(run("metrics", "--json").stdout)
    by_name = {row["name"]: row for row in listed}
    assert by_name["faithfulness"]["judged"]
    assert by_name["wrong_refusal"]["better"] == "lower"
    assert by_name["bleu_score"]["source"] == "Ragas BleuScore"
    shown = run("metrics").stdout
    assert all(name.partition("@")[0][:12] in shown for name in by_name)


def test_the_guide_describes_every_metric() -> None:
    root = Path(plumb.__file__).parent
    guide = (root / "docs/reference/evaluation-metrics.md").read_text("utf-8")
    rows = json.loads(run("metrics", "--json").stdout)
    assert len(rows) > 20
    for row in rows:
        line = next(x for x in guide.splitlines() if x.startswith(f"| `{row['name']}` |"))
        assert ("lower" in line) == (row["better"] == "lower"), row["name"]
        assert ("| yes |" in line) == row["judged"], row["name"]
