"""Move aliases: checked, written down, whole or not at all, one mover at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from prompts.aliases.alias_file import Aliases, Place, aliases_text, check_alias, read_aliases
from prompts.aliases.traffic_split import Target
from prompts.errors import AliasesLocked, MoveRefused, PromptError
from prompts.moves.gating import GateCheck, GatePass
from prompts.moves.history import (
    Kind,
    Move,
    append,
    history_file,
    read_history,
    target_of,
    undone_by_rollback,
)
from prompts.moves.user import current_user
from prompts.registry import PromptRegistry
from prompts.whole_files import write_whole

LOCK_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class MoveNote:
    """What the mover says of a move.

    Attributes:
        by: who they are.
        why: their reason.
        override: whether a protected alias is to move without a passed gate; needs a reason.
    """

    by: str | None = None
    why: str | None = None
    override: bool = False


class AliasMover:
    """Moves the aliases of one registry. Several processes may do so at a time.

    A move is written into the history before it is made, so none can go unrecorded.
    """

    def __init__(self, registry: PromptRegistry, lock_timeout_s: float = LOCK_TIMEOUT_S) -> None:
        self._registry = registry
        self._file = registry.watched.file
        self._timeout_s = lock_timeout_s

    def move(
        self, place: Place, target: Target, gated: GateCheck, said: MoveNote = MoveNote()
    ) -> Move:
        """Point an alias at a version, or split it between several.

        Args:
            gated: asked where the alias is protected, of each version whose share grows.

        Raises:
            PromptError: there is no such version, or it cannot be one; nothing was moved.
            MoveRefused, NotGated: the alias is protected, and what it needs is not there.
            AliasesLocked: another process does not end its move.
        """
        check_alias(place.alias)
        for version in target.versions:
            self._registry.get(place.prompt, version)
        aliases = self._registry.all_aliases()
        before = aliases.targets.get(place)
        if before == target:
            raise MoveRefused(f"{place} is at {target} already.")
        gates: list[GatePass] = []
        if aliases.is_protected(place.alias):
            gates = self._passed(place, target, gated, said)
        elif said.override:
            raise MoveRefused(f"{place.alias!r} is not protected; leave --override out.")
        kind: Kind = "promote" if len(target.weights) == 1 else "split"
        with self._alone():
            return self._write(place, target, kind, said, gates, lambda now: now == before)

    def rollback(self, place: Place, said: MoveNote = MoveNote()) -> Move:
        """Point an alias at what it named before its last move. Needs no gate: it was served once.

        Raises:
            MoveRefused: there is no move to undo, or the file was edited by hand since.
            AliasesLocked: another process does not end its move.
        """
        with self._alone():
            undone = undone_by_rollback(read_history(self._file), place)
            if undone is None:
                raise MoveRefused(
                    f"{history_file(self._file)} has no move of {place} to take back; "
                    "`plumb prompts history` shows all moves."
                )
            return self._write(
                place,
                target_of(undone.before),
                "rollback",
                said,
                [],
                lambda now: now == target_of(undone.after),
            )

    def _passed(
        self, place: Place, target: Target, gated: GateCheck, said: MoveNote
    ) -> list[GatePass]:
        if said.override and not (said.why or "").strip():
            raise MoveRefused("--override needs a reason: --reason 'why it cannot wait'.")
        now = self._registry.all_aliases().get(*place)
        gates: list[GatePass] = []
        for name in target.versions:
            version = self._registry.get(place.prompt, name)
            if not self._registry.is_locked(version):
                raise MoveRefused(
                    f"{place.prompt}@{name} is not locked, so it could still change under its "
                    f"name; run `plumb prompts lint --lock` before {place.alias!r} names it."
                )
            grows = now is None or target.share(name) > now.share(name)
            if grows and not said.override:
                gates += gated(version, place)
        return gates

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self._file.with_name(f".{self._file.name}.lock")
        try:
            with FileLock(lock, timeout=self._timeout_s):
                yield
        except Timeout as error:
            raise AliasesLocked(
                f"{lock}: another process has been moving an alias for {self._timeout_s:g} s; "
                "try again when it has ended."
            ) from error
        except OSError as error:
            raise PromptError(
                f"{self._file.parent}: cannot be written: {error.strerror}. Where the prompts "
                "folder is read-only, as in an image, set prompt.aliases (PLUMB_PROMPT_ALIASES)."
            ) from error

    def _write(
        self,
        place: Place,
        target: Target | None,
        kind: Kind,
        said: MoveNote,
        gates: list[GatePass],
        expected: Callable[[Target | None], bool],
    ) -> Move:
        aliases = self._registry.all_aliases()
        before = aliases.targets.get(place)
        if not expected(before):
            raise MoveRefused(
                f"{place} is at {before or 'nothing'} now, moved by somebody else or edited by "
                "hand since; look at `plumb prompts history`, then promote the version you want."
            )
        move = Move(
            at=datetime.now(UTC),
            by=said.by or current_user(),
            kind=kind,
            prompt=place.prompt,
            alias=place.alias,
            document_set=place.document_set,
            before=before.as_yaml() if before else None,
            after=target.as_yaml() if target else None,
            why=said.why,
            gates=tuple(gates),
            override=said.override,
        )
        append(self._file, move)
        write_whole(self._file, aliases_text(self._to_keep(place.prompt).moved(place, target)))
        return move

    def _to_keep(self, prompt: str) -> Aliases:
        """What the file says, and what holds for the prompt, from wherever that came.

        Other prompts' aliases stay out of a file that is not the folder's own, so that they go on
        following the folder.
        """
        own = read_aliases(self._file) if self._file.is_file() else Aliases()
        now = self._registry.all_aliases().targets
        of_prompt = {place: target for place, target in now.items() if place.prompt == prompt}
        return Aliases({**of_prompt, **own.targets}, own.protected)
