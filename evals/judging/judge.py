"""The judge: a chat model that gives structured judgements, and never the same one twice."""

from __future__ import annotations

import hashlib
import json
import threading
from functools import cached_property
from textwrap import shorten

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import ValidationError

from evals.errors import JudgeError, NoJudgement
from evals.judging.calling import Caller
from evals.judging.kept import KeptJudgements
from evals.judging.ragas_prompts import prompts_hash, ragas_folder, ragas_version
from evals.judging.reading import Schema, Unreadable, read_judgement
from evals.judging.tally import Tally
from evals.runs.run import Judge
from evals.settings import JudgeSettings

# After so many prompts in a row without a usable answer the judge counts as gone.
TOO_MANY = 8
AGAIN = (
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
        caller: Caller,
        settings: JudgeSettings,
        parameters: dict[str, str | int | float | bool | None],
        kept: KeptJudgements,
    ) -> None:
        """
        Args:
            caller: calls the model.
            settings: names it and bounds it.
            parameters: all that shapes its answers beside its name.
            kept: judgements of before.
        """
        self.spent = Tally()
        self.caller = caller
        self._settings = settings
        self._model = settings.model or ""
        self._parameters = parameters
        self._kept = kept
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
            prompts_hash=prompts_hash(ragas_folder(), AGAIN),
        )

    def cost(self, spent: Tally) -> float | None:
        """What judgements cost; None where a price is not set or the judge counts no tokens."""
        prices = (self._settings.input_per_million, self._settings.output_per_million)
        return spent.cost(prices)

    def ask(self, prompt: str, schema: type[Schema], repeat: int, spent: Tally) -> Schema:
        """A judgement.

        Args:
            prompt: all that the judge is told.
            schema: what it answers with.
            repeat: judgements of different repeats are asked for anew; they show the judge's noise.
            spent: is added to, as is the judge's own.

        Raises:
            NoJudgement: there is no usable answer, this once.
            JudgeError: the judge cannot be had, or has stopped giving usable answers.
        """
        key = self._key(prompt, schema, repeat)
        known = self._known(key, schema)
        if known is not None:
            for tally in (self.spent, spent):
                tally.found()
            return known
        try:
            judgement = self._asked(prompt, schema, spent)
        except NoJudgement as error:
            for tally in (self.spent, spent):
                tally.missed()
            self._note_failure(error)
            raise
        self._note_success()
        self._kept.put(key, self._model, judgement.model_dump_json())
        return judgement

    def close(self) -> None:
        """Let go of the kept judgements' file."""
        self._kept.close()

    def _asked(self, prompt: str, schema: type[Schema], spent: Tally) -> Schema:
        messages: list[BaseMessage] = [HumanMessage(prompt)]
        why = said = ""
        for _ in range(self._settings.max_retries + 1):
            with self._places:
                said, usage = self.caller.call(messages)
            for tally in (self.spent, spent):
                tally.called(usage)
            try:
                return read_judgement(said, schema, prompt)
            except Unreadable as error:
                why = str(error)
            messages = [HumanMessage(prompt), AIMessage(said), HumanMessage(AGAIN.format(why=why))]
        shown = shorten(" ".join(said.split()), 80, placeholder=" …")
        raise NoJudgement(f"the answer is no judgement ({why}): {shown!r}")

    def _known(self, key: str, schema: type[Schema]) -> Schema | None:
        found = self._kept.get(key)
        try:
            return None if found is None else schema.model_validate_json(found)
        except ValidationError:
            return None

    def _key(self, prompt: str, schema: type[Schema], repeat: int) -> str:
        parts = [self._model, self._parameters, prompt, schema.__name__, AGAIN, repeat]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _note_success(self) -> None:
        with self._lock:
            self._worked, self._failed_in_a_row = True, 0

    def _note_failure(self, error: NoJudgement) -> None:
        with self._lock:
            self._failed_in_a_row += 1
            worked, in_a_row = self._worked, self._failed_in_a_row
        if in_a_row < TOO_MANY and (worked or error.reached):
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
