"""Open what fsspec opens, and say in one line why it could not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ingestion.sources.locations import scheme_of
from prompts.errors import PlumbError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs",
    "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "adl": "adlfs",
    "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol",
}  # fmt: skip
_CREDENTIALS = {
    "s3fs": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gcsfs": "GOOGLE_APPLICATION_CREDENTIALS",
    "adlfs": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or a managed identity",
}
# Words in the names and messages of the errors that the storage libraries raise.
_DENIED = ("credential", "accessdenied", "permission", "forbidden", "unauthori", "authenticat",
           "signature", "invalidaccesskey", "403", "401", "account_name")  # fmt: skip
_UNREACHABLE = ("connect", "timeout", "timed out", "resolve", "endpoint", "network", "dns")


def open_storage(
    url: str, options: Mapping[str, Any], error: type[PlumbError], *, fresh: bool = False
) -> tuple[AbstractFileSystem, str]:
    """The filesystem behind a URL and the path within it.

    URLs are not chained (`simplecache::s3://…`): "::" is part of a name like any other.

    Args:
        options: fsspec's storage options.
        error: what to raise where it cannot be opened.
        fresh: take a new filesystem, which remembers no listing made before.
    """
    import fsspec

    scheme = scheme_of(url) or ""
    try:
        kind = fsspec.get_filesystem_class(scheme)
        stored = kind._get_kwargs_from_urls(url)
        filesystem = kind(**{**stored, **options}, skip_instance_cache=fresh)
        path = kind._strip_protocol(url)
    except ImportError as failure:
        package = _PACKAGES.get(scheme)
        mend = f"pip install {package}" if package else " ".join(str(failure).split())
        raise error(f"{url}: a package for {scheme}:// is not installed; {mend}") from failure
    except Exception as failure:
        if "rotocol not known" in str(failure):
            raise error(
                f"{url}: nothing here reads {scheme}://; use a folder, http(s)://, s3://, az:// "
                "or gs://"
            ) from failure
        raise error(f"{url}: {why(failure, scheme)}") from failure
    return filesystem, path


def why(failure: Exception, scheme: str) -> str:
    """What a storage library's error says, in one line, and what to look at."""
    detail = " ".join(f"{type(failure).__name__}: {failure}".split())[:200]
    package = _PACKAGES.get(scheme, "")
    words = detail.lower()
    if isinstance(failure, FileNotFoundError):
        return f"nothing is there ({detail}); check the bucket and the path"
    if isinstance(failure, PermissionError) or any(word in words for word in _DENIED):
        names = _CREDENTIALS.get(package, "the credentials that its library reads")
        return f"refused ({detail}); set {names} in the environment, and check who may read it"
    if isinstance(failure, OSError) or any(word in words for word in _UNREACHABLE):
        return f"cannot be reached ({detail}); check the network, the name and the endpoint"
    return f"cannot be opened ({detail}); check the URL and the source's options"
