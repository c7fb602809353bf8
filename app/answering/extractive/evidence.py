"""What speaks for each unit of the passages: a row of numbers for each, all from 0 to about 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.answering.extractive.expectation import asks_whether, expected, holds, without_measure
from app.answering.extractive.passages import Passage, Task
from app.answering.extractive.scope import labels_of, share_held
from app.answering.extractive.units import Kind, Unit, cut
from app.answering.extractive.words import Compounds, Reader, Telling, Word

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
# Cosines of texts with the question.
Likeness = Callable[[Sequence[str]], list[float]]

# A longer unit is embedded up to here, characters; quoted it is whole.
LONGEST_EMBEDDED = 400


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit in its passage, with its words (its table's header among them).

    Attributes:
        passage: where it stands.
        unit: which stretch of it.
        words: its words in order.
        stems: its words' stems, compounds as the question writes them.
        around: stems of what frames it: title, context, heading, introduction, the unit before.
    """

    passage: Passage
    unit: Unit
    words: tuple[Word, ...]
    stems: frozenset[str]
    around: frozenset[str]

    @property
    def text(self) -> str:
        """The unit, as it stands in the passage."""
        return self.passage.text[self.unit.start : self.unit.end]


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one unit.

    Attributes:
        similarity: cosine between question and unit (its title and headings in front).
        match: share of the question's words, by weight, that the unit holds.
        match_around: share that only its frame holds.
        phrase: share of the question's pairs of neighbouring words that the unit holds.
        passage_similarity: cosine between question and passage.
        rank: the passage's retrieval score, as a part of the best passage's.
        expected: 1 if it holds the kind of thing that is asked for, new to the question.
        passage_match: share of the question's words that the passage, title and context hold.
        names_match: share of the question's names and numbers that they hold; 1 if it has none.
        scope: share of the question's labels ("class R", a code) that it holds; see `scope`.
        can_answer: false for headings and questions, and for what says nothing beyond the question,
            unless that asks whether something is so; nor for the document's title on its title
            page; nor what was not embedded, nor further passages.
    """

    similarity: float
    match: float
    match_around: float
    phrase: float
    passage_similarity: float
    rank: float
    expected: float
    passage_match: float
    names_match: float
    can_answer: bool
    scope: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that could be quoted for one question, best passage first, and what was measured.

    Attributes:
        question: as it was asked.
        stems: stems of its words that carry meaning; those of "how long" or "how many" do not.
        candidates: all units, in reading order.
        rows: what was measured of each.
        telling: how telling a stem is among these units.
        likeness: cosines of more texts with the question; it embeds them.
    """

    question: str
    stems: tuple[str, ...]
    candidates: list[Candidate]
    rows: list[Row]
    telling: Telling
    likeness: Likeness


def gather(task: Task, embed: Embed | None, score: Callable[[Row], float], limit: int) -> Evidence:
    """Measure the units of the task's passages.

    Further passages take no part in how telling a word is, and do not answer by themselves.

    Args:
        task: question and passages.
        embed: texts to vectors of unit length; None: nothing is compared by meaning.
        score: how promising a unit is; called on rows with no similarity yet.
        limit: how many of the most promising units are embedded, and so can answer. Embedding
            is what takes the time: about 7 ms a sentence on two cores.
    """
    reader = Reader()
    compounds = Compounds(reader, task.question)
    candidates = [
        found for passage in task.passages for found in _candidates(passage, reader, compounds)
    ]
    telling = Telling([one.stems for one in candidates if not one.passage.is_further])
    rows = _by_words(task, candidates, reader, telling)
    plain = without_measure(task.question)
    stems = tuple(word.stem for word in reader.content(plain))
    promising = sorted(
        (index for index, row in enumerate(rows) if row.can_answer),
        key=lambda index: -score(rows[index]),
    )[:limit]
    if not promising or embed is None:
        return Evidence(task.question, stems, candidates, rows, telling, _unlike)
    vectors = embed([task.question, *(embedded_text(candidates[index]) for index in promising)])
    question_vector = vectors[0]
    cosines = dict(zip(promising, (vectors[1:] @ question_vector).tolist(), strict=True))

    def likeness(texts: Sequence[str]) -> list[float]:
        return [float(cosine) for cosine in embed(texts) @ question_vector] if texts else []

    measured = _by_meaning(candidates, rows, cosines)
    return Evidence(task.question, stems, candidates, measured, telling, likeness)


