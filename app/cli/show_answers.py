"""Print lineage and replays for people."""

from __future__ import annotations

from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.answering.answer import Passage
from app.cli.show import short
from app.lineage.differences import PassageMove, Stretch
from app.lineage.paging import AnswerPage
from app.lineage.record import AnswerRecord, Lineage
from app.lineage.replay import Replay

NOT_STORED = "(not stored: store.texts is off)"
SNIPPET = 100
# Style, and brackets as of `git diff --word-diff`.
MARKS = {"removed": ("bold red", "[-{}-]"), "added": ("bold green", "{{+{}+}}")}


def show_page(page: AnswerPage, console: Console | None = None) -> None:
    """A row per answer."""
    console = console or Console()
    if not page.answers:
        console.print("No answer is stored that fits.")
        return
    table = Table("Answer", "At (UTC)", "Set", "Caller", "Question", "Outcome")
    table.columns[0].no_wrap = True
    for answer in page.answers:
        table.add_row(
            answer.id,
            f"{answer.at:%Y-%m-%d %H:%M:%S}",
            escape(answer.document_set),
            escape(answer.caller),
            escape(short(answer.question or NOT_STORED, SNIPPET)),
            "failed" if answer.error else "refused" if answer.refused else "answered",
        )
    console.print(table)
    if page.next:
        console.print(f"There are more: --after {page.next}", style="dim", soft_wrap=True)


def show_lineage(lineage: Lineage, console: Console | None = None) -> None:
    """The question, the answer, what it came from, the passages, and feedback."""
    console = console or Console()
    answer = lineage.answer
    console.print(_facts(lineage))
    if lineage.error:
        console.print(Text(f"Failed: {lineage.error}", style="red"))
    if answer is not None:
        console.print()
        console.print(Text(answer.answer or NOT_STORED))
        console.print()
        console.print(_passages(answer.passages))
    for item in lineage.feedback:
        remarks = [item.reason, item.corrected_answer and f"should be: {item.corrected_answer}"]
        words = "; ".join(word for word in remarks if word)
        console.print(Text(f"{item.caller}: thumb {item.thumb}{f' – {words}' if words else ''}"))


def show_replay(replay: Replay, console: Console | None = None) -> None:
    """The two answers side by side, then what differs in the manifest and the passages."""
    console = console or Console()
    record = replay.record
    console.print(Text(f"{record.id}: {record.standalone_question or record.question}", "bold"))
    both = Table("Recorded", "Answered again", expand=True, show_lines=True)
    both.columns[0].ratio = both.columns[1].ratio = 1
    plain = console.color_system is None
    both.add_row(_words(replay.text, "removed", plain), _words(replay.text, "added", plain))
    both.add_row(_below(record), f"{_outcome(replay.answer.refused)}, now")
    console.print(both)
    if replay.same_manifest:
        console.print(f"Manifest: the same ({record.manifest_id}).", highlight=False)
    else:
        table = Table("Manifest", "Recorded", "Answered again")
        for change in replay.manifest_changes:
            table.add_row(escape(change.field), _value(change.before), _value(change.after))
        console.print(table)
    if replay.passages:
        table = Table("Passage", "Document", "Rank recorded", "Rank again")
        for move in replay.passages:
            table.add_row(
                move.chunk_id[:12], escape(move.document), _rank(move, now=False), _rank(move)
            )
        console.print(table)
    else:
        console.print(f"Passages: the same {len(replay.answer.passages)}, in the same order.")
    console.print(_verdict(replay))


def _verdict(replay: Replay) -> Text:
    if replay.same:
        return Text("The same answer, from the same passages, by the same manifest.", "green")
    if all(stretch.kind == "same" for stretch in replay.text):
        return Text("The same words; what they came from is not the same.", "yellow")
    if replay.same_manifest and not replay.passages:
        return Text("Other words from the same manifest and passages: the chat model's.", "yellow")
    return Text("Another answer.", "yellow")


def _facts(record: AnswerRecord) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    usage = record.usage
    facts = {
        "Answer": record.id,
        "Asked": f"{record.at:%Y-%m-%d %H:%M:%S} UTC by {record.caller}",
        "Question": record.question or NOT_STORED,
        "Searched for": record.standalone_question,
        "Session": record.session_id,
        "Filters": str(record.filters) if record.filters else None,
        "Groups": None if record.groups is None else ", ".join(record.groups) or "none",
        "Index version": f"{record.index_version} of {record.document_set}",
        "Prompt": f"{record.prompt_version} ({record.prompt_hash[:16]})",
        "Model": f"{record.model} {record.manifest.chat_parameters or ''}".rstrip(),
        "Manifest": record.manifest_id,
        "Release": record.release,
        "Cache": record.cache,
        "Degraded": "yes" if record.degraded else None,
        "Tokens": f"{usage.input_tokens:,} read, {usage.output_tokens:,} written"
        if usage
        else None,
        "Cost": f"{record.cost:.6f}" if record.cost is not None else None,
        "Times (ms)": ", ".join(f"{name} {ms:.0f}" for name, ms in record.timings_ms.items()),
        "Trace": record.trace_id,
        "Outcome": None if record.error else _outcome(record.refused),
    }
    for name, value in facts.items():
        if value:
            table.add_row(name, Text(value))
    return table


def _passages(passages: list[Passage]) -> Table:
    table = Table("#", "Score", "Dense", "BM25", "Document", "Text")
    for rank, passage in enumerate(passages, start=1):
        scores = passage.scores
        table.add_row(
            str(rank),
            f"{passage.score:.3f}",
            "–" if scores.dense is None else f"{scores.dense:.3f}",
            "–" if scores.lexical is None else f"{scores.lexical:.2f}",
            escape(passage.document),
            escape(short(passage.text or passage.chunk_id, SNIPPET)),
        )
    return table


def _words(stretches: list[Stretch], own: Literal["removed", "added"], plain: bool) -> Text:
    """One side's text; the words that only it has are coloured, or bracketed where colours are not."""
    mark, brackets = MARKS[own]
    shown = Text()
    for stretch in stretches:
        if stretch.kind == "same":
            shown.append(stretch.text)
        elif stretch.kind == own:
            words = stretch.text.rstrip()
            shown.append(brackets.format(words) if plain else words, mark)
            shown.append(stretch.text[len(words) :])
    return shown


def _below(record: AnswerRecord) -> str:
    if record.answer is None:
        return f"failed, {record.at:%Y-%m-%d %H:%M} UTC"
    return f"{_outcome(record.refused)}, {record.at:%Y-%m-%d %H:%M} UTC"


def _outcome(refused: bool) -> str:
    return "refused" if refused else "answered"


def _rank(move: PassageMove, now: bool = True) -> str:
    rank = move.after if now else move.before
    return "–" if rank is None else str(rank)


def _value(value: object) -> str:
    return "–" if value is None else escape(str(value))
