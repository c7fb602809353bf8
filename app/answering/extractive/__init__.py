"""The chat model that needs no key: it quotes the best-supported sentences, or declines."""

from app.answering.extractive.model import ExtractiveChatModel

__all__ = ["ExtractiveChatModel"]
