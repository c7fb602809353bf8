"""Raised, lowered and fractional text on one line."""

import pytest

from ingestion.loaders.notation import Script, fraction, on_one_line

BASE, RAISED, LOWERED, NOTE = Script.BASE, Script.RAISED, Script.LOWERED, Script.NOTE


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([("5 × 10", BASE), ("6", RAISED), (" cells", BASE)], "5 × 10^6 cells"),
        ([("10", BASE), ("-", RAISED), ("9", RAISED)], "10^-9"),
        ([("2", BASE), ("n+1", RAISED)], "2^(n+1)"),
        ([("10", BASE), ("6", RAISED), ("5", BASE)], "10^(6)5"),
        ([("CO", BASE), ("2", LOWERED), (" and H", BASE), ("2", LOWERED), ("O", BASE)], "CO2 and H2O"),
        ([("x", BASE), ("1", LOWERED), ("5", BASE)], "x_(1)5"),
        ([("10", BASE), ("2", LOWERED)], "10_2"),
        ([("the 1", BASE), ("st", RAISED), (" of May", BASE)], "the 1st of May"),
        ([("Plumb", BASE), ("™", RAISED)], "Plumb™"),
        ([("the value", BASE), ("4", NOTE), (" holds", BASE)], "the value[^4] holds"),
        ([("in 2021", BASE), ("4", RAISED), (" it", BASE)], "in 2021[^4] it"),
        ([("95%", BASE), ("1,2", RAISED)], "95%[^1,2]"),
        ([("provisional", BASE), ("3", RAISED)], "provisional[^3]"),
        ([("see", BASE), ("[3]", RAISED)], "see[^3]"),
        ([("20 km", BASE), ("2", RAISED)], "20 km^2"),
        ([("square metre", BASE), ("2", RAISED)], "square metre^2"),
        ([("1", BASE), ("1", RAISED), ("⁄", BASE), ("2", LOWERED), (" cups", BASE)], "1 1/2 cups"),
        ([("4 ", RAISED), ("See the annex.", BASE)], "4 See the annex."),
    ],
)  # fmt: skip
def test_scripts_keep_their_meaning(runs: list[tuple[str, Script]], expected: str) -> None:
    assert on_one_line(runs) == expected


def test_fractions_keep_numerator_and_denominator_apart() -> None:
    assert fraction("15", "4") == "15/4"
    assert fraction("a + b", "2") == "(a + b)/2"
    assert fraction("1", "2a") == "1/(2a)"
