"""How answering fails on purpose; continues the tree of `ingestion.errors`.

prompts.errors.PlumbError
├── InvalidQuestion         empty, too long, or without a single letter or digit
├── InvalidRequest          another part of the request means nothing
└── ChatModelError
    ├── ChatModelUnknown    the setting names no model that can be made
    └── ChatModelFailed     the model was called and did not answer
"""

from __future__ import annotations

from prompts.errors import PlumbError


class InvalidQuestion(PlumbError):
    """The question is empty, too long, or holds no letter or digit."""


class InvalidRequest(PlumbError):
    """A part of the request other than the question means nothing."""


class ChatModelError(PlumbError):
    """The chat model cannot be made, or did not answer."""


class ChatModelUnknown(ChatModelError):
    """The setting names no chat model that can be made here."""


class ChatModelFailed(ChatModelError):
    """The chat model was called and did not answer."""
