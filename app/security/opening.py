"""Build the guard as the settings say, and say which one it is."""

from __future__ import annotations

from app.security.addresses import is_own_address
from app.security.audit import Audit
from app.security.guard import Guard
from app.security.keys import Keys
from app.security.rates import Rates
from app.security.signing_keys import SigningKeys
from app.security.tokens import Tokens
from app.settings import Settings
from app.store.database import Database


def open_guard(settings: Settings, database: Database) -> Guard:
    """The guard for these settings, on a database that is migrated."""
    auth, redis = settings.auth, settings.redis.url
    asks = must_show(settings)
    tokens = Tokens(auth, SigningKeys(auth.issuer, auth.jwks_url)) if auth.issuer else None
    return Guard(
        asks=asks,
        private=not asks and is_own_address(settings.serve.host),
        keys=Keys(database),
        tokens=tokens,
        rates=Rates(redis.get_secret_value() if redis else None),
        limits=settings.limits,
        audit=Audit(database),
    )


def must_show(settings: Settings) -> bool:
    """Whether callers must show a key or a token."""
    enabled = settings.auth.enabled
    return not is_own_address(settings.serve.host) if enabled is None else enabled


def notice(settings: Settings) -> str:
    """What whoever starts the service should know of who may use it."""
    if must_show(settings):
        tokens = f" or a token of {settings.auth.issuer}" if settings.auth.issuer else ""
        return f"Callers must show a key{tokens}: `plumb keys create NAME --role reader` makes one."
    if is_own_address(settings.serve.host):
        return "Nobody is asked who they are: everyone on this machine may do everything."
    return (
        f"WARNING: auth.enabled=false: whoever reaches {settings.serve.host} may do everything, and "
        "sees all documents."
    )
