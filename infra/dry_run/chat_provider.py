"""A stand-in for a provider of chat models: `python -m infra.dry_run.chat_provider --port N`.

It speaks the OpenAI protocol and answers from the passages that it reads in the prompt, by Plumbline's
extractive model: a model of a hosted kind cannot be had offline. Like a real provider it may become
slow: `POST /pace` with `{"seconds": 1.5}` makes each answer take that much longer. The revision in front
of it knows nothing of this.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from langchain_core.messages import HumanMessage

from app.answering.extractive import ExtractiveChatModel
from app.answering.rendering import STRUCTURED
from ingestion.embedding.embedder import load_embedder
from ingestion.settings import EmbeddingSettings

PASSAGE = re.compile(r"^\[(\d+)\] ", re.MULTILINE)


def main() -> None:
    """Serve until the process is stopped."""
    parser = argparse.ArgumentParser(description="A stand-in for a provider of chat models.")
    parser.add_argument("--port", type=int, required=True)
    model = ExtractiveChatModel(embed=load_embedder(EmbeddingSettings()).embed_queries)
    port = parser.parse_args().port
    ThreadingHTTPServer(("127.0.0.1", port), handler_of(model)).serve_forever()


def handler_of(model: ExtractiveChatModel) -> type[BaseHTTPRequestHandler]:
    """The handler of requests, which share one pace."""
    pace = {"seconds": 0.0}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/pace":
                pace["seconds"] = float(request["seconds"])
                self._answer({"pace": pace["seconds"]})
                return
            time.sleep(pace["seconds"])
            text = answer_of(model, request["messages"][-1]["content"])
            usage = {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940}
            choice = {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
            self._answer(
                {
                    "id": "chatcmpl-1",
                    "object": "chat.completion",
                    "created": int(time.time()),
                    "model": request["model"],
                    "choices": [choice],
                    "usage": usage,
                }
            )

        def _answer(self, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


def answer_of(model: ExtractiveChatModel, prompt: str) -> str:
    """The answer to the question in a rendered prompt, from the passages in it."""
    before, _, question = prompt.rpartition("Question:")
    _, _, listed = before.partition("Passages:")
    marks = list(PASSAGE.finditer(listed))
    # A line of a passage may begin like a mark; real marks count from 1.
    starts: list[re.Match[str]] = []
    for mark in marks:
        if int(mark[1]) == len(starts) + 1:
            starts.append(mark)
    ends = [mark.start() for mark in starts[1:]] + [len(listed)]
    passages: list[dict[str, Any]] = []
    for mark, end in zip(starts, ends, strict=True):
        heading, _, text = listed[mark.end() : end].strip().partition("\n")
        rank = len(passages)
        passages.append(
            {
                "marker": rank + 1,
                "document": heading,
                "title": heading.split(" > ")[0],
                "context": heading,
                "text": text,
                "score": 1 / (rank + 1),
                "dense": 0.6 - 0.03 * rank,
                "lexical": 10.0 - rank,
                "metadata": {},
            }
        )
    task = {"question": question.strip(), "passages": passages}
    message = HumanMessage(content=prompt, additional_kwargs={STRUCTURED: task})
    return str(model.invoke([message]).content)


if __name__ == "__main__":
    main()
