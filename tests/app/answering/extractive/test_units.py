"""What of a passage can be quoted on its own."""

import time

import pytest

from app.answering.extractive.units import Kind, cut

TABLE = "Prices.\n\n| Plan | Warranty |\n| --- | --- |\n| Pro | 24 months |\n| Basic | 6 months |\n\nAsk us."


def quoted(text: str, context: str = "") -> list[tuple[Kind, str]]:
    return [(unit.kind, text[unit.start : unit.end]) for unit in cut(text, context)]


def test_a_table_row_is_a_unit_under_its_header() -> None:
    rows = [unit for unit in cut(TABLE) if unit.kind is Kind.ROW]
    assert [TABLE[row.start : row.end] for row in rows] == ["Pro | 24 months", "Basic | 6 months"]
    assert {row.header for row in rows} == {"Plan | Warranty"}
    assert quoted(TABLE)[0] == (Kind.SENTENCE, "Prices.")
    assert quoted(TABLE)[-1] == (Kind.SENTENCE, "Ask us.")


def test_a_cut_table_takes_its_header_from_the_context() -> None:
    context = "Handbook\nPrices\n| Plan | Warranty |\n| --- | --- |"
    (row,) = cut("| Pro | 24 months |", context)
    assert row.header == "Plan | Warranty"


def test_headings_captions_and_questions_are_no_answers() -> None:
    text = (
        "## Warranty\n\nIs it long? It lasts 24 months.\n\nDelivery rates\n\n| a | b |\n| 1 | 2 |"
    )
    kinds = {words: kind for kind, words in quoted(text)}
    assert kinds["Warranty"] is Kind.HEADING
    assert kinds["Is it long?"] is Kind.HEADING
    assert kinds["Delivery rates"] is Kind.HEADING
    assert kinds["It lasts 24 months."] is Kind.SENTENCE


def test_a_unit_knows_the_question_or_heading_over_it() -> None:
    text = "How long is the warranty?\n24 months from delivery."
    assert cut(text)[1].about == "How long is the warranty?"


def test_an_introduction_takes_in_its_list() -> None:
    text = "To reset it:\n- hold the button\n- wait ten seconds\n\nThen go on."
    assert quoted(text) == [
        (Kind.ITEM, "To reset it:\n- hold the button\n- wait ten seconds"),
        (Kind.ITEM, "hold the button"),
        (Kind.ITEM, "wait ten seconds"),
        (Kind.SENTENCE, "Then go on."),
    ]


def test_a_list_too_long_is_taken_as_far_as_it_fits() -> None:
    text = "The parts:\n" + "\n".join(f"- part number {n} of the machine" for n in range(100))
    whole = cut(text)[0]
    assert 500 < whole.end - whole.start <= 600


def test_fenced_code_is_one_unit() -> None:
    text = "Run this:\n\n```sh\nmake demo\nmake test\n```\n\nDone."
    assert (Kind.CODE, "make demo\nmake test") in quoted(text)
    assert quoted("```\nmake demo")[0] == (Kind.CODE, "make demo")


@pytest.mark.parametrize(
    "code",
    [
        "searchctl index rollback --set manuals\nsearchctl index status",
        "$ make clean\n$ make",
        "Restart-Service Agent\nGet-Service Agent",
        "UPDATE versions SET live = 3;\nSELECT live FROM versions;",
        "POST /v1/sets/manuals/rollback",
        '{"set": "manuals",\n "to": 3\n}',
        "# Stops all readers.\nreaderctl stop --all",
    ],
)
def test_code_is_known_by_its_look_where_no_fence_is_left(code: str) -> None:
    assert (Kind.CODE, code) in quoted(f"It can be undone.\n\n{code}\n\nAll is well then.")


def test_a_colon_makes_plain_commands_code() -> None:
    text = "To undo it, run:\n\nsearchctl rollback manuals\n\nAll is well then."
    assert quoted(text)[0] == (Kind.ITEM, "To undo it, run:\n\nsearchctl rollback manuals")


@pytest.mark.parametrize(
    "prose",
    [
        "see also the handbook of the depot",
        "Owner: the duty manager\nVersion 3 of May",
        "the range is from -5 to 8, which\nis wide enough for all goods",
        "GET well soon cards are in the office",
    ],
)
def test_prose_is_no_code(prose: str) -> None:
    assert Kind.CODE not in {kind for kind, _ in quoted(f"It can be undone.\n\n{prose}")}


def test_long_code_is_cut_into_lines() -> None:
    text = "```\n" + "\n".join(f"line_{n} = compute({n})" for n in range(60)) + "\n```"
    assert len(cut(text)) == 60


def test_nothing_comes_from_nothing() -> None:
    assert cut("") == []
    assert cut(" \n--- \n| --- |\n|  |\n") == []


@pytest.mark.parametrize("text", [
    "run()" + " " * 30_000 + "x",
    "Now:\n" + " " * 30_000 + "x",
])  # fmt: skip
def test_a_wide_gap_takes_no_time(text: str) -> None:
    began = time.thread_time()
    cut(text)
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize(("text", "context"), [
    ("The hedge is cut" + " " * 3_000 + "in June.", ""),
    ("| AB1 | cut" + "\u200b" * 3_000 + " |", "| Code | Work |"),
    ("| AB1 | cut |", "| Code | Work" + "\u200b" * 3_000 + " |"),
])  # fmt: skip
def test_what_is_too_long_for_an_answer_is_no_unit(text: str, context: str) -> None:
    assert quoted(text, context) == []
    assert quoted(f"{text}\n\nAsk us.", context)[-1] == (Kind.SENTENCE, "Ask us.")
