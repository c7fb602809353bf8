"""What is evaluated: a prompt, a model and an index version, on the settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class System:
    """One way to answer.

    Attributes:
        label: its name for people; empty: made of the prompt's version and the model.
        prompt: version or alias of the prompt `answer`; None: that of the settings.
        model: the chat model; None: that of the settings.
        index_version: version of the document set; None: the suite's, else the live one.
    """

    label: str = ""
    prompt: str | None = None
    model: str | None = None
    index_version: str | None = None
