"""A second search by words, for a question that one search does not answer.

It looks for three things: rows of the codes that the question names ("lane STB-2"), where no passage
has them; names in the units that match best ("the Quality Duty Manager decides"), which lead on; and
the question's words that no passage holds ("insulin").
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from app.answering.answer import Passage, StageScores
from app.answering.copies import unlike
from app.answering.extractive import passages as extractive
from app.answering.extractive.evidence import Candidate, Evidence, gather
from app.answering.extractive.fitted_constants import Weights
from app.answering.extractive.links import CODE, KEY_CELLS, NAME, cells_of
from app.answering.extractive.words import Reader, Word
from app.answering.named_things import LIGHT
from ingestion.documents.document import Chunk
from ingestion.index.filters import Filter
from ingestion.index.protocol import DocumentSet

# The most passages that are added: those with rows of codes, and others.
NAMED = 2
FURTHER = 2
# How many hits are looked at.
DEPTH = 50
# How many units, those that match best by words, names are taken from.
NAMING_UNITS = 3
# A row gives the values of columns that the question names where it holds this share of the question.
ROW_MATCH = 0.3
LONGEST_VALUE = 40
# A word that a unit lacks, but another passage has, counts for so much of a new one.
LACKED_IN_BEST = 0.3
# What a passage must bring: about the weight of one word that three in five chunks hold.
LEAST_GAIN = 0.5
# Words that name no thing, beside `LIGHT`.
_EMPTY = LIGHT | frozenset("too all down up away else m s t because afterwards".split())


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a further passage is wanted for.

    Attributes:
        text: as it is searched for.
        is_in: whether a passage holds it, by its stems and its text in lower case.
        weight: how much it counts beside its rarity.
    """

    text: str
    is_in: Callable[[Set[str], str], bool]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class FoundAgain:
    """What a second search found, best first.

    Attributes:
        named: passages with the row of a code that the question names; as good as the best one.
        further: passages that hold what the others name or lack; none answers alone.
    """

    named: list[Passage]
    further: list[Passage]


def search_again(
    question: str,
    passages: Sequence[Passage],
    document_set: DocumentSet,
    where: Filter | None = None,
) -> FoundAgain:
    """What one more search by words finds; nothing where nothing is left to look for.

    Args:
        question: as it was searched for.
        passages: what was found with it, best first.
        document_set: where they are from.
        where: which documents may be used.
    """
    codes = _without_row(question, passages)
    wanted = _wanted(question, passages)
    if not codes and not wanted:
        return FoundAgain([], [])
    text = " ".join([*codes, *(one.text for one in wanted)])
    hits = document_set.lexical(text, DEPTH, where)
    # What a passage says already, in whichever document, takes no place.
    found = document_set.chunks([hit.key for hit in hits])
    chunks = unlike(found, [passage.text for passage in passages])
    sought = frozenset(codes)
    named = [chunk for chunk in chunks if not sought.isdisjoint(_keys(chunk.text))][:NAMED]
    others = [chunk for chunk in chunks if chunk not in named]
    best = max((passage.score for passage in passages), default=0.0)
    return FoundAgain(
        [_passage(chunk, best) for chunk in named],
        [_passage(chunk, 0.0) for chunk in _most_new(others, wanted, document_set.info.chunks)],
    )


def _passage(chunk: Chunk, score: float) -> Passage:
    # No cosine and no BM25 score: those of another question are not compared with the first ones.
    scores = StageScores(dense=None, lexical=None, fused=score, rerank=None)
    return Passage.of(chunk, scores)


def _without_row(question: str, passages: Sequence[Passage]) -> list[str]:
    """Codes of the question that no passage has a row of."""
    codes = dict.fromkeys(CODE.findall(question))
    if not codes:
        return []
    keys = {key for passage in passages for key in _keys(passage.text)}
    return [code for code in codes if code not in keys]


def _keys(text: str) -> Iterator[str]:
    """What stands in the first two cells of a text's rows.

    Line by line, since lines and gaps of a document may be of any length.
    """
    for line in text.split("\n"):
        cells = line.removeprefix("|").split("|", KEY_CELLS)
        yield from (cell.strip() for cell in cells[:-1])


