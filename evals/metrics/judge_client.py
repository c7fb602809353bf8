"""Call a chat model until it answers, within limits."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from textwrap import shorten

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from app.answering.answer import Usage
from evals.errors import NoJudgement

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
# Statuses after which saying the same again changes nothing: the prompt is refused (it is too long,
# say); no or the wrong key, no such model.
REFUSED = frozenset({400, 413, 422})
NOT_RETRIED = REFUSED | {401, 403, 404, 405}


class JudgeClient:
    """Calls a model; a failed call is repeated after a pause that grows and is partly chance."""

    def __init__(
        self,
        model: BaseChatModel,
        max_retries: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            model: with its own limit on a call's time, and no retries of its own.
            max_retries: how often a call is repeated.
            sleep: waits that many seconds.
        """
        self._model = model
        self._retrying = Retrying(
            stop=stop_after_attempt(max_retries + 1),
            retry=retry_if_exception(_may_pass),
            wait=_wait,
            sleep=sleep,
            reraise=True,
        )

    def call(self, messages: Sequence[BaseMessage]) -> tuple[str, Usage | None]:
        """The model's text, and its tokens where it counts them.

        Raises:
            NoJudgement: it did not answer.
        """
        try:
            answer = self._retrying.copy()(self._model.invoke, list(messages))
        except Exception as error:  # each provider's client raises its own
            text = shorten(" ".join(str(error).split()), 200, placeholder=" …")
            reached = getattr(error, "status_code", None) in REFUSED
            raise NoJudgement(
                f"the judge did not answer: {type(error).__name__}: {text}", reached=reached
            ) from error
        return answer.text, _usage(answer)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, Exception) and getattr(error, "status_code", None) not in NOT_RETRIED


def _wait(state: RetryCallState) -> float:
    """Full jitter (Brooker, AWS 2015), but as long as the server asks for, within limits."""
    limit = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**state.attempt_number)
    chosen = random.uniform(limit / 4, limit)  # noqa: S311 - not used for security
    error = state.outcome.exception() if state.outcome else None
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        wait_s = float(headers.get("retry-after", 0))
    except ValueError:
        wait_s = 0.0
    return min(LONGEST_WAIT_S, max(chosen, wait_s))


def _usage(answer: AIMessage) -> Usage | None:
    counted = answer.usage_metadata
    if not counted:
        return None
    return Usage(input_tokens=counted["input_tokens"], output_tokens=counted["output_tokens"])
