"""Notice credentials where they must not be: a definition is stored, shown and committed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Within a name, however it is spelt: account_key, aws_secret_access_key, sasToken, x-api-key.
_WORDS = {
    "auth", "authorization", "cookie", "cred", "creds", "key", "pass", "passwd", "pwd", "sas",
    "sig", "signature",
}  # fmt: skip
_PARTS = ("secret", "password", "passphrase", "token", "credential", "accesskey", "apikey",
          "accountkey", "connectionstring")  # fmt: skip
# What libraries call a way to log in, not a login: gcsfs takes token: anon.
_HARMLESS = ("anon", "cloud", "google_default")
_LOGIN_IN_URL = re.compile(r"://[^/?#@\s]*:[^/?#@\s]*@")
# Their URLs put a repository where others put a login: github://owner:repository@branch/path.
_NO_LOGIN = ("github", "gist")


def secret_option(options: Mapping[str, Any]) -> str | None:
    """The dotted name of the first option that looks like a credential; None if none does."""
    return next(_secret_names(options, ""), None)


def secret_in_url(url: str) -> str | None:
    """What looks like a credential in a URL, in words; None if nothing does."""
    scheme = url.partition("://")[0].lower()
    if scheme not in _NO_LOGIN and _LOGIN_IN_URL.search(url):
        return "a login before the @"
    if "?" in url and "://" in url:
        for name, value in parse_qsl(urlsplit(url).query):
            if value and _names_secret(name):
                return f"the parameter {name}"
    return None


def _secret_names(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            dotted = f"{name}.{key}" if name else str(key)
            if _names_secret(str(key)) and not _harmless(inner):
                yield dotted
            else:
                yield from _secret_names(inner, dotted)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _secret_names(inner, name)
    elif isinstance(value, str) and secret_in_url(value):
        yield name


def _harmless(value: Any) -> bool:
    return value is None or isinstance(value, bool) or value in _HARMLESS


def _names_secret(name: str) -> bool:
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).lower()
    squeezed = re.sub(r"[^a-z0-9]", "", words)
    return bool(_WORDS & set(re.split(r"[^a-z0-9]+", words))) or any(
        part in squeezed for part in _PARTS
    )
