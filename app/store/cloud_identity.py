"""Sign in to PostgreSQL by the identity of the process, where a cloud gives it one, instead of by a password."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import URL, Engine, event

from app.configuration.deadline import within
from app.errors import StoreUnavailable
from prompts.errors import SettingsError

# The part of store.url that names the cloud: …/plumbline?identity=azure.
QUERY = "identity"
AZURE_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
TIMEOUT_S = 20.0
_RDS_HOST = re.compile(r"\.([a-z0-9-]+)\.rds\.amazonaws\.com(\.cn)?$")


def sign_in_by_identity(engine: Engine, url: URL, cloud: str) -> None:
    """Give each new connection a token for its password. Tokens last minutes, connections longer.

    Args:
        url: names the user, the host and, if it is not 5432, the port; no password.
        cloud: azure or aws.

    Raises:
        SettingsError: the URL does not fit, or the cloud's packages are missing.
    """
    if cloud not in ("azure", "aws"):
        raise SettingsError(f"store.url: {QUERY}={cloud} names no cloud; write azure or aws.")
    if url.password is not None:
        raise SettingsError(
            f"store.url: {QUERY}={cloud} takes no password; leave out one of the two."
        )
    if not url.username or not url.host:
        raise SettingsError(
            f"store.url: {QUERY}={cloud} needs a user and a host: "
            f"postgresql://user@host/database?{QUERY}={cloud}."
        )
    token = _azure_tokens() if cloud == "azure" else _aws_tokens(url)

    @event.listens_for(engine, "do_connect")
    def _with_token(_: Any, __: Any, ___: Any, parameters: dict[str, Any]) -> None:
        parameters["password"] = token()


def _azure_tokens() -> Callable[[], str]:
    try:
        from azure.core.exceptions import AzureError
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise _missing("azure", error) from error
    # It logs each way to sign in that it has tried in vain; the error says the same.
    logging.getLogger("azure").setLevel(logging.CRITICAL)
    # Keeps a token until shortly before it ends.
    credential = DefaultAzureCredential()

    def token() -> str:
        try:
            return within(TIMEOUT_S, lambda: credential.get_token(AZURE_SCOPE)).token
        except (AzureError, TimeoutError) as error:
            detail = " ".join(str(error).split())[:300] or f"no token within {TIMEOUT_S:g} s"
            raise StoreUnavailable(
                f"store.url: Azure gives this process no token for PostgreSQL: {detail}; give it a "
                "managed identity (AZURE_CLIENT_ID names one of several), or run `az login`."
            ) from error

    return token


def _aws_tokens(url: URL) -> Callable[[], str]:
    try:
        from boto3.session import Session
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise _missing("aws", error) from error
    host, found = str(url.host), _RDS_HOST.search(str(url.host))
    session = Session()
    region = found.group(1) if found else session.region_name
    if not region:
        raise SettingsError(f"store.url: nothing names the region of {host}; set AWS_REGION.")

    def token() -> str:
        try:
            client = session.client("rds", region_name=region)
            made: str = client.generate_db_auth_token(
                DBHostname=host, Port=url.port or 5432, DBUsername=str(url.username)
            )
        except BotoCoreError as error:
            raise StoreUnavailable(
                f"store.url: AWS gives this process no token for PostgreSQL: {error}; give it a role "
                "with rds-db:connect."
            ) from error
        return made

    return token


def _missing(cloud: str, error: ImportError) -> SettingsError:
    return SettingsError(
        f"store.url: {QUERY}={cloud} needs packages that are not installed ({error.name}): "
        f"pip install 'plumbline[{cloud}]'."
    )
