"""Whom a token speaks for: name, role, groups, and an id that nobody shares."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from jwt.algorithms import RSAAlgorithm

from app.callers import Caller
from app.errors import AccessDenied, NotAuthenticated
from app.security.tokens import Tokens
from tests.app.security.issuer import Issuer
from tests.app.security.reading import Clock, exact, reading


def test_a_good_token_says_who_with_which_role_and_groups(issuer: Issuer, tokens: Tokens) -> None:
    assert tokens.verify(issuer.token()) == Caller(
        "anna@example.org", "reader", frozenset({"finance"}), exact(issuer, "1234")
    )
    by_ec = tokens.verify(issuer.token("two", "ES256", roles=["editor", "reader", "other"]))
    assert by_ec.role == "editor"
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def test_an_administrator_sees_all_and_others_only_what_is_named(
    issuer: Issuer, tokens: Tokens
) -> None:
    assert tokens.verify(issuer.token(roles="admin", groups=None)).groups is None
    assert tokens.verify(issuer.token(groups=None)).groups == frozenset()
    assert tokens.verify(issuer.token(groups="hr")).groups == {"hr"}
    # Entra ID's way of saying that the groups are too many for a token.
    overage = issuer.token(groups=None, hasgroups=True, _claim_names={"groups": "src1"})
    assert tokens.verify(overage).groups == frozenset()


@pytest.mark.parametrize("roles", [None, [], "visitor", ["Reader"], {"reader": 1}, 7])
def test_a_token_without_a_role_is_denied(issuer: Issuer, tokens: Tokens, roles: Any) -> None:
    with pytest.raises(AccessDenied, match=r"anna@example.org.*gives no role"):
        tokens.verify(issuer.token(roles=roles))


def test_claims_have_other_names_elsewhere(issuer: Issuer, clock: Clock) -> None:
    other = reading(
        issuer,
        clock,
        name_claim="email",
        role_claim="realm_access.roles",
        group_claim="https://example.org/groups",
        role_names={"kb-editors": "editor"},
    )
    claims = {
        "email": "bo@example.org",
        "realm_access": {"roles": ["kb-editors", "admin"]},
        "https://example.org/groups": ["x"],
    }
    assert other.verify(issuer.token(**claims)) == Caller(
        "bo@example.org", "editor", frozenset({"x"}), exact(issuer, "1234")
    )


def test_a_name_cannot_pass_for_a_key(issuer: Issuer, tokens: Tokens) -> None:
    piece = exact(issuer, "1234")[6:16]
    shown = tokens.verify(issuer.token(preferred_username="key ci\n")).name
    assert shown == f"key_ci_~{piece}"
    assert tokens.verify(issuer.token(preferred_username=None)).name == "1234"
    assert len(tokens.verify(issuer.token(preferred_username="a" * 9000)).name) == 150


ALIKE = ["a b", "a_b", "a\tb", "a\nb", "a\u200bb", "a\u202eb", "A b", "a  b", " a b"]


@pytest.mark.parametrize("claim", ["preferred_username", "sub"])
def test_holders_are_told_apart_exactly_and_shown_readably(
    issuer: Issuer, clock: Clock, claim: str
) -> None:
    tokens = reading(issuer, clock, name_claim=claim)
    long = ["x" * 150, "x" * 151, "x" * 150 + "y", "x" * 149 + " " + "y" * 9]
    subjects = [*ALIKE, *long, "1", '1"', "a@b", "a:b", "token:1", "key:0", "é", "e\u0301"]
    found = [tokens.verify(issuer.token(sub=one, preferred_username="anna")) for one in subjects]
    assert len({caller.id for caller in found}) == len(subjects)
    for caller in found:
        assert re.fullmatch(r"token:[0-9a-f]{64}", caller.id)
        assert caller.name.isprintable()
        assert " " not in caller.name
        assert len(caller.name) <= 150
    if claim == "sub":
        assert len({caller.name for caller in found}) == len(subjects)
    # Nor does another name, role or group make another holder.
    again = tokens.verify(issuer.token(sub="a b", preferred_username="b", groups=[], roles="admin"))
    assert again.id == found[0].id


@pytest.mark.parametrize("subject", [None, ""])
@pytest.mark.parametrize("name", ["anna", None])
def test_a_token_without_a_subject_is_refused_with_the_mend(
    issuer: Issuer, tokens: Tokens, subject: str | None, name: str | None
) -> None:
    with pytest.raises(NotAuthenticated, match=r"no subject \(`sub`\)"):
        tokens.verify(issuer.token(sub=subject, preferred_username=name))


def test_a_subject_that_is_no_text_is_refused(issuer: Issuer, tokens: Tokens) -> None:
    header, claims = {"alg": "RS256", "kid": "one"}, {**issuer.claims(), "sub": 7}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, claims)
    ]
    signing = RSAAlgorithm(RSAAlgorithm.SHA256)
    signature = signing.sign(b".".join(parts), issuer.private["one"])
    token = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    with pytest.raises(NotAuthenticated):
        tokens.verify(token)
