"""Who may read what was made from documents: by the groups that these had then, and have now."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable

from app.callers import Caller, Needs, together
from app.document_sets.open_sets import OpenSets
from ingestion.documents.visibility import groups_of
from ingestion.errors import InvalidSetName, UnknownDocumentSet
from ingestion.index.protocol import DocumentSet

# Documents whose groups are remembered, of all sets together: a few megabytes.
MOST = 20_000
# A document that is not there any more: only callers who see all documents read what it said.
GONE: list[str] = []


class ReadAccess:
    """Holds what is stored against what its reader may see now. Safe to share between threads.

    A stored text has the groups that its documents had when it was made, since it says what they
    said then. They may have gone to other groups since, and then only who is in these reads it too.
    A document that was removed counts as one that only callers who see all documents may see.

    Args:
        sets: where the groups of now are looked up, in the version that answers come from.
            None: nowhere, for commands, whose reader sees all documents.
        most: documents whose groups are remembered.
    """

    def __init__(self, sets: OpenSets | None = None, most: int = MOST) -> None:
        self._sets = sets
        self._most = most
        # By set, version and document; None: everyone sees it. A version never changes.
        self._known: OrderedDict[tuple[str, str, str], list[str] | None] = OrderedDict()
        self._lock = threading.Lock()

    def allows(
        self,
        caller: Caller,
        needs: Needs | None,
        document_set: str | None,
        documents: Collection[str],
    ) -> bool:
        """Whether a caller may read a text now.

        Args:
            needs: what it took when the text was made; None where nobody noted it.
            document_set: the set that it was made from; None where nobody knows.
            documents: ids of the documents that it was made from.

        Raises:
            IndexUnavailable, ModelMismatch: the groups of now cannot be looked up.
        """
        if caller.groups is None:
            return True
        if not caller.meets(needs):
            return False
        return caller.meets(self.needs_now(document_set, documents))

    def visible(self, caller: Caller, document_set: str, documents: Collection[str]) -> list[str]:
        """Those of some documents that a caller may see now, in their order.

        Raises:
            As `allows`.
        """
        if caller.groups is None:
            return list(documents)
        opened = self._opened(document_set)
        if opened is None:
            return []
        stated = self._groups(opened, documents)
        return [
            document
            for document in documents
            if (groups := stated[document]) is None or caller.meets([groups])
        ]

    def needs_now(self, document_set: str | None, documents: Collection[str]) -> Needs:
        """What it takes to see these documents now.

        Raises:
            As `allows`.
        """
        if self._sets is None or not documents:
            return []
        opened = self._opened(document_set)
        if opened is None:
            return [GONE]
        stated = self._groups(opened, documents).values()
        return together([groups for groups in stated if groups is not None])

    def _opened(self, document_set: str | None) -> DocumentSet | None:
        if self._sets is None or document_set is None:
            return None
        try:
            return self._sets.get(document_set)
        except (UnknownDocumentSet, InvalidSetName):
            return None

    def _groups(self, opened: DocumentSet, documents: Iterable[str]) -> dict[str, list[str] | None]:
        info = opened.info
        version = f"{info.version} {info.place}"
        found: dict[str, list[str] | None] = {}
        unknown: list[str] = []
        with self._lock:
            for document in dict.fromkeys(documents):
                key = (info.name, version, document)
                if key in self._known:
                    self._known.move_to_end(key)
                    found[document] = self._known[key]
                else:
                    unknown.append(document)
        if unknown:
            there = opened.chunks_of_all(unknown)
            looked_up = {
                document: groups_of(there[document][0].metadata) if document in there else GONE
                for document in unknown
            }
            found |= looked_up
            with self._lock:
                for document, groups in looked_up.items():
                    self._known[info.name, version, document] = groups
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return found
