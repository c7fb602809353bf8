"""How evaluating fails on purpose; continues the tree of `app.errors`.

prompts.errors.PlumbError
└── EvalError
    ├── DatasetError        a dataset cannot be read; names the file and the line
    ├── SuiteError          a suite is malformed, or names something that does not exist
    ├── UnknownMetric       no metric has this name
    ├── BudgetExceeded      the budget would be, or is, exceeded
    ├── UnknownRun          no kept run has this id
    ├── NotComparable       two runs differ in more than what is compared
    ├── JudgeError          the judge is unavailable or does not answer
    ├── NoJudgement         the judge gave no usable answer this once; becomes a missing score
    ├── TrackerError        the tracker is unavailable
    ├── DriftError          two windows of answers cannot be compared
    └── CanaryError         a canary cannot be judged
        ├── SourceRefused       the source of metrics says no
        └── SourceUnavailable   the source of metrics cannot be read right now
"""

from __future__ import annotations

from prompts.errors import PlumbError


class EvalError(PlumbError):
    """An evaluation cannot be begun, finished or used."""


class DatasetError(EvalError):
    """A dataset cannot be read."""


class SuiteError(EvalError):
    """A suite is malformed, or names something that does not exist."""


class UnknownMetric(EvalError):
    """No metric has this name."""


class BudgetExceeded(EvalError):
    """The run would exceed, or has exceeded, its budget; finished work is cached."""


class UnknownRun(EvalError):
    """No kept run has this id."""


class NotComparable(EvalError):
    """Two runs differ in more than what is to be compared: suite, dataset, judge."""


class JudgeError(EvalError):
    """The judge is unavailable or does not answer."""


class NoJudgement(EvalError):
    """The judge gave no usable answer to one prompt; the message is the score's `missing`.

    Attributes:
        reached: whether the judge was there to answer at all.
        passing: whether asking another time may help.
    """

    def __init__(self, message: str, *, reached: bool = True, passing: bool = True) -> None:
        super().__init__(message)
        self.reached = reached
        self.passing = passing


class TrackerError(EvalError):
    """The tracker is unavailable."""


class DriftError(EvalError):
    """Two windows of answers cannot be compared: one is missing, or holds too few answers."""


class CanaryError(EvalError):
    """A canary cannot be judged at all: the rules or the source are wrong."""


class SourceRefused(CanaryError):
    """The source of metrics says no: wrong address, credentials or query."""


class SourceUnavailable(CanaryError):
    """The source of metrics cannot be read right now; it may be there at the next look."""
