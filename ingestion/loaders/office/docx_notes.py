"""Footnotes and endnotes: their labels in the text, and their texts after the paragraph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ingestion.loaders.office.archive import parsed
from ingestion.loaders.office.docx_styles import W
from ingestion.loaders.office.number_words import written

_USUAL = {"footnote": "decimal", "endnote": "lowerRoman"}


@dataclass(slots=True)
class Notes:
    """A document's notes by kind and id, and those that wait to be written."""

    _notes: dict[tuple[str, str], Any] = field(default_factory=dict)
    _shapes: dict[str, str] = field(default_factory=dict)
    _labels: dict[tuple[str, str], str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _waiting: list[tuple[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, document: Any) -> Notes:
        """The notes of a python-docx document."""
        notes = cls()
        for kind in _USUAL:
            part = related(document.part, f"/{kind}s")
            for note in part.iter(W + kind) if part is not None else ():
                if note.get(W + "type", "normal") == "normal":
                    notes._notes[kind, note.get(W + "id")] = note
        settings = related(document.part, "/settings")
        for root in (settings, document.element.body):
            for kind in _USUAL:
                shapes = root.iter(W + f"{kind}Pr") if root is not None else ()
                for found in shapes:
                    shape = found.find(W + "numFmt")
                    if shape is not None:
                        notes._shapes[kind] = shape.get(W + "val", "")
        return notes

    def refer(self, kind: str, note_id: str, *, marked: bool) -> str:
        """The label of a note that the text refers to; its text waits to be written.

        Empty where the text brings a mark of its own (`marked` is false) or the note is missing.
        """
        key = (kind, note_id)
        note = self._notes.get(key)
        if note is None:
            return ""
        if key not in self._labels:
            count = self._counts[kind] = self._counts.get(kind, 0) + marked
            shape = self._shapes.get(kind, _USUAL[kind])
            self._labels[key] = written(count, shape) if marked else ""
            self._waiting.append((self._labels[key], note))
        return self._labels[key]

    def waiting(self) -> list[tuple[str, Any]]:
        """Labels and elements of the notes referred to since the last call."""
        found, self._waiting = self._waiting, []
        return found

    def unreferenced(self) -> list[Any]:
        """Notes that no text refers to."""
        return [note for key, note in self._notes.items() if key not in self._labels]


def related(part: Any, ending: str) -> Any:
    """The XML root of the part that a relation of this type leads to, None without one."""
    for relation in part.rels.values():
        if relation.reltype.endswith(ending) and not relation.is_external:
            return parsed(relation.target_part.blob)
    return None
