"""CSV and TSV as programs write them, by the rules and against them."""

from __future__ import annotations

from evals.benchmarks.documents.built import Input


def inputs() -> list[Input]:
    """All of them."""
    return [
        _rows("semicolons", "Ort;Pegel\nMainz;4,20\nBonn;3,90\n", "| Mainz | 4,20 |"),
        _rows("figures only", "1,5;2,5\n3,5;4,5\n", "| 1,5 | 2,5 |"),
        _rows("space before a quote", 'a, b\nx, "p, q"\ny, "r"\n', "| x | p, q |"),
        _rows(
            "lines above the header",
            "Report of May\n\nGate,Level\nNorth,4.2\nSouth,3.9\n",
            "Report of May",
            "| Gate | Level |\n| --- | --- |",
        ),
        _rows("line breaks in a cell", 'a,b\nx,"one\ntwo"\n', "| x | one two |"),
        _rows("pipes", "a|b\np, q|2\nr, s|3\n", "| p, q | 2 |"),
        _rows("inch signs", 'part,size,price\nrod,3",1\npipe,"7" long,2\n', "| pipe | \"7\" long | 2 |"),
        _rows("lone quote in TSV", 'part\tsize\nrod\t"3 in\npipe\t4 in\n', '| rod | "3 in |', "| pipe | 4 in |", name="a.tsv"),
        _rows("escaped quotes", 'a,b\nx,"say \\"no\\", go"\n', '| x | say "no", go |'),
        Input("UTF-16", "a.csv", "Ort\tPegel\nKöln\t4,2\n".encode("utf-16"), ("| Köln | 4,2 |",)),
        Input("UTF-16 without a mark", "a.csv", "Ort;Pegel\nKöln;4,2\n".encode("utf-16-le"), ("| Köln | 4,2 |",)),
    ]  # fmt: skip


def _rows(kind: str, source: str, *present: str, name: str = "a.csv") -> Input:
    return Input(kind, name, source.encode(), present)
