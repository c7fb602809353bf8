"""`plumb ingest --watch`: sync now, then again whenever the sources change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from rich.console import Console

from ingestion.cli import sync_report as shown
from ingestion.cli import sync_request
from ingestion.embedding.embedder import Embedder, load_embedder
from ingestion.settings import EmbeddingSettings
from ingestion.sources.definitions import SetDefinition
from ingestion.sources.locations import is_web, local_path, split_local
from ingestion.versions.catalogue import Catalogue
from prompts.errors import PlumbError

# Sources whose changes the system does not report are looked at this often.
POLL_S = 60.0


def watch_and_sync(
    request: sync_request.Request,
    settings: Any,
    catalogue: Catalogue,
    *,
    changes: Callable[[list[Path], bool], Iterable[object]] | None = None,
    console: Console | None = None,
) -> None:
    """Keep a set fresh until interrupted. A sync that fails is reported, and the next one tried.

    Args:
        changes: yields whenever something below the paths has changed, or it is time to look.
    """
    console = console or Console()
    # The model stays loaded between syncs.
    load: Callable[[EmbeddingSettings], Embedder] = lru_cache(maxsize=2)(_load_frozen)
    paths, remote = watched(request.definition, request.base)
    where = ", ".join(map(str, paths)) or "its sources"
    _sync(request, settings, catalogue, load, console, always_shown=True)
    console.print(f"Watching {where}; Ctrl-C ends it.", highlight=False)
    for _ in (changes or wait_for_changes)(paths, remote):
        _sync(request, settings, catalogue, load, console, always_shown=False)


def watched(definition: SetDefinition, base: Path) -> tuple[list[Path], bool]:
    """The local folders to watch, and whether there are sources that only polling can watch."""
    paths: list[Path] = []
    remote = False
    for source in definition.sources:
        if source.urls or is_web(source.url) or local_path(source.url) is None:
            remote = True
        else:
            paths.append(split_local(source.url, base)[0])
    return paths, remote


def wait_for_changes(paths: list[Path], remote: bool) -> Iterable[object]:
    """Yields after each burst of changes, and every `POLL_S` seconds where sources are remote."""
    import time

    from watchfiles import watch

    if not paths:
        while True:
            time.sleep(POLL_S)
            yield None
    timeout = int(POLL_S * 1000) if remote else 5000
    yield from watch(*paths, debounce=1000, rust_timeout=timeout, yield_on_timeout=remote)


def _sync(
    request: sync_request.Request,
    settings: Any,
    catalogue: Catalogue,
    load: Callable[[EmbeddingSettings], Embedder],
    console: Console,
    *,
    always_shown: bool,
) -> None:
    try:
        report = sync_request.run(request, settings, catalogue, quiet=False, load=load)
    except PlumbError as error:
        console.print(f"[red]error[/]: {error}", highlight=False)
        return
    if always_shown or report.changed:
        shown.show_report(report, console)


def _load_frozen(settings: EmbeddingSettings) -> Embedder:
    return load_embedder(settings)
