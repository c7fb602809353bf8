"""Fields that are sent as null count as left out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class NullIsLeftOut(BaseModel):
    """A model whose optional fields take null for "left out", as many clients send it.

    A field that takes None by its own type gets it. The JSON Schema of what is sent says so too.
    """

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or None not in given.values():
            return given
        left_out = _omittable(cls)
        return {
            name: value
            for name, value in given.items()
            if value is not None or name not in left_out
        }

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        if handler.mode == "validation":
            described = handler.resolve_ref_schema(schema)["properties"]
            for name in _omittable(cls) & described.keys():
                described[name] = _or_null(described[name])
        return schema


def _or_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    """The schema with null beside it; what tells about the field stays outside."""
    about: JsonSchemaValue = {
        key: schema[key] for key in ("title", "description", "default") if key in schema
    }
    inner = {key: value for key, value in schema.items() if key not in about}
    return {"anyOf": [inner, {"type": "null"}], **about}


@cache
def _omittable(model: type[BaseModel]) -> frozenset[str]:
    """The optional fields whose own type does not take None."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if not field.is_required() and not _takes_none(field.annotation)
    )


def _takes_none(annotation: Any) -> bool:
    if annotation in (None, NoneType, Any):
        return True
    origin = get_origin(annotation)
    if origin is Annotated:
        return _takes_none(get_args(annotation)[0])
    return origin in (Union, UnionType) and any(map(_takes_none, get_args(annotation)))
