"""A streamed response: the events of OpenAI's Responses API, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.openai_api.response import (
    OutputMessage,
    OutputText,
    Response,
    annotations_of,
    begun,
    completed,
    failed,
    message_id,
    with_notices,
)
from app.openai_api.response_request import ResponseRequest
from app.turns.turn import Turn

Event = dict[str, Any]
# The response has one item, and that has one part.
PLACE = {"output_index": 0, "content_index": 0}


class ResponseEvents:
    """The events of one response, numbered.

    Args:
        request: what was asked.
        shown_id: the response's id.
    """

    def __init__(self, request: ResponseRequest, shown_id: str) -> None:
        self._request = request
        self._response = begun(request, shown_id)
        self._message_id = message_id(shown_id)
        self._number = 0
        self._sent = ""

    def begin(self) -> Iterator[Event]:
        """What comes before the first word."""
        yield self._of_response("response.created", self._response)
        yield self._of_response("response.in_progress", self._response)
        item = OutputMessage(id=self._message_id, status="in_progress", content=[])
        yield self._event("response.output_item.added", output_index=0, item=item.model_dump())
        yield self._event("response.content_part.added", part=_part(""), **self._place)

    def word(self, text: str) -> Event:
        """Words, as they come."""
        self._sent += text
        return self._event("response.output_text.delta", delta=text, logprobs=[], **self._place)

    def end(self, turn: Turn) -> Iterator[Event]:
        """What comes after the last word.

        Words that were sent cannot be taken back: where the check of citations has changed them,
        the checked answer follows, and the citations are those of its words.
        """
        if not self._sent:
            yield self.word(turn.answer)
        elif self._sent.strip() != turn.answer:
            yield self.word(f"\n\nAfter checking the citations: {turn.answer}")
        # The answer is the last thing that was sent; white space may stand around it.
        offset = self._sent.rindex(turn.answer)
        done = completed(self._response, turn, self._sent, offset)
        (item,) = done.output
        (part,) = item.content
        for number, annotation in enumerate(annotations_of(turn, offset)):
            yield self._event(
                "response.output_text.annotation.added",
                annotation_index=number,
                annotation=annotation.model_dump(mode="json"),
                **self._place,
            )
        yield self._event("response.output_text.done", text=self._sent, logprobs=[], **self._place)
        yield self._event(
            "response.content_part.done", part=part.model_dump(mode="json"), **self._place
        )
        yield self._event(
            "response.output_item.done", output_index=0, item=item.model_dump(mode="json")
        )
        kind = "response.incomplete" if turn.cut_off else "response.completed"
        yield self._of_response(kind, with_notices(done, self._request))

    def fail(self, code: str, message: str) -> Event:
        """The end of a response that broke off."""
        return self._of_response("response.failed", failed(self._response, code, message))

    @property
    def _place(self) -> dict[str, Any]:
        return {"item_id": self._message_id, **PLACE}

    def _of_response(self, kind: str, response: Response) -> Event:
        return self._event(kind, response=response.model_dump(mode="json"))

    def _event(self, kind: str, **fields: Any) -> Event:
        event = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return event


def _part(text: str) -> dict[str, Any]:
    return OutputText(text=text).model_dump(mode="json")
