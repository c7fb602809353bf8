"""Which algorithms a published key (JWK, RFC 7517) may check signatures with."""

from __future__ import annotations

from typing import Any

import jwt

# By kind of key and curve (RFC 7518, 8037). Symmetric keys have no place here: anyone who can read one
# could sign with it. Nor have keys for agreement (X25519, X448), or curves that PyJWT lacks.
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
FITTING: dict[tuple[str, str | None], tuple[str, ...]] = {
    ("RSA", None): RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
# RFC 9864 names the curve in the algorithm; on a key these say the same.
CURVES = ("Ed25519", "Ed448")
ALGORITHMS = (*RSA, "ES256", "ES384", "ES512", "EdDSA")
LEAST_RSA_BITS = 2048
# What makes the key, and nothing else: a private part has no business here.
PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y"), "OKP": ("kty", "crv", "x")}


def keys_by_algorithm(key: Any) -> dict[str, jwt.PyJWK]:
    """The key once for each algorithm that it may check signatures with; none if it is for others.

    Its kind and curve say which fit; `alg`, `use` and `key_ops`, where it has them, restrict that.

    Args:
        key: as the issuer publishes it; need not be a key at all.
    """
    if not isinstance(key, dict):
        return {}
    key_id = key.get("kid")
    if "kid" in key and (not isinstance(key_id, str) or not key_id):
        return {}
    kind = key.get("kty")
    curve = None if kind == "RSA" else key.get("crv")
    if not isinstance(kind, str) or not isinstance(curve, str | None):
        return {}
    fitting = FITTING.get((kind, curve), ())
    stated = key.get("alg")
    if stated is not None:
        # An algorithm with a curve in its name is for keys on that curve.
        wanted = "EdDSA" if stated in CURVES and stated == curve else stated
        fitting = tuple(name for name in fitting if name == wanted)
    if not fitting or not _checks_signatures(key):
        return {}
    public = {name: key[name] for name in PUBLIC[kind] if name in key}
    try:
        found = {name: jwt.PyJWK(public, name) for name in fitting}
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, AttributeError):
        return {}
    if kind == "RSA" and any(one.key.key_size < LEAST_RSA_BITS for one in found.values()):
        return {}
    return found


def _checks_signatures(key: dict[str, Any]) -> bool:
    operations = key.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return False
    return key.get("use") in (None, "sig")
