"""Servers that a walk needs beside the service: an issuer of tokens, and a chat model that repeats rare words."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from app.answering.chat_model_pool import ChatModels, ChosenModel


@contextmanager
def token_issuer() -> Iterator[tuple[str, Callable[[dict[str, Any]], str]]]:
    """An issuer of tokens on a free port: its URL, and what signs claims."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa
    from jwt.algorithms import RSAAlgorithm

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    published = {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            known = {"issuer": at, "jwks_uri": f"{at}/keys"}
            body = json.dumps(published if self.path == "/keys" else known).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield (
            f"http://127.0.0.1:{server.server_port}",
            lambda claims: jwt.encode(claims, private, "RS256", headers={"kid": "one"}),
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


NAME = "openai:parrot"


class Parrot(BaseChatModel):
    """Replies with the last line of its prompt and with every rare word of the whole prompt.

    So it answers, and so it rewrites follow-ups: its question holds all that the conversation held.

    Attributes:
        rare: the words that it repeats.
    """

    rare: frozenset[str]

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        prompt = "\n".join(str(message.text) for message in messages)
        lowered = prompt.lower()
        read = sorted(word for word in self.rare if word in lowered)
        # Quotation marks would be checked as quotes from a passage.
        last = prompt.strip().splitlines()[-1].replace('"', "")[:300]
        text = f"{last} {' '.join(read)} [1]"
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


class Parrots(ChatModels):
    """Gives the parrot for every prompt.

    Args:
        models: those of the service, of which it keeps the breaker and what manifests show.
        rare: see `Parrot`.
    """

    def __init__(self, models: ChatModels, rare: frozenset[str]) -> None:
        self.__dict__.update(models.__dict__)
        self._parrot = Parrot(rare=rare)

    def get(self, prompt: Mapping[str, Any], place: int = 0) -> ChosenModel:
        chosen = super().get(prompt, place)
        return ChosenModel(NAME, self._parrot, chosen.parameters, chosen.breaker, chosen.redact)
