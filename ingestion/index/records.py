"""Small texts by key, beside the index: versions, publications, leases, manifests.

A key is a path such as `versions/handbook/00000003`; its parts are made of a-z, 0-9, dot, dash
and underscore. Two processes may use one store at once: `create` and `replace` succeed for one of
them only.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from ingestion.errors import IndexUnavailable

M = TypeVar("M", bound=BaseModel)


class Records(Protocol):
    """What a backend offers for keeping the records of its versions."""

    def get(self, key: str) -> str | None:
        """The text under a key; None if absent. Never a half-written one."""

    def create(self, key: str, value: str) -> bool:
        """Set a key that is not set; False, and nothing changed, if it is."""

    def replace(self, key: str, before: str, value: str) -> bool:
        """Set a key whose text is still `before`; False, and nothing changed, if it is not."""

    def put(self, key: str, value: str) -> None:
        """Set a key, whatever it was."""

    def delete(self, key: str) -> None:
        """Unset a key; nothing happens if it is not set."""

    def names(self, folder: str) -> list[str]:
        """Last parts of the keys directly below a folder, sorted."""


def read_record(model: type[M], records: Records, key: str) -> M | None:
    """The record under a key as what it is; None if absent.

    Raises:
        IndexUnavailable: what is there is no such record.
    """
    text = records.get(key)
    if not text:
        return None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise IndexUnavailable(
            f"the index's record {key!r} is damaged ({error.error_count()} faults as a "
            f"{model.__name__}); restore it, or index the set again."
        ) from error
