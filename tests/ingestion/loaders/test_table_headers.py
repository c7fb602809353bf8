"""The header rule in both directions: names are found, and data is not taken for names."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.loaders.tables import laid_out


def cells(table: str) -> list[list[str]]:
    """A table written with `/` between rows and `|` between cells."""
    return [[cell.strip() for cell in row.split("|")] for row in table.split("/")]


@pytest.mark.parametrize(
    "table",
    [
        "Site|2023|2024|2025 / Aachen|310|327|340 / Basel|101|139|214",
        "Site|2023|2024|2025 / Aachen|1950|2027|1940 / Basel|2001|1939|2014",
        "Site|2024 / Aachen|310 / Basel|87 / Cork|99",
        "Item|31.12.2025|31.12.2024 / Cash|500|310 / Debt|20|1,500",
        "Day|1|2|3|4 / Ann|8|7|8|0 / Bob|0|8|8|8",
        "Product|10 kg|20 kg / Sand|3.50|4.50 / Clay|4|9",
        "Task||Owner|Days left / Cabling||Ines|0 / Racks||Tom|6",
        "Name|Price|Price / Nail|3|4 / Screw|5|6",
        "Name||Price / Nail|steel|4 / Screw|brass|6",
        "Name|Role|City / Ann|Smith|Rome / Bob|Cook|Oslo",
        "Region|Sales|Note / North|closed|bad / South|5|x / East|6|y / West|8|z",
        "Kind|Value / date|2026-03-09 / duration|30:15",
        "|Q1|Q2 / East|1|2",
        "Rate|0%|10%|20% / A|3.2|4.1|5 / B|2|8|9",
        "Item|2024*|2025E / Cash|310|327 / Debt|99|12",
        "Time|08:00|09:00 / Ann|desk|shop / Bob|shop|desk",
        "Size|36|38|40|42 / Red|4|9|1|0 / Blue|7|7|2|3",
        "Year|2023|2024|2025 / Sales|310|327|340 / Costs|200|210|250",
        "No.|Name|Name / 1|Ann|Bo / 2|Cy|Di",
        "Jan 2026|Feb 2026|Mar 2026 / 900|910|905 / 1|2|3",
        "品名|価格 / ポンプ|300 / 弁|20",
    ],
)
def test_one_row_of_names_is_the_header(table: str) -> None:
    assert laid_out(cells(table)).header_rows == 1


@pytest.mark.parametrize(
    "table",
    [
        "Aachen|310|327 / Basel|101|139",
        "Ann|1950|2010 / Bob|1940|1999 / Cy|1933|2001",
        "INV-0013|open / INV-0014|paid / INV-0015|open",
        "Name:|Ann / Age:|3 / City:|Rome",
        "01.01.2026|5 / 02.01.2026|6",
        "A|1|2|3 / B|4|5|6 / C|7|8|9",
        "Berlin|open / Rome|closed / Oslo|open / Bern|open",
        "Sand|10 kg / Clay|20 kg / Turf|30 kg",
        "Ann|555-0111 / Bob|555-0112",
        "A|10%|20% / B|30%|40% / C|5%|6%",
        "Ann| / Bob|5 / Cy|6",
        "1|Ann|Rome / 2|Bob|Oslo / 3|Cy|Bern",
        "Jan 2026|900 / Feb 2026|910 / Mar 2026|905",
        "a@x.org|5 / b@y.org|7 / c@z.org|9",
    ],
)
def test_a_row_of_data_is_no_header(table: str) -> None:
    assert laid_out(cells(table)).header_rows == 0


@pytest.mark.parametrize(
    "header",
    [
        "Quarter|2026|2026|2027|2027 / |Plan|Actual|Plan|Actual",
        "Quarter|2026||2027| / |Plan|Actual|Plan|Actual",
        "|2026||2027| / Quarter|Plan|Actual|Plan|Actual",
    ],
)
def test_groups_over_names_are_one_header_and_stand_over_each_column(header: str) -> None:
    layout = laid_out(cells(header + " / Q1|10|11|12|13 / Q2|20|21|22|23"))
    assert layout.header_rows == 2
    assert layout.rows[0][1:] == ["2026", "2026", "2027", "2027"]


def test_units_below_the_names_belong_to_the_header() -> None:
    layout = laid_out(cells("Name|Weight|Length / |kg|m / Box|3|4 / Crate|5|6"))
    assert layout.header_rows == 2


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ("Export of 27.11.2026 / User: finance / ", ["Export of 27.11.2026", "User: finance"]),
        ("Export|27.11.2026 / User|finance", ["Export 27.11.2026", "User finance"]),
        ("Orders||", ["Orders"]),
    ],
)
def test_lines_above_a_table_are_parted_from_it(above: str, lines: list[str]) -> None:
    layout = laid_out(cells(above + " / Account|Holder|Balance / 1001|Ana|250 / 1002|Bo|80"))
    assert layout.lines_above == lines
    assert layout.header_rows == 1
    assert layout.rows[0] == ["Account", "Holder", "Balance"]


def test_emphasis_decides_where_the_cells_do_not() -> None:
    rows = cells("36|38 / 4|9 / 1|0")
    assert laid_out(rows).header_rows == 0
    assert laid_out(rows, emphasised=1).header_rows == 1


NAMES = st.text("abcdefghijklmnop", min_size=3, max_size=9)
NUMBERS = st.integers(0, 1700).map(str)


@st.composite
def figures(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Row labels and at least two columns of numbers, with names for them."""
    width = draw(st.integers(2, 5))
    names = draw(st.lists(NAMES, min_size=width + 1, max_size=width + 1, unique=True))
    labels = draw(st.lists(NAMES, min_size=2, max_size=6, unique=True))
    row = st.lists(NUMBERS, min_size=width, max_size=width).filter(
        lambda cells: len({int(b) - int(a) for a, b in pairwise(cells)}) > 1 or len(cells) < 3
    )
    return names, [[label, *draw(row)] for label in labels]


@given(figures())
def test_names_over_figures_are_found_and_figures_alone_have_no_header(
    table: tuple[list[str], list[list[str]]],
) -> None:
    names, body = table
    assert laid_out([names, *body]).header_rows == 1
    assert laid_out(body).header_rows == 0


@given(figures(), st.integers(1900, 2090), st.sampled_from([1, -1, 5]))
def test_years_over_figures_are_names(
    table: tuple[list[str], list[list[str]]], start: int, step: int
) -> None:
    names, body = table
    years = [str(start + step * place) for place in range(len(names) - 1)]
    assert laid_out([[names[0], *years], *body]).header_rows == 1


@given(figures(), st.integers(1, 4))
def test_empty_columns_change_nothing(table: tuple[list[str], list[list[str]]], place: int) -> None:
    rows = [[*row[:place], "", *row[place:]] for row in (table[0], *table[1])]
    assert laid_out(rows).header_rows == 1


@given(st.lists(st.lists(st.text("ab1920.-: ", max_size=5), max_size=4), max_size=6))
def test_no_word_is_lost_between_the_lines_and_the_table(rows: list[list[str]]) -> None:
    layout = laid_out(rows)
    before = " ".join(cell for row in rows for cell in row).split()
    kept = [*layout.lines_above, *(cell for row in layout.rows for cell in row)]
    # A group's name may stand over more columns than before, so words may be repeated.
    assert not Counter(before) - Counter(" ".join(kept).split())
