"""The judge: a chat model that gives structured judgements, each one cached."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from textwrap import shorten
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import ValidationError

from app.answering.answer import Usage
from app.answering.chat_model_factory import make_hosted_model, why_not_made
from app.configuration.chat_parameters import is_harmless
from app.configuration.redaction import without_credentials
from app.errors import ChatModelUnknown
from app.settings.answering import EXTRACTIVE, ChatSettings
from evals.errors import JudgeError, NoJudgement
from evals.metrics.judge_client import JudgeClient
from evals.metrics.judgement_cache import JudgementCache
from evals.metrics.judgement_parser import InvalidJudgement, Schema, parse_judgement
from evals.metrics.ragas import prompts_hash, ragas_folder, ragas_version
from evals.metrics.score import Judge
from evals.settings import JudgeSettings


@dataclass
class JudgeUsage:
    """Counts of judgements; safe to add to from several threads.

    Attributes:
        calls: answers that the judge gave.
        kept: judgements that were there from before, and cost nothing.
        failed: prompts that got no usable answer.
        input_tokens: read by the judge.
        output_tokens: written by it.
        uncounted: calls whose tokens the judge did not tell.
    """

    calls: int = 0
    kept: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    uncounted: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def record_call(self, usage: Usage | None) -> None:
        """Count a call."""
        with self._lock:
            self.calls += 1
            if usage is None:
                self.uncounted += 1
            else:
                self.input_tokens += usage.input_tokens
                self.output_tokens += usage.output_tokens

    def record_cached(self) -> None:
        """Count a cached judgement."""
        with self._lock:
            self.kept += 1

    def record_failure(self) -> None:
        """Count a prompt without a usable answer."""
        with self._lock:
            self.failed += 1

    def cost(self, per_million: tuple[float | None, float | None]) -> float | None:
        """What it came to; None if a price or a count is missing.

        Args:
            per_million: prices of a million tokens read, and written.
        """
        read, written = per_million
        if read is None or written is None or self.uncounted:
            return None
        return (self.input_tokens * read + self.output_tokens * written) / 1e6


# After this many prompts in a row without a usable answer the judge counts as gone.
MAX_FAILURES = 8
RETRY_PROMPT = (
    "That cannot be used: {why}. Answer again with the JSON object alone, complete and as its schema "
    "says."
)


class JudgeModel:
    """Asks a chat model for judgements and keeps them; safe to share between threads.

    Attributes:
        spent: what was asked so far.
        caller: calls the model.
    """

    def __init__(
        self,
        caller: JudgeClient,
        settings: JudgeSettings,
        parameters: dict[str, str | int | float | bool | None],
        cache: JudgementCache,
    ) -> None:
        """
        Args:
            caller: calls the model.
            settings: its name and its limits.
            parameters: all that shapes its answers beside its name.
            cache: judgements of before.
        """
        self.spent = JudgeUsage()
        self.caller = caller
        self._settings = settings
        self._model = settings.model or ""
        self._parameters = parameters
        self._cache = cache
        self._places = threading.BoundedSemaphore(settings.concurrency)
        self._lock = threading.Lock()
        self._worked = False
        self._failed_in_a_row = 0

    @cached_property
    def identity(self) -> Judge:
        """Who judges."""
        return Judge(
            model=self._model,
            parameters=self._parameters,
            ragas_version=ragas_version(),
            prompts_hash=prompts_hash(ragas_folder(), RETRY_PROMPT),
        )

    def cost(self, spent: JudgeUsage) -> float | None:
        """What judgements cost; None if a price is not set or the judge counts no tokens."""
        prices = (self._settings.input_per_million, self._settings.output_per_million)
        return spent.cost(prices)

    def ask(self, prompt: str, schema: type[Schema], repeat: int, spent: JudgeUsage) -> Schema:
        """A judgement.

        Args:
            prompt: all that the judge reads.
            schema: what it answers with.
            repeat: each repeat is judged again; they show the judge's noise.
            spent: is added to, as is the judge's own.

        Raises:
            NoJudgement: there is no usable answer, this once.
            JudgeError: the judge is unavailable, or has stopped giving usable answers.
        """
        key = self._key(prompt, schema, repeat)
        known = self._known(key, schema)
        if known is not None:
            for tally in (self.spent, spent):
                tally.record_cached()
            return known
        try:
            judgement = self._reply(prompt, schema, spent)
        except NoJudgement as error:
            for tally in (self.spent, spent):
                tally.record_failure()
            self._note_failure(error)
            raise
        self._note_success()
        self._cache.put(key, self._model, judgement.model_dump_json())
        return judgement

    def close(self) -> None:
        """Close the judgement cache."""
        self._cache.close()

    def _reply(self, prompt: str, schema: type[Schema], spent: JudgeUsage) -> Schema:
        messages: list[BaseMessage] = [HumanMessage(prompt)]
        why = reply = ""
        for _ in range(self._settings.max_retries + 1):
            with self._places:
                reply, usage = self.caller.call(messages)
            for tally in (self.spent, spent):
                tally.record_call(usage)
            try:
                return parse_judgement(reply, schema, prompt)
            except InvalidJudgement as error:
                why = str(error)
            messages = [
                HumanMessage(prompt),
                AIMessage(reply),
                HumanMessage(RETRY_PROMPT.format(why=why)),
            ]
        shown = shorten(" ".join(reply.split()), 80, placeholder=" …")
        raise NoJudgement(f"the answer is not a judgement ({why}): {shown!r}")

    def _known(self, key: str, schema: type[Schema]) -> Schema | None:
        found = self._cache.get(key)
        try:
            return None if found is None else schema.model_validate_json(found)
        except ValidationError:
            return None

    def _key(self, prompt: str, schema: type[Schema], repeat: int) -> str:
        parts = [self._model, self._parameters, prompt, schema.__name__, RETRY_PROMPT, repeat]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _note_success(self) -> None:
        with self._lock:
            self._worked, self._failed_in_a_row = True, 0

    def _note_failure(self, error: NoJudgement) -> None:
        with self._lock:
            self._failed_in_a_row += 1
            worked, in_a_row = self._worked, self._failed_in_a_row
        if in_a_row < MAX_FAILURES and (worked or error.reached):
            return
        mend = (
            "Take a model that follows a JSON schema"
            if error.reached
            else "See to judge.model, judge.base_url and judge.api_key"
        )
        raise JudgeError(
            f"judge.model {self._model!r} gives no judgements: {error}. {mend}, and run it again: what "
            "is judged is kept."
        ) from error


Plain = str | int | float | bool | None


def open_judge(
    settings: JudgeSettings, folder: Path, sleep: Callable[[float], None] = time.sleep
) -> JudgeModel | None:
    """The judge, which keeps its judgements in `folder`; None if no model is set.

    Args:
        settings: the group `judge`.
        folder: `evals.folder`.
        sleep: waits that many seconds between two tries.

    Raises:
        JudgeError: the model cannot be made, or the folder cannot be used.
    """
    if settings.model is None:
        return None
    if settings.model == EXTRACTIVE:
        raise JudgeError("judge.model: `extractive` quotes, it cannot judge; name a chat model.")
    parameters = {"temperature": 0, **settings.parameters}
    parameters = {name: value for name, value in parameters.items() if value is not None}
    # Repeating is done here, for every provider alike.
    chat = ChatSettings(
        model=settings.model,
        base_url=settings.base_url,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
        max_retries=0,
    )
    try:
        model = make_hosted_model(chat, parameters)
    except ChatModelUnknown as error:
        why = why_not_made(error.__cause__ or error, chat, parameters)
        raise JudgeError(
            f"judge.model {settings.model!r} cannot be made: {why}. Set it to provider:model, with that "
            "provider's package and key in place."
        ) from error
    caller = JudgeClient(model, settings.max_retries, sleep)
    return JudgeModel(
        caller, settings, _recorded_parameters(settings, parameters), JudgementCache(folder)
    )


def _recorded_parameters(settings: JudgeSettings, parameters: dict[str, Any]) -> dict[str, Plain]:
    """The parameters as a run keeps them: harmless ones, and a hash of each other and of the server.

    Two judges that differ in any of them differ here.
    """
    recorded: dict[str, Plain] = {}
    for name, value in sorted(parameters.items()):
        text = json.dumps(value, sort_keys=True, default=str)
        if not is_harmless(name, value):
            recorded[name] = _short_hash(text)
        else:
            recorded[name] = value if isinstance(value, str | int | float) else text
    if settings.base_url:
        recorded["server"] = _short_hash(without_credentials(settings.base_url))
    return recorded


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
