"""Following a value from one unit into another."""

from __future__ import annotations

from app.answering.extractive import ExtractiveChatModel
from tests.app.answering.extractive.test_model import bag_of_words, messages, quotes

GOODS = (
    "| Code | Goods | Class |\n|---|---|---|\n| PG-101 | Ice cream | A |\n| PG-301 | Fresh milk | C |\n"
    "| PG-302 | Cream | C |"
)
CLASSES = (
    "| Class | Name | Set point |\n|---|---|---|\n| A | Deep-frozen | -24 °C |\n| B | Frozen | -20 °C |\n"
    "| C | Chilled | +2 °C |"
)


def test_the_row_that_a_cell_names_is_quoted_too() -> None:
    model = ExtractiveChatModel(embed=bag_of_words, threshold=0.0)
    given = messages("Which set point does ice cream need?", GOODS, CLASSES)
    quoted = quotes(given, model.invoke(given))
    assert "A | Deep-frozen | -24 °C" in quoted
    assert "PG-101 | Ice cream | A" in quoted
