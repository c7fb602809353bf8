"""The subjects of administration, as the application includes them."""

from __future__ import annotations

from fastapi import APIRouter

from app.web.admin import (
    answers,
    document_sets,
    evaluations,
    figures,
    jobs,
    overview,
    prompts,
    releases,
)


def routers() -> list[APIRouter]:
    """All routes. Pieces come first: their addresses are longer than those of the pages around them."""
    return [
        *(subject.pieces for subject in (document_sets, jobs, prompts)),
        *(subject.moves for subject in (answers, prompts)),
        *(
            subject.router
            for subject in (
                answers,
                document_sets,
                evaluations,
                figures,
                jobs,
                overview,
                prompts,
                releases,
            )
        ),
    ]
