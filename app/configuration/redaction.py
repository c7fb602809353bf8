"""Keep secrets out of everything that is printed, logged or stored.

Three ways in which a setting can hold a secret: as a `SecretStr`; as a URL with credentials in it;
as a value below a telling name in a mapping (`chat.parameters`: headers, tokens).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel, SecretStr

from app.configuration.chat_parameters import is_harmless, without_others

MASK = "**********"
# Shorter secrets would be found in ordinary words.
SHORTEST = 6
# What stands below a free setting, under a name that tells nothing, is taken for a secret from here.
LONG = 12
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.\-]*://)"
    r"(?:(?P<user>[^\s/?#@:]*)(?::(?P<password>[^\s/?#@]*))?@)?"
    r"(?P<place>(?:[\w.\-]*|\[[0-9a-f:.]+\])(?::\d+)?(?:/[^\s?#@]*)?)"
    r"(?:\?(?P<query>[^\s#]*))?",
    re.IGNORECASE,
)
# Names below which a string is a credential. Tokens that end a text are none.
_TELLING = re.compile(
    r"(?:key|(?<!stop_)(?<!eos_)(?<!bos_)(?<!pad_)token|headers?|cookies?|sig|signature)$"
    r"|secret|passw|pwd|authorization|credential|bearer|private|connection_string|(?:^|[_-])auth$",
    re.IGNORECASE,
)
# Settings below which an operator may write anything, and those that are addresses.
FREE = frozenset({"parameters", "chat_parameters"})
ADDRESSES = ("base_url", "endpoint", "proxy")
# What may stand in the query of a secret URL without being secret itself.
_PLAIN = frozenset(
    "host port db dbname sslmode connect_timeout application_name protocol ssl_cert_reqs "
    "socket_timeout socket_connect_timeout max_connections target_session_attrs".split()
)


def shown(value: Any) -> Any:
    """A value as it may be printed: JSON types, with `**********` in the place of each secret."""
    if isinstance(value, SecretStr):
        return _shown_secret(value.get_secret_value())
    if isinstance(value, BaseModel):
        return {name: _field(name, getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {
            str(name): _masked(part) if _TELLING.search(str(name)) else _field(str(name), part)
            for name, part in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [shown(part) for part in value]
    if isinstance(value, Path):
        return str(value)
    return without_credentials(value) if isinstance(value, str) else value


def _field(name: str, value: Any) -> Any:
    """A value by its name: of a model's parameters only those that are known to be harmless."""
    if _is_free(name, value):
        return without_others(value)
    if name.endswith(ADDRESSES) and isinstance(value, str):
        # A name in the query of such a URL says too little of what it opens.
        found = _URL.fullmatch(value)
        if found is not None:
            return _shown_url(found, _PLAIN.__contains__)
    return shown(value)


def without_credentials(text: str) -> str:
    """A text in which a URL has lost its password, and what else in it opens a door."""
    if "://" not in text:
        return text
    found = _URL.fullmatch(text)
    if found is None:
        # Perhaps a password with characters that a URL must not have: where it ends is unknown.
        scheme, _, rest = text.partition("://")
        return f"{scheme}://{MASK}" if "@" in rest else text
    return _shown_url(found, lambda name: not _TELLING.search(name))


def check_secret_url(url: SecretStr, example: str, schemes: tuple[str, ...] = ()) -> None:
    """Refuse a URL whose password would be read wrongly, and quoted by a client in part.

    Raises:
        ValueError: it is no URL, or of another scheme; nothing of it is quoted.
    """
    text = url.get_secret_value()
    found = _URL.fullmatch(text)
    if found is None and not text.startswith("sqlite:"):  # a file's name may hold anything
        raise ValueError(
            f"is not a URL that can be read; write {example}, with the password's special characters "
            "percent-encoded (%40 for @, %2F for /, %23 for #)"
        )
    if found and schemes and found["scheme"].lower() not in {f"{scheme}://" for scheme in schemes}:
        raise ValueError(f"must begin with {', '.join(f'{scheme}://' for scheme in schemes)}")


class Redactor:
    """Takes the secrets of a tree of settings out of any text.

    The last line of defence: for errors of libraries, which may quote what they were given.
    """

    def __init__(self, settings: BaseModel) -> None:
        forms = {form for secret in _secrets_of(settings) for form in (secret, unquote(secret))}
        found = sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)
        self._found = re.compile("|".join(map(re.escape, found))) if found else None

    def __call__(self, text: str) -> str:
        """The text, with `**********` in the place of each secret."""
        return self._found.sub(MASK, text) if self._found else text


def _shown_secret(secret: str) -> str:
    """A secret that is a URL shows where it points; any other shows nothing."""
    found = _URL.fullmatch(secret)
    return MASK if found is None else _shown_url(found, _PLAIN.__contains__)


def _shown_url(found: re.Match[str], is_plain: Any) -> str:
    user = ""
    if found["password"] is not None:
        user = f"{found['user']}:{MASK}@"
    elif found["user"]:
        user = f"{MASK}@"  # a token in the place of a name
    query = ""
    if found["query"] is not None:
        query = "?" + "&".join(
            part if is_plain(part.partition("=")[0]) else f"{part.partition('=')[0]}={MASK}"
            for part in found["query"].split("&")
        )
    return f"{found['scheme']}{user}{found['place']}{query}"


def _masked(value: Any) -> Any:
    """All strings below a telling name; numbers and flags (`max_tokens`) are no secrets."""
    if isinstance(value, Mapping):
        return {str(name): _masked(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(part) for part in value]
    if isinstance(value, SecretStr | str):
        return MASK
    return value


def _secrets_of(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield from _secrets_in_text(value.get_secret_value(), whole=True)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            part = getattr(value, name)
            yield from _free_secrets(part) if _is_free(name, part) else _secrets_of(part)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if _is_free(str(name), part):
                yield from _free_secrets(part)
            else:
                yield from _strings(part) if _TELLING.search(str(name)) else _secrets_of(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _secrets_of(part)
    elif isinstance(value, str):
        yield from _secrets_in_text(value, whole=False)


def _secrets_in_text(text: str, *, whole: bool) -> Iterator[str]:
    found = _URL.fullmatch(text)
    if found is None:
        rest = text.partition("://")[2]
        if whole:
            yield text
        if "@" in rest:
            yield rest.rpartition("@")[0]
        return
    if found["password"]:
        yield found["password"]
    elif found["user"]:
        yield found["user"]
    for name, part in parse_qsl(found["query"] or ""):
        if name not in _PLAIN if whole else _TELLING.search(name):
            yield part


def _is_free(name: str, value: Any) -> bool:
    return name in FREE and isinstance(value, Mapping)


def _free_secrets(parameters: Mapping[Any, Any]) -> Iterator[str]:
    yield from _secrets_of({**parameters})
    for name, part in parameters.items():
        if not is_harmless(str(name), part):
            yield from (text for text in _strings(part) if len(text) >= LONG)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        yield value
        # `Authorization: Bearer …`: a server may quote the token alone.
        yield from value.split()[1:]
