"""The few numbers of the extractive model, and where they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.answering.extractive.evidence import Row

# Changes with any rule that changes answers (units, expectations, features), so that a manifest
# tells old answers from new ones.
RULES = 6


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the two scores; the fields of `Row` say what each is multiplied with.

    Measured on 2026-11-24 on XQuAD (English, 48 articles, 1,190 questions, five passages each).
    Every weight and the threshold were fitted on every second article by title, and rounded to
    halves; features were chosen using both halves, so the second is not fully held out.

    *Unit score*: log-odds that a unit holds the answer, a conditional logit over all units of a
    question (L2 = 1).

    *Support*: a logistic regression on the best unit, answerable questions against the same
    questions asked without their article, and without their passage alone.

    *Threshold*: declines 1.6 % of the fitted half's answerable questions. On the other half:
    0.7 %, and 89 % of the questions whose article was left out, 56 % of those whose passage
    alone was. Within one subject it is far weaker: 28 % on COVID-QA without the article.

    `unit_scope`, `superseded`, `block_covered`, `block_match` and `lacks_asked_for` were set
    by hand.

    *Embedded*: 6 units instead of all (about 24) cost no answer on COVID-QA and one of 157 on the
    handbook, and take about a quarter of the time.
    """

    unit_similarity: float = 5.5
    unit_match: float = 5.5
    unit_match_around: float = 1.5
    unit_phrase: float = 1.0
    unit_passage_similarity: float = 2.5
    unit_rank: float = 5.0
    unit_expected: float = 2.0
    unit_scope: float = 2.0

    support_constant: float = -7.5
    support_similarity: float = 5.5
    support_match: float = 3.5
    support_passage_similarity: float = 3.5
    support_passage_match: float = 3.5
    support_names_match: float = 1.0

    # Taken off where the noun that is asked for stands in no passage. Of every second question of
    # XQuAD (589, five passages each) 2.0 % lack it, and 7.9 % where the passage that answers is
    # left out.
    lacks_asked_for: float = 1.0

    # Below this support the model declines.
    threshold: float = 0.15
    # How many units are embedded: those that score best by all but their meaning.
    embedded: int = 6
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
            + self.unit_scope * row.scope
        )

    def support(self, row: Row, lacks_asked_for: bool) -> float:
        """How well the passages support an answer that rests on this unit, 0 to 1.

        Args:
            row: what was measured of the unit.
            lacks_asked_for: whether the noun that is asked for stands in no passage.
        """
        odds = (
            self.support_constant
            + self.support_similarity * row.similarity
            + self.support_match * row.match
            + self.support_passage_similarity * row.passage_similarity
            + self.support_passage_match * row.passage_match
            + self.support_names_match * row.names_match
            - self.lacks_asked_for * lacks_asked_for
        )
        return 1 / (1 + math.exp(-odds))
