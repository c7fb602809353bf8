"""Read settings from Azure Key Vault."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from app.configuration.deadline import within
from prompts.errors import SettingsError

VARIABLE = "PLUMB_KEY_VAULT"
PREFIX = "plumb-"
TIMEOUT_S = 30.0
CONNECT_S, READ_S = 5, 10
AT_ONCE = 8


def read_key_vault(url: str) -> dict[str, str]:
    """The vault's settings, by environment variable.

    Names in a Key Vault hold letters, digits and dashes, and know no case: `plumb-chat-api-key` is
    PLUMB_CHAT_API_KEY. Disabled secrets, and those of other applications in the same vault, are left
    alone: only names are listed, and only ours are read. pydantic-settings' own source reads every
    secret of the vault, one after the other, without a limit on the time.

    Args:
        url: https://NAME.vault.azure.net.

    Raises:
        SettingsError: it cannot be read; the message says why and the mend.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in url or parts.path.strip("/"):
        raise SettingsError(f"{VARIABLE}: write the vault's URL, https://NAME.vault.azure.net.")
    try:
        from azure.core.exceptions import AzureError
        from azure.identity import DefaultAzureCredential
        from azure.keyvault.secrets import SecretClient
    except ImportError as error:
        raise SettingsError(
            f"{VARIABLE} is set, and Azure's packages are not installed: "
            "pip install 'plumbline[azure]'."
        ) from error
    # It logs each way to sign in that it has tried in vain; the error says the same.
    logging.getLogger("azure").setLevel(logging.CRITICAL)

    def read() -> dict[str, str]:
        with (
            DefaultAzureCredential() as credential,
            SecretClient(
                url,
                credential,
                connection_timeout=CONNECT_S,
                read_timeout=READ_S,
                retry_total=1,
            ) as client,
        ):
            return _secrets(client)

    try:
        return within(TIMEOUT_S, read)
    except TimeoutError as error:
        raise SettingsError(f"{_named(url)} gave no answer within {TIMEOUT_S:g} s.") from error
    except AzureError as error:
        raise SettingsError(_explanation(url, error)) from error


def _secrets(client: Any) -> dict[str, str]:
    names = [
        secret.name
        for secret in client.list_properties_of_secrets()
        if secret.enabled and secret.name and secret.name.lower().startswith(PREFIX)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        values = pool.map(lambda name: client.get_secret(name).value, names)
        found = dict(zip(names, values, strict=True))
    return {
        name.upper().replace("-", "_"): value for name, value in found.items() if value is not None
    }


def _explanation(url: str, error: Exception) -> str:
    from azure.core.exceptions import (
        ClientAuthenticationError,
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    message = re.split(r"\n|To mitigate", str(error))[0].strip().rstrip(".")[:200]
    status = getattr(error, "status_code", None)
    if isinstance(error, HttpResponseError) and status == 403:
        return (
            f"{_named(url)} denies access ({message}); give this identity the role "
            "'Key Vault Secrets User' on the vault, and let the vault's firewall pass it."
        )
    if isinstance(error, ClientAuthenticationError) or status == 401:
        return (
            f"{_named(url)}: signing in failed ({message}); give this container a managed identity "
            "or workload identity, or run `az login`."
        )
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return f"{_named(url)} cannot be reached ({message}); check its name, DNS and network."
    return f"{_named(url)} cannot be read ({message})."


def _named(url: str) -> str:
    return f"{VARIABLE}: {url}"
