from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from evals.datasets.suite import GateRules, MetricRule
from evals.gate.decide import decide
from evals.gate.markdown import escaped, markdown
from tests.evals.gate.made_runs import made_run

RIGHT = [1.0, 1.0, 1.0, 0.0] * 50
RULES = GateRules(
    metrics={"correct": MetricRule(margin=0.05, slice_margin=0.2)}, slices=("table",), resamples=300
)


def rendered(after, **more) -> str:
    tags = {number: ["table"] for number in range(40)}
    one = made_run({"correct": RIGHT, "latency": RIGHT}, tags=tags, **more)
    other = made_run({"correct": after, "latency": RIGHT}, "answer@v2", tags=tags, **more)
    return markdown(decide(one, other, RULES))


def test_a_table_has_a_row_for_each_comparison() -> None:
    text = rendered([0.0] * 30 + RIGHT[30:])
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert html.count("<table>") == 2
    assert html.count("<tr>") == 2 + 1 + 2
    assert "<h3>Gate ❌ fails: handbook</h3>" in html
    assert "answer@v2 must not replace answer@v1: correct fell from 75.0 % to 63.5 %" in html
    assert "correct · table" in html
    assert "Measured, without a rule" in text


def test_every_row_has_the_cells_of_its_head() -> None:
    lines = [line for line in rendered(RIGHT).splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {11}


def test_labels_cannot_break_the_table_or_add_markup() -> None:
    text = rendered(RIGHT, label="x | <script> *y*")
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert "<script>" not in html
    assert "x | &lt;script&gt; *y*" in html


@pytest.mark.parametrize("text", ["a\nb", "a  b"])
def test_text_stays_in_one_line(text: str) -> None:
    assert escaped(text) == "a b"
