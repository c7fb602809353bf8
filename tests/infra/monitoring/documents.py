"""What the watched service answers from, and what its chat model says."""

from __future__ import annotations

from typing import Any

SET = "yard"
FACTS = (
    ("How fast may a loaded van drive?", "90 km/h"),
    ("How long does a driver rest?", "45 minutes"),
    ("When does the gate code change?", "every Monday"),
    ("How many pallets fit into a trailer?", "33 pallets"),
)
# One passage, so that every quotation is in it.
TEXT = (
    "# Rules of the yard\n\nA loaded van may drive at most 90 km/h. A driver rests 45 minutes after four "
    "hours. The gate code changes every Monday. A trailer holds 33 pallets.\n"
)
REFUSAL = "The documents do not answer this question."


def answer_rightly(request: dict[str, Any]) -> str:
    """What a good model says: a quotation of the passage, with its marker."""
    asked = str(request["messages"][-1]["content"]).rpartition("Question:")[2]
    fact = next((fact for question, fact in FACTS if question in asked), FACTS[0][1])
    return f'The rules say "{fact}" [1].'