def _unlike(texts: Sequence[str]) -> list[float]:
    return [0.0] * len(texts)


def embedded_text(candidate: Candidate) -> str:
    """A unit as it is embedded: its document's title and what stands over it in front."""
    about = candidate.unit.about.replace("\n", ": ")
    text = candidate.text[:LONGEST_EMBEDDED]
    return ": ".join(part for part in (candidate.passage.title, about, text) if part)


def _candidates(passage: Passage, reader: Reader, compounds: Compounds) -> Iterable[Candidate]:
    frame = compounds.stems(reader.read(f"{passage.title} {passage.context}"))
    before: frozenset[str] = frozenset()
    for unit in cut(passage.text, passage.context):
        text = passage.text[unit.start : unit.end]
        words = tuple(reader.read(f"{unit.header} {text}" if unit.header else text))
        about = compounds.stems(reader.read(unit.about)) if unit.about else frozenset()
        candidate = Candidate(passage, unit, words, compounds.stems(words), frame | before | about)
        yield candidate
        before = candidate.stems


def _by_words(
    task: Task, candidates: list[Candidate], reader: Reader, telling: Telling
) -> list[Row]:
    """Rows without similarity."""
    question = reader.content(task.question)
    stems = [word.stem for word in question]
    known = reader.stems(task.question)
    names = {w.stem for w in question if w.surface[0].isdigit() or (w.capital and w.start > 0)}
    pairs = set(pairwise(stems))
    expectation, whether = expected(task.question), asks_whether(task.question)
    labels = labels_of(reader.read(task.question))
    best_score = max((passage.score for passage in task.passages), default=0.0)
    whole: dict[int, set[str]] = {}
    for candidate in candidates:
        whole.setdefault(candidate.passage.marker, set()).update(candidate.stems, candidate.around)
    rows = []
    for candidate in candidates:
        passage, own = candidate.passage, candidate.stems
        match = telling.share(stems, own)
        found = whole[passage.marker]
        rows.append(
            Row(
                similarity=0.0,
                match=match,
                match_around=telling.share(stems, own | candidate.around) - match,
                phrase=_pairs_held(pairs, candidate.words),
                passage_similarity=passage.dense or 0.0,
                rank=min(max(passage.score / best_score, 0.0), 1.0) if best_score > 0 else 1.0,
                expected=float(holds(expectation, candidate.words, known)),
                passage_match=telling.share(stems, found),
                names_match=telling.share(names, found) if names else 1.0,
                scope=share_held(labels, candidate.unit, candidate.text, candidate.words, reader),
                can_answer=candidate.unit.kind is not Kind.HEADING
                and (whether or not own <= known)
                and not candidate.passage.is_further
                and not _only_the_title(candidate, reader),
            )
        )
    return rows


def _only_the_title(candidate: Candidate, reader: Reader) -> bool:
    """Whether a unit, one of several, says no more than its document's title."""
    alone = candidate.unit.end - candidate.unit.start >= len(candidate.passage.text.strip())
    return not alone and candidate.stems <= reader.stems(candidate.passage.title)


def _by_meaning(
    candidates: list[Candidate], rows: list[Row], cosines: dict[int, float]
) -> list[Row]:
    """Rows with similarity; those that were not embedded cannot answer.

    A passage whose own cosine the retrieval does not know gets its nearest unit's.
    """
    nearest: dict[int, float] = {}
    for index, cosine in cosines.items():
        marker = candidates[index].passage.marker
        nearest[marker] = max(nearest.get(marker, -1.0), cosine)
    measured = []
    for index, (candidate, row) in enumerate(zip(candidates, rows, strict=True)):
        if index not in cosines:
            measured.append(replace(row, can_answer=False))
            continue
        dense = candidate.passage.dense
        passage_similarity = nearest[candidate.passage.marker] if dense is None else dense
        measured.append(
            replace(row, similarity=cosines[index], passage_similarity=passage_similarity)
        )
    return measured


def _pairs_held(pairs: set[tuple[str, str]], words: Sequence[Word]) -> float:
    if not pairs:
        return 0.0
    stems = [word.stem for word in words if not word.grammar]
    return len(pairs & set(pairwise(stems))) / len(pairs)