def _wanted(question: str, passages: Sequence[Passage]) -> list[_Wanted]:
    """Words that no passage holds, names in the best units, and words that the best unit lacks."""
    weights, reader = Weights(), Reader()
    task = extractive.Task(
        question, tuple(map(_as_evidence, range(1, 1 + len(passages)), passages))
    )
    # Without embedding: what matches by words says well enough where to look.
    evidence = gather(task, None, weights.unit_score, 0)
    order = sorted(
        (index for index, row in enumerate(evidence.rows) if row.can_answer),
        key=lambda index: -weights.unit_score(evidence.rows[index]),
    )
    if not order:
        return []
    anywhere = frozenset().union(*(one.stems | one.around for one in evidence.candidates))
    words = [w for w in reader.content(question) if w.surface.lower() not in _EMPTY]
    missing = [word for word in words if word.stem not in anywhere]
    scope = evidence.rows[order[0]].scope
    naming = [place for place in order[:NAMING_UNITS] if evidence.rows[place].scope >= scope]
    names = dict.fromkeys(_names(evidence, naming, question, reader))
    if not missing and not names:
        return []
    best = evidence.candidates[order[0]]
    lacked = [w for w in words if w.stem in anywhere and w.stem not in best.stems | best.around]
    return [
        *(_word(word) for word in missing),
        *(_name(name) for name in names),
        *(_word(word, LACKED_IN_BEST) for word in lacked),
    ]


def _as_evidence(marker: int, passage: Passage) -> extractive.Passage:
    return extractive.Passage(
        marker, passage.text, passage.context, passage.title, passage.score, passage.scores.dense
    )


def _names(
    evidence: Evidence, places: Sequence[int], question: str, reader: Reader
) -> Iterator[str]:
    """Codes and names in units that the question does not hold, and values of columns it names."""
    known = reader.stems(question)
    question_stems = frozenset(word.stem for word in reader.content(question))
    for place in places:
        candidate = evidence.candidates[place]
        for pattern in (CODE, NAME):
            for name in pattern.findall(candidate.text):
                if not reader.stems(name) <= known:
                    yield name
        if evidence.rows[place].match > ROW_MATCH:
            yield from _values(candidate, question_stems, reader)


def _values(candidate: Candidate, asked: Set[str], reader: Reader) -> Iterator[str]:
    """`service C`, where the column "Next service" of a row holds C and the question is about it."""
    for cell in cells_of(candidate)[1:]:
        if 0 < len(cell.text) < LONGEST_VALUE and reader.stems(cell.column) & asked:
            yield f"{cell.column.split()[-1]} {cell.text}"


def _word(word: Word, weight: float = 1.0) -> _Wanted:
    return _Wanted(word.surface, lambda stems, _: word.stem in stems, weight)


def _name(name: str) -> _Wanted:
    whole = re.compile(rf"(?<!\w){re.escape(name.casefold())}(?!\w)")
    return _Wanted(name, lambda _, text: whole.search(text) is not None)


def _most_new(chunks: Sequence[Chunk], wanted: Sequence[_Wanted], count: int) -> Iterator[Chunk]:
    """The chunk with most of what is wanted, by rarity, then the one with most of what that lacks."""
    reader = Reader()
    held: list[set[int]] = []
    for chunk in chunks:
        stems = reader.stems(chunk.indexed_text)
        text = " ".join(chunk.indexed_text.casefold().split())
        held.append({place for place, one in enumerate(wanted) if one.is_in(stems, text)})
    rarity = [
        one.weight * _rarity(sum(place in found for found in held), count)
        for place, one in enumerate(wanted)
    ]
    left = set(range(len(wanted)))
    for _ in range(min(FURTHER, len(chunks))):
        gains = [sum(rarity[place] for place in found & left) for found in held]
        best = max(range(len(chunks)), key=lambda index: (gains[index], -index))
        if gains[best] <= LEAST_GAIN:
            return
        yield chunks[best]
        left -= held[best]


def _rarity(holding: int, count: int) -> float:
    """Inverse document frequency in BM25's form, as far as the hits tell, among so many chunks."""
    return math.log(1 + (count - holding + 0.5) / (holding + 0.5))
