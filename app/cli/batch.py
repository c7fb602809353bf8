"""`plumb batch`. Heavy imports wait until it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingestion.cli.flags import IndexUrl, Setting, settings_from

if TYPE_CHECKING:
    from app.batch.questions import BatchQuestion
    from app.batch.run import Answering, BatchCount

SOME_FAILED = 3


def batch(
    context: typer.Context,
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS",
            help='JSON lines: {"question": …}, and maybe id, document_set, filters, prompt.',
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where the answers go.", show_default=False)
    ],
    set_name: Annotated[
        str | None, typer.Option("--set", help="The document set of questions that name none.")
    ] = None,
    prompt: Annotated[
        str | None,
        typer.Option(help="Version or alias of the answer prompt, for questions that name none."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Questions asked at a time.")] = 4,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out lines that are no question.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Ask those again that had failed.")
    ] = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
) -> None:
    """Answer a file of questions into a file of answers.

    Run it again after it was stopped, however that was: it goes on with what has no answer yet.
    The exit code is 3 if some questions failed or lines were left out.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from app.batch.questions import read_questions, require_all

    found = read_questions(questions)
    if not skip_bad:
        require_all(found, str(questions), ", or leave such lines out with --skip-bad")
    for line in found.bad:
        typer.echo(f"left out: {line}", err=True)
    from app.batch.answering import recorded_answering
    from app.callers import Caller

    # Anyone who can start commands here can read every document anyway.
    operator = Caller("command line", "admin", id="operator:command line")
    with recorded_answering(settings, operator) as answer:
        count = _run(found.good, output, again, answer, set_name, prompt, concurrency)
    typer.echo(
        f"{count.answered} answered, {count.failed} failed, {count.skipped} done before, "
        f"{len(found.bad)} lines left out; {output}",
        err=True,
    )
    if count.failed or found.bad:
        raise typer.Exit(SOME_FAILED)


def _run(
    questions: list[BatchQuestion],
    output: Path,
    again: bool,
    answer: Answering,
    set_name: str | None,
    prompt: str | None,
    concurrency: int,
) -> BatchCount:
    from rich.console import Console

    from app.batch.answers_file import open_answers
    from app.batch.run import run_batch
    from ingestion.cli.progress import counting_bar

    with open_answers(output, again) as answers, counting_bar(Console(stderr=True)) as bar:
        task = bar.add_task("Answering", total=len(questions), more="0 failed")

        def show(count: BatchCount) -> None:
            bar.update(task, completed=count.total, more=f"{count.failed} failed")

        return run_batch(
            questions,
            answers,
            answer,
            document_set=set_name,
            prompt=prompt,
            concurrency=concurrency,
            on_progress=show,
        )
