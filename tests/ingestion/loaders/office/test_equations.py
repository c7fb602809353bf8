from __future__ import annotations

import pytest
from lxml import etree

from ingestion.loaders.office.equations import equation_text

SPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def r(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def part(name: str, inner: str) -> str:
    return f"<m:{name}>{inner}</m:{name}>"


def of(inner: str) -> str:
    return equation_text(etree.fromstring(f'<m:oMath xmlns:m="{SPACE}">{inner}</m:oMath>'))


def sup(base: str, power: str) -> str:
    return part("sSup", part("e", base) + part("sup", power))


SUM = '<m:naryPr><m:chr m:val="∑"/></m:naryPr>'
BRACES = '<m:dPr><m:begChr m:val="{"/><m:endChr m:val=""/></m:dPr>'


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (part("f", part("num", r("15")) + part("den", r("4"))), "15/4"),
        (part("f", part("num", r("a+b")) + part("den", sup(r("c"), r("2")))), "(a+b)/(c^2)"),
        (sup(r("10"), r("-9")), "10^-9"),
        (sup(r("2"), r("n+1")), "2^(n+1)"),
        (sup(part("d", part("e", r("a+b"))), r("2")), "(a+b)^2"),
        (sup(r("ab+c"), r("2")), "(ab+c)^2"),
        (part("sSub", part("e", r("x")) + part("sub", r("i"))), "x_i"),
        (part("sSubSup", part("e", r("x")) + part("sub", r("i")) + part("sup", r("2"))), "x_i^2"),
        (part("rad", part("deg", "") + part("e", r("x+1"))), "√(x+1)"),
        (part("rad", part("deg", r("3")) + part("e", r("8"))), "∛8"),
        (part("rad", part("deg", r("5")) + part("e", r("x"))), "root(5, x)"),
        (
            part("nary", SUM + part("sub", r("i=1")) + part("sup", r("n")) + part("e", r("i"))),
            "∑_(i=1)^n i",
        ),
        (part("nary", part("sub", r("0")) + part("sup", r("1")) + part("e", r("x"))), "∫_0^1 x"),
        (part("func", part("fName", r("sin")) + part("e", r("x"))), "sin(x)"),
        (
            part(
                "func",
                part("fName", part("limLow", part("e", r("lim")) + part("lim", r("n→∞"))))
                + part("e", r("x")),
            ),
            "lim_(n→∞)(x)",
        ),
        (
            part("m", part("mr", part("e", r("1")) + part("e", r("2"))) + part("mr", part("e", r("3")) + part("e", r("4")))),
            "[1, 2; 3, 4]",
        ),
        (part("d", BRACES + part("e", part("eqArr", part("e", r("a")) + part("e", r("b"))))), "{a; b"),
        (part("acc", part("e", r("x"))), "x\u0302"),
        (part("bar", part("e", r("x"))), "x\u0305"),
        (part("sPre", part("sub", r("6")) + part("sup", r("14")) + part("e", r("C"))), "_6^14 C"),
        (part("unheardOf", r("kept")), "kept"),
    ],
)  # fmt: skip
def test_equations_are_written_on_one_line(inner: str, text: str) -> None:
    assert of(inner) == text


def test_an_equation_that_nests_without_end_keeps_its_words() -> None:
    inner = r("deep")
    for _ in range(100):
        inner = part("rad", part("e", inner))
    assert "deep" in of(inner)
