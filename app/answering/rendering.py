"""A prompt version and passages, made into the messages that a chat model gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate

from app.answering.answer import Passage
from app.answering.untrusted_text import Quoting, quoting_for
from prompts.versions.version import PromptVersion

ROLES = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}
# Under this key the last message also carries the passages as data, for a model that computes on
# them instead of reading the text; providers' clients send none of it.
STRUCTURED = "plumbline"
# Names this way of setting a question and passages into a prompt; `quoting` is a part of it. Raise it
# whenever the same prompt, question and passages become other messages.
RENDERING = "quoted-2"
PLAIN = Quoting((), (), fences=False)


def render(
    prompt: PromptVersion,
    question: str,
    passages: Sequence[Passage],
    searched_for: str | None = None,
    further: int = 0,
) -> list[BaseMessage]:
    """The messages of `prompt` with the question and the numbered passages filled in.

    `searched_for` is the question as it was searched for, its typing errors mended: for the model that
    computes on words. All others read the question as it was asked. The last
    `further` passages come from a second search.

    Neither can pose as a part of the prompt: see `quoting`.
    """
    quoting = quoting_for(prompt)
    template = ChatPromptTemplate.from_messages(
        [(message.role, message.content) for message in prompt.messages]
    )
    filled = {
        "question": quoting.text(question, first=False),
        "passages": numbered(passages, quoting),
    }
    messages = template.format_messages(**{name: filled[name] for name in prompt.variables})
    last = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
    messages[last].additional_kwargs[STRUCTURED] = {
        "question": searched_for or question,
        "passages": [
            _data(marker, passage, marker > len(passages) - further)
            for marker, passage in enumerate(passages, start=1)
        ],
    }
    return messages


def numbered(passages: Sequence[Passage], quoting: Quoting = PLAIN) -> str:
    """Passages as text: each under its marker, with where it is from and any metadata dates.

    A passage that continues a table begins with the table's header, which its chunk has as context.
    """
    return "\n\n".join(
        f"[{marker}] {quoting.line(heading(passage))}\n"
        f"{quoting.text(table_header(passage) + passage.text)}"
        for marker, passage in enumerate(passages, start=1)
    )


def table_header(passage: Passage) -> str:
    """The header rows of the table that a passage continues, each with its line end; else empty."""
    rows = [line for line in passage.context.split("\n") if line.startswith("|")]
    return "".join(f"{row}\n" for row in rows)


def heading(passage: Passage) -> str:
    """One line that says where a passage is from."""
    path = [passage.title, *(part for part in passage.heading_path if part != passage.title)]
    page = f", page {passage.page}" if isinstance(passage.page, int) else ""
    date = passage.metadata.get("date")
    return " > ".join(path) + page + (f" ({date})" if date else "")


def _data(marker: int, passage: Passage, is_further: bool) -> dict[str, Any]:
    return {
        "marker": marker,
        "document": passage.document,
        "title": passage.title,
        "context": passage.context,
        "text": passage.text,
        "score": passage.score,
        "dense": passage.scores.dense,
        "lexical": passage.scores.lexical,
        "metadata": passage.metadata,
        "further": is_further,
    }
