"""Build the guard as the settings say, and say which one it is."""

from __future__ import annotations

from collections.abc import Sequence

from app.addresses import is_own_address
from app.fair_shares import Processor
from app.security.audit import Audit
from app.security.browser_sessions import BrowserSessions
from app.security.guard import Guard
from app.security.keys import Keys
from app.security.rates import Rates
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings.access import AuthSettings, LimitsSettings
from app.settings.service import RedisSettings, ServeSettings
from app.settings.web import WebSettings
from app.store.database import Database


def open_guard(
    auth: AuthSettings,
    limits: LimitsSettings,
    serve: ServeSettings,
    redis: RedisSettings,
    database: Database,
    web: WebSettings,
) -> Guard:
    """The guard as the settings say.

    Args:
        auth: how callers show who they are.
        limits: how much they may ask.
        serve: the address that the service listens on, and its processes.
        redis: where processes count together.
        database: where keys and the audit log are; migrated.
        web: how long browsers stay signed in.
    """
    host = serve.host
    asks = must_show(auth, host)
    tokens = None
    if auth.issuer:
        signing_keys = SigningKeys(auth.issuer, auth.jwks_url)
        if asks:
            signing_keys.prefetch()
        tokens = Tokens(auth, signing_keys)
    keys = Keys(database)
    return Guard(
        asks=asks,
        private=not asks and is_own_address(host),
        assumed=auth.enabled is None,
        keys=keys,
        tokens=tokens,
        rates=Rates(redis.url.get_secret_value() if redis.url else None),
        limits=limits,
        audit=Audit(database, limits.denials_kept),
        browsers=BrowserSessions(database, keys, web.sign_in_hours),
        processor=Processor(limits.work_of(serve.workers), limits.work_wait_s),
    )


def must_show(auth: AuthSettings, host: str) -> bool:
    """Whether callers must show a key or a token."""
    return not is_own_address(host) if auth.enabled is None else auth.enabled


def notice(auth: AuthSettings, host: str, hosts: Sequence[str] = ()) -> str:
    """What anyone who starts the service should know of who may use it.

    Args:
        auth: how callers show who they are.
        host: the address that the service listens on.
        hosts: names by which it may be called, where that is set (`browser.hosts`).
    """
    if must_show(auth, host):
        tokens = f" or a token of {auth.issuer}" if auth.issuer else ""
        return f"Callers must show a key{tokens}: `plumb keys create NAME --role reader` makes one."
    if is_own_address(host):
        return "Nobody is asked who they are: everyone on this machine may do everything."
    pages = (
        ""
        if hosts
        else " So may pages of other sites, by a name that leads here: set browser.hosts "
        "(PLUMB_BROWSER_HOSTS) to the names of this service."
    )
    return (
        f"WARNING: auth.enabled=false: anyone who reaches {host} may do everything, and sees all "
        f"documents.{pages}"
    )
