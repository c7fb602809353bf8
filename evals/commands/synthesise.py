"""`plumb eval synthesise`: questions made from documents, for review. Heavy imports wait."""

from __future__ import annotations

import json as encoder
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evals.commands.harvest import Against, Review
from evals.commands.new_runs import Yes
from ingestion.cli.flags import IndexUrl, Json, Setting, settings_from

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evals.curation.candidate import SyntheticQuestion
    from evals.curation.duplicates import Embed
    from ingestion.documents.document import Chunk


By = Literal["auto", "model", "rules"]


def synthesise(
    context: typer.Context,
    output: Review,
    set_name: Annotated[str | None, typer.Option("--set", help="The document set.")] = None,
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, max=10_000, help="How many questions.")
    ] = 50,
    by: Annotated[
        By,
        typer.Option(
            help="model: Ragas's test-set generator with judge.model, else chat.model; rules: "
            "sentences and table rows of plain shapes; auto: the model if one is set."
        ),
    ] = "auto",
    dataset: Against = None,
    seed: Annotated[int, typer.Option(help="Of what is chosen.")] = 1,
    index_version: Annotated[
        str | None, typer.Option(help="A version of the set. Default: the live one.")
    ] = None,
    yes: Yes = False,
    index_url: IndexUrl = None,
    setting: Setting = None,
    json: Json = False,
) -> None:
    """Make questions from the documents of a set, each with the words that answer it.

    They go into a review file, never straight into a dataset: read and correct them, set `accept` in
    each, and take them in with `plumb eval accept`.
    """
    settings = settings_from(context, setting, index__url=index_url)
    from rich.console import Console

    from evals.curation.candidate import candidate_of
    from evals.curation.dataset_file import existing_cases
    from evals.curation.duplicates import deduplicate
    from evals.curation.review_file import add_to_review, read_review
    from evals.errors import DatasetError
    from evals.running.application import Application

    known = [row.candidate.case for row in read_review(output)] if output.exists() else []
    known += existing_cases(dataset) if dataset is not None else []
    chosen = _chosen(by, settings)
    application, notes = Application(settings), Console(stderr=True)
    try:
        info = application.find_set(set_name, index_version)
        documents = sorted({document.id for document in application.versions.manifest(info)})
        held = application.open(info).chunks_of_all(documents)
        chunks = [chunk for document in documents for chunk in held.get(document, [])]
        embed = application.embed_with_model_of(info)
        if chosen is None:
            from evals.curation.question_rules import questions_by_rules

            made: Iterator[SyntheticQuestion] = questions_by_rules(chunks, seed)
        else:
            made = _by_model(chosen, settings, embed, chunks, number, seed, yes)
        there = {case.id for case in known}
        # Ragas shows its own progress.
        notice = notes.status(f"making questions from {len(documents)} documents")
        with notice if chosen is None else nullcontext():
            candidates = [candidate_of(one, info) for one in made]
            new = [candidate for candidate in candidates if candidate.case.id not in there]
            # What asks the same is dropped, so a few more are compared than are wanted.
            sifted = deduplicate(new[: 2 * number], known, embed)
        kept = sifted.kept[:number]
        if not candidates:
            raise DatasetError(
                f"document set {info.name!r}: no question could be made of its {len(chunks)} chunks"
                + ("; --by model asks a chat model for some." if chosen is None else ".")
            )
        add_to_review(output, kept)
    finally:
        application.close()
    facts = {
        "review": str(output),
        "by": chosen.model if chosen else "rules",
        "possible": len(candidates),
        "candidates": len(kept),
        "known": sifted.known + len(candidates) - len(new),
        "alike": sifted.exact + sifted.near,
    }
    if json:
        typer.echo(encoder.dumps(facts, indent=2))
        return
    typer.echo(f"{facts['candidates']} questions in {output}, made by {facts['by']}.")
    if len(kept) < number:
        typer.echo(f"  {number} were wanted; the documents gave {facts['possible']} in all")
    if facts["known"]:
        typer.echo(f"  {facts['known']} are in the dataset or the review file already")
    typer.echo(
        "Read each against its words: many are stilted, and some are wrong. Then: "
        f"plumb eval accept {output} --into DATASET.jsonl"
    )


def _chosen(by: By, settings: Any) -> Any:
    """The settings of the chat model that makes the questions; None: rules do."""
    from app.settings.answering import EXTRACTIVE, ChatSettings
    from prompts.errors import SettingsError

    if by == "rules":
        return None
    judge = settings.judge
    if judge.model and judge.model != EXTRACTIVE:
        return ChatSettings(
            model=judge.model,
            base_url=judge.base_url,
            api_key=judge.api_key,
            timeout_s=judge.timeout_s,
            max_retries=judge.max_retries,
            parameters={"temperature": 0, **judge.parameters},
        )
    if settings.chat.model != EXTRACTIVE:
        return settings.chat
    if by == "model":
        raise SettingsError(
            "--by model: no chat model is set; set PLUMB_JUDGE_MODEL or PLUMB_CHAT_MODEL to "
            "provider:model, or make questions without one: --by rules."
        )
    return None


def _by_model(
    chat: Any,
    settings: Any,
    embed: Embed,
    chunks: Sequence[Chunk],
    number: int,
    seed: int,
    yes: bool,
) -> Iterator[SyntheticQuestion]:
    from app.answering.chat_model_factory import make_hosted_model, merged_parameters
    from evals.curation.ragas_testset import calls_expected, chosen_chunks, questions_by_model
    from evals.errors import BudgetExceeded

    read = chosen_chunks(chunks, number, seed)
    notice = f"{chat.model} is called about {calls_expected(len(read), number)} times"
    if not yes and not sys.stdin.isatty():
        raise BudgetExceeded(f"{notice}, and there is nobody to ask: agree with --yes.")
    if not yes:
        typer.confirm(f"{notice}. Go on?", abort=True, err=True)
    return questions_by_model(
        make_hosted_model(chat, merged_parameters(chat, {})),
        embed,
        read,
        number,
        workers=settings.judge.concurrency,
        timeout_s=chat.timeout_s,
        seed=seed,
    )
