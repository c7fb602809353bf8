"""What depends on the language of a text: which it is, its search terms, and how it folds.

Codes are those of ISO 639-1 (`de`, `zh`). Where sentences end is in `ingestion.languages.sentences`.
"""

from __future__ import annotations

from ingestion.languages.analysis import analyze, analyze_question, question_languages
from ingestion.languages.detection import detect
from ingestion.languages.folding import Folded, fold

__all__ = ["Folded", "analyze", "analyze_question", "detect", "fold", "question_languages"]
