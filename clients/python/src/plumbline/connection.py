"""Where the service is, and the key for it."""

from __future__ import annotations

import ipaddress
import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import httpx

from plumbline.errors import ConfigurationError

URL_VARIABLE = "PLUMBLINE_URL"
KEY_VARIABLE = "PLUMBLINE_API_KEY"
DEFAULT_URL = "http://127.0.0.1:8000"


def http_options(base_url: str | None, api_key: str | None, *, allow_http: bool) -> dict[str, Any]:
    """Options of `httpx.Client` and `httpx.AsyncClient` alike.

    The key is in the headers alone, which httpx shows in no log and no repr.

    Args:
        base_url: the service's address. Default: the variable PLUMBLINE_URL, else this machine.
        api_key: a key or token. Default: the variable PLUMBLINE_API_KEY, else none is sent.
        allow_http: whether a key may be sent over plain HTTP to another machine.

    Raises:
        ConfigurationError: the address is none, or the key would be sent where everyone can read it.
    """
    url = base_url if base_url is not None else os.environ.get(URL_VARIABLE) or DEFAULT_URL
    key = api_key if api_key is not None else os.environ.get(KEY_VARIABLE, "")
    host, is_plain = _checked(url)
    is_local = _is_loopback(host)
    headers = {"Accept": "application/json", "User-Agent": f"plumbline-client/{_version()}"}
    if key := key.strip():
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ConfigurationError(
                "api_key: has characters that no key has (spaces, line ends or others); copy it again."
            )
        if is_plain and not is_local and not allow_http:
            raise ConfigurationError(
                f"base_url: a key is not sent to {host} over plain HTTP, where others can read it; "
                "use https://, or allow_http=True on a network that you trust."
            )
        headers["Authorization"] = f"Bearer {key}"
    return {
        "base_url": url.rstrip("/"),
        "headers": headers,
        "follow_redirects": False,
        # A proxy of the environment is no way to this machine, and would read the key.
        "trust_env": not (is_plain and is_local),
    }


def _checked(url: str) -> tuple[str, bool]:
    """The host of an address, and whether it is plain HTTP; raises `ConfigurationError`."""
    example = "write https://plumb.example.org"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises where it is none)
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise ConfigurationError(f"base_url: is not an address; {example}.") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("base_url: holds a user or password; give a key as api_key.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"base_url: {url!r} is not an http(s) address; {example}.")
    if parts.path.rstrip("/").endswith("/v1"):
        raise ConfigurationError(
            f"base_url: {url!r} ends in /v1, which the client adds; leave it out."
        )
    if parts.query or parts.fragment:
        raise ConfigurationError(f"base_url: {url!r} has a query or fragment; {example}.")
    return parts.hostname, parts.scheme == "http"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _version() -> str:
    try:
        return version("plumbline-client")
    except PackageNotFoundError:
        return "source"
