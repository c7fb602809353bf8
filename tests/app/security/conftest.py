"""An issuer, and a database with its tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.security.tokens import Tokens
from app.store.database import Database
from tests.app.security.issuer import Issuer, running_issuer
from tests.app.security.reading import Clock, reading


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """A running issuer."""
    with running_issuer() as running:
        yield running


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """Each database in turn, with its tables."""
    opened = Database(store_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    """The clock by which keys of the issuer grow old."""
    return Clock()


@pytest.fixture
def tokens(issuer: Issuer, clock: Clock) -> Tokens:
    """What reads the issuer's tokens."""
    return reading(issuer, clock)
