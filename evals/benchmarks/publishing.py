"""How long do publishing and rolling back take, and do readers notice anything but the change?"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from app.document_sets.embedders import only_model
from app.document_sets.open_sets import OpenSets
from evals.benchmarks.small_model import small_bench, small_embedder
from evals.benchmarks.table import Result
from ingestion.embedding.embedder import Embedder
from ingestion.index import hybrid
from ingestion.index.stores import open_store
from ingestion.settings import IndexSettings
from ingestion.sources.definitions import ad_hoc
from ingestion.sync.options import SyncOptions
from ingestion.sync.start import prepare
from ingestion.sync.start import run as run_sync
from ingestion.versions.catalogue import Catalogue

MOVES = 50
READERS = 4
DOCUMENTS = 40
BACKENDS = {"LanceDB": "{folder}/lance", "Qdrant, local mode": "qdrant+memory:"}


def run(embedder: Embedder) -> Result:
    """50 publications and 50 rollbacks under a steady load of searches, on each backend."""
    result = Result("publishing", "Publish and roll back under load")
    for backend, url in BACKENDS.items():
        with TemporaryDirectory() as folder:
            _measure(result, backend, url.format(folder=folder), Path(folder) / "documents")
    return result


def _measure(result: Result, backend: str, url: str, folder: Path) -> None:
    store = open_store(IndexSettings(url=url))
    catalogue = Catalogue(store)
    for word in ("copper", "glacier"):
        folder.mkdir(exist_ok=True)
        for number in range(DOCUMENTS):
            text = f"# Part {number}\n\nThe lantern number {number} is made of {word}.\n"
            (folder / f"{number}.md").write_text(text, encoding="utf-8")
        prepared = prepare(ad_hoc("things", str(folder)), small_bench(store), base=folder)
        run_sync(prepared, SyncOptions(by="bench"))
    readers = Readers(catalogue)
    with readers:
        publishing, rolling = [], []
        newer = catalogue.live("things")
        for _ in range(MOVES):
            began = time.perf_counter()
            catalogue.rollback("things", by="bench")
            rolling.append((time.perf_counter() - began) * 1000)
            readers.wait_for_some()
            began = time.perf_counter()
            catalogue.publish(newer, by="bench")
            publishing.append((time.perf_counter() - began) * 1000)
            readers.wait_for_some()
    note = f"median {median(publishing):.1f} ms of {MOVES}, under load"
    result.add(f"{backend}: publish, slowest", max(publishing), "ms", at_most=100, note=note)
    note = f"median {median(rolling):.1f} ms of {MOVES}, under load"
    result.add(f"{backend}: roll back, slowest", max(rolling), "ms", at_most=1000, note=note)
    note = f"of {readers.answered} answers while {2 * MOVES} moves were made"
    result.add(f"{backend}: failed answers", readers.failed, "answers", at_most=0, note=note)
    result.add(f"{backend}: mixed answers", readers.mixed, "answers", at_most=0, note=note)
    seen = f"{len(readers.seen)} versions were seen"
    result.add(f"{backend}: versions seen", len(readers.seen), "versions", at_least=2, note=seen)
    store.close()


class Readers:
    """Threads that search without pause, each answer from the set as it is live.

    Attributes:
        answered, failed: searches that returned, or raised.
        mixed: answers whose passages were not all of the version that was opened.
        seen: versions that answered.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._embedder = small_embedder()
        self._sets = OpenSets(catalogue, only_model(self._embedder), refresh_s=0)
        self._vector = self._embedder.embed_query("Which lantern is it?")
        self._words = {
            info.version: word
            for info, word in zip(catalogue.versions("things"), ("copper", "glacier"), strict=True)
        }
        self._ended = threading.Event()
        self._progress = threading.Condition()
        self._threads = [threading.Thread(target=self._read) for _ in range(READERS)]
        self.answered = self.failed = self.mixed = 0
        self.seen: set[str] = set()

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for_some(self) -> None:
        """Wait until each reader has had the time to answer from what is live now."""
        with self._progress:
            wanted = self.answered + self.failed + 2 * READERS
            self._progress.wait_for(lambda: self.answered + self.failed >= wanted, timeout=30)

    def _read(self) -> None:
        while not self._ended.is_set():
            try:
                opened = self._sets.get("things")
                found = hybrid.search(
                    opened, self._vector, "Which lantern is it?", limit=10, depth=20
                )
                word = self._words[opened.info.version]
                right = len(found) == 10 and all(word in item.chunk.text for item in found)
                with self._progress:
                    self.answered += 1
                    self.mixed += not right
                    self.seen.add(opened.info.version)
                    self._progress.notify_all()
            except Exception:  # noqa: BLE001 (whatever it is, it is a failed answer)
                with self._progress:
                    self.failed += 1
                    self._progress.notify_all()
