"""Counts of several serving processes, which any of them returns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from app.telemetry.metrics import SHARED_FOLDER

ROOT = Path(__file__).resolve().parents[3]
PROCESS = """
import sys
from types import SimpleNamespace as Of
from app.settings.answering import PricesSettings
from app.answering.answer import Usage
from app.cache.answers import CacheStats
from app.cache.store import StoreStats
from app.telemetry.at_scrape import Lookups
from app.telemetry.metrics import Metrics

stats = CacheStats(0, 0, 1, stored=2, not_stored=1, shared=0, turned_away=0, store=StoreStats())
pins = Of(id="rel-1", sets={"depot": Of(manifest=Of(id="m-1"))})
prices = PricesSettings(output_per_million=500_000)
metrics = Metrics(Lookups(cache=lambda: stats), prices=prices, pins=pins)
turn = Of(
    manifest=Of(document_set="depot"), model="m", prompt_version="answer@v1", cache="miss",
    timings_ms={"total": 12.0, "embed": 1.0, "search": 3.0}, refused=False, degraded=False,
    citation_check=Of(markers_removed=1, quotes_unverified=[]), usage=Usage(input_tokens=7, output_tokens=4),
    release="rel-1",
)
for _ in range(int(sys.argv[1])):
    metrics.on_turn(turn, None, None)
    metrics.on_feedback("down", "rel-0")
print(metrics.text().decode())
"""


def counts_of_a_process(folder: Path, turns: int) -> dict[str, float]:
    """What a process that took so many turns tells of all: sample name -> sum over labels.

    Names of releases are among the names, as `name of release`.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, str(turns)],
        cwd=ROOT,
        env={**os.environ, SHARED_FOLDER: str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(done.stdout):
        for sample in family.samples:
            for name in (sample.name, f"{sample.name} of {sample.labels.get('release')}"):
                found[name] = found.get(name, 0.0) + sample.value
    return found


def test_whichever_process_is_asked_tells_of_all(tmp_path: Path) -> None:
    first = counts_of_a_process(tmp_path, 3)
    assert (first["plumbline_answers_total"], first["plumbline_tokens_total"]) == (3, 33)
    both = counts_of_a_process(tmp_path, 4)
    assert (both["plumbline_answers_total"], both["plumbline_tokens_total"]) == (7, 77)
    assert both["plumbline_cost_total"] == 7 * 2.0
    assert both["plumbline_answers_total of rel-1"] == 7
    assert both["plumbline_unsupported_answers_total of rel-1"] == 7
    assert both["plumbline_feedback_total of rel-0"] == 7
    assert both["plumbline_answer_cost_sum of rel-1"] == 7 * 2e-6 * 1e6
    assert both["plumbline_release_info of rel-1"] == 1
    assert both["plumbline_answer_seconds_count"] == 7
    assert both["plumbline_cache_events_total"] == 2 * 3
