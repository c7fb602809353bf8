"""PDFs whose letters, raised text or order of lines are hard to read."""

from __future__ import annotations

from collections.abc import Iterator

from evals.benchmarks.documents.built import Input
from evals.benchmarks.documents.pdf.pdf_files import (
    body,
    built,
    drawn,
    letter_spaced,
    operators,
    pdf_input,
    placed,
)


def inputs() -> list[Input]:
    return [*_letters(), *_scripts(), *_orders()]


_TORN = ("International operations grew to 5,899 million", "Revenue 12,345 7,001 in the year 2024")


def _letters() -> Iterator[Input]:
    for how, gap in (
        ("Tc", 1.5), ("Tc", 4), ("TJ", 1), ("TJ", 2), ("TJ", 3.5), ("Td", 0), ("Td", 1.5),
        ("Td", 2), ("Td", 3), ("Td spaces", 2), ("Td spaces", 3), ("cancelled", 3),
    ):  # fmt: skip
        yield pdf_input(f"letters {how} {gap}", letter_spaced(_TORN, gap, how), _TORN)
    yield pdf_input(
        "hyphens",
        placed(
            [(60, 700, 10, "The whole neigh-"), (60, 686, 10, "bourhood knows it well by now.")]
        ),
        ("The whole neighbourhood knows",),
    )
    yield pdf_input(
        "actual text",
        drawn(operators("BT /F1 10 Tf 60 700 Td (The o) Tj /Span <</ActualText (ffi)>> BDC (#) Tj "
                        "EMC (ce is open) Tj ET")),
        ("The office is open",),
    )  # fmt: skip
    yield pdf_input(
        "printed twice",
        placed([(60, 700, 10, "Net result 42"), (60.3, 700, 10, "Net result 42")]),
        ("Net result 42",),
        absent=("42 Net", "42 42"),
    )
    yield pdf_input(
        "scanned",
        drawn(operators("BT 3 Tr /F1 10 Tf 60 700 Td (Words under a scan) Tj ET")),
        ("Words under a scan",),
    )


def _scripts() -> Iterator[Input]:
    yield pdf_input(
        "scripts",
        built(
            body("The sample held 5 × 10<super>6</super> cells in 12 m<super>3</super> of air."),
            body("CO<sub>2</sub> stays below 800 ppm; H<sub>2</sub>O is added by the plants."),
            body(
                "The result of 2021<super>4</super> is provisional, and so is 10<super>-9</super> s."
            ),
        ),
        (
            "5 × 10^6 cells in 12 m^3 of air.",
            "CO2 stays below 800 ppm; H2O is added by the plants.",
            "The result of 2021[^4] is provisional, and so is 10^-9 s.",
        ),
    )


def _orders() -> Iterator[Input]:
    yield pdf_input(
        "headings drawn last",
        placed([
            (60, 700, 11, "Open from ten to six, closed on Mondays."),
            (60, 640, 11, "Adults pay 9 euros, children 4 euros."),
            (60, 720, 14, "Opening hours"),
            (60, 660, 14, "Prices"),
            (60, 770, 22, "Maritime Museum"),
        ]),
        ("Maritime Museum", "Opening hours", "Open from ten", "Prices", "Adults pay 9"),
    )  # fmt: skip
    left = [f"The left column says this in its line number {number}" for number in range(6)]
    right = [f"And the right column says that in line number {number}" for number in range(6)]
    columns = [
        (x, 740 - 14 * number, 9, text)
        for x, column in ((60, left), (330, right))
        for number, text in enumerate(column)
    ]
    words = (" ".join(left), " ".join(right))
    yield pdf_input("columns", placed(columns), words)
    yield pdf_input("right column first", placed([*columns[6:], *columns[:6]]), words)
    yield pdf_input("from the bottom up", placed(columns[::-1]), words)
    yield pdf_input(
        "across the columns",
        placed([piece for pair in zip(columns[:6], columns[6:], strict=True) for piece in pair]),
        words,
    )
    labels = (("Invoice", "2024-17"), ("Customer", "Berg & Co."), ("Due", "1 May 2026"))
    drawn_apart = [
        (x, 700 - 16 * number, 10, pair[side])
        for side, x in enumerate((60, 200))
        for number, pair in enumerate(labels)
    ]
    yield pdf_input(
        "labels and then values",
        placed(drawn_apart),
        ("Invoice", "2024-17", "Customer", "Berg & Co.", "Due", "1 May 2026"),
    )
