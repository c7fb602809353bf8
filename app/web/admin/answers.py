"""Answers: a list, where one came from, and the same question answered again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from app.api.answers import get_answer, list_answers
from app.api.callers import AuditDep, CallerDep, guard_of
from app.api.dependencies import AnswerLogDep, PartsDep, ReadAccessDep
from app.lineage.replay import replay
from app.web.admin.layout import AdminMove, AdminPage, Crumb, admin_page
from app.web.markdown import render
from app.web.pages import pages_of

router = APIRouter(prefix="/admin/answers", include_in_schema=False, route_class=AdminPage)
moves = APIRouter(prefix="/admin/answers", include_in_schema=False, route_class=AdminMove)
SECTION = "answers"
OF_A_PAGE = 50
DAYS = (1, 7, 30)
OUTCOMES = {"answered": False, "refused": True}


@router.get("")
def answers(
    request: Request,
    log: AnswerLogDep,
    parts: PartsDep,
    caller: CallerDep,
    document_set: Annotated[str, Query(alias="set", max_length=63)] = "",
    outcome: Annotated[str, Query(max_length=20)] = "",
    days: Annotated[int, Query(ge=0, le=3650)] = 0,
    after: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Answers that the caller may see, newest first."""
    page = list_answers(
        log,
        caller,
        document_set=document_set or None,
        refused=OUTCOMES.get(outcome),
        since=datetime.now(UTC) - timedelta(days=days) if days else None,
        after=after or None,
        limit=OF_A_PAGE,
    )
    return admin_page(
        request,
        "admin/answers.html",
        SECTION,
        page=page,
        sets=parts.sets.names(),
        of=document_set,
        outcome=outcome,
        days=days,
        choices=DAYS,
        after=after,
        oversees=caller.oversees,
    )


@router.get("/{answer_id}")
def answer(request: Request, answer_id: str, log: AnswerLogDep, caller: CallerDep) -> Response:
    """Where an answer came from."""
    lineage = get_answer(answer_id, log, caller)
    return admin_page(
        request,
        "admin/answer.html",
        SECTION,
        crumbs=[Crumb(pages_of(request).texts("admin.nav.answers"), "/admin/answers")],
        lineage=lineage,
        text=Markup(render(lineage.answer.answer if lineage.answer is not None else "")),  # noqa: S704
        may_replay=caller.may("admin"),
    )


@moves.post("/{answer_id}/replay")
def answer_again(
    request: Request,
    answer_id: str,
    log: AnswerLogDep,
    parts: PartsDep,
    access: ReadAccessDep,
    caller: CallerDep,
    audit: AuditDep,
) -> Response:
    """Answer the stored question again on the same versions: what is different, as a piece."""
    record = log.get(answer_id, caller)
    guard = guard_of(request)
    who = guard.holder(caller)
    with (
        audit.act(caller, "replay", answer_id),
        guard.slots.taken(who),
        guard.processor.serving(who),
    ):
        result = replay(record, parts.answers, caller, access)
    return admin_page(request, "admin/replay.html", SECTION, replay=result)
