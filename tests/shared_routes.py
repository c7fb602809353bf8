"""Routes as FastAPI prepares them for requests, once for all applications of a worker.

FastAPI prepares each route again in each application: 70 milliseconds for a page, and ten thousand objects. Ours
are made at import, and are included alike whatever the settings are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

Prepare = Callable[..., Any]


def kept_routes(prepare: Prepare) -> Prepare:
    """`prepare`, which takes a route and how it is included, called once for equal ones."""
    # A route is kept with what was made of it, so that no other one gets its id.
    kept: dict[tuple[Any, ...], tuple[Any, Any]] = {}

    def prepared(_: type, *, original_route: Any, include_context: Any) -> Any:
        key = (
            id(original_route),
            include_context.prefix,
            include_context.include_in_schema,
            *include_context.responses,
            *(id(one.dependency) for one in include_context.dependencies),
        )
        if key not in kept:
            # The application would be kept, too; tests replace no dependencies.
            alone = replace(include_context, dependency_overrides_provider=None)
            kept[key] = (
                original_route,
                prepare(original_route=original_route, include_context=alone),
            )
        return kept[key][1]

    return prepared
