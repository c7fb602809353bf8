"""kill -9 at random moments: what is live answers as before, and the next sync ends clean."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from evals.benchmarks.killed_sync import sync_and_die
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from tests.ingestion.sync.conftest import TEXTS, Syncing

pytestmark = pytest.mark.load

# `python -m evals.benchmarks kills` tries a hundred.
KILLS = 10
DOCUMENTS = 60


def change(made: Syncing, round_: int) -> None:
    """Change, add and remove some documents."""
    for number in range(0, DOCUMENTS, 3):
        made.write_at(f"many/{number:02}.md", f"# Number {number}\n\nRound {round_} of {number}.\n")
    made.write_at(f"new/{round_}.md", f"# New {round_}\n\nWritten in round {round_}.\n")
    (made.folder / "new" / f"{round_ - 1}.md").unlink(missing_ok=True)


def test_kills_at_random_moments(tmp_path: Path) -> None:
    rng = random.Random(1)
    folder, index = tmp_path / "documents", tmp_path / "index"
    made = Syncing(folder, open_store(IndexSettings(url=str(index))))
    for name, text in TEXTS.items():
        made.write_at(name, text)
    for number in range(DOCUMENTS):
        made.write_at(f"many/{number:02}.md", f"# Number {number}\n\nText of number {number}.\n")
    made.sync()
    change(made, 0)
    whole = sync_and_die(index, folder, None)
    assert whole.code == 0
    assert whole.took_s is not None
    takes = whole.took_s
    killed = round_ = 0
    while killed < KILLS:
        round_ += 1
        assert round_ < 4 * KILLS, "most runs end before they are killed"
        change(made, round_)
        before, texts = made.catalogue.live("things"), made.texts()
        done = sync_and_die(index, folder, rng.uniform(0, 1.2 * takes))
        if done.took_s is not None:  # it says how long a sync takes by now
            takes = done.took_s
            continue
        assert done.code == -9
        killed += 1
        after = made.catalogue.live("things")
        assert after in (before, *made.catalogue.versions("things"))
        if after == before:
            assert made.texts() == texts, f"round {round_}"
        if killed % 5 == 0:
            made.sync(force=True)
            clean = f"clean-{round_}"
            made.sync(made.definition(document_set=clean))
            assert made.catalogue.live("things").digest == made.catalogue.live(clean).digest
            ours, theirs = made.catalogue.open("things"), made.catalogue.open(clean)
            assert sorted(ours.ids()) == sorted(theirs.ids()), f"round {round_}"
