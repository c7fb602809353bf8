"""A chat model behind OpenAI's API that takes a fixed time: `… model_process PORT SECONDS`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI

REPLY = "It is as the first passage says [1]."


def service(seconds: float) -> FastAPI:
    """Answers each call after so many seconds, however many there are."""
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def complete(body: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(seconds)
        message = {"role": "assistant", "content": REPLY}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 9, "total_tokens": 909},
        }

    return app


if __name__ == "__main__":
    uvicorn.run(
        service(float(sys.argv[2])), port=int(sys.argv[1]), log_level="warning", access_log=False
    )
