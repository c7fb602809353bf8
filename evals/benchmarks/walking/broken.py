"""Filters broken on purpose: walks that find no leak in these would find none anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from app.answering import answer
from app.answering.answer import Passage
from app.answering.question import PreparedQuestion
from app.batch import batch_store as kept
from app.cache import keys
from app.callers import Caller
from app.document_sets.read_access import ReadAccess
from app.jobs.job import SyncJob
from app.lineage import record, stored_answers
from app.source_view import source_views
from app.turns import turns
from ingestion.index import filters

Break = Callable[[], AbstractContextManager[Any]]


def no_filter() -> AbstractContextManager[Any]:
    """Questions are searched for in all documents."""
    return patch.object(filters, "visible_to", lambda groups: None)


def groups_of_then() -> AbstractContextManager[Any]:
    """Stored answers are shown by the groups of then, not by those of now."""
    return patch.object(Caller, "meets", lambda self, needs: True)


def every_admin_oversees() -> AbstractContextManager[Any]:
    """Admins see what others asked, whatever groups they are in."""
    return patch.object(Caller, "oversees", property(lambda self: self.may("admin")))


@contextmanager
def one_cache_for_all() -> Iterator[None]:
    """Answers are kept without the groups of who asked."""
    of = keys.Keys.of

    def same(self: keys.Keys, prepared: PreparedQuestion, groups: Any) -> keys.Key:
        return of(self, replace(prepared, where=None), None)

    with patch.object(keys.Keys, "of", same):
        yield


def jobs_as_they_are() -> AbstractContextManager[Any]:
    """Jobs show everybody what documents they met."""
    return patch.object(SyncJob, "seen_by", lambda self, caller: self)


def lines_as_they_are() -> AbstractContextManager[Any]:
    """Lines of batches are not checked against the reader's groups."""
    return patch.object(kept, "_readable", lambda line, caller, unknown, access: line)


def history_as_it_was() -> AbstractContextManager[Any]:
    """Follow-ups are understood from all that was said, whatever its documents were."""
    return patch.object(turns, "readable", lambda exchanges, caller, access: list(exchanges))


@contextmanager
def copies_are_nobodys() -> Iterator[None]:
    """Passages are stored without the groups and ids of the other documents that hold their words."""

    def alone(passages: Iterable[Passage]) -> list[Passage]:
        return [passage.model_copy(update={"also_in": []}) for passage in passages]

    needs_of, documents_of = answer.needs_of, answer.documents_of
    with ExitStack() as patched:
        for module in (record, stored_answers, turns):
            if hasattr(module, "needs_of"):
                needs = patch.object(module, "needs_of", lambda found: needs_of(alone(found)))
                patched.enter_context(needs)
            if hasattr(module, "documents_of"):
                ids = patch.object(module, "documents_of", lambda found: documents_of(alone(found)))
                patched.enter_context(ids)
        yield


def sources_for_all() -> AbstractContextManager[Any]:
    """Documents are opened without a look at their groups, of now and of then."""
    return patch.object(source_views, "_sees", lambda caller, opened, chunk: True)


def documents_stay_put() -> AbstractContextManager[Any]:
    """What was stored is checked against the groups of then only."""
    return patch.object(ReadAccess, "needs_now", lambda self, document_set, documents: [])


BROKEN: tuple[Break, ...] = (
    no_filter,
    groups_of_then,
    every_admin_oversees,
    one_cache_for_all,
    jobs_as_they_are,
    lines_as_they_are,
    history_as_it_was,
    copies_are_nobodys,
    sources_for_all,
    documents_stay_put,
)
