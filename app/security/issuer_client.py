"""The issuer's client for browsers: authorization code with PKCE, and refresh tokens (OAuth 2.0)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import math
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx

from app.errors import IssuerUnavailable, NotAuthenticated, SignInReason, SignInRefused, TooBusy
from app.security.discovery import DEADLINE_S, endpoint, fetched, metadata_of
from app.security.sign_in_flow import Flow
from app.security.signing_keys import AFTER_FAILURE_S, FRESH_S, LASTING_S
from app.security.slots import Slots
from app.security.tokens import Tokens, Verified
from app.settings.access import AuthSettings
from ingestion.index.storable_values import quoted

logger = logging.getLogger(__name__)
T = TypeVar("T")
# Requests to the issuer that one process waits for at once: each holds a thread.
MOST_AT_ONCE = 12
MOST_OF_ONE = 6
RETRY_AFTER_S = 1
# What an issuer says where the person did not agree, or must do something there first.
DECLINED = ("access_denied", "consent_required", "user_cancelled")
UNFINISHED = ("login_required", "interaction_required", "account_selection_required")
# What passes, or what an operator mends: no reason to end anyone's sign-in.
PASSING = ("temporarily_unavailable", "server_error", "slow_down", "invalid_client")


class Grant(NamedTuple):
    """What the issuer gave: an access token, an ID token if one was due, a refresh token if any."""

    access: str
    identity: str
    refresh: str | None


class Signed(NamedTuple):
    """Somebody who has signed in at the issuer; `refresh` gets the next access token."""

    verified: Verified
    refresh: str | None


class IssuerClient:
    """Signs people in at the issuer. Safe to share between threads.

    Args:
        settings: the issuer, and this service's client there.
        tokens: checks what the issuer gives.
        clock: seconds that never go back.
        deadline_s: limits one exchange with the issuer, discovery included, seconds.
    """

    def __init__(
        self,
        settings: AuthSettings,
        tokens: Tokens,
        clock: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._settings = settings
        self._issuer = settings.issuer or ""
        self._client_id = settings.browser_client_id or ""
        self._tokens = tokens
        self._clock = clock
        self._deadline_s = deadline_s
        self._slots = Slots(MOST_AT_ONCE, MOST_OF_ONE, "sign-ins are being checked")
        self._metadata: dict[str, Any] = {}
        self._fetched = self._failed = -math.inf
        self._failure = ""

    @property
    def name(self) -> str:
        """What people call the issuer."""
        return self._settings.issuer_name

    @property
    def redirect_uri(self) -> str | None:
        """Where the issuer sends browsers back to; None: to the name by which they came."""
        return self._settings.browser_redirect_uri

    def address(self, flow: Flow, who: str) -> str:
        """Where the browser goes to sign in.

        Args:
            who: whom the request counts for.

        Raises:
            IssuerUnavailable: the issuer cannot be asked.
            TooBusy: it is being asked for too many.
        """
        url = _endpoint(self._known(who), "authorization_endpoint")
        challenge = hashlib.sha256(flow.verifier.encode()).digest()
        asked = {
            **self._settings.browser_parameters,
            "client_id": self._client_id,
            "response_type": "code",
            "redirect_uri": flow.redirect_uri,
            "scope": self._settings.browser_scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}"

    def logout_address(self, who: str) -> str | None:
        """Where people sign out of the issuer itself; None: it has no such page, or cannot be asked."""
        try:
            url = endpoint(self._known(who), "end_session_endpoint")
        except (KeyError, ValueError, IssuerUnavailable):
            return None
        return (
            f"{url}{'&' if urlsplit(url).query else '?'}{urlencode({'client_id': self._client_id})}"
        )

    def redeem(self, flow: Flow, answer: Mapping[str, str], who: str) -> Signed:
        """Who has signed in, from the answer with which the issuer sent the browser back.

        Args:
            flow: what this browser has begun.
            answer: the parameters of the answer.
            who: whom the request counts for.

        Raises:
            SignInRefused: the answer is an error, not to this flow, or its code or tokens do not count.
            AccessDenied: the token is good, and gives no role here.
            IssuerUnavailable: the issuer cannot be asked.
            TooBusy: it is being asked for too many.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), flow.state.encode()):
            raise SignInRefused("other", "the answer's `state` is not the one of this browser.")
        self._check_issuer(answer.get("iss"))
        if "error" in answer:
            raise _refused(answer["error"], answer.get("error_description", ""))
        code = answer.get("code", "")
        if not code:
            raise SignInRefused("setup", "the issuer's answer has neither a code nor an error.")

        async def redeemed(client: httpx.AsyncClient) -> Grant:
            metadata = await self._current(client)
            sends_issuer = metadata.get("authorization_response_iss_parameter_supported") is True
            if sends_issuer and "iss" not in answer:
                raise SignInRefused(
                    "mixed", "the answer lacks `iss`, which its issuer always sends."
                )
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": flow.redirect_uri,
                "code_verifier": flow.verifier,
            }
            return await self._granted(client, metadata, form)

        with self._slots.taken(who):
            grant = self._asked(redeemed)
        try:
            self._tokens.check_identity(grant.identity, self._client_id, flow.nonce, grant.access)
            verified = self._tokens.read(grant.access)
        except NotAuthenticated as error:
            raise SignInRefused("token", str(error)) from error
        return Signed(verified, grant.refresh)

    def renew(self, refresh: str, who: str) -> Grant:
        """The next access token, unchecked, and the next refresh token where the issuer changes them.

        Raises:
            SignInRefused: the issuer gives none any more.
            IssuerUnavailable: it cannot be asked.
            TooBusy: it is being asked for too many.
        """

        async def renewed(client: httpx.AsyncClient) -> Grant:
            form = {"grant_type": "refresh_token", "refresh_token": refresh}
            return await self._granted(client, await self._current(client), form)

        with self._slots.taken(who):
            return self._asked(renewed)

    def revoke(self, refresh: str, who: str) -> bool:
        """Have the issuer forget a refresh token (RFC 7009), where it offers that; whether it has.

        Raises nothing: who signs out is signed out here, whatever the issuer does.

        Args:
            who: whom the request counts for.
        """

        async def revoked(client: httpx.AsyncClient) -> bool:
            metadata = await self._current(client)
            if "revocation_endpoint" not in metadata:
                return False
            form = {"token": refresh, "token_type_hint": "refresh_token"}
            url = endpoint(metadata, "revocation_endpoint")
            of_endpoint = metadata.get("revocation_endpoint_auth_methods_supported")
            headers = self._shown(metadata, form, of_endpoint)
            status, _ = await fetched(client, "POST", url, form, headers)
            if status != httpx.codes.OK:
                raise ValueError(f"{url}: status {status}")
            return True

        try:
            with self._slots.taken(who):
                # An endpoint of its own: whether it works says nothing about signing in.
                return self._asked(revoked, note_failure=False)
        except (IssuerUnavailable, TooBusy) as error:
            logger.warning("a refresh token was not revoked: %s", error)
            return False

    def read(self, access: str) -> Verified:
        """See `Tokens.read`."""
        return self._tokens.read(access)

    def _check_issuer(self, named: str | None) -> None:
        """Check that an answer comes from the issuer that was asked (RFC 9207)."""
        if named is not None and named != self._issuer:
            raise SignInRefused("mixed", f"the answer is of another issuer: {quoted(named)}.")

    def _known(self, who: str) -> dict[str, Any]:
        """What the issuer says of itself; asked again after a while."""
        if self._clock() - self._fetched < FRESH_S:
            return self._metadata
        with self._slots.taken(who):
            return self._asked(self._current)

    async def _current(self, client: httpx.AsyncClient) -> dict[str, Any]:
        age = self._clock() - self._fetched
        if age < FRESH_S:
            return self._metadata
        try:
            found = await metadata_of(client, self._issuer)
        except (KeyError, ValueError, httpx.HTTPError, httpx.InvalidURL):
            if age < LASTING_S:
                return self._metadata
            raise
        self._metadata, self._fetched = found, self._clock()
        return found

    async def _granted(
        self, client: httpx.AsyncClient, metadata: Mapping[str, Any], form: dict[str, str]
    ) -> Grant:
        """What the token endpoint gives for a grant.

        Raises:
            SignInRefused: it gives nothing for it.
            IssuerUnavailable: it does not work now.
        """
        url = endpoint(metadata, "token_endpoint")
        if "resource" in self._settings.browser_parameters:
            form["resource"] = self._settings.browser_parameters["resource"]
        headers = self._shown(metadata, form)
        status, body = await fetched(client, "POST", url, form, headers)
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        given = given if isinstance(given, dict) else {}
        if status != httpx.codes.OK:
            raise self._not_granted(status, given)
        access, refresh = given.get("access_token"), given.get("refresh_token")
        if not isinstance(access, str) or str(given.get("token_type")).lower() != "bearer":
            raise SignInRefused("setup", "the issuer's token endpoint gave no bearer token.")
        return Grant(
            access,
            str(given.get("id_token") or ""),
            refresh if isinstance(refresh, str) and refresh else None,
        )

    def _shown(
        self, metadata: Mapping[str, Any], form: dict[str, str], of_endpoint: Any = None
    ) -> dict[str, str]:
        """Headers that show who this client is; where these do not, the form is made to.

        Args:
            of_endpoint: how the endpoint lets clients show it, where it says so; else as at the token
                endpoint.
        """
        headers = {"Accept": "application/json"}
        methods = of_endpoint or metadata.get("token_endpoint_auth_methods_supported")
        secret = self._settings.browser_client_secret
        if secret is not None and "client_secret_basic" in (methods or ["client_secret_basic"]):
            shown = f"{quote(self._client_id, '')}:{quote(secret.get_secret_value(), '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(shown.encode()).decode()}"
            return headers
        form["client_id"] = self._client_id
        if secret is not None:
            form["client_secret"] = secret.get_secret_value()
        return headers

    def _not_granted(self, status: int, given: dict[str, Any]) -> Exception:
        error = given.get("error")
        reported = f"{quoted(str(error))} {quoted(str(given.get('error_description', '')))}"
        is_refusal = status in range(400, 500) and status not in (408, 429)
        if is_refusal and isinstance(error, str) and error not in PASSING:
            reason: SignInReason = "again" if error == "invalid_grant" else "setup"
            return SignInRefused(reason, f"the issuer refused: {reported}.")
        logger.error("the token endpoint of %s: status %s, %s", self._issuer, status, reported)
        return IssuerUnavailable(
            f"the token endpoint of {self._issuer} does not work now: status {status}, {reported}.",
            round(AFTER_FAILURE_S),
        )

    def _asked(
        self,
        work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, T]],
        *,
        note_failure: bool = True,
    ) -> T:
        """Do something with the issuer, within the deadline.

        Args:
            note_failure: whether the issuer is left alone for a while if it fails.

        Raises:
            IssuerUnavailable: it cannot be done, or could not be just now.
            SignInRefused: what the work raises.
        """
        left_s = AFTER_FAILURE_S - (self._clock() - self._failed)
        if left_s > 0:
            raise IssuerUnavailable(self._failure, max(RETRY_AFTER_S, math.ceil(left_s)))
        done: Future[T] = Future()

        async def bounded() -> T:
            # httpx limits each wait; bytes that come one by one would never reach that limit.
            async with asyncio.timeout(self._deadline_s), httpx.AsyncClient() as client:
                return await work(client)

        def run() -> None:
            try:
                done.set_result(asyncio.run(bounded()))
            except Exception as error:  # noqa: BLE001 (the waiting thread must get it)
                done.set_exception(error)

        # A daemon: a look-up of an address cannot be ended, and must not keep the process.
        threading.Thread(target=run, name="issuer", daemon=True).start()
        try:
            return done.result(self._deadline_s + 0.2)
        except (KeyError, ValueError, TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            detail = " ".join(str(error).split())[:200] or type(error).__name__
            failure = f"the issuer {self._issuer} cannot be asked now ({detail})."
            if note_failure:
                self._failure, self._failed = failure, self._clock()
                logger.error("%s", failure)
            raise IssuerUnavailable(failure, round(AFTER_FAILURE_S)) from error


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    try:
        return endpoint(metadata, name)
    except (KeyError, ValueError) as error:
        raise IssuerUnavailable(f"the issuer names no usable {name}: {error}.") from error


def _refused(error: str, description: str) -> SignInRefused:
    """What an error that comes with the browser means."""
    reason: SignInReason = "setup"
    if error in DECLINED:
        reason = "declined"
    elif error in UNFINISHED:
        reason = "unfinished"
    elif error in PASSING:
        reason = "passing"
    return SignInRefused(reason, f"the issuer says {quoted(error)}: {quoted(description)}.")
