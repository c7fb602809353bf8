"""`plumb bench` measures with the settings at hand and changes nothing."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app.cli.bench import in_time, show_speed
from app.errors import MeasuringElsewhere
from app.speed import rates
from app.speed.busy import measuring_alone
from app.speed.made_text import made_document, made_question
from app.speed.rates import Speed, expected_seconds
from ingestion.settings import default_cache_dir
from plumb import app


def test_two_runs_tell_the_start_from_the_rate() -> None:
    # 2 s to start, 0.5 s a document.
    found = rates.rates((4, 20, 4_000, 4.0), (16, 80, 16_000, 10.0))
    assert found.documents_per_second == pytest.approx(2)
    assert found.chunks_per_second == pytest.approx(10)
    assert found.characters_per_second == pytest.approx(2_000)
    assert found.start_s == pytest.approx(2)
    assert (found.documents, found.chunks, found.seconds) == (20, 100, 14)
    assert expected_seconds(found, 3.0, 1_000) == pytest.approx(3 + 2 + 500)


@pytest.mark.parametrize("slow", [9.0, 30.0])
def test_a_small_run_that_was_disturbed_makes_no_rate_from_nothing(slow: float) -> None:
    found = rates.rates((4, 20, 4_000, slow), (16, 80, 16_000, 9.0))
    assert found.documents_per_second == pytest.approx(20 / (slow + 9))
    assert found.start_s == pytest.approx(0)


def test_made_documents_have_their_size_and_are_never_alike() -> None:
    chance = random.Random(1)
    one, other = made_document(chance, 1, 3_000), made_document(chance, 1, 3_000)
    assert one != other
    assert len(one) == len(other) == 3_001
    assert one.startswith("# Report 1: ")
    assert made_question(chance).endswith("?")
    assert len(made_document(chance, 1, 20_000)) == 20_001


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "3 s"), (119, "119 s"), (600, "10 min"), (9_000, "2.5 h"), (300_000, "3.5 days")],
)
def test_times_are_said_in_the_unit_that_people_use(seconds: float, words: str) -> None:
    assert in_time(seconds) == words


@pytest.fixture
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock of its own, the model's export where it always is, and little time."""
    monkeypatch.setenv("PLUMB_EMBEDDING_CACHE_DIR", str(default_cache_dir()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PLUMB_INDEX_URL", str(tmp_path / "index"))
    monkeypatch.setattr(rates, "QUICK_S", (0.1, 0.1))
    monkeypatch.setattr(rates, "PROBE_S", 0.05)
    return tmp_path


def test_the_command_measures_and_leaves_the_index_alone(brief: Path) -> None:
    ran = CliRunner().invoke(
        app,
        ["bench", "--quick", "--json", "--documents", "7", "--documents", "9000",
         "--document-characters", "1500"],
    )  # fmt: skip
    assert ran.exception is None, ran.output
    found = json.loads(ran.stdout)
    speed = Speed.model_validate({**found, "machine": {**found["machine"]}})
    assert [one.documents for one in speed.expected] == [7, 9000]
    assert 0 < speed.expected[0].seconds < speed.expected[1].seconds
    assert speed.ingestion.documents >= 3
    assert speed.ingestion.chunks >= speed.ingestion.documents
    assert 0 < speed.queries.p50_ms <= speed.queries.p95_ms
    assert "passages in" in speed.runtime
    assert not (brief / "index").exists()
    said = Console(record=True, width=200, file=io.StringIO())
    show_speed(speed.model_copy(update={"busy": ["others work"]}), said, "https://qdrant:6333")
    text = said.export_text()
    for words in ("characters a second", "p95", "9,000 documents  about", "others work", "Qdrant"):
        assert words in text


def test_a_second_measurement_is_refused(brief: Path) -> None:
    with measuring_alone(default_cache_dir()):
        ran = CliRunner().invoke(app, ["bench", "--quick"])
    assert isinstance(ran.exception, MeasuringElsewhere)


@pytest.mark.parametrize("arguments", [["--documents", "0"], ["--document-characters", "1"]])
def test_sizes_that_mean_nothing_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["bench", *arguments]).exit_code == 2
