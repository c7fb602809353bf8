"""Prompts: versions with their aliases, two side by side, and moves of aliases by admins."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.callers import AuditDep, CallerDep
from app.api.dependencies import PartsDep
from app.lineage.differences import Stretch, text_diff
from app.web.admin.layout import AdminMove, AdminPage, AdminPiece, Crumb, admin_page, require_all
from app.web.pages import pages_of
from app.wiring import Parts
from prompts.aliases.alias_file import Place, check_alias
from prompts.aliases.traffic_split import Target, only, parse_target
from prompts.errors import MoveRefused, NotGated, PromptError
from prompts.moves.gating import GateCheck, GatePass
from prompts.moves.history import Move, read_history, target_of, undone_by_rollback
from prompts.moves.moving import AliasMover, MoveNote
from prompts.registry import PromptRegistry
from prompts.versions.version import PromptVersion

router = APIRouter(prefix="/admin/prompts", include_in_schema=False, route_class=AdminPage)
pieces = APIRouter(prefix="/admin/prompts", include_in_schema=False, route_class=AdminPiece)
moves = APIRouter(prefix="/admin/prompts", include_in_schema=False, route_class=AdminMove)
SECTION = "prompts"
MOST_MOVES = 100
# Lines are marked word by word where at least this share of their characters is in both.
LIKE = 0.4
# What stands for an alias that is not there.
NOTHING = "nothing"


class AliasRow(NamedTuple):
    """An alias with what it names, and what it would name after a rollback of its last move."""

    place: Place
    target: Target
    is_protected: bool
    can_go_back: bool
    back_to: Target | None


class DiffRow(NamedTuple):
    """A line of two versions; None on the side that lacks it."""

    kind: Literal["same", "changed", "removed", "added"]
    before: list[Stretch] | None
    after: list[Stretch] | None


class MoveRequest(BaseModel):
    """Where an alias is to point.

    Attributes:
        now: what the alias named when the move was decided, as it is shown.
        why: the reason; a move by `override` takes one.
        override: move a protected alias without a passed gate.
    """

    model_config = ConfigDict(extra="forbid")

    alias: str = Field(max_length=64)
    document_set: str | None = Field(default=None, max_length=63)
    weights: dict[str, Annotated[int, Field(ge=0, le=1_000_000)]] = Field(max_length=100)
    now: str = Field(max_length=2000)
    why: str = Field(default="", max_length=1000)
    override: bool = False


class RollbackRequest(BaseModel):
    """Which alias's last move is to be undone; see `MoveRequest`."""

    model_config = ConfigDict(extra="forbid")

    alias: str = Field(max_length=64)
    document_set: str | None = Field(default=None, max_length=63)
    now: str = Field(max_length=2000)
    why: str = Field(default="", max_length=1000)


class Moved(BaseModel):
    """A move that was made."""

    place: str
    before: str
    after: str


@router.get("")
def prompts(request: Request, parts: PartsDep, caller: CallerDep) -> Response:
    """All prompts, their versions and aliases, and who moved what."""
    registry = parts.prompts
    log = read_history(registry.watched.file)
    found = [
        (name, [registry.get(name, version) for version in reversed(registry.versions(name))])
        for name in registry.names()
    ]
    return admin_page(
        request,
        "admin/prompts.html",
        SECTION,
        prompts=found,
        locked={
            (one.name, one.version): registry.is_locked(one) for _, every in found for one in every
        },
        aliases=_aliases(registry, log),
        moves=[(move, target_of(move.before), target_of(move.after)) for move in log[::-1]][
            :MOST_MOVES
        ],
        sets=parts.catalogue.names(),
        may_move=caller.may("admin"),
        pins=parts.settings.release,
    )


@router.get("/{name}/diff")
def diff(
    request: Request,
    name: str,
    parts: PartsDep,
    caller: CallerDep,
    before: Annotated[str, Query(max_length=64)],
    after: Annotated[str, Query(max_length=64)],
) -> Response:
    """Two versions side by side; only for callers who see all documents: examples may quote them."""
    why = "a prompt's examples may quote documents; only callers who see all documents may read it."
    require_all(request, caller, why)
    old, new = parts.prompts.get(name, before), parts.prompts.get(name, after)
    return admin_page(
        request,
        "admin/prompt_diff.html",
        SECTION,
        crumbs=[Crumb(pages_of(request).texts("admin.nav.prompts"), "/admin/prompts")],
        old=old,
        new=new,
        rows=side_by_side(old.lines(), new.lines()),
        versions=parts.prompts.versions(name),
    )


@pieces.get("/{name}/move")
def move_form(
    request: Request,
    name: str,
    parts: PartsDep,
    alias: Annotated[str, Query(max_length=64)],
    document_set: Annotated[str | None, Query(alias="set", max_length=63)] = None,
) -> Response:
    """What an alias names, and where it may point: for the confirmation."""
    place = Place(name, check_alias(alias), document_set or None)
    _check_set(parts, place)
    registry = parts.prompts
    aliases = registry.all_aliases()
    now = aliases.targets.get(place)
    return admin_page(
        request,
        "admin/prompt_move.html",
        SECTION,
        place=place,
        now=now,
        nothing=NOTHING,
        versions=[registry.get(name, version) for version in registry.versions(name)],
        is_protected=aliases.is_protected(alias),
        reads_gates=request.app.state.gates is not None,
        command=_command(place, only(registry.versions(name)[-1])) if now else "",
    )


