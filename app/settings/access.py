"""Settings of the guard: who callers are, how much they may ask, and the headers for browsers."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from app.addresses import is_own_address
from app.callers import Role
from app.configuration.redaction import without_credentials
from ingestion.settings import SettingsGroup

# Where the issuer sends browsers back to.
CALLBACK = "/sign-in/callback"
# What a sign-in itself puts into its request; nobody may set it to something else.
OWN_PARAMETERS = frozenset(
    "client_id client_secret response_type response_mode redirect_uri scope state nonce code_challenge "
    "code_challenge_method request request_uri".split()
)
HOST_NAME = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?")


class AuthSettings(SettingsGroup):
    """How callers show who they are."""

    enabled: bool | None = Field(
        default=None,
        description="Whether callers must show a key or a token. Default: yes, except where "
        "serve.host is this machine's own address (127.0.0.1).",
    )
    issuer: str | None = Field(
        default=None,
        description="The OpenID Connect issuer whose tokens are accepted, as their `iss` has it.",
    )
    audience: str | None = Field(
        default=None, description="What a token's `aud` must name: this service, at the issuer."
    )
    jwks_url: str | None = Field(
        default=None,
        description="Where the issuer's keys are. Default: what its discovery document says.",
    )
    name_claim: str = Field(
        default="preferred_username",
        description="The claim whose value is shown for a caller in records; `sub` where a token lacks "
        "it. Who a caller is, `iss` and `sub` say.",
    )
    role_claim: str = Field(
        default="roles",
        description="The claim with the caller's roles; `realm_access.roles` finds a nested one.",
    )
    role_names: dict[str, Role] = Field(
        default={"reader": "reader", "editor": "editor", "admin": "admin"},
        description="Which value of that claim means which role; others mean nothing.",
    )
    group_claim: str = Field(
        default="groups", description="The claim with the groups whose documents the caller sees."
    )
    leeway_s: float = Field(
        default=30, ge=0, le=300, description="How far the issuer's clock may be off, seconds."
    )
    token_types: tuple[str, ...] = Field(
        default=("at+jwt", "jwt"),
        description="Types of tokens (header `typ`) that are accepted. Entra ID and Keycloak write "
        "`JWT`; name `at+jwt` alone where the issuer keeps to RFC 9068, so that no ID token can pass.",
    )
    authorized_parties: tuple[str, ...] = Field(
        default=(),
        description="Clients whose tokens are accepted (`azp`, `client_id` or `appid`). Default: "
        "every client that the issuer gives tokens for this audience.",
    )
    require_nbf: bool = Field(
        default=True,
        description="Refuse tokens without `nbf`. Some issuers (Keycloak) write none; where there "
        "is one it always counts.",
    )
    scopes: tuple[str, ...] = Field(
        default=(),
        description="Scopes that assistants ask the issuer for, so that their tokens are for this "
        "service (`scopes_supported` of its OAuth metadata). Default: the assistant chooses.",
    )
    browser_client_id: str | None = Field(
        default=None,
        description="The client by which people sign in to the pages at the issuer (authorization code "
        "with PKCE). Its redirect URI is `https://<host>/sign-in/callback`. Default: people sign in with "
        "keys only.",
    )
    browser_client_secret: SecretStr | None = Field(
        default=None, description="Its secret, where the issuer has it as a confidential client."
    )
    browser_scopes: str = Field(
        default="openid profile",
        description="Scopes of a sign-in, with spaces between: `openid`, what the audience needs, and "
        "`offline_access` where the issuer gives refresh tokens only with it.",
    )
    browser_parameters: dict[str, str] = Field(
        default={},
        description="Further parameters of a sign-in's request, such as `audience` (Auth0), `resource` "
        "(RFC 8707; sent with the code and refresh tokens too) or `prompt`.",
    )
    browser_issuer_name: str | None = Field(
        default=None,
        max_length=60,
        description="What the sign-in page calls the issuer. Default: its host name.",
    )
    browser_redirect_uri: str | None = Field(
        default=None,
        description="Where the issuer sends browsers back to. Default: `https://<Host>/sign-in/callback` "
        "(on this machine with http); set it where a proxy changes `Host`.",
    )

    @field_validator("token_types")
    @classmethod
    def _lower(cls, types: tuple[str, ...]) -> tuple[str, ...]:
        if not types:
            raise ValueError("names no type of token: none would pass; name at+jwt")
        return tuple(name.lower().removeprefix("application/") for name in types)

    @field_validator("browser_scopes")
    @classmethod
    def _with_openid(cls, scopes: str) -> str:
        if "openid" not in scopes.split():
            raise ValueError("must name openid: else the issuer sends no ID token")
        return " ".join(scopes.split())

    @field_validator("browser_parameters")
    @classmethod
    def _not_own(cls, parameters: dict[str, str]) -> dict[str, str]:
        taken = sorted(OWN_PARAMETERS & parameters.keys())
        if taken:
            raise ValueError(f"{', '.join(taken)}: the sign-in sets this itself; leave it out")
        return parameters

    @field_validator("browser_redirect_uri")
    @classmethod
    def _leads_here(cls, url: str | None) -> str | None:
        if url is not None:
            check_url(url)
            parts = urlsplit(url)
            if parts.path != CALLBACK or parts.query or parts.fragment:
                raise ValueError(f"must end in {CALLBACK}")
        return url

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _secure(cls, url: str | None) -> str | None:
        if url is not None:
            check_url(url)
        return url

    @model_validator(mode="after")
    def _whole(self) -> AuthSettings:
        if self.issuer and not self.audience:
            raise ValueError("issuer needs audience: else tokens for other services would pass")
        client = self.browser_client_id
        if client and not self.issuer:
            raise ValueError("browser_client_id needs issuer, at which people sign in")
        if client and self.authorized_parties and client not in self.authorized_parties:
            raise ValueError(
                "authorized_parties must name browser_client_id: else the tokens of people who sign in "
                "would be refused"
            )
        return self

    @property
    def issuer_name(self) -> str:
        """What people call the issuer."""
        return self.browser_issuer_name or urlsplit(self.issuer or "").hostname or ""


class LimitsSettings(SettingsGroup):
    """How much a caller may ask."""

    per_minute: int = Field(
        default=120, ge=0, description="Requests a minute that one caller may ask; 0 = no limit."
    )
    changes_per_minute: int = Field(
        default=60, ge=0, description="Changes a minute that one caller may make; 0 = no limit."
    )
    batch_questions_per_minute: int = Field(
        default=120,
        ge=0,
        description="Questions a minute that the batches of one caller ask together; further ones "
        "wait for the next minute; 0 = no limit.",
    )
    failures_per_minute: int = Field(
        default=20,
        ge=1,
        description="Wrong keys and tokens a minute that are looked into and recorded for one "
        "address; further ones get 429.",
    )
    answers_at_once: int = Field(
        default=16,
        ge=1,
        description="Questions and searches that one process works on at once, those included that "
        "wait; further ones get 503 and may try again. The last quarter is for callers who have none.",
    )
    answers_per_caller: int | None = Field(
        default=None,
        ge=1,
        description="How many of these one caller may hold. Default: half, rounded up.",
    )
    work_at_once: int | None = Field(
        default=None,
        ge=1,
        description="How many of these one process computes for at a time. The others wait, and the "
        "caller that used the processor least is next. Default: one for each processor, shared by "
        "serve.workers.",
    )
    work_wait_s: float = Field(
        default=10.0,
        gt=0,
        description="How long a question or search waits until it is worked on, seconds; then it gets "
        "503 and may try again.",
    )
    embeddings_per_request: int = Field(
        default=256, ge=1, le=2048, description="Texts that one request to /v1/embeddings may hold."
    )
    uploads_per_caller: int = Field(
        default=4,
        ge=1,
        description="Uploads of one caller that one process receives at once; further ones get "
        "503 and may try again.",
    )
    followers_at_once: int = Field(
        default=64,
        ge=1,
        description="Streams of job events that one process sends at once; further ones get 503.",
    )
    followers_per_caller: int = Field(
        default=8, ge=1, description="How many of these one caller may hold."
    )
    follow_s: float = Field(
        default=900,
        gt=0,
        description="How long one stream of job events lasts, seconds; clients may try again.",
    )
    denials_kept: int = Field(
        default=10_000,
        ge=100,
        description="Denied attempts of each kind that the audit log keeps; the oldest go first. "
        "Acts are never removed.",
    )

    @property
    def answers_of_one(self) -> int:
        """How many answers one caller may have worked on at once."""
        return self.answers_per_caller or (self.answers_at_once + 1) // 2

    def work_of(self, workers: int) -> int:
        """How many answers one of so many processes computes for at a time."""
        return self.work_at_once or max(1, processors() // workers)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class BrowserSettings(SettingsGroup):
    """Headers that responses carry for browsers."""

    origins: tuple[str, ...] = Field(
        default=(),
        description="Sites whose pages may call the API (CORS), each as https://host. Default: none.",
    )
    hosts: tuple[str, ...] = Field(
        default=(),
        description="Host names by which the service may be called, beside this machine's own; "
        "others get 403. Default: where nobody is asked who they are on this machine's own "
        "address, only this machine's own names; elsewhere any.",
    )
    hsts_s: int = Field(
        default=0,
        ge=0,
        description="How long browsers are to come by HTTPS only, seconds; 0 = not said.",
    )

    @field_validator("hosts")
    @classmethod
    def _plain_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not host or not HOST_NAME.fullmatch(host):
                raise ValueError(
                    f"{without_credentials(host)!r} is not a host name; write plumb.example.org, without scheme and port"
                )
        return tuple(host.lower().removesuffix(".") for host in hosts)

    @field_validator("origins")
    @classmethod
    def _named(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or f"{parts.scheme}://{parts.netloc}" != origin
            ):
                raise ValueError(
                    f"{without_credentials(origin)!r} is not an origin; write https://host, or https://host:port"
                )
        return origins


def check_url(url: str) -> None:
    """Anyone who can change what is fetched from here can let themselves in: HTTPS, but for this machine.

    Raises:
        ValueError: it is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if not (parts.scheme == "http" and is_own_address(parts.hostname or "")):
        raise ValueError("must be an https:// URL")
