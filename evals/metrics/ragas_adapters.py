"""The judge and the document set's embedding model, as Ragas takes them. Importing this takes Ragas's seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ragas.embeddings.base import BaseRagasEmbedding
from ragas.llms.base import InstructorBaseRagasLLM

from evals.errors import NoJudgement
from evals.metrics.judge import JudgeModel, JudgeUsage
from evals.metrics.judgement_parser import Schema, is_empty


class RagasJudge(InstructorBaseRagasLLM):
    """Puts the prompts of one metric on one case to the judge.

    Ragas would have Instructor patch an OpenAI or LiteLLM client; this takes any model of LangChain's
    instead, needs no server that knows function calls (Ragas's prompts hold their JSON schema), and
    is where judgements are kept and counted.

    Attributes:
        spent: what this case has taken.
    """

    def __init__(self, judge: JudgeModel, repeat: int) -> None:
        self.spent = JudgeUsage()
        self._judge = judge
        self._repeat = repeat

    def generate(self, prompt: str, response_model: type[Schema]) -> Schema:
        """See `JudgeModel.ask`.

        Raises:
            NoJudgement: there is none, or one without any statement, claim or verdict: Ragas makes
                NaN of some of these and 0 of others.
        """
        judgement = self._judge.ask(prompt, response_model, self._repeat, self.spent)
        if is_empty(judgement):
            raise NoJudgement("the judge found no statement to judge", passing=False)
        return judgement

    async def agenerate(self, prompt: str, response_model: type[Schema]) -> Schema:
        """The same; it waits in its thread, of which the runner has as many as it wants."""
        return self.generate(prompt, response_model)


class RagasEmbedding(BaseRagasEmbedding):
    """Embeds by `EvalContext.embed`.

    Ragas embeds text by text; those that are known from the start are embedded together, which takes
    the model about as long as one.
    """

    def __init__(
        self,
        embed: Callable[[list[str]], NDArray[np.floating[Any]]],
        *together: str,
    ) -> None:
        """
        Args:
            embed: see `EvalContext.embed`.
            together: texts that will be asked for.
        """
        super().__init__()
        self._embed = embed
        self._known = dict(zip(together, self.embed_texts([*together]), strict=True))

    def embed_text(self, text: str, **_: Any) -> list[float]:
        """One text."""
        known = self._known.get(text)
        return self.embed_texts([text])[0] if known is None else known

    def embed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:
        """Several."""
        return [[float(number) for number in row] for row in self._embed(texts)] if texts else []

    async def aembed_text(self, text: str, **_: Any) -> list[float]:
        """One text, without waiting."""
        return self.embed_text(text)

    async def aembed_texts(self, texts: list[str], **_: Any) -> list[list[float]]:
        """Several, without waiting."""
        return self.embed_texts(texts)
