"""The judge, as Ragas's metrics take one. Importing this takes Ragas's seconds."""

from __future__ import annotations

from ragas.llms.base import InstructorBaseRagasLLM

from evals.errors import NoJudgement
from evals.judging.judge import JudgeModel
from evals.judging.reading import Schema, holds_nothing
from evals.judging.tally import Tally


class Asking(InstructorBaseRagasLLM):
    """Puts the prompts of one metric on one case to the judge.

    Ragas would have Instructor patch an OpenAI or LiteLLM client; this takes any model of LangChain's
    instead, needs no server that knows function calls (Ragas's prompts hold their JSON schema), and
    is where judgements are kept and counted.

    Attributes:
        spent: what this case has taken.
    """

    def __init__(self, judge: JudgeModel, repeat: int) -> None:
        self.spent = Tally()
        self._judge = judge
        self._repeat = repeat

    def generate(self, prompt: str, response_model: type[Schema]) -> Schema:
        """See `JudgeModel.ask`.

        Raises:
            NoJudgement: there is none, or one without any statement, claim or verdict: Ragas makes
                NaN of some of these and 0 of others.
        """
        judgement = self._judge.ask(prompt, response_model, self._repeat, self.spent)
        if holds_nothing(judgement):
            raise NoJudgement("the judge found no statement to judge", passing=False)
        return judgement

    async def agenerate(self, prompt: str, response_model: type[Schema]) -> Schema:
        """The same; it waits in its thread, of which the runner has as many as it wants."""
        return self.generate(prompt, response_model)
