"""Expected values are those of Excel; SheetJS's SSF gives the same for all but the dates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.loaders.office.number_formats import NumberFormat

ACCOUNTING = '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"??\\ "€"_-;_-@_-'
SCALED = '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0'


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("General", 1.1, "1.1"), ("0000000", 4711, "0004711"), ('"INV-2026-"0000', 13, "INV-2026-0013"),
        ("0.0%", 0.275, "27.5%"), ('#,##0" g"', 12500, "12,500 g"), ("#,##0.00", -1234.5, "-1,234.50"),
        ("0.00;(0.00)", -3, "(3.00)"), ('0;-0;"none"', 0, "none"), ("[Red]0.0", 3, "3.0"),
        ("[<100]0.0;[>=100]0", 99.55, "99.6"), (SCALED, 2_500_000, "2.5M"), (SCALED, 2500, "2.5K"),
        (SCALED, 25, "25"), ("0.00E+00", 12345, "1.23E+04"), ("##0.0E+0", 12345, "12.3E+3"),
        ("# ?/?", 1.5, "1 1/2"), ("# ?/?", 0.5, "1/2"), ("# ?/8", 2.375, "2 3/8"), ("?/?", 1.25, "5/4"),
        ("000-00-0000", 123456789, "123-45-6789"), ("(000) 000-0000", 5551234567, "(555) 123-4567"),
        ("[$€-407] #,##0.00", 12.5, "€ 12.50"), ("[$CHF] #,##0.00", 5, "CHF 5.00"),
        (ACCOUNTING, 1234.5, "1,234.50 €"), (ACCOUNTING, -1234.5, "-1,234.50 €"), (ACCOUNTING, 0, "- €"),
        ("0", 2.5, "3"), ("0", -0.4, "0"), ("0.0#", 12, "12.0"), (".00", 12.5, "12.50"),
        ("#,##0,", 12345, "12"), ('"Yes";"No"', -1, "No"), (";;;", 5, ""), ('0\\°"C"', 21, "21°C"),
        ("+0;-0", 4, "+4"), ('0.00" m²"', 12, "12.00 m²"), ("0.0_);(0.0)", -5.25, "(5.3)"),
        ("@", 5, "5"), ("0" * 2000, 5, "5"),
    ],
)  # fmt: skip
def test_numbers_are_shown_as_in_the_sheet(code: str, value: float, shown: str) -> None:
    assert NumberFormat.of(code).shown(value) == shown


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("dd.mm.yyyy", 46090, "2026-03-09"), ("dd.mm.yyyy", 46090.7, "2026-03-09"),
        ("m/d/yy h:mm", 46090.604166667, "2026-03-09T14:30"), ("h:mm", 0.32291666, "07:45"),
        ("h:mm:ss AM/PM", 0.75, "18:00:00"), ("[h]:mm", 1.2604166666666667, "30:15"),
        ("[h]:mm:ss", 2.5, "60:00:00"), ("[mm]:ss", 0.0526, "75:45"), ("[h]:mm", -0.5, "-12:00"),
        ("mm:ss.0", 0.0100012, "14:24.1"), ("mmm yyyy", 46143, "May 2026"), ("mm/yyyy", 46143, "2026-05"),
        ("yyyy", 46143, "2026"), ('[h]"h" mm"m"', 1.26, "30h 14m"), ("[ss].00", 0.001, "86.40"),
        ("[$-th-TH,107]d/m/yyyy", 46090, "2026-03-09"), ("[h]:mm\\ ", 1.25, "30:00"), ("dddd", 46143, "Friday"), ('"Due "dd.mm.yyyy', 46090, "Due 2026-03-09"),
        ('yyyy"年"m"月"d"日"', 45761, "2025-04-14"), ('[$-411]ggge"年"m"月"d"日"', 45761, "2025-04-14"),
        ("yyyy-mm-dd", 1e12, "1000000000000"), ("yyyy-mm-dd", 61, "1900-03-01"),
    ],
)  # fmt: skip
def test_dates_are_shown_in_iso_form(code: str, value: float, shown: str) -> None:
    assert NumberFormat.of(code).shown(value) == shown


def test_texts_take_the_words_of_their_format() -> None:
    assert NumberFormat.of('0;-0;0;"Art. "@').text("x") == "Art. x"
    assert NumberFormat.of('@" kg"').text("12") == "12 kg"
    assert NumberFormat.of("0.00").text("n/a") == "n/a"


@given(st.text(max_size=30), st.floats(allow_nan=False, allow_infinity=False))
def test_every_code_shows_something_or_nothing_but_never_fails(code: str, value: float) -> None:
    number_format = NumberFormat.of(code)
    assert isinstance(number_format.shown(value), str)
    assert isinstance(number_format.text("x"), str)


@given(st.text('0#?.,%/ymdhs[]"\\;-+Ee@_* $', max_size=20), st.floats(-1e9, 1e9))
def test_odd_codes_of_real_signs_do_not_fail(code: str, value: float) -> None:
    assert isinstance(NumberFormat.of(code).shown(value), str)


@given(st.integers(-(10**12), 10**12))
def test_no_digit_of_a_whole_number_changes(value: int) -> None:
    for code in ("0", "#,##0", "00000", '"No. "0', "#,##0.00"):
        shown = NumberFormat.of(code).shown(value).replace(",", "").removeprefix("No. ")
        assert float(shown.replace("No. ", "")) == value
