"""Collect the text of one paragraph from pieces, the same way for HTML and Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingestion.loaders.cleaning import prose
from ingestion.loaders.losses import Loss, Losses
from ingestion.loaders.notation import Script, on_one_line


@dataclass(slots=True)
class _Frame:
    """What stands in one element: a raised run, or a run that is left out."""

    script: Script = Script.BASE
    loss: Loss | None = None
    runs: list[tuple[str, Script]] = field(default_factory=list)

    def text(self) -> str:
        return on_one_line(self.runs)


class InlineText:
    """Pieces of text with what is raised, lowered, a note, or left out among them.

    Args:
        losses: counts what is left out.
    """

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self._frames = [_Frame()]

    def add(self, text: str) -> None:
        """Text in the script that is open."""
        self._frames[-1].runs.append((text, Script.BASE))

    def add_note(self, label: str) -> None:
        """The mark of a footnote."""
        self._frames[-1].runs.append((label, Script.NOTE))

    def add_formula(self, text: str) -> None:
        """A formula; a figure before it stays apart: 3 and 1/2 are not 31/2."""
        runs = self._frames[-1].runs
        last = runs[-1][0][-1:] if runs else ""
        self.add(f" {text}" if last.isdigit() and text[:1].isdigit() else text)

    def open(self, script: Script) -> None:
        """Begin a raised or lowered run, or the mark of a note."""
        self._frames.append(_Frame(script))

    def open_left_out(self, loss: Loss) -> None:
        """Begin a run that is counted and not written."""
        self._frames.append(_Frame(loss=loss))

    def close(self) -> None:
        """End the run that was begun last."""
        if len(self._frames) < 2:
            return
        frame = self._frames.pop()
        if frame.loss is not None:
            self.losses.add(frame.loss, frame.text())
        else:
            self._frames[-1].runs.append((frame.text(), frame.script))

    def take(self) -> str:
        """The text so far, which is then forgotten. What nothing has ended is text."""
        return prose(self.take_as_it_is())

    def take_as_it_is(self) -> str:
        """The same with its white space, as code needs it."""
        if len(self._frames) == 1 and not self._frames[0].runs:
            return ""
        while len(self._frames) > 1:
            self._frames[-1].loss = None
            self.close()
        text = self._frames[0].text()
        self._frames = [_Frame()]
        return text
