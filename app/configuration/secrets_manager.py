"""Read settings from AWS Secrets Manager."""

from __future__ import annotations

import json
import re
from typing import Any

from app.configuration.deadline import within
from prompts.errors import SettingsError

VARIABLE = "PLUMB_SECRETS_MANAGER"
TIMEOUT_S = 30.0
CONNECT_S, READ_S = 5, 10
_REGION = re.compile(r"(?P<secret>.+)@(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)")
_ARN = re.compile(r"arn:[\w\-]+:secretsmanager:(?P<region>[\w\-]+):")
MENDS = {
    "AccessDeniedException": "allow this identity secretsmanager:GetSecretValue on it, and "
    "kms:Decrypt where it has a key of its own",
    "ResourceNotFoundException": "check its name and region",
    "DecryptionFailure": "allow this identity kms:Decrypt on its key",
    "UnrecognizedClientException": "check this container's role, or AWS_PROFILE",
    "ExpiredTokenException": "sign in again",
}


def read_secrets_manager(named: str) -> dict[str, str]:
    """The settings that one secret holds, by environment variable.

    The secret is a JSON object: `{"PLUMB_CHAT_API_KEY": "…", "PLUMB_STORE_URL": "…"}`. Other keys are
    left alone. pydantic-settings' own source takes no limits for the client and decodes the JSON
    without saying what is wrong with it.

    Args:
        named: the secret's name or ARN, with `@REGION` where the region is not set otherwise.

    Raises:
        SettingsError: it cannot be read; the message says why and the mend.
    """
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise SettingsError(
            f"{VARIABLE} is set, and AWS' package is not installed: pip install 'plumbline[aws]'."
        ) from error
    secret, region = _parsed(named)
    secret_name = f"{VARIABLE}: the secret {secret!r}"
    try:
        text = within(TIMEOUT_S, lambda: _text(secret, region))
    except TimeoutError as error:
        raise SettingsError(f"{secret_name}: no answer within {TIMEOUT_S:g} s.") from error
    except ClientError as error:
        about = error.response.get("Error", {})
        code, said = about.get("Code", ""), about.get("Message", "")
        mend = MENDS.get(code)
        raise SettingsError(
            f"{secret_name} cannot be read ({code}: {said.rstrip('.')}){'; ' + mend if mend else ''}."
        ) from error
    except BotoCoreError as error:
        raise SettingsError(f"{secret_name} cannot be read ({_explanation(error)}).") from error
    return _variables(secret_name, text)


def _parsed(named: str) -> tuple[str, str | None]:
    found = _REGION.fullmatch(named)
    if found:
        return found["secret"], found["region"]
    arn = _ARN.match(named)
    return named, arn["region"] if arn else None


def _text(secret: str, region: str | None) -> str | None:
    import boto3
    from botocore.config import Config

    limits = Config(
        connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"total_max_attempts": 2}
    )
    client = boto3.client("secretsmanager", region_name=region, config=limits)
    try:
        found: dict[str, Any] = client.get_secret_value(SecretId=secret)
    finally:
        client.close()
    return found.get("SecretString")


def _variables(source: str, text: str | None) -> dict[str, str]:
    try:
        held = json.loads(text or "")
    except ValueError:
        held = None
    if not isinstance(held, dict):
        # Nothing of it may be quoted.
        raise SettingsError(
            f'{source} is not a JSON object; write {{"PLUMB_CHAT_API_KEY": "…"}}, a setting to a key.'
        )
    return {
        name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in held.items()
        if name.upper().startswith("PLUMB_") and value is not None
    }


def _explanation(error: Exception) -> str:
    from botocore.exceptions import NoCredentialsError, NoRegionError

    if isinstance(error, NoRegionError):
        return "no region is set; write it behind the name, NAME@eu-central-1, or set AWS_REGION"
    if isinstance(error, NoCredentialsError):
        return "no credentials; give this container a role, or set AWS_PROFILE"
    return " ".join(str(error).split()).rstrip(".")[:300]
