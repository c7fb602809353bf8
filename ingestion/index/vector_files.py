"""Vectors by text in files beside a LanceDB folder's tables, for syncs to use again.

A file holds up to a few ten thousand vectors as one Arrow record batch: the hashes of their texts,
and the vectors. It lies in a folder of its model and, below, of the set whose sync wrote it. Files
are written whole and never change, so that several processes can read them without a lock; only
the sync that holds a set's lease writes below the set's folder. Looking up goes by the first eight
bytes of a hash, sorted in memory; vectors are read from the disk's cache, mapped.
"""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingestion.index.lance_errors import reported
from ingestion.index.lance_records import require
from ingestion.index.protocol import KEY_BYTES

logger = logging.getLogger(__name__)
FOLDER = "_vectors"
SUFFIX = ".arrow"
OWNER_ONLY = 0o700
# Files of one set and model that are merged as soon as there are so many of them.
MERGED = 16
# What is larger is not merged again. Also the unit in which vectors are removed for want of space.
MERGED_BYTES = 32 << 20
LISTED_AGAIN = 5


class _File(NamedTuple):
    """One file, open. Rows are sorted by `starts`.

    Attributes:
        starts: the first eight bytes of each key, as numbers.
        keys: whole keys, shape `(rows, KEY_BYTES)`.
        vectors: shape `(rows, dimension)`.
    """

    starts: NDArray[np.uint64]
    keys: NDArray[np.uint8]
    vectors: NDArray[np.float32]


