"""Flags and arguments that commands of evaluations share."""

from __future__ import annotations

from typing import Annotated

import typer

SuiteName = Annotated[
    str,
    typer.Argument(
        metavar="SUITE",
        help="A suite's YAML file, or a shipped suite's name.",
        show_default=False,
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Ask only the first of the questions.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before paying.")]
