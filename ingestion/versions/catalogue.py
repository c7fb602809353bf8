"""The document sets of an index, and the versions of each: open, list, publish, roll back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from ingestion.errors import IndexStoreError, PublishRefused, UnknownDocumentSet, UnknownVersion
from ingestion.index.protocol import DocumentSet, IndexStore, SetInfo, check_name
from ingestion.index.records import Records, read_record
from ingestion.index.storable_values import quoted
from ingestion.versions import live_version as publications
from ingestion.versions import source_manifest
from ingestion.versions.live_version import Publication, Publications
from ingestion.versions.source_manifest import SourceDocument
from prompts.moves.user import current_user

VERSION = re.compile(r"v?([0-9]{1,12})(-[0-9a-f]{1,64})?")
VERSION_NUMBER = re.compile(r"v?[0-9]{1,12}")


class KnownVersions:
    """What an index's records say of its sets and versions; the index itself is not opened."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def names(self) -> list[str]:
        """Names of the sets that have a live version, sorted."""
        return self._records.names("published")

    def all_names(self) -> list[str]:
        """Names of the sets that have, had or were to have a version, sorted."""
        return sorted({*self.names(), *self._records.names("counters")})

    def live(self, name: str) -> SetInfo:
        """The version that readers see.

        Raises:
            UnknownDocumentSet: no such set, or none of its versions was ever published.
        """
        move = publications.read(self._records, check_name(name)).live
        info = self._version(name, move.number) if move else None
        if info is None:
            raise UnknownDocumentSet(self._unknown(name))
        return info

    def find(self, name: str, version: str | int | None = None) -> SetInfo:
        """A version by name (`3-9f2c81d04e`) or number; the live one for None.

        Raises:
            UnknownDocumentSet: no such set.
            UnknownVersion: no such version; the message lists those there are.
        """
        if version is None:
            return self.live(name)
        found = VERSION.fullmatch(str(version))
        info = self._version(check_name(name), int(found[1])) if found else None
        if info is not None and (VERSION_NUMBER.fullmatch(str(version)) or info.version == version):
            return info
        known = [info.version for info in self.versions(name)]
        if not known:
            raise UnknownDocumentSet(self._unknown(name))
        raise UnknownVersion(
            f"document set {name!r} has no index version {quoted(str(version))}; there are: "
            f"{', '.join(known)}."
        )

    def versions(self, name: str) -> list[SetInfo]:
        """All versions of a set that are kept, oldest first."""
        numbers = self._records.names(f"versions/{check_name(name)}")
        found = (self._version(name, int(number)) for number in numbers)
        return [info for info in found if info is not None]

    def publications(self, name: str) -> Publications:
        """Which versions were live, in order."""
        return publications.read(self._records, check_name(name))

    def manifest(self, info: SetInfo) -> Iterator[SourceDocument]:
        """What a version was made from, sorted by document id."""
        return source_manifest.load(self._records, info.name, info.number)

    def _version(self, name: str, number: int) -> SetInfo | None:
        return read_record(SetInfo, self._records, version_key(name, number))

    def _unknown(self, name: str) -> str:
        have = ", ".join(self.names()) or "none yet; make one with `plumb ingest PATH --set NAME`"
        candidates = [info.version for info in self.versions(name)]
        if candidates:
            return (
                f"document set {name!r} has no live version yet; publish one of "
                f"{', '.join(candidates)} with `plumb index publish --set {name} VERSION`."
            )
        return f"no document set {name!r} in this index; there are: {have}."


class Catalogue(KnownVersions):
    """What an index holds, by set and version. Safe to share between threads and processes."""

    def __init__(self, store: IndexStore) -> None:
        super().__init__(store.records)
        self.store = store

    def check(self) -> None:
        """Raise an `IndexStoreError` if the store cannot be read, or not one live version opened.

        One broken set among others is no reason to turn away questions to these.
        """
        self.store.check()
        failed: IndexStoreError | None = None
        for name in self.names():
            try:
                self.open(name)
            except IndexStoreError as error:
                failed = failed or error
            else:
                return
        if failed is not None:
            raise failed

    def open(self, name: str, version: str | int | None = None) -> DocumentSet:
        """Open a version for reading; the live one for None."""
        return self.store.open(self.find(name, version))

    def publish(
        self,
        info: SetInfo,
        *,
        by: str | None = None,
        why: str = "",
        expected: int | Literal["any"] | None = "any",
    ) -> Publication:
        """Make a version live, in one step.

        Args:
            info: the version.
            by: who does it; default: the current user.
            why: a remark for the log.
            expected: number of the version that must be live still (None: none must be); `any`
                for no such condition.

        Raises:
            PublishRefused: another version went live meanwhile.
            UnknownVersion: its files are gone.
        """
        self.store.require(info)
        return publications.append(
            self._records,
            info.name,
            number=info.number,
            version=info.version,
            action="publish",
            by=by or current_user(),
            why=why,
            expected=expected,
        )

    def rollback(
        self,
        name: str,
        version: str | int | None = None,
        *,
        by: str | None = None,
        why: str = "",
        live: str | None = None,
    ) -> Publication:
        """Make an earlier version live again, in one step.

        Args:
            version: which; default: the one that was live before the live one was published.
            live: name of the version that must be live still; None: no such condition.

        Raises:
            PublishRefused: there is none to go back to, or another version is live.
        """
        now = self.live(name)
        self.require_live(name, now, live)
        info = self._before(name, now) if version is None else self.find(name, version)
        if info.number == now.number:
            raise PublishRefused(f"document set {name!r}: version {info.version} is live already.")
        self.store.require(info)
        return publications.append(
            self._records,
            name,
            number=info.number,
            version=info.version,
            action="rollback",
            by=by or current_user(),
            why=why,
            expected=now.number,
        )

    @staticmethod
    def require_live(name: str, now: SetInfo | None, expected: str | None) -> None:
        """Check that the live version is still the one that the caller saw.

        Args:
            now: the version that is live; None: none is.
            expected: the name of the version that they saw live; None: they named none.

        Raises:
            PublishRefused: it is another.
        """
        found = now.version if now is not None else "none"
        if expected is not None and expected != found:
            raise PublishRefused(
                f"document set {name!r}: version {found} is live, and no longer {expected}: somebody "
                "else published or rolled back meanwhile. Look at both, then decide again."
            )

    def _before(self, name: str, live: SetInfo) -> SetInfo:
        for number in reversed(self.publications(name).trail[:-1]):
            info = self._version(name, number)
            if info is not None:
                return info
        raise PublishRefused(
            f"document set {name!r}: there is no version before {live.version} to go back to; "
            f"`plumb index versions --set {name}` lists those there are."
        )


def version_key(name: str, number: int) -> str:
    """Where the description of a version is kept in `Records`."""
    return f"versions/{name}/{number:08d}"