class VectorFiles:
    """Vectors by text in one LanceDB folder. Not to be shared between threads."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._folder = index / FOLDER
        self._open: dict[Path, _File | None] = {}
        self._used: set[Path] = set()

    def find(self, model: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        found: dict[bytes, NDArray[np.float32]] = {}
        missing = list(dict.fromkeys(keys))
        with reported(self._index, "read"):
            # Again where a file went after it was listed: its vectors are in another one now.
            for _ in range(LISTED_AGAIN):
                files = self._files(f"{model}/*")
                for file in files:
                    if missing and (got := self._find_in(file, missing)):
                        found |= got
                        missing = [key for key in missing if key not in found]
                        self._mark_used(file)
                if not missing or all(file in self._open for file in files):
                    break
        return found

    def add(
        self,
        document_set: str,
        model: str,
        keys: Sequence[bytes],
        vectors: NDArray[np.float32],
        most_bytes: int,
    ) -> None:
        if not keys:
            return
        with reported(self._index, "written"):
            require(self._index)
            folder = self._folder / model / document_set
            folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
            flat = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, KEY_BYTES)
            _write(folder, flat, vectors)
            small = [file for file in self._files(f"{model}/{document_set}") if _is_small(file)]
            if len(small) >= MERGED:
                self._merge(folder, small)
            self._limit(most_bytes)

    def keys(self, document_set: str) -> set[bytes]:
        with reported(self._index, "read"):
            return {
                key.tobytes()
                for file in self._files(f"*/{document_set}")
                if (opened := self._opened(file)) is not None
                for key in opened.keys
            }

    def remove(self, document_set: str, keys: Collection[bytes]) -> None:
        gone = set(keys)
        with reported(self._index, "written"):
            for file in self._files(f"*/{document_set}"):
                self._take_out(file, gone)
            for part in self._folder.glob(f"*/{document_set}/.*"):  # of a writer that was killed
                part.unlink(missing_ok=True)

    def close_files(self) -> None:
        self._open.clear()
        self._used.clear()

    def _files(self, folders: str) -> list[Path]:
        """The files of some folders, newest first."""
        self._close_removed()
        found = sorted(self._folder.glob(f"{folders}/[!.]*{SUFFIX}"), key=lambda f: f.name)
        return found[::-1]

    def _find_in(self, file: Path, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        opened = self._opened(file)
        if opened is None or not len(opened.starts):
            return {}
        wanted = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, KEY_BYTES)
        starts = _starts(wanted)
        rows = np.minimum(np.searchsorted(opened.starts, starts), len(opened.starts) - 1)
        alike = np.flatnonzero(opened.starts[rows] == starts)
        same = alike[(opened.keys[rows[alike]] == wanted[alike]).all(axis=1)]
        # Copies: the pages of a file that is removed stay on the disk while anything refers to them.
        return {keys[at]: opened.vectors[rows[at]].copy() for at in same}

    def _opened(self, file: Path) -> _File | None:
        """An open file; None if it is damaged, which one warning reports, or has just been removed."""
        if file not in self._open:
            try:
                self._open[file] = _read(file)
            except FileNotFoundError:  # merged, or removed for want of space, by another process
                return None
            except (OSError, ValueError, KeyError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # the disk's, not the content's
                logger.warning(
                    "%s: is damaged and removed; its texts are embedded again (%s)",
                    file,
                    " ".join(str(error).split())[:200],
                )
                file.unlink(missing_ok=True)
                self._open[file] = None
        return self._open[file]

    def _mark_used(self, file: Path) -> None:
        """Once while it is open, so that what is used stays longest."""
        if file not in self._used:
            self._used.add(file)
            with suppress(OSError):  # a folder that may only be read, or a file just removed
                os.utime(file)

    def _merge(self, folder: Path, files: Sequence[Path]) -> None:
        """Write several files as one, then remove them: a kill between leaves some vectors twice."""
        opened = [one for file in files if (one := self._opened(file)) is not None]
        # One identity has one dimension; what says otherwise is damage.
        dimension = max((one.vectors.shape[1] for one in opened), default=0)
        fitting = [one for one in opened if one.vectors.shape[1] == dimension]
        if fitting:
            keys = np.concatenate([one.keys for one in fitting])
            vectors = np.concatenate([one.vectors for one in fitting])
            _, first = np.unique(keys.view(f"V{KEY_BYTES}").ravel(), return_index=True)
            _write(folder, keys[first], vectors[first])
        for file in files:
            self._forget(file)

    def _take_out(self, file: Path, gone: set[bytes]) -> None:
        """Write a file again without some keys; nothing happens if it holds none of them."""
        opened = self._opened(file)
        if opened is None:
            return
        rows = len(opened.keys)
        kept = np.fromiter((key.tobytes() not in gone for key in opened.keys), bool, rows)
        if kept.all():
            return
        if kept.any():
            _write(file.parent, opened.keys[kept], opened.vectors[kept])
        self._forget(file)

    def _limit(self, most_bytes: int) -> None:
        """Remove the files that were used longest ago until the others fit."""
        sizes = []
        for file in self._files("*/*"):
            with suppress(FileNotFoundError):
                state = file.stat()
                sizes.append((state.st_mtime_ns, file, state.st_size))
        total = sum(size for _, _, size in sizes)
        for _, file, size in sorted(sizes):
            if total <= most_bytes:
                return
            self._forget(file)
            total -= size

    def _close_removed(self) -> None:
        """Close files that another process removed: their disk space is not free before that."""
        for file in [file for file in self._open if not file.exists()]:
            del self._open[file]
        self._used.intersection_update(self._open)

    def _forget(self, file: Path) -> None:
        self._open.pop(file, None)
        file.unlink(missing_ok=True)


def _write(folder: Path, keys: NDArray[np.uint8], vectors: NDArray[np.float32]) -> None:
    """Write a file whole, under a name that sorts by time."""
    order = np.argsort(_starts(keys), kind="stable")
    flat = pa.array(np.ascontiguousarray(vectors[order], dtype=np.float32).ravel())
    columns = [
        pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(KEY_BYTES), len(keys), [None, pa.py_buffer(keys[order].tobytes())]
        ),
        pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
    ]
    batch = pa.record_batch(columns, names=["key", "vector"])
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        part.chmod(0o600)
        part.replace(folder / f"{time.time_ns():020}-{secrets.token_hex(4)}{SUFFIX}")
    finally:
        part.unlink(missing_ok=True)


def _read(file: Path) -> _File:
    """Map a file into memory.

    Raises:
        pyarrow.ArrowInvalid, ValueError, KeyError: it is damaged.
    """
    with pa.memory_map(str(file)) as source, pa.ipc.open_file(source) as reader:
        batch = reader.get_batch(0)
    key, vector = batch.column("key"), batch.column("vector")
    keys = np.frombuffer(key.buffers()[1], np.uint8, len(batch) * KEY_BYTES)
    keys = keys.reshape(-1, KEY_BYTES)
    vectors = vector.flatten().to_numpy(zero_copy_only=True).reshape(len(batch), -1)
    starts = _starts(keys)
    if vectors.dtype != np.float32 or (np.diff(starts.astype(np.float64)) < 0).any():
        raise ValueError("its columns are not what was written")
    return _File(starts, keys, vectors)


def _starts(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(keys[:, :8]).view(">u8").ravel().astype(np.uint64)


def _is_small(file: Path) -> bool:
    try:
        return file.stat().st_size < MERGED_BYTES
    except FileNotFoundError:
        return False
