"""The few numbers of the extractive model, and where they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.answering.extractive.evidence import Row

# Changes with any rule that changes answers (units, expectations, features), so that a manifest
# tells old answers from new ones.
RULES = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the two scores; the fields of `Row` say what each is multiplied with.

    First fitted on 2026-11-24 on every second article of XQuAD (English, 48 articles, 1,190
    questions, five passages each), and fitted again on 2026-11-28, from there, on the half of the
    handbook's questions that is tagged `tuned` (216 of 432; no document of the other half).

    *Unit score*: log-odds that a unit holds the answer, a conditional logit over all units of a
    question (L2 = 1, towards XQuAD's weights), rounded to halves.

    *Support*: of the best unit. Its old weights on the words that question and passage share were
    lowered by hand, since questions in other words than the documents' lost by them; `gap` was found
    on the tuned half. The constant declines 3.7 % of that half's answerable questions.

    *Embedded*: 10 units instead of all (about 24), about 50 ms of processor time a question.
    """

    unit_similarity: float = 6.5
    unit_match: float = 7.0
    unit_match_around: float = 2.0
    unit_phrase: float = 1.0
    unit_passage_similarity: float = 2.0
    unit_rank: float = 5.0
    unit_expected: float = 1.0
    unit_own_names: float = 2.0

    support_constant: float = -5.7
    support_similarity: float = 5.5
    support_match: float = 1.0
    support_passage_similarity: float = 3.5
    support_passage_match: float = 1.0
    support_names_match: float = 1.5
    support_gap: float = -4.0

    # Below this support the model declines.
    threshold: float = 0.15
    # How many units are embedded: those that score best by all but their meaning.
    embedded: int = 10
    # Units are added until one of them holds the answer with this probability ...
    enough: float = 0.95
    # ... while the next has at least this one.
    worthwhile: float = 0.03
    # A unit of a superseded version has so much less, unless the question is about the past.
    superseded: float = 3.0
    # A how-to question gets a block that holds this share of its words, by weight; of such blocks,
    # the one with the best unit score, to which that share is added so many times.
    block_covered: float = 0.6
    block_match: float = 6.0
    # A second unit follows a value of the first where that leaves this share of the question open.
    # It must hold `link_least` of what is open, which counts so many times against its unit score.
    left_over: float = 0.25
    link_least: float = 0.3
    link_share: float = 10.0

    def unit_score(self, row: Row) -> float:
        """Log-odds, up to a constant for the question, that the unit holds the answer."""
        return (
            self.unit_similarity * row.similarity
            + self.unit_match * row.match
            + self.unit_match_around * row.match_around
            + self.unit_phrase * row.phrase
            + self.unit_passage_similarity * row.passage_similarity
            + self.unit_rank * row.rank
            + self.unit_expected * row.expected
            + self.unit_own_names * row.own_names
        )

    def support(self, row: Row, gap: float) -> float:
        """How well the passages support an answer, 0 to 1.

        Args:
            row: of the best unit.
            gap: the weight of the question's most telling word that is not quoted, of all its words'.
        """
        odds = (
            self.support_constant
            + self.support_similarity * row.similarity
            + self.support_match * row.match
            + self.support_passage_match * row.passage_match
            + self.support_passage_similarity * row.passage_similarity
            + self.support_names_match * row.names_match
            + self.support_gap * gap
        )
        return 1 / (1 + math.exp(-odds))
