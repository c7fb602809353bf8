"""Encrypt and authenticate small texts that others keep: AES-256-GCM."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.security.tables import SealingKey
from app.store.database import Database

KEY_BYTES, NONCE_BYTES = 32, 12


def seal(key: bytes, text: bytes, purpose: bytes) -> bytes:
    """A text that only who has the key can read or make; `purpose`: unsealing must name the same."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, purpose)


def unseal(key: bytes, sealed: bytes, purpose: bytes) -> bytes | None:
    """The text; None: it was not sealed with this key for this purpose."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose)
    except (InvalidTag, ValueError):
        return None


def shared_key(database: Database, name: str) -> bytes:
    """The key of this name that all processes on the database use; made when first asked for.

    Raises:
        StoreUnavailable: it cannot be read or stored.
    """
    with database.session() as session:
        found = session.get(SealingKey, name)
    if found is None:
        # One process makes it; the others wait here and then find it.
        with database.locked(f"sealing key {name}") as session:
            found = session.get(SealingKey, name)
            if found is None:
                key, now = secrets.token_bytes(KEY_BYTES), datetime.now(UTC)
                found = SealingKey(name=name, key=key, created=now)
                session.add(found)
    return found.key
