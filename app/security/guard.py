"""The guard: who asks, and whether they may."""

from __future__ import annotations

import sys

from app.addresses import network_of
from app.callers import Caller, Role
from app.errors import AccessDenied, NotAuthenticated, TooManyRequests
from app.fair_shares import Processor
from app.security.audit import Audit
from app.security.browser_sessions import BrowserSessions
from app.security.issuer_client import IssuerClient
from app.security.keys import PREFIX, Keys
from app.security.rates import Rates
from app.security.sign_in_flow import SealedFlows
from app.security.slots import Slots
from app.security.tokens import Tokens
from app.settings.access import LimitsSettings

# How many of one caller's requests may be arriving: each holds up to serve.max_body_bytes of memory.
BODIES = 64
KEYS_ALONE = "This service takes API keys alone: there is no sign-in by OAuth."


class Guard:
    """Tells callers apart and stops those who may not. Safe to share between threads.

    Attributes:
        asks: whether callers must show a key or a token.
        private: whether only this machine can reach the service, and nobody is asked.
        assumed: whether that is so because nobody said otherwise; a proxy then belies it.
        audit: the log of administrative acts.
        browsers: who signed in with a browser.
        issuer: where they may sign in without a key; None: nowhere.
        flows: what browsers keep while they sign in there.
        slots: answers that are worked on, or wait for that.
        processor: whose work is done next.
        bodies: requests whose bodies are received.
        uploads: uploads that are received.
        followers: streams of job events.
    """

    def __init__(
        self,
        *,
        asks: bool,
        private: bool,
        assumed: bool,
        keys: Keys,
        tokens: Tokens | None,
        rates: Rates,
        limits: LimitsSettings,
        audit: Audit,
        browsers: BrowserSessions,
        issuer: IssuerClient | None,
        flows: SealedFlows,
        processor: Processor,
    ) -> None:
        self.asks = asks
        self.private = private
        self.assumed = assumed
        self.audit = audit
        self.browsers = browsers
        self.issuer = issuer
        self.flows = flows
        self.processor = processor
        self.slots = Slots(
            limits.answers_at_once, limits.answers_of_one, "answers are being worked on"
        )
        # What is received is held for one caller; so there is no limit for all together.
        self.bodies = Slots(
            sys.maxsize, max(BODIES, limits.answers_of_one), "requests are being received"
        )
        self.uploads = Slots(sys.maxsize, limits.uploads_per_caller, "uploads are being received")
        self.followers = Slots(
            limits.followers_at_once, limits.followers_per_caller, "jobs are being followed"
        )
        self._keys = keys
        self._tokens = tokens
        self._rates = rates
        self._limits = limits

    def identify(self, credential: str | None, address: str, browser: str | None = None) -> Caller:
        """Who shows this key or token; without a guard, anyone who is at the address.

        Args:
            credential: the key or token.
            address: where the request came from.
            browser: the token of a browser that has signed in; counts where there is no credential.

        Raises:
            NotAuthenticated: nothing was shown, or nothing that counts.
            AccessDenied: they are known, and have no role here.
            TooManyRequests: too much that does not count came from there. What counts still passes,
                so that nobody can shut others out who come through the same proxy.
            IssuerUnavailable, StoreUnavailable: credentials cannot be checked now.
        """
        if not self.asks:
            return Caller(address, "admin", id=f"address:{address}")
        if not credential and not browser:
            shown = "key or token" if self._tokens is not None else "key"
            raise NotAuthenticated(
                f"who are you? Send `Authorization: Bearer <{shown}>`, or the key as X-API-Key."
                + ("" if self._tokens is not None else f" {KEYS_ALONE}")
            )
        try:
            if credential:
                return self._verified(credential)
            return self.browsers.identify(browser or "")
        except (NotAuthenticated, AccessDenied) as error:
            self.note_failure(address, str(error))
            raise

    def note_failure(self, address: str, why: str) -> None:
        """Count somebody who could not show who they are, and enter them in the log.

        Raises:
            TooManyRequests: too many came from there; this one is not entered.
        """
        self._count_failure(address)
        self.audit.denied(address, "authenticate", why=why)

    def admit(self, caller: Caller, role: Role, *, changes: bool, asked: str) -> None:
        """Let a request pass.

        Args:
            caller: who asks.
            role: what they must be.
            changes: whether it changes anything.
            asked: the request, for the log.

        Raises:
            TooManyRequests: they have asked too often.
            AccessDenied: their role does not suffice.
        """
        if not self.private:
            who = self._counted_as(caller)
            if changes:
                self._rates.spend("changes", who, self._limits.changes_per_minute)
            else:
                self._rates.spend("requests", who, self._limits.per_minute)
        if not caller.may(role):
            raise self.refusal(
                caller,
                asked,
                f"this takes the role {role}, and {caller.name} has the role {caller.role}.",
            )

    @property
    def batch_pace(self) -> int:
        """Questions a minute that a caller's batches may ask together; 0: no limit."""
        return 0 if self.private else self._limits.batch_questions_per_minute

    @property
    def follow_s(self) -> float:
        """How long one stream of job events lasts, seconds."""
        return self._limits.follow_s

    def holder(self, caller: Caller) -> str | None:
        """Whom a slot counts for; None: the caller is not counted alone, as on this machine."""
        return None if self.private else self._counted_as(caller)

    def refusal(self, caller: Caller, asked: str, why: str) -> AccessDenied:
        """The error to raise for a request that is denied; it is in the log then."""
        if self.asks:
            self.audit.denied(caller, "request", asked, why=why)
            return AccessDenied(why)
        return self.refusal_of_stranger(caller.name, asked, why)

    def refusal_of_stranger(self, address: str, asked: str, why: str) -> AccessDenied:
        """The same for somebody of whom only the address is known.

        The number from one address that is entered in a minute is bounded.
        """
        try:
            self._count_failure(address)
        except TooManyRequests:
            return AccessDenied(why)
        self.audit.denied(address, "anonymous-request", asked, why=why)
        return AccessDenied(why)

    def _counted_as(self, caller: Caller) -> str:
        """What a caller's requests are counted by: who they are, or where they come from."""
        return caller.id if self.asks else network_of(caller.name)

    def _count_failure(self, address: str) -> None:
        per_minute = self._limits.failures_per_minute
        self._rates.spend("failed attempts", network_of(address), per_minute)

    def _verified(self, credential: str) -> Caller:
        if credential.startswith(PREFIX):
            return self._keys.verify(credential)
        if self._tokens is None:
            raise NotAuthenticated("this is not a key of this service, and it takes no tokens.")
        return self._tokens.verify(credential)
