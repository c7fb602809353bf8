"""Describe to OpenAPI how callers show who they are, which `callers.identified` reads without FastAPI.

FastAPI would describe it by dependencies, which it then resolves for every request; resolving them is
much of what a quick request costs.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

SCHEMES: dict[str, dict[str, str]] = {
    "HTTPBearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key (plumb_…), or a token of the issuer.",
    },
    "APIKeyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key (plumb_…).",
    },
}
# Asked by what starts and watches processes, which has no key.
OPEN = ("/healthz", "/readyz")


def describe_access(app: FastAPI) -> None:
    """Have the application's description say so."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        description = describe()
        description.setdefault("components", {})["securitySchemes"] = SCHEMES
        for path, operations in description["paths"].items():
            if path not in OPEN:
                for operation in operations.values():
                    operation["security"] = [{name: []} for name in SCHEMES]
        return description

    app.openapi = described  # type: ignore[method-assign]
