"""Requests as values, which the sync and the async client send alike.

A function of `plumbline.api` makes one of these of its arguments and sends nothing:

- `Call`: one request, and what its response is read as;
- `Stream`: one request whose response is read as it comes;
- `Steps`: several requests with pauses between them, a generator that gets the outcome of each.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from plumbline.errors import ConfigurationError, UnexpectedResponse, unsendable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M", bound=BaseModel)
MOST_FAULTS = 3


class Decoder(Protocol[T_co]):
    """Reads a response piece by piece."""

    def feed(self, data: bytes) -> Iterable[T_co]:
        """What is complete with these bytes."""

    def end(self) -> Iterable[T_co]:
        """What is left at the end; raises `StreamBroken` where the end is missing."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form: its field, the name it is sent under, and a path or its content."""

    field: str
    name: str
    content: Path | bytes


class Read(Generic[T]):
    """Reads a response's JSON.

    Args:
        model: what it is.
        pick: what the caller gets of it.
    """

    def __init__(self, model: type[M], pick: Callable[[M], T]) -> None:
        self.model: type[BaseModel] = model
        self._read: Callable[[bytes], T] = lambda body: pick(parse(model, body))

    def __call__(self, body: bytes) -> T:
        """What the caller gets of a response; raises `UnexpectedResponse`."""
        return self._read(body)


class _Nothing(Read[None]):
    """Reads a response that the caller gets nothing of."""

    def __init__(self) -> None:
        super().__init__(BaseModel, lambda _: None)

    def __call__(self, body: bytes) -> None:
        return None


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request.

    Attributes:
        read: makes of the response what the caller gets.
        repeatable: whether sending it twice does no more than sending it once, so that it may be
            sent again where nobody knows whether it arrived.
        accepted: statuses beside 2xx whose responses are read, and no errors.
    """

    method: str
    path: str
    read: Read[T]
    query: Mapping[str, str | int | bool] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Upload] = ()
    repeatable: bool = False
    accepted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Stream(Generic[T]):
    """One request whose response is of a media type that `decoder` reads."""

    call: Call[None]
    media_type: str
    decoder: Callable[[], Decoder[T]]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """What the caller gets next."""

    value: T


Steps: TypeAlias = Generator[Call[Any] | Pause | Item[T], Any, None]


def whole(model: type[M]) -> Read[M]:
    """Reads a response that the caller gets as it is."""
    return Read(model, lambda found: found)


def parse(model: type[M], body: bytes) -> M:
    """A response as a model; raises `UnexpectedResponse`, which quotes nothing of the response."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, one['loc'])) or 'the body'}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)[:MOST_FAULTS]
        ]
        raise UnexpectedResponse(
            f"the response is no {model.__name__} ({'; '.join(faults)}); is base_url the address of "
            "a Plumbline service, of a version that this client knows?"
        ) from None


def path(template: str, **values: str) -> str:
    """A path with values in it, each exactly one segment."""
    for name, value in values.items():
        # Such a segment would name another resource, or none.
        if not isinstance(value, str) or value in ("", ".", ".."):
            raise ConfigurationError(f"{name}: {value!r} names nothing; give its id or name.")
    try:
        return template.format(**{name: quote(value, safe="") for name, value in values.items()})
    except UnicodeError as error:
        raise unsendable(error) from error


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {name: value for name, value in values.items() if value is not None}
