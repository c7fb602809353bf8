"""Sessions of people who have signed in at the issuer: renewed, ended, and kept apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.errors import AccessDenied, IssuerUnavailable, NotAuthenticated
from app.security.browser_sessions import MOST_OF_ONE, BrowserSessions
from app.security.issuer_client import IssuerClient
from app.security.keys import Keys
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings.access import AuthSettings
from app.store.database import Database
from tests.app.security.code_issuer import CLIENT, CodeIssuer
from tests.app.security.issuer import AUDIENCE, running_issuer


@pytest.fixture
def issuer() -> Iterator[CodeIssuer]:
    with running_issuer(CodeIssuer()) as running:
        yield running


class Signing:
    """Sessions of several processes on one database, and their clock."""

    def __init__(self, database: Database, issuer: CodeIssuer) -> None:
        self.database, self.issuer = database, issuer
        self.now = datetime.now(UTC)

    def process(self) -> BrowserSessions:
        client = self.issuer.client()
        return BrowserSessions(self.database, Keys(self.database), 12, client, lambda: self.now)

    def signed_in(self) -> str:
        return self.process().begin_at_issuer(self.issuer.signed())

    def expire(self) -> None:
        """The access tokens are over; the issuer's next ones hold longer."""
        self.now += timedelta(seconds=301)
        self.issuer.access = {**self.issuer.access, "exp": int(self.now.timestamp()) + 300}


@pytest.fixture
def signing(database, issuer) -> Signing:
    return Signing(database, issuer)


def test_roles_and_groups_follow_the_issuer_within_one_access_token(signing, issuer) -> None:
    token, process = signing.signed_in(), signing.process()
    assert process.identify(token).groups == {"finance"}
    issuer.access = {"groups": ["hr"], "roles": ["editor"]}
    asked = len(issuer.asked)
    assert process.identify(token).groups == {"finance"}
    assert len(issuer.asked) == asked
    signing.expire()
    caller = process.identify(token)
    assert (caller.role, caller.groups) == ("editor", {"hr"})
    asked = len(issuer.asked)
    assert process.identify(token) == caller
    assert len(issuer.asked) == asked
    # The refresh token was another one then: each counts once.
    signing.expire()
    assert process.identify(token) == caller
    assert issuer.grants == ["authorization_code", "refresh_token", "refresh_token"]


def test_a_refresh_token_that_stays_the_same_is_used_again(signing, issuer) -> None:
    token = signing.signed_in()
    kept = next(iter(issuer.refresh_tokens))
    issuer.given = {"refresh_token": None}
    for _ in range(2):
        signing.expire()
        issuer.refresh_tokens = {kept}
        assert signing.process().identify(token)
        assert issuer.sent[-1][0]["refresh_token"] == kept


def test_processes_renew_a_session_once(signing, issuer) -> None:
    token = signing.signed_in()
    signing.expire()
    processes = [signing.process() for _ in range(4)]
    ready = threading.Barrier(8)

    def identify(number: int) -> Any:
        ready.wait()
        return processes[number % 4].identify(token)

    with ThreadPoolExecutor(8) as pool:
        callers = list(pool.map(identify, range(8)))
    assert len(set(callers)) == 1
    assert issuer.grants.count("refresh_token") == 1


def test_a_request_whose_turn_comes_after_a_renewal_takes_what_it_gave(signing, issuer) -> None:
    token, late = signing.signed_in(), signing.process()
    signing.expire()
    seen_before = late._find(token)
    caller = signing.process().identify(token)
    assert late._renewed(token, seen_before) == caller
    assert issuer.grants.count("refresh_token") == 1


def test_a_renewal_that_another_process_does_not_end_is_not_waited_for_long(
    signing, issuer, monkeypatch
) -> None:
    monkeypatch.setattr("app.security.browser_sessions.PATIENCE_S", 0.1)
    token, process = signing.signed_in(), signing.process()
    signing.expire()
    assert process._claim(process._find(token).digest)
    with pytest.raises(IssuerUnavailable, match="try again in a moment"):
        signing.process().identify(token)
    assert issuer.grants.count("refresh_token") == 0


def test_who_signs_out_while_another_request_is_renewed_is_signed_out(signing, monkeypatch) -> None:
    token, process = signing.signed_in(), signing.process()
    signing.expire()
    renew = IssuerClient.renew

    def renewed(self: IssuerClient, refresh: str, who: str) -> Any:
        signing.process().end(token)
        return renew(self, refresh, who)

    monkeypatch.setattr(IssuerClient, "renew", renewed)
    process.identify(token)
    with pytest.raises(NotAuthenticated):
        process.identify(token)


