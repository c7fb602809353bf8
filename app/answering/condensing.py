"""Let a chat model make a follow-up question stand alone, so that it can be searched for and cached."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.messages.utils import count_tokens_approximately, trim_messages
from langchain_core.prompts import ChatPromptTemplate

from app.answering.follow_ups import EarlierTurn
from app.answering.model_call import cut_of
from app.answering.untrusted_text import Quoting, quoting_for
from ingestion.index.storable_values import storable
from prompts.versions.version import PromptVersion


def condense_by_model(
    question: str,
    history: Sequence[EarlierTurn],
    prompt: PromptVersion,
    model: BaseChatModel,
    most_tokens: int,
    complete: Callable[[list[BaseMessage]], BaseMessage] | None = None,
) -> str | None:
    """The question as the model rewrites it by the prompt `condense`; None where it was cut off.

    Args:
        most_tokens: about how much of the conversation the model gets to read; its end counts.
        complete: calls the model within limits; default: a plain call.

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


def _text(history: Sequence[EarlierTurn], most_tokens: int, quoting: Quoting) -> str:
    messages: list[BaseMessage] = []
    for turn in history:
        messages += [HumanMessage(turn.question), AIMessage(turn.answer)]
    recent = trim_messages(
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
            for message in recent
        )
        or "(nothing)"
    )
