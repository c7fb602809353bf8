"""Equations that Word draws from the instruction of a field."""

from __future__ import annotations

from typing import Any

import pytest

from evals.benchmarks.documents.office.word_files import of_runs, run, word_file
from ingestion.loaders.losses import Losses
from ingestion.loaders.office.equation_fields import equation_field_text

MARK = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'


@pytest.mark.parametrize(
    ("instruction", "shown"),
    [
        (r" EQ \f(15,4) ", "15/4"),
        (r"EQ \f(a+b;c)", "(a+b)/c"),
        (r"EQ 10\s\up8(6)", "10^6"),
        (r"EQ x\s\do4(i)", "x_i"),
        (r"EQ \r(3,x)", "∛x"),
        (r"EQ \r(,a+1)", "√(a+1)"),
        (r"EQ 3\f(1,2)", "3 1/2"),
        (r"EQ \b(a,b)", "(a, b)"),
        (r"EQ \f(f(x),2)", "(f(x))/2"),
        (r"EQ \f(\f(1,2),3)", "(1/2)/3"),
        (r"EQ a\,b", "a,b"),
        (r"PAGE \* MERGEFORMAT", ""),
        (r"EQ \f(1", "1"),
    ],
)
def test_what_a_field_draws(instruction: str, shown: str) -> None:
    assert equation_field_text(instruction, Losses()) == shown


def test_a_reading_above_a_word_is_left_out_and_counted() -> None:
    losses = Losses()
    instruction = r'EQ \* jc2 \* "Font:MS Mincho" \* hps10 \o\ad(\s\up 9(としょ),図書)'
    assert equation_field_text(instruction, losses) == "図書"
    assert losses.lines() == ["reading aids (ruby): 1 word"]


def test_a_field_cut_into_runs_stands_in_its_sentence(loading: Any) -> None:
    said = "<w:r><w:instrText>{}</w:instrText></w:r>"
    body = of_runs(
        run("The dose is 3"), MARK.format("begin"), said.format(r" EQ \f("), said.format("1,2)"),
        MARK.format("end"), run(" ml on page "), MARK.format("begin"), said.format(" PAGE "),
        MARK.format("separate"), run("7"), MARK.format("end"), run("."),
    )  # fmt: skip
    assert loading.one("a.docx", word_file(body)).text == "The dose is 3 1/2 ml on page 7."
