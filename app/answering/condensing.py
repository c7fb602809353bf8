"""Make a follow-up question stand alone, so that it can be searched for and cached."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.messages.utils import count_tokens_approximately, trim_messages
from langchain_core.prompts import ChatPromptTemplate

from app.answering.calling import cut_of
from app.answering.quoting import Quoting, quoting_for
from ingestion.languages import analyze
from ingestion.storable import storable
from prompts.versions import PromptVersion

RULE = "rule-1"
# A question that begins so, or holds one of these, leans on what was said before.
LEANING_START = re.compile(
    r"^(and|but|or|so|then|also|what about|how about|what if|why not|why|since when|until when|"
    r"by whom|where to|how so|what else|who else|anything else)\b",
    re.IGNORECASE,
)
LEANING_WORD = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|then|"
    r"one|ones|same|such|former|latter|otherwise|instead)\b",
    re.IGNORECASE,
)
# "that" before a verb's clause or "there is" refer to nothing before them.
NOT_LEANING = re.compile(r"\b(is|are|was|were) there\b|\bthere (is|are|was|were)\b", re.IGNORECASE)
FEW_TERMS = 1
MOST_CARRIED = 12
WORD = re.compile(r"[^\W_][\w'’-]*")


@dataclass(frozen=True, slots=True)
class Said:
    """A question that was asked before, as it stood alone, and its answer."""

    question: str
    answer: str


def condense_by_rule(question: str, history: Sequence[Said]) -> str:
    """The question, with the last question's terms behind it where it leans on them.

    For the extractive model, which writes nothing: `How long does it last?` after a question on
    the warranty of compressors becomes `How long does it last? (warranty compressors)`.
    """
    if not history or not _leans(question):
        return question
    before = history[-1].question
    known = set(analyze(question))
    carried: list[str] = []
    for word in WORD.findall(before):
        stems = analyze(word)
        if stems and not known.issuperset(stems):
            carried.append(word)
            known.update(stems)
    return f"{question} ({' '.join(carried[:MOST_CARRIED])})" if carried else question


def condense_by_model(
    question: str,
    history: Sequence[Said],
    prompt: PromptVersion,
    model: BaseChatModel,
    most_tokens: int,
    complete: Callable[[list[BaseMessage]], BaseMessage] | None = None,
) -> str | None:
    """The question as the model rewrites it by the prompt `condense`; None where it was cut off.

    Args:
        most_tokens: about how much of the conversation the model gets to read; its end counts.
        complete: calls the model within bounds; default: a plain call.

    Raises:
        What the call raises.
    """
    template = ChatPromptTemplate.from_messages([(m.role, m.content) for m in prompt.messages])
    quoting = quoting_for(prompt)
    filled = template.format_messages(
        history=_text(history, most_tokens, quoting), question=quoting.text(question, first=False)
    )
    reply = (complete or model.invoke)(filled)
    if cut_of(reply) is not None:
        return None
    rewritten = " ".join(str(reply.text).split())
    return storable(rewritten) or question


def _leans(question: str) -> bool:
    if len(analyze(question)) <= FEW_TERMS or LEANING_START.search(question.strip()):
        return True
    return LEANING_WORD.search(NOT_LEANING.sub(" ", question)) is not None


def _text(history: Sequence[Said], most_tokens: int, quoting: Quoting) -> str:
    messages: list[BaseMessage] = []
    for said in history:
        messages += [HumanMessage(said.question), AIMessage(said.answer)]
    kept = trim_messages(
        messages,
        max_tokens=most_tokens,
        token_counter=count_tokens_approximately,
        strategy="last",
        start_on="human",
    )
    speakers = {"human": "User", "ai": "Assistant"}
    return (
        "\n".join(
            f"{speakers[message.type]}: {quoting.text(message.text, first=False)}"
            for message in kept
        )
        or "(nothing)"
    )
