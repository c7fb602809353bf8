"""Fair shares of the processor: what one caller sends does not slow down another.

An answer is work in steps: look in the cache, search, generate, check. Only a few steps run at a time,
because more of them would only slow each other down. When several callers wait, the next step goes to
the one that used the processor least in the last seconds. While an answer waits for something else (a
hosted model, an equal question's answer, a client), it does not count as work.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from app.errors import TooBusy

RETRY_AFTER_S = 1
# How fast earlier use is forgotten: after this many seconds, 1/e of it still counts.
MEMORY_S = 2.0
# A caller that used this many seconds more than another does not run beside it, and goes after it.
LEAD_S = 0.1
# For so long room is kept for a caller that was here, seconds.
RECENT_S = 5.0
# A caller that used far more than one that was here rests after each step, this many times as long.
REST = 1.0
# No rest is longer, seconds.
MOST_REST_S = 0.5
# How many of those are looked at, the latest first.
MOST_RECENT = 32
# Use that is no longer worth a place in memory, seconds.
FORGOTTEN_S = 0.001


@dataclass(slots=True, eq=False)
class Waiter:
    """A step that waits.

    Attributes:
        wake: is called when it may run; must return at once.
        since: when it began to wait.
        granted: whether it may run.
    """

    wake: Callable[[], None]
    since: float
    granted: bool = False


@dataclass(slots=True)
class _Use:
    """One caller's use of the processor.

    Attributes:
        seconds: decayed use, as of `at`.
        running: steps that run now.
        waiting: steps that wait, oldest first.
        served: when the caller last got the processor.
        rests_until: no step of this caller begins before.
    """

    at: float
    seconds: float = 0.0
    running: int = 0
    waiting: deque[Waiter] = field(default_factory=deque)
    served: float = -math.inf
    rests_until: float = -math.inf

    def settle(self, now: float) -> None:
        """Bring `seconds` up to date. Each running step adds a second per second."""
        decay = math.exp(-(now - self.at) / MEMORY_S)
        self.seconds = self.seconds * decay + self.running * MEMORY_S * (1 - decay)
        self.at = now


@dataclass(frozen=True, slots=True)
class ProcessorUse:
    """How busy a processor is.

    Attributes:
        running: steps that run now.
        waiting: steps that wait.
        at_once: steps that may run at a time.
    """

    running: int
    waiting: int
    at_once: int


class Processor:
    """Decides whose step runs next. Safe to share between threads and event loops.

    A lone caller may use everything. Of several that wait, the one with the least recent use is
    first; waiting counts in a caller's favour, so nobody waits forever. A caller that used far more
    than one whose step is running waits for the end of that step, even if there is room: two steps
    beside each other slow each other down. And it rests after each of its steps for as long as the
    step took, while a caller that used far less was here in the last seconds.

    Args:
        at_once: steps that run at a time.
        wait_s: how long a request may wait for its first step, seconds.
        clock: seconds that never go back.
        call_later: calls a function after a number of seconds.
    """

    def __init__(
        self,
        at_once: int,
        wait_s: float,
        clock: Callable[[], float] = time.monotonic,
        call_later: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
        self.at_once = at_once
        self._wait_s = wait_s
        self._clock = clock
        self._call_later = call_later or _call_later
        # When steps are handed out next because a rest is over; infinite: not planned.
        self._alarm_at = math.inf
        self._lock = threading.Lock()
        self._running = 0
        # Who used it last comes last.
        self._of: OrderedDict[str, _Use] = OrderedDict()
        # Those of them who run or wait.
        self._active: dict[str, _Use] = {}

    @contextmanager
    def serving(self, who: str | None) -> Iterator[None]:
        """Count work inside the block, and in threads and tasks that it starts, as this caller's.

        Args:
            who: the caller; None: somebody who is not counted alone.
        """
        token = _request.set(_Request(self, who or ""))
        try:
            yield
        finally:
            _request.reset(token)

    def use(self) -> ProcessorUse:
        """How busy it is now."""
        with self._lock:
            waiting = sum(len(use.waiting) for use in self._active.values())
            return ProcessorUse(self._running, waiting, self.at_once)

    def ask(self, who: str, wake: Callable[[], None]) -> Waiter:
        """Queue for a step; `granted` tells whether it may run at once, else `wake` is called."""
        with self._lock:
            now = self._clock()
            # The callers who were here longest ago go, if their use no longer matters.
            for other, use in list(islice(self._of.items(), 2)):
                use.settle(now)
                if other not in self._active and use.seconds < FORGOTTEN_S:
                    del self._of[other]
            use = self._of.setdefault(who, _Use(now))
            waiter = Waiter(wake, now)
            alone = not self._active
            self._active[who] = use
            if alone and use.rests_until <= now:
                self._grant(who, use, waiter, now)
            else:
                use.waiting.append(waiter)
                self._hand_out(now, waiter)
        return waiter

    def withdraw(self, who: str, waiter: Waiter) -> bool:
        """Stop waiting; False: the step was granted meanwhile."""
        with self._lock:
            if waiter.granted:
                return False
            use = self._of[who]
            use.waiting.remove(waiter)
            self._leave(who, use)
            return True

    def end(self, who: str) -> None:
        """End a step; the next one may run."""
        with self._lock:
            now = self._clock()
            use = self._of[who]
            use.settle(now)
            use.running -= 1
            self._running -= 1
            if self._is_far_ahead(use, now):
                use.rests_until = now + min(MOST_REST_S, REST * (now - use.served))
            self._leave(who, use)
            if self._active:
                self._hand_out(now)

    def is_outranked(self, who: str) -> bool:
        """Whether somebody waits or runs who used far less."""
        with self._lock:
            now = self._clock()
            mine = self._of[who]
            mine.settle(now)
            for use in self._active.values():
                if use is not mine:
                    use.settle(now)
                    # Without the time they wait: among equals, what has begun is finished first.
                    if use.seconds < mine.seconds - LEAD_S:
                        return True
            return False

    def _is_far_ahead(self, mine: _Use, now: float) -> bool:
        """Whether a caller that was here lately used far less."""
        lightest = min(
            (use.seconds for use in self._recent(now) if use is not mine), default=math.inf
        )
        return lightest < mine.seconds - LEAD_S

    def _recent(self, now: float) -> Iterator[_Use]:
        for use in islice(reversed(self._of.values()), MOST_RECENT):
            if now - use.served < RECENT_S:
                use.settle(now)
                yield use

    def _hand_out(self, now: float, asking: Waiter | None = None) -> None:
        """Grant steps while there is room. `asking` looks at `granted` itself and is not woken."""
        while self._running < self.at_once:
            who = self._next(now)
            if who is None:
                if self._plan_alarm(now):
                    return
                continue
            use = self._of[who]
            waiter = use.waiting.popleft()
            self._grant(who, use, waiter, now)
            if waiter is not asking:
                waiter.wake()

    def _grant(self, who: str, use: _Use, waiter: Waiter, now: float) -> None:
        self._of.move_to_end(who)
        waiter.granted = True
        use.running += 1
        use.served = now
        self._running += 1

    def _plan_alarm(self, now: float) -> bool:
        """Hand out again when the first rest of a caller that waits is over.

        False where no call can be planned: all rests are over then.
        """
        rests = [use.rests_until for use in self._active.values() if use.waiting]
        at = min((until for until in rests if until > now), default=math.inf)
        if at < self._alarm_at:
            self._alarm_at = at
            try:
                self._call_later(at - now, partial(self._end_of_rest, at))
            except RuntimeError:  # the system has no thread left; nobody may wait for one
                self._alarm_at = math.inf
                for use in self._active.values():
                    use.rests_until = -math.inf
                return False
        return True

    def _end_of_rest(self, at: float) -> None:
        with self._lock:
            # Only the latest alarm counts: others would each plan one more, and never get fewer.
            if at == self._alarm_at:
                self._alarm_at = math.inf
                self._hand_out(self._clock())

    def _next(self, now: float) -> str | None:
        for use in self._active.values():
            use.settle(now)
        waiting = [
            who for who, use in self._active.items() if use.waiting and use.rests_until <= now
        ]
        if not waiting:
            return None
        first = min(waiting, key=lambda who: _rank(self._of[who], now))
        beside = [use.seconds for use in self._active.values() if use.running]
        if self._running and self._running + 1 == self.at_once:
            # The last place is kept free for a caller that may be back in a moment.
            beside += [use.seconds for use in self._recent(now)]
        allowed = min(beside, default=math.inf) + LEAD_S
        return first if _rank(self._of[first], now) <= allowed else None

    def _leave(self, who: str, use: _Use) -> None:
        if not use.running and not use.waiting:
            self._active.pop(who, None)


def _rank(use: _Use, now: float) -> float:
    """Who has the lowest is next: use, less the time since the caller waits."""
    return use.seconds - (now - max(use.served, use.waiting[0].since))


def _call_later(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


@dataclass(slots=True, eq=False)
class _Request:
    """One request's steps, which follow each other."""

    processor: Processor
    who: str
    runs: bool = False
    _begun: bool = False

    def start(self) -> None:
        """Wait in this thread until the next step may run."""
        woken = threading.Event()
        waiter = self.processor.ask(self.who, woken.set)
        if not waiter.granted and not woken.wait(self._patience):
            self._give_up(waiter)
        self.runs = self._begun = True

    async def start_async(self) -> None:
        """Wait in this event loop until the next step may run."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits in it
                loop.call_soon_threadsafe(woken.set)

        waiter = self.processor.ask(self.who, wake)
        if not waiter.granted:
            try:
                async with asyncio.timeout(self._patience):
                    await woken.wait()
            except TimeoutError:
                self._give_up(waiter)
            except BaseException:
                if not self.processor.withdraw(self.who, waiter):
                    self.processor.end(self.who)
                raise
        self.runs = self._begun = True

    def end(self) -> None:
        """End the step."""
        if self.runs:
            self.runs = False
            self.processor.end(self.who)

    @property
    def _patience(self) -> float | None:
        # What has begun is finished: its model's answer may have cost money.
        return None if self._begun else self.processor._wait_s

    def _give_up(self, waiter: Waiter) -> None:
        if self.processor.withdraw(self.who, waiter):
            raise TooBusy(
                f"the processor was busy with other answers for {self.processor._wait_s:g} s; "
                "try again in a moment.",
                RETRY_AFTER_S,
            )


_request: ContextVar[_Request | None] = ContextVar("request at the processor", default=None)


@contextmanager
def at_work() -> Iterator[None]:
    """Work on the processor inside the block, in a thread; waits until that may begin.

    Within another such block, and outside of `Processor.serving`, it does nothing.

    Raises:
        TooBusy: the request's first step did not begin in time.
    """
    request = _request.get()
    if request is None or request.runs:
        yield
        return
    request.start()
    try:
        yield
    finally:
        request.end()


@asynccontextmanager
async def at_work_async() -> AsyncIterator[None]:
    """The same in an event loop."""
    request = _request.get()
    if request is None or request.runs:
        yield
        return
    await request.start_async()
    try:
        yield
    finally:
        request.end()


def next_step() -> None:
    """Between two steps of `at_work`: let a caller go first who used the processor less."""
    request = _request.get()
    if request is not None and request.runs and request.processor.is_outranked(request.who):
        request.end()
        request.start()


@contextmanager
def away() -> Iterator[None]:
    """Wait for something else inside the block: others may use the processor meanwhile."""
    request = _request.get()
    if request is None or not request.runs:
        yield
        return
    request.end()
    try:
        yield
    finally:
        request.start()
