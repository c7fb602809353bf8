"""Run an iterator ahead of its consumer, in a thread, within a limit."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class _End:
    """The last thing in the queue: the iterator is exhausted, or has raised."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


@contextmanager
def prefetch(
    source: Iterator[T], ahead: int, stopped: threading.Event | None = None
) -> Iterator[Iterator[T]]:
    """Iterate `source` in a thread that stays at most `ahead` items in front.

    What the source raises is raised at the same place of the iteration. Leaving the context stops
    the thread after the item it is at.

    Args:
        stopped: set when the context is left; a source that looks at it need not end its item.
    """
    items: queue.Queue[T | _End] = queue.Queue(maxsize=ahead)
    left = stopped or threading.Event()

    def put(item: T | _End) -> None:
        while not left.is_set():
            try:
                items.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def run() -> None:
        error: BaseException | None = None
        try:
            for item in source:
                put(item)
                if left.is_set():
                    return
        except BaseException as raised:  # noqa: BLE001 (handed over to the consumer)
            error = raised
        put(_End(error))

    def drain() -> Iterator[T]:
        while not isinstance(item := items.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    thread = threading.Thread(target=run, name="prefetch", daemon=True)
    thread.start()
    try:
        yield drain()
    finally:
        left.set()
        thread.join()