@moves.post("/{name}/move")
def move(
    request: Request,
    name: str,
    asked: MoveRequest,
    parts: PartsDep,
    caller: CallerDep,
    audit: AuditDep,
) -> Moved:
    """Point an alias at a version, or split it between several.

    A protected one takes what the command line takes: a gate that each version whose share grows has
    passed on the live index, or an override with a reason.
    """
    place = Place(name, asked.alias, asked.document_set or None)
    _check_set(parts, place)
    target = _target({version: weight for version, weight in asked.weights.items() if weight})
    detail = {"to": str(target), "why": asked.why, "override": asked.override}
    gated: GateCheck = request.app.state.gates or _needs_a_command(target)
    if asked.override and not asked.why.strip():
        raise MoveRefused("why: a move without a passed gate needs a reason, which is recorded.")
    with audit.act(caller, "move-alias", str(place), **detail):
        _require_now(parts.prompts, place, asked.now)
        mover = AliasMover(parts.prompts)
        said = MoveNote(caller.name, asked.why or None, asked.override)
        return _response_of(mover.move(place, target, gated, said))


@moves.post("/{name}/rollback")
def rollback(
    name: str, asked: RollbackRequest, parts: PartsDep, caller: CallerDep, audit: AuditDep
) -> Moved:
    """Take an alias's last move back."""
    place = Place(name, asked.alias, asked.document_set or None)
    with audit.act(caller, "roll-back-alias", str(place), why=asked.why):
        _require_now(parts.prompts, place, asked.now)
        mover = AliasMover(parts.prompts)
        return _response_of(mover.rollback(place, MoveNote(caller.name, asked.why or None)))


def side_by_side(before: Sequence[str], after: Sequence[str]) -> list[DiffRow]:
    """Two texts by lines; within lines that changed, the words that differ are marked."""
    rows: list[DiffRow] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            rows += [DiffRow("same", _plain(line), _plain(line)) for line in before[i:j]]
            continue
        old, new = before[i:j], after[k:m]
        for left, right in zip(old, new, strict=False):
            words = text_diff(left, right)
            same = sum(len(one.text) for one in words if one.kind == "same")
            if same < LIKE * max(len(left), len(right)):
                rows.append(DiffRow("changed", _plain(left), _plain(right)))
                continue
            rows.append(
                DiffRow(
                    "changed",
                    [one for one in words if one.kind != "added"],
                    [one for one in words if one.kind != "removed"],
                )
            )
        rows += [DiffRow("removed", _plain(line), None) for line in old[len(new) :]]
        rows += [DiffRow("added", None, _plain(line)) for line in new[len(old) :]]
    return rows


def _plain(line: str) -> list[Stretch]:
    return [Stretch(kind="same", text=line)]


def _aliases(registry: PromptRegistry, log: list[Move]) -> list[AliasRow]:
    aliases = registry.all_aliases()
    rows = []
    for place, target in sorted(aliases.targets.items(), key=_order):
        undone = undone_by_rollback(log, place)
        back = target_of(undone.before) if undone is not None else None
        is_protected = aliases.is_protected(place.alias)
        rows.append(AliasRow(place, target, is_protected, undone is not None, back))
    return rows


def _order(entry: tuple[Place, Target]) -> tuple[str, str, str]:
    place = entry[0]
    return place.prompt, place.alias, place.document_set or ""


def _check_set(parts: Parts, place: Place) -> None:
    """Refuse an unknown set or prompt: an alias for a misspelt one would have no effect."""
    if place.prompt not in parts.prompts.names():
        raise PromptError(
            f"there is no prompt {place.prompt[:64]!r}; there are: {', '.join(parts.prompts.names())}."
        )
    if place.document_set is not None:
        parts.catalogue.live(place.document_set)


def _target(weights: dict[str, int]) -> Target:
    if len(weights) == 1:
        return _parsed(next(iter(weights)))
    return _parsed({"split": weights})


def _parsed(value: object) -> Target:
    """The target of a request.

    Raises:
        PromptError: it is none.
    """
    try:
        return parse_target(value)
    except ValueError as error:
        raise PromptError(f"weights: {error}.") from error


def _require_now(registry: PromptRegistry, place: Place, seen: str) -> None:
    """Raises: MoveRefused: the alias no longer names what the caller saw."""
    now = registry.all_aliases().targets.get(place)
    found = str(now) if now is not None else NOTHING
    if found != seen:
        raise MoveRefused(
            f"{place} is at {found} now, and no longer at {seen}: somebody else moved it meanwhile. "
            "Load the page again, then decide."
        )


def _needs_a_command(target: Target) -> GateCheck:
    """Refuses what takes a passed gate: evidence of gates is read by the command line alone."""

    def check(version: PromptVersion, place: Place) -> list[GatePass]:
        raise NotGated(
            f"{place.alias!r} is protected: {version.version} needs a gate that it passed on the live "
            "index, and this service does not read the evidence of gates. Where evaluations run, "
            f"use `{_command(place, target)}`."
        )

    return check


def _command(place: Place, target: Target) -> str:
    """The command that makes a move, with the check of gates."""
    words = ["plumb", "prompts"]
    if len(target.weights) == 1:
        words += ["promote", target.versions[0], place.alias]
    else:
        shares = [f"{version}={weight}" for version, weight in target.weights]
        words += ["split", place.alias, *shares]
    words += ["--prompt", place.prompt]
    if place.document_set is not None:
        words += ["--set", place.document_set]
    return shlex.join(words)


def _response_of(made: Move) -> Moved:
    before, after = target_of(made.before), target_of(made.after)
    return Moved(
        place=str(made.place),
        before=str(before) if before else NOTHING,
        after=str(after) if after else NOTHING,
    )
