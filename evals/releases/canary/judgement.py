"""What a judge says of a canary, as it is kept and read by programs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from evals.releases.canary.signals import SignalName

Outcome: TypeAlias = Literal["pass", "fail", "inconclusive"]
Standing: TypeAlias = Literal["no worse", "worse", "undecided", "not judged"]


class Arm(BaseModel):
    """Outcomes of one release.

    Attributes:
        release: its id.
        bad: bad outcomes.
        size: all outcomes.
        share: bad of all; None if there are none.
    """

    model_config = ConfigDict(frozen=True)

    release: str
    bad: int
    size: int
    share: float | None


class SignalJudgement(BaseModel):
    """What is known of one signal.

    Attributes:
        name: of the signal.
        bad, of: what is counted, of what.
        needed: whether a pass needs it.
        tolerance: by how much the canary's share may be above the baseline's.
        bound: from where on an answer is slow (seconds) or dear; None for other signals.
        canary, baseline: the counts.
        difference: canary's share minus the baseline's, look by look and then together; None if
            nothing is compared.
        interval: what the difference may be, at all looks at once: the lower end is wrong in
            alpha / (signals * steps) of canaries, the upper end in `wrong_pass` of them.
        evidence: the e-value of "the canary is worse": at 1 / (alpha / (signals * steps)) it is shown.
        standing: what follows.
        reason: the same in a sentence.
    """

    model_config = ConfigDict(frozen=True)

    name: SignalName
    bad: str
    of: str
    needed: bool
    tolerance: float
    bound: float | None = None
    canary: Arm
    baseline: Arm
    difference: float | None
    interval: tuple[float, float] | None
    evidence: float
    standing: Standing
    reason: str


class Point(BaseModel):
    """Where one signal stood at a look.

    Attributes:
        difference, interval: see SignalJudgement.
        standing: likewise.
    """

    model_config = ConfigDict(frozen=True)

    difference: float | None
    interval: tuple[float, float] | None
    standing: Standing


class TimelineRow(BaseModel):
    """A look.

    Attributes:
        at: its end, UTC.
        canary, baseline: requests of each since the beginning.
        signals: where each signal stood.
        outcome: what followed; None if judging went on.
        trouble: why nothing could be read at this time; None if it could.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    canary: int
    baseline: int
    signals: dict[SignalName, Point]
    outcome: Outcome | None = None
    trouble: str | None = None


class Judgement(BaseModel):
    """Whether a canary may get more traffic.

    Attributes:
        outcome: what follows; only `pass` may promote.
        reason: why, in a sentence.
        release, baseline: ids of the canary and of what served beside it.
        source: where the counts are from.
        since: when counting began, UTC.
        began: when this judgement began, UTC.
        at: when it ended, UTC.
        every_s: seconds between looks.
        alpha, wrong_pass, steps: see ErrorRates.
        minimum: requests that each release needs for a pass.
        signals: what is known of each.
        timeline: all looks.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    reason: str
    release: str
    baseline: str
    source: str
    since: datetime
    began: datetime
    at: datetime
    every_s: float
    alpha: float
    wrong_pass: float
    steps: int
    minimum: int
    signals: list[SignalJudgement]
    timeline: list[TimelineRow] = Field(default_factory=list)
