"""Questions to begin with, from the headings of documents that the caller may see."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from threading import Lock
from typing import NamedTuple, TypeAlias

from app.answering.answer import Passage
from app.answering.retrieval import Retriever
from app.cache.bounded import Bounded
from app.callers import Caller
from app.document_sets.open_sets import OpenSets
from app.sessions.session import UNPRINTED
from ingestion.index.filters import visible_to
from ingestion.index.protocol import DocumentSet
from prompts.errors import PlumbError

logger = logging.getLogger(__name__)
# What passages are looked for that answer something: their headings make questions.
SEEDS = (
    "How long does it take, and by when?",
    "Who is responsible?",
    "How much is it, and how is it calculated?",
    "What must be done first?",
    "What happens when something goes wrong?",
    "Which rules and limits apply?",
)
OF_EACH = 12
MOST = 4
# How many questions are tried, at most: each is, before it is shown.
MOST_TRIED = 10
# Versions and groups for which they are being worked out.
MOST_BEGUN = 20
# Of both caches together.
BYTES = 2_000_000
# So long the page waits for them. What comes later, it asks for once more.
WAIT_S = 0.2
PATIENT_S = 8.0
NUMBERING = re.compile(r"^\s*(?:(?:\d+|[A-Z]|[IVX]+)(?:\.\d+)*[.)]?\s+|§\s*\d+\s*)")
BRACKETED = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
CODE = re.compile(r"[{}<>\\|=`$@~^*_/#\"“”\[\]]|\.\w|\(\)|--")
# Headings that say nothing of what stands below them.
EMPTY = re.compile(
    r"(?:general|overview|introduction|summary|contents|purpose|scope|background|notes?|appendix|annex|"
    r"glossary|references?|see also|further reading|conclusions?|changes|changelog|history|details|"
    r"examples?|other|miscellaneous|more|index|settings|options|parameters|usage|description|about|"
    r"questions|faq|frequently asked questions|part|chapter|section|table|figure|sheet|slide|page|step)"
    r"\b[\s\d.:]*(?:[ivx\d]+|[a-z])?$",
    re.IGNORECASE,
)
ASKS = re.compile(r"(?:how|why|where|who|which|what|whether)\b", re.IGNORECASE)
WHEN = re.compile(r"(?:when|if|after|before)\b", re.IGNORECASE)
LONGEST_HEADING, LONGEST_TITLE = 60, 70

Key: TypeAlias = tuple[str, str, frozenset[str] | None]


class Suggested(NamedTuple):
    """A question in the making.

    Attributes:
        title: the document's title; empty where the heading alone is the question.
        heading: what it is about.
        form: which sentence the page makes of the two: `about`, `happens` or `itself`.
    """

    title: str
    heading: str
    form: str


class SuggestedQuestions:
    """Works them out once for a version and the groups of a caller. Safe to share between threads.

    Nobody sees a heading of a document that is not theirs to see: they come from a search as any.
    A slow index delays no page: they are worked out by one thread, and shown when they are there.
    """

    def __init__(self, sets: OpenSets, retriever: Retriever) -> None:
        self._sets = sets
        self._retriever = retriever
        self._kept: Bounded[Key, tuple[Suggested, ...]] = Bounded(BYTES // 2, _size)
        self._seen: Bounded[Key, bool] = Bounded(BYTES // 2, lambda key, _: _key_size(key))
        self._working = ThreadPoolExecutor(1, thread_name_prefix="suggested-questions")
        self._begun: dict[Key, Future[tuple[Suggested, ...]]] = {}
        self._lock = Lock()

    def of(
        self, set_name: str, caller: Caller, wait_s: float = WAIT_S
    ) -> tuple[Suggested, ...] | None:
        """Questions to a set; None where they are still being worked out after so many seconds.

        Raises:
            IndexUnavailable, UnknownDocumentSet, ModelMismatch: the set cannot be opened.
        """
        opened = self._sets.get(set_name)
        key = _key(opened, caller)
        found = self._kept.get(key)
        if found is not None:
            return found
        with self._lock:
            working = self._begun.get(key)
            if working is None:
                if len(self._begun) >= MOST_BEGUN:
                    return None
                working = self._working.submit(self._work_out, key, opened)
                self._begun[key] = working
        try:
            return working.result(wait_s)
        except (NotInTime, CancelledError):
            return None

    def sees_any(self, set_name: str, caller: Caller) -> bool:
        """Whether the caller may see a document of a set.

        Raises:
            As `of`.
        """
        if caller.groups is None:
            return self._sets.info(set_name).documents > 0
        opened = self._sets.get(set_name)
        key = _key(opened, caller)
        found = self._seen.get(key)
        if found is None:
            found = opened.count(visible_to(caller.groups)) > 0
            self._seen.put(key, found)
        return found

    def close(self) -> None:
        """End the thread."""
        self._working.shutdown(wait=True, cancel_futures=True)

    def _work_out(self, key: Key, opened: DocumentSet) -> tuple[Suggested, ...]:
        try:
            found = tuple(self._found(opened, key[2]))
            self._kept.put(key, found)
        except PlumbError as error:
            logger.warning("no questions to begin with: %s", error)
            found = ()
        finally:
            with self._lock:
                self._begun.pop(key, None)
        return found

    def _found(self, opened: DocumentSet, groups: frozenset[str] | None) -> Iterator[Suggested]:
        where = visible_to(groups)
        by_seed = [
            self._retriever.retrieve(seed, opened, OF_EACH, where).passages for seed in SEEDS
        ]
        shown: set[str] = set()
        tried = 0
        for passage, question in candidates(by_seed):
            if passage.document in shown or tried == MOST_TRIED or len(shown) == MOST:
                continue
            tried += 1
            # What its own words do not find is no good question.
            words = f"{question.title} {question.heading}"
            best = self._retriever.retrieve(words, opened, 1, where).passages
            if best and best[0].document == passage.document:
                shown.add(passage.document)
                yield question


def candidates(by_seed: Sequence[Sequence[Passage]]) -> list[tuple[Passage, Suggested]]:
    """Questions that headings make, one seed's after the other's.

    A heading that several documents have says little: it is left out.
    """
    documents: dict[str, set[str]] = {}
    for passages in by_seed:
        for passage in passages:
            for heading in passage.heading_path[-1:]:
                documents.setdefault(_plain(heading).casefold(), set()).add(passage.document)
    common = Counter({heading: len(found) for heading, found in documents.items()})
    made: list[list[tuple[Passage, Suggested]]] = []
    for passages in by_seed:
        of_seed = []
        for passage in passages:
            question = question_of(passage)
            if question and common[_plain(passage.heading_path[-1]).casefold()] == 1:
                of_seed.append((passage, question))
        made.append(of_seed)
    longest = max((len(one) for one in made), default=0)
    return [one[place] for place in range(longest) for one in made if place < len(one)]


def question_of(passage: Passage) -> Suggested | None:
    """The question that a passage's heading makes; None: it makes none."""
    if not passage.heading_path:
        return None
    raw = " ".join(passage.heading_path[-1].split())
    if raw.endswith("?") and 12 <= len(raw) <= 100 and not UNPRINTED.search(raw):
        return Suggested("", NUMBERING.sub("", raw), "itself")
    heading, title = _plain(raw), _title(passage.title)
    words = heading.split()
    good = (
        len(heading) <= LONGEST_HEADING
        and len(title) <= LONGEST_TITLE
        and (2 <= len(words) <= 8 or (len(words) == 1 and len(heading) > 6))
        and sum(c.isalpha() for c in heading) > 0.7 * len(heading)
        and not CODE.search(heading)
        and "," not in heading
        and not CODE.search(title)
        and not UNPRINTED.search(heading + title)
        and not EMPTY.match(heading)
        and heading.casefold() not in title.casefold()
        and len(title.split()) > 0
    )
    if not good:
        return None
    form = "happens" if WHEN.match(heading) else "about"
    return Suggested(title, _lowered(heading, passage.text), form)


def _plain(heading: str) -> str:
    return NUMBERING.sub("", BRACKETED.sub("", heading)).strip(" .:–-")


def _title(title: str) -> str:
    return BRACKETED.sub("", " ".join(title.split())).strip(" .:")


def _lowered(heading: str, text: str) -> str:
    """The heading within a sentence: its first word is small where the text writes it so."""
    first, _, rest = heading.partition(" ")
    small = first[:1].lower() + first[1:]
    asks = ASKS.match(first) or WHEN.match(first)
    if asks or (rest and first[1:].islower() and re.search(rf"\b{re.escape(small)}\b", text)):
        return f"{small} {rest}".strip()
    return heading


def _key(opened: DocumentSet, caller: Caller) -> Key:
    info = opened.info
    return info.name, f"{info.version} {info.place}", caller.groups


def _key_size(key: Key) -> int:
    return 300 + 2 * sum(len(part) for part in (*key[:2], *(key[2] or ())))


def _size(key: Key, found: tuple[Suggested, ...]) -> int:
    return _key_size(key) + sum(200 + 4 * len(one.title + one.heading) for one in found)
