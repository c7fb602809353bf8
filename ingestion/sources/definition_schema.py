"""The JSON Schema of a definition's file, for editors and for checks before a commit."""

from __future__ import annotations

from typing import Any

from ingestion.sources.definitions import SetDefinition


def definition_schema() -> dict[str, Any]:
    """The schema of what `load_definition` reads.

    It says more than the model of REST: in a file, `golden` may name a JSON Lines file. It says
    less than `load_definition` checks, which also knows credentials and double sources.
    """
    schema = SetDefinition.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Plumbline document set"
    golden = schema["properties"]["golden"]
    questions = {name: golden.pop(name) for name in ("type", "items")}
    path = {"type": "string", "description": "A JSON Lines file, relative to this one."}
    golden["anyOf"] = [questions, path]
    schema["$defs"]["Source"]["oneOf"] = [{"required": ["url"]}, {"required": ["urls"]}]
    return schema
