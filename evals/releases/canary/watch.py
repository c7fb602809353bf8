"""Look at a canary again and again, until it passes, fails, or the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from evals.errors import SourceRefused, SourceUnavailable
from evals.releases.canary.judge import Judge, Rules
from evals.releases.canary.judgement import Judgement, Outcome, TimelineRow
from evals.releases.canary.source import ComparedReleases, Source


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to look.

    Attributes:
        lasting: at most; 0 to judge once what is there.
        at_least: no pass before that.
    """

    lasting: timedelta
    at_least: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, and how to let it pass.

    Attributes:
        now: the time, UTC.
        wait: waits a number of seconds.
    """

    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    wait: Callable[[float], None] = time.sleep


class CanaryWatch:
    """One judgement, from its first look to its last."""

    def __init__(
        self,
        source: Source,
        named: str,
        compared: ComparedReleases,
        rules: Rules,
        plan: Schedule,
        clock: Clock | None = None,
        on_look: Callable[[TimelineRow], None] = lambda row: None,
    ) -> None:
        """Nothing is read yet.

        Args:
            source: of the counts.
            named: what the source is called in the judgement.
            compared: the releases.
            rules: what the canary must hold.
            plan: how long.
            clock: the real one by default.
            on_look: called with each look, as soon as it is judged.
        """
        self._source, self._named, self._compared = source, named, compared
        self._rules, self._plan = rules, plan
        self._clock = clock or Clock()
        self._on_look = on_look
        self._judge = Judge(rules, compared.release, compared.baseline)
        self._timeline: list[TimelineRow] = []
        self._trouble: str | None = None
        self._was_read = False

    def run(self) -> Judgement:
        """Judge.

        A source that cannot be read is asked again at the next look. One that refuses is a mistake
        of anyone who calls if it does so before anything was read; later it may be a token that has
        expired, so it is asked again, and in the end the canary is inconclusive.

        Raises:
            SourceRefused: the source refused the first time it was reached.
        """
        clock, plan = self._clock, self._plan
        began = clock.now()
        end = began + plan.lasting
        while True:
            now = clock.now()
            last = now >= end
            outcome, reason = self._look(may_pass=now >= began + plan.at_least, last=last)
            if outcome != "inconclusive" or last:
                return self._judgement(outcome, reason, began)
            clock.wait(max(0.0, (min(self._next(now), end) - clock.now()).total_seconds()))

    def _next(self, now: datetime) -> datetime:
        """When the next look has ended and can be read."""
        lag = self._source.lag
        return self._compared.last_look(now - lag) + self._compared.every + lag

    def _look(self, *, may_pass: bool, last: bool) -> tuple[Outcome, str]:
        until = self._compared.last_look(self._clock.now() - self._source.lag)
        try:
            looks = self._source.looks(until)
        except (SourceUnavailable, SourceRefused) as error:
            if isinstance(error, SourceRefused) and not self._was_read:
                raise
            self._trouble = str(error)
            self._tell(until, "inconclusive" if last else None)
            return "inconclusive", self._trouble
        self._trouble, self._was_read = None, True
        outcome: Outcome = "inconclusive"
        reason = ""
        # What is read late is judged look by look all the same: a fault counts when it was seen.
        for number, look in enumerate(looks, 1):
            self._judge.add(look)
            outcome, reason = self._judge.outcome(self._source.not_judged)
            if outcome == "fail":
                self._tell(look.at, outcome)
                return outcome, reason
            if number < len(looks):
                self._tell(look.at, None)
        outcome, reason = self._judge.outcome(self._source.not_judged)
        if outcome == "pass" and not may_pass:
            outcome = "inconclusive"
        self._tell(until, outcome if outcome == "pass" or last else None)
        return outcome, reason

    def _tell(self, at: datetime, outcome: Outcome | None) -> None:
        canary, baseline = self._judge.requests
        row = TimelineRow(
            at=at,
            canary=canary,
            baseline=baseline,
            signals=self._judge.points(self._source.not_judged),
            outcome=outcome,
            trouble=self._trouble,
        )
        self._timeline.append(row)
        self._on_look(row)

    def _judgement(self, outcome: Outcome, reason: str, began: datetime) -> Judgement:
        if outcome == "inconclusive":
            reason = self._why_nothing(reason)
        rates = self._rules.rates
        return Judgement(
            outcome=outcome,
            reason=reason,
            release=self._compared.release,
            baseline=self._compared.baseline,
            source=self._named,
            since=self._compared.since,
            began=began,
            at=self._clock.now(),
            every_s=self._compared.every.total_seconds(),
            alpha=rates.alpha,
            wrong_pass=rates.wrong_pass,
            steps=rates.steps,
            minimum=self._rules.minimum,
            signals=self._judge.signals(self._source.not_judged, self._source.bounds),
            timeline=self._timeline,
        )

    def _why_nothing(self, reason: str) -> str:
        """Why a canary is inconclusive; where a release served nothing, whether any metric names it."""
        canary, baseline = self._judge.requests
        silent = [
            release
            for release, count in (
                (self._compared.release, canary),
                (self._compared.baseline, baseline),
            )
            if not count
        ]
        if self._trouble is not None or not silent:
            return reason
        try:
            known = self._source.releases()
        except (SourceUnavailable, SourceRefused):
            return reason
        release = silent[0]
        if release in known:
            return f"{release!r} has served no request since {self._compared.since:%H:%M:%S} UTC; is it sent traffic?"
        named = ", ".join(map(repr, known)) or "none"
        return f"no metric names the release {release!r}; named are: {named}."
