"""The history of aliases: every move, appended to a file beside them and never rewritten."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from prompts.aliases.alias_file import Place
from prompts.aliases.traffic_split import Target, parse_target
from prompts.errors import PromptError
from prompts.moves.gating import GatePass

Kind = Literal["promote", "split", "rollback"]
# As `Target.as_yaml` writes one; None: the alias is not there.
Written = str | dict[str, dict[str, int]] | None


class Move(BaseModel):
    """One move of an alias.

    Attributes:
        at: when, UTC.
        by: who: `user@host`, or the name that the command was given.
        kind: `rollback` undoes the move before it.
        prompt, alias, document_set: what was moved; document_set is None for all sets.
        before, after: what the alias named, as the aliases file holds it.
        why: what the mover said.
        gates: the gate runs that let a protected alias move.
        override: whether it was moved without.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    by: str
    kind: Kind
    prompt: str
    alias: str
    document_set: str | None = None
    before: Written
    after: Written
    why: str | None = None
    gates: tuple[GatePass, ...] = ()
    override: bool = False

    @property
    def place(self) -> Place:
        """What was moved."""
        return Place(self.prompt, self.alias, self.document_set)


def history_file(aliases: Path) -> Path:
    """Where the history of an aliases file is: `aliases.history.jsonl`."""
    return aliases.with_suffix(".history.jsonl")


def read_history(aliases: Path) -> list[Move]:
    """All moves, oldest first.

    Raises:
        PromptError: the history cannot be read; the message names the line.
    """
    file = history_file(aliases)
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{file}: cannot be read: {error}.") from error
    moves = []
    for number, line in enumerate(lines, start=1):
        try:
            move = Move.model_validate_json(line)
            for written in (move.before, move.after):
                target_of(written)
        except (ValidationError, ValueError) as error:
            if number == len(lines):
                break  # torn by a machine that went down: the move was not made either
            raise PromptError(
                f"{file}: line {number} is not a move: {' '.join(str(error).split())[:200]}."
            ) from error
        moves.append(move)
    return moves


def append(aliases: Path, move: Move) -> None:
    """Write a move down for good.

    Raises:
        PromptError: it cannot be written.
    """
    file = history_file(aliases)
    try:
        with file.open("a+b") as stream:
            _end_torn_line(stream.fileno(), file)
            stream.write(move.model_dump_json(exclude_defaults=True).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise PromptError(
            f"{file}: cannot be written: {error.strerror}. Where the folder is read-only, as in "
            "an image, aliases are kept elsewhere: set prompt.aliases (PLUMB_PROMPT_ALIASES)."
        ) from error


def target_of(written: Written) -> Target | None:
    """The target that a move names.

    Raises:
        ValueError: it names none.
    """
    return None if written is None else parse_target(written)


def undone_by_rollback(moves: list[Move], place: Place) -> Move | None:
    """The move that a rollback of an alias would undo: the last that none has undone yet."""
    standing: list[Move] = []
    for move in moves:
        if move.place != place:
            continue
        if move.kind != "rollback":
            standing.append(move)
        elif standing:
            standing.pop()
    return standing[-1] if standing else None


def _end_torn_line(descriptor: int, file: Path) -> None:
    """Cut off a last line that was never finished, so that the next one starts a line."""
    content = file.read_bytes()
    if content and not content.endswith(b"\n"):
        os.ftruncate(descriptor, content.rfind(b"\n") + 1)