def test_a_process_that_died_while_it_renewed_holds_nobody_up(signing, issuer, database) -> None:
    token = signing.signed_in()
    signing.expire()
    with database.session() as session:
        session.execute(
            text("UPDATE browser_sessions SET renewing_until = :until"),
            {"until": signing.now.replace(tzinfo=None) - timedelta(seconds=1)},
        )
    assert signing.process().identify(token)


def test_a_renewal_that_the_issuer_refuses_ends_the_session(signing, issuer, database) -> None:
    token = signing.signed_in()
    signing.expire()
    issuer.refresh_tokens.clear()
    for _ in range(2):
        with pytest.raises(NotAuthenticated, match="sign in again"):
            signing.process().identify(token)
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM browser_sessions")) == 0
    assert issuer.grants.count("refresh_token") == 1


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"roles": []}, AccessDenied),
        ({"sub": "somebody else"}, NotAuthenticated),
        ({"aud": "another"}, NotAuthenticated),
    ],
)
def test_a_renewal_with_a_token_that_does_not_count_ends_the_session(
    signing, issuer, claims, error
) -> None:
    token = signing.signed_in()
    issuer.access = claims
    signing.expire()
    with pytest.raises(error):
        signing.process().identify(token)
    with pytest.raises(NotAuthenticated, match="sign in again"):
        signing.process().identify(token)


@pytest.mark.parametrize("answer", [(503, None), (429, {}), (401, {"error": "invalid_client"})])
def test_an_issuer_that_is_away_ends_no_session(signing, issuer, answer) -> None:
    token = signing.signed_in()
    signing.expire()
    issuer.refuses = answer
    process = signing.process()
    with pytest.raises(IssuerUnavailable) as raised:
        process.identify(token)
    assert raised.value.retry_after_s
    issuer.refuses = None
    assert process.identify(token).groups == {"finance"}


def test_a_rotated_refresh_token_is_kept_where_the_access_token_cannot_be_checked(
    signing, issuer
) -> None:
    token = signing.signed_in()
    signing.expire()
    # This process has no keys yet, and cannot get them while the discovery of its client works.
    settings = AuthSettings(issuer=issuer.url, audience=AUDIENCE, browser_client_id=CLIENT)
    away = SigningKeys(issuer.url, "http://127.0.0.1:9/keys")
    client = IssuerClient(settings, Tokens(settings, away))
    process = BrowserSessions(
        signing.database, Keys(signing.database), 12, client, lambda: signing.now
    )
    with pytest.raises(IssuerUnavailable):
        process.identify(token)
    assert issuer.grants.count("refresh_token") == 1
    assert signing.process().identify(token).groups == {"finance"}


def test_without_a_refresh_token_the_session_ends_with_the_access_token(signing, issuer) -> None:
    issuer.refreshes = False
    token = signing.signed_in()
    assert signing.process().identify(token)
    signing.expire()
    with pytest.raises(NotAuthenticated, match="sign in again"):
        signing.process().identify(token)
    assert issuer.grants == ["authorization_code"]


def test_a_session_ends_after_its_hours_however_long_the_issuer_renews_it(signing, issuer) -> None:
    issuer.access = {"exp": 10**30}
    token = signing.signed_in()
    signing.now += timedelta(hours=11, minutes=59)
    assert signing.process().identify(token)
    signing.now += timedelta(minutes=1)
    with pytest.raises(NotAuthenticated, match="sign in again"):
        signing.process().identify(token)


def test_who_reads_the_database_has_no_refresh_token(signing, issuer, database) -> None:
    token = signing.signed_in()
    with database.session() as session:
        digest, renewal = session.execute(
            text("SELECT digest, renewal FROM browser_sessions")
        ).one()
    assert next(iter(issuer.refresh_tokens)).encode() not in renewal
    # Nor does one session's row give another its refresh token.
    other = signing.signed_in()
    with database.session() as session:
        session.execute(
            text("UPDATE browser_sessions SET renewal = :renewal WHERE digest != :digest"),
            {"renewal": renewal, "digest": digest},
        )
    signing.expire()
    with pytest.raises(NotAuthenticated):
        signing.process().identify(other)
    assert signing.process().identify(token)


def test_sessions_at_the_issuer_are_bounded_too(signing, database, issuer) -> None:
    signed = issuer.signed()
    for _ in range(MOST_OF_ONE + 2):
        signing.process().begin_at_issuer(signed)
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM browser_sessions")) == MOST_OF_ONE
