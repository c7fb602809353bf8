"""What storage libraries' errors are turned into."""

from __future__ import annotations

import pytest

from ingestion.sources.storage import why


class NoCredentialsError(Exception):
    """As botocore's."""


class EndpointConnectionError(Exception):
    """As botocore's."""


@pytest.mark.parametrize(
    ("failure", "scheme", "said"),
    [
        (FileNotFoundError("The specified bucket does not exist"), "s3", "check the bucket"),
        (PermissionError("Access Denied"), "s3", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (NoCredentialsError("Unable to locate credentials"), "s3", "or AWS_PROFILE"),
        (ValueError("Must provide account_name"), "az", "AZURE_STORAGE_ACCOUNT_NAME"),
        (OSError("Anonymous caller: 401 Unauthorized"), "gs", "GOOGLE_APPLICATION_CREDENTIALS"),
        (PermissionError("no"), "sftp", "the credentials that its library reads"),
        (EndpointConnectionError("Could not connect"), "s3", "check the network"),
        (TimeoutError("timed out"), "s3", "check the network"),
        (TypeError("unexpected keyword\n'what'"), "s3", "check the URL and the source's options"),
    ],
)
def test_the_mend_fits_the_failure(failure: Exception, scheme: str, said: str) -> None:
    found = why(failure, scheme)
    assert said in found
    assert type(failure).__name__ in found
    assert "\n" not in found
