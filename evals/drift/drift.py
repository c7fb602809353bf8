"""What a comparison of two windows found, as it is kept and read by programs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

SignalName: TypeAlias = Literal["questions", "similarity", "refusals", "length", "citations"]
# What each signal compares, for people.
SIGNALS: dict[SignalName, str] = {
    "questions": "the subjects of questions, by their embeddings",
    "similarity": "how near the best passage is to the question: cosine similarity",
    "refusals": "the share of questions that get no answer",
    "length": "the length of answers, characters",
    "citations": "citations in an answer",
}


class SignalDrift(BaseModel):
    """How one signal differs between the windows.

    Attributes:
        name: of the signal.
        reference, recent: its mean in each window; None for `questions`, which has none.
        sizes: observations of the reference and of the recent window.
        statistic: MMD² for questions, the gap of shares for refusals, else the largest gap between
            the distribution functions (Kolmogorov and Smirnov).
        usual: below this in 95 of 100 windows if nothing changed.
        stability_index: the population stability index; None for questions and refusals.
        p_value: the chance of such a difference if nothing changed.
        adjusted: the same, adjusted for the number of signals (Holm).
        drifted: whether `adjusted` is at most alpha.
        not_compared: why it is not compared; None if it is.
    """

    model_config = ConfigDict(frozen=True)

    name: SignalName
    reference: float | None = None
    recent: float | None = None
    sizes: tuple[int, int] = (0, 0)
    statistic: float | None = None
    usual: float | None = None
    stability_index: float | None = None
    p_value: float | None = None
    adjusted: float | None = None
    drifted: bool = False
    not_compared: str | None = None


class WindowSummary(BaseModel):
    """A window, in numbers.

    Attributes:
        since, until: from this time on, and before that one (UTC).
        stored: answers stored of it.
        distinct: those left if what one caller asks again in the same words counts once.
        compared: those that are compared.
        conversations: conversations, or single questions, among these.
    """

    model_config = ConfigDict(frozen=True)

    since: datetime
    until: datetime
    stored: int
    distinct: int
    compared: int
    conversations: int


class EarlierPeriod(BaseModel):
    """An earlier period of the reference, compared with the rest of it.

    Attributes:
        since, until: from this time on, and before that one (UTC).
        drifted: the signals that differ there too.
    """

    model_config = ConfigDict(frozen=True)

    since: datetime
    until: datetime
    drifted: list[SignalName]


class ConfigurationChange(BaseModel):
    """Something that shapes answers, and which differs between the windows.

    Attributes:
        what: for example `prompt`.
        reference, recent: the share of answers by value, the largest first.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    reference: dict[str, float]
    recent: dict[str, float]


class Example(BaseModel):
    """A recent question that is unlike those of the reference.

    Attributes:
        question: without what identifies people or gives access.
        answer_id: its answer.
        at: when it was asked (UTC).
        refused: whether the answer declines.
        similarity: of the best passage.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    answer_id: str
    at: datetime
    refused: bool
    similarity: float | None


class Drift(BaseModel):
    """How recent answers of a document set differ from a reference.

    Attributes:
        document_set: the set.
        at: when it was compared (UTC).
        alpha: chance, at most, of a false alarm over all signals.
        reference, recent: the windows.
        signals: signal by signal.
        earlier: earlier periods of the reference as long as the recent window. Signals that drift
            there too vary without a lasting change, for example by the day of the week.
        changes: what was reconfigured between the windows.
        examples: recent questions that are most unlike the reference's.
        reason: what follows, in a sentence.
    """

    model_config = ConfigDict(frozen=True)

    document_set: str
    at: datetime
    alpha: float
    reference: WindowSummary
    recent: WindowSummary
    signals: list[SignalDrift]
    earlier: list[EarlierPeriod]
    changes: list[ConfigurationChange]
    examples: list[Example]
    reason: str

    @property
    def drifted(self) -> list[SignalName]:
        """The signals that drifted."""
        return [signal.name for signal in self.signals if signal.drifted]
