"""Figures: counted from the store by hour and day, drawn, and bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from app.callers import Caller
from app.lineage import figures as module
from app.lineage.figures import Span, answer_figures
from app.store.database import Database
from app.web.admin.charts import HEIGHT, Series, lines, stacked
from tests.app.web.admin.test_answers import ask

PAGE = "/admin/figures"
ALL = Caller("root", "admin")


def test_answers_are_counted_by_hour_and_drawn(serve_pages, signed, tmp_path) -> None:
    client = serve_pages(auth__enabled=True)
    for _ in range(2):
        ask(client, signed("reader"))
    ask(client, signed("editor"), "What is the capital of France?")
    page = client.get(PAGE, headers=signed("admin")).text
    assert "Stored answers of all callers: 3" in page
    assert page.count('role="img"') == 3
    start = page.index('<svg class="chart"')
    svg = page[start : page.index("</svg>", start) + 6]
    drawn = ElementTree.fromstring(svg)
    assert {bar.get("class") for bar in drawn} == {"good", "fair"}
    assert "Stored answers of all callers" in page
    own = client.get(PAGE, headers=signed("editor"))
    assert "Your own stored answers: 1" in own.text
    bound = client.get(PAGE, headers=signed("admin", ["sales"])).text
    assert "Your own stored answers: 0" in bound
    assert "No answers in this period" in bound
    assert client.get(PAGE, headers=signed("reader")).status_code == 403

    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    now = datetime.now(UTC)
    spans = answer_figures(database, ALL, 24, timedelta(hours=1)).spans
    assert len(spans) == 24
    assert sum(span.count for span in spans) == 3
    assert sum(span.cached for span in spans) == 1
    assert sum(span.refused for span in spans) == 1
    assert sum(len(span.seconds) for span in spans) == 2
    later = answer_figures(database, ALL, 24, timedelta(hours=1), now + timedelta(days=2))
    assert sum(span.count for span in later.spans) == 0
    database.close()


def test_more_answers_than_are_read_are_reported(serve_pages, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    client = serve_pages()
    ask(client, {})
    ask(client, {}, "When does the Kestrel depot open?")
    page = client.get(f"{PAGE}?by=day").text
    assert "Only the newest" in page
    assert "Stored answers of all callers: 1" in page


def test_the_index_on_time_serves_the_query(serve_pages, tmp_path) -> None:
    from sqlalchemy import text

    serve_pages()
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with database.session() as session:
        plan = str(
            session.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT at FROM answers WHERE at >= 1 ORDER BY at DESC LIMIT 9"
                )
            ).all()
        )
    assert "INDEX" in plan
    database.close()


def test_percentiles_are_values_that_were_seen() -> None:
    span = Span(datetime.now(UTC), seconds=[1.0, 2.0, 3.0, 10.0])
    assert (span.percentile(0.5), span.percentile(0.95)) == (2.0, 10.0)
    assert Span(datetime.now(UTC)).percentile(0.5) is None


def test_bars_stand_on_one_another_and_lines_are_interrupted() -> None:
    chart = stacked("x", ["a", "b"], [Series("s", "good", [3, 1]), Series("t", "bad", [1, None])])
    assert chart.most == 4
    first = [bar for bar in chart.bars if bar.x == 0]
    assert sum(bar.height for bar in first) == HEIGHT
    assert first[0].y == first[1].height
    drawn = lines("y", ["a", "b", "c"], [Series("s", "good", [1.0, None, 2.0])])
    assert drawn.lines[0].path.count("M") == 2
    assert stacked("z", ["a"], [Series("s", "good", [0])]).is_empty


@pytest.mark.parametrize("by", ["year", "<b>"])
def test_other_spans_are_refused(serve_pages, by) -> None:
    refused = serve_pages().get(PAGE, params={"by": by})
    assert refused.status_code == 422
    assert "<main" in refused.text
    assert "Query.by" in refused.text or "query.by" in refused.text
