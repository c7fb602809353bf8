"""100 syncs killed (SIGKILL) at random moments: is what is live untouched, is the next sync clean?"""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.benchmarks.killed_sync import sync_and_die
from evals.benchmarks.small_model import small_bench
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index.protocol import IndexStore
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sources.definitions import ad_hoc
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import prepare
from ingestion.sync.start import run as run_sync
from ingestion.versions.catalogue import Catalogue

KILLS = 100
DOCUMENTS = 60
SEED = 7
# The last moment to kill at, in times the duration of a whole sync.
LATEST = 1.5


def run(embedder: Embedder) -> Result:
    """Change a third of the documents, sync, kill; compare; delete some, sync; compare with a clean build."""
    result = Result("kills", f"{KILLS} syncs killed at random moments (LanceDB)")
    chance = random.Random(SEED)
    died = ended = changed_live = unclean = published = 0
    with TemporaryDirectory() as name:
        folder, index = Path(name) / "documents", Path(name) / "index"
        store = open_store(IndexSettings(url=str(index)))
        catalogue = Catalogue(store)
        _write(folder, 0)
        _sync(store, "things", folder)
        _write(folder, 1)
        takes = sync_and_die(index, folder, None).took_s or 0.0
        round_ = 1
        while died < KILLS:
            round_ += 1
            _write(folder, round_)
            live = catalogue.live("things")
            before = _texts(catalogue)
            # Over the end too: a run that ends says how long a sync takes by now.
            done = sync_and_die(index, folder, chance.uniform(0, LATEST * takes))
            if done.took_s is not None:
                takes, ended = done.took_s, ended + 1
                continue
            died += 1
            if catalogue.live("things") == live:
                changed_live += _texts(catalogue) != before
            else:
                published += 1
            # What the dead run may have been writing can be gone by the time of the next one.
            for gone in chance.sample(sorted(folder.iterdir()), 3):
                gone.unlink()
            _sync(store, "things", folder)
            clean = f"clean-{round_}"
            _sync(store, clean, folder)
            ours, theirs = catalogue.open("things"), catalogue.open(clean)
            same = ours.info.digest == theirs.info.digest
            unclean += not same or sorted(ours.ids()) != sorted(theirs.ids())
        store.close()
    note = f"{published} had published; {ended} more ended first; a whole sync takes {takes:.2f} s"
    result.add("runs that died", died, "runs", at_least=KILLS, note=note)
    result.add("live version changed by a dead run", changed_live, "runs", at_most=0)
    result.add("next sync not equal to a clean build", unclean, "runs", at_most=0)
    return result


def _sync(store: IndexStore, name: str, folder: Path) -> None:
    prepared = prepare(ad_hoc(name, str(folder)), small_bench(store), base=folder)
    run_sync(prepared, SyncOptions(by="bench", force=True))


def _texts(catalogue: Catalogue) -> list[tuple[str, str]]:
    opened = catalogue.open("things")
    rows = catalogue.manifest(opened.info)
    return [(chunk.id, chunk.text) for row in rows for chunk in opened.chunks_of(row.id)]


def _write(folder: Path, round_: int) -> None:
    """Change a third of the documents, add one, remove one."""
    folder.mkdir(exist_ok=True)
    for number in range(0, DOCUMENTS, 3 if round_ else 1):
        text = f"# Number {number}\n\nRound {round_} of document {number}.\n"
        (folder / f"{number:02}.md").write_text(text, encoding="utf-8")
    (folder / f"new-{round_}.md").write_text(f"# New\n\nWritten in round {round_}.\n", "utf-8")
    (folder / f"new-{round_ - 1}.md").unlink(missing_ok=True)
