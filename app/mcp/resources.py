"""The resources: which document sets and prompts there are, as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import mcp_types as types

from app.api.document_sets import DocumentSetSummary
from app.callers import Role
from app.errors import InvalidRequest
from app.mcp.tools import Offer
from prompts.registry import PromptRegistry

SETS = "plumbline://document-sets"
PROMPTS = "plumbline://prompts"
JSON = "application/json"
ONE_SET = re.compile(rf"{re.escape(SETS)}/([^/]+)")
ONE_PROMPT = re.compile(rf"{re.escape(PROMPTS)}/([^/]+)/([^/]+)")
TEMPLATES = [
    types.ResourceTemplate(
        name="document-set",
        title="A document set",
        uri_template=f"{SETS}/{{name}}",
        description="Its live version, and how many documents it holds.",
        mime_type=JSON,
    ),
    types.ResourceTemplate(
        name="prompt",
        title="A version of a prompt",
        uri_template=f"{PROMPTS}/{{name}}/{{version}}",
        description="Its wording and parameters; for editors.",
        mime_type=JSON,
    ),
]


def listed(offer: Offer) -> list[types.Resource]:
    """What can be read by an address of its own."""
    sets = types.Resource(
        name="document-sets",
        title="Document sets",
        uri=SETS,
        description="What can be searched and asked.",
        mime_type=JSON,
    )
    prompts = types.Resource(
        name="prompts",
        title="Prompts",
        uri=PROMPTS,
        description="Prompts with their versions and aliases.",
        mime_type=JSON,
    )
    each = [
        types.Resource(
            name=name,
            title=f"Document set {name}",
            uri=f"{SETS}/{quote(name)}",
            mime_type=JSON,
        )
        for name in offer.parts.sets.names()
    ]
    return [sets, prompts, *each]


def read(offer: Offer, uri: str, require: Callable[[Role], None]) -> str:
    """The text of a resource.

    Args:
        require: raises `AccessDenied` unless the caller has the role.

    Raises:
        InvalidRequest: there is none of this address.
        UnknownDocumentSet, PromptError, IndexUnavailable: what it is of is not there.
    """
    parts = offer.parts
    if uri == SETS:
        return _json({"document_sets": [_set(offer, name) for name in parts.sets.names()]})
    if uri == PROMPTS:
        return _json({"prompts": [_prompt(parts.prompts, one) for one in parts.prompts.names()]})
    if found := ONE_SET.fullmatch(uri):
        return _json(_set(offer, unquote(found[1])))
    if found := ONE_PROMPT.fullmatch(uri):
        # REST shows the wording of prompts to nobody; what answers are made with, editors set.
        require("editor")
        name = unquote(found[1])
        if name not in parts.prompts.names():
            raise InvalidRequest(f"no prompt {name[:60]!r}; {PROMPTS} lists them.")
        version = parts.prompts.get(name, unquote(found[2]))
        return _json({**version.model_dump(mode="json"), "content_hash": version.content_hash})
    raise InvalidRequest(
        f"no resource {uri[:200]!r}; resources/list has those there are, and "
        "resources/templates/list the forms of their addresses."
    )


def _set(offer: Offer, name: str) -> dict[str, Any]:
    return DocumentSetSummary.of(offer.parts.sets.info(name)).model_dump(mode="json")


def _prompt(prompts: PromptRegistry, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "versions": prompts.versions(name),
        "aliases": {alias: one.as_yaml() for alias, one in prompts.aliases(name).items()},
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
