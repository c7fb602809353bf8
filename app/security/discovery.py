"""What an OpenID Connect issuer says of itself, and bounded requests to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from app.settings.access import check_url

DISCOVERY = "/.well-known/openid-configuration"
# The whole exchange, from the look-up of the address to the last byte.
DEADLINE_S = 5.0
MOST_BYTES = 1_000_000
# Unpacked content could be larger than any limit on what was received.
AS_IT_IS = {"Accept-Encoding": "identity"}


async def metadata_of(client: httpx.AsyncClient, issuer: str) -> dict[str, Any]:
    """The issuer's discovery document.

    Raises:
        ValueError, httpx.HTTPError: there is none, or it is another issuer's.
    """
    found = await fetched_json(client, issuer.rstrip("/") + DISCOVERY)
    if not isinstance(found, dict):
        raise ValueError("its discovery document is not a JSON object")
    if found["issuer"] != issuer:
        raise ValueError(f"it calls itself {found['issuer']!r}; write auth.issuer so")
    return found


def endpoint(metadata: Mapping[str, Any], name: str) -> str:
    """An address that a discovery document names.

    Raises:
        KeyError: it names none.
        ValueError: it is not HTTPS.
    """
    url = str(metadata[name])
    check_url(url)
    return url


async def fetched_json(client: httpx.AsyncClient, url: str) -> Any:
    """The JSON at an address.

    Raises:
        ValueError, httpx.HTTPError: there is none, or too much.
    """
    status, body = await fetched(client, "GET", url)
    if status != httpx.codes.OK:
        raise ValueError(f"{url}: status {status}")
    return json.loads(body)


async def fetched(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Status and body of a response. Redirects are not followed.

    Raises:
        ValueError, httpx.HTTPError: there is none, or more than `MOST_BYTES`.
    """
    sent = {**AS_IT_IS, **(headers or {})}
    async with client.stream(method, url, data=form, headers=sent) as response:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ValueError(f"{url}: is packed, and was asked for as it is")
        body = bytearray()
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError(f"{url}: is too much: more than {MOST_BYTES} bytes")
    return response.status_code, bytes(body)
