"""Ask for one page of the web, and say in one line why it did not come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingestion.networks import AddressRefused
from ingestion.sources.boundaries import is_below
from prompts.errors import PlumbError

if TYPE_CHECKING:
    import httpx

DEFAULT_TIMEOUT_S = 30.0
MOST_REDIRECTS = 5
# The option that limits redirects; `check_allowed` sets it.
WITHIN = "redirects_within"
# The bytes as they are: a compressed answer could grow without limit, and its size is not the
# document's.
_HEADERS = {"User-Agent": "plumbline", "Accept-Encoding": "identity"}
_ADVICE = {
    401: "it wants a login; publish it where it can be read, or copy it to a folder",
    403: "the server does not give it out; check that it can be read without a login",
    404: "check the address, or take it out of the definition",
    410: "it is gone for good; take it out of the definition",
    429: "the server asks for fewer requests; try again later",
}


def web_client(options: Mapping[str, Any], networks: Sequence[str] = ()) -> httpx.Client:
    """A client for pages.

    Proxies and certificates come from the environment (HTTPS_PROXY, SSL_CERT_FILE).

    Args:
        options: may set `timeout_s`, the limit on one wait in seconds.
        networks: what may be connected to beside the public internet; `sync.allowed_networks`.
    """
    import httpx

    from ingestion.sources.guarded_transport import guarded_transport

    timeout = httpx.Timeout(float(options.get("timeout_s", DEFAULT_TIMEOUT_S)))
    return httpx.Client(timeout=timeout, headers=_HEADERS, transport=guarded_transport(networks))


@contextmanager
def opened_page(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    within: Sequence[str],
    error: type[PlumbError],
) -> Iterator[httpx.Response]:
    """The response to a request, its body not yet read. Redirects are followed.

    Args:
        client: from `web_client`.
        method: GET or HEAD.
        within: URLs below which a redirect must stay; none for anywhere.
        error: what to raise, with a message that begins with the URL.
    """
    import httpx

    try:
        request = client.build_request(method, url)
        for _ in range(MOST_REDIRECTS + 1):
            response = client.send(request, stream=True)
            try:
                following = response.next_request
                if following is None:
                    response.raise_for_status()
                    yield response
                    return
            finally:
                response.close()
            target = str(following.url)
            if within and not any(is_below(target, root) for root in within):
                raise error(f"{url}: leads to {target}, which is not allowed; name another page")
            request = following
        raise error(f"{url}: more than {MOST_REDIRECTS} redirects; name the page where it is")
    except AddressRefused as failure:
        raise error(f"{url}: {failure}") from failure
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise error(f"{url}: {_why(failure)}") from failure


def _why(failure: Exception) -> str:
    import httpx

    if isinstance(failure, httpx.HTTPStatusError):
        code = failure.response.status_code
        advice = _ADVICE.get(
            code, "try again later, or ask who runs it" if code >= 500 else "check the address"
        )
        return f"the server answered {code} {failure.response.reason_phrase}; {advice}"
    if isinstance(failure, httpx.TimeoutException):
        return "no answer in time; try again, or raise the source's option timeout_s"
    if isinstance(failure, httpx.ConnectError):
        return f"no connection ({failure}); check the address, the network and the proxy"
    detail = str(failure) or type(failure).__name__
    return f"{detail}; check the address and the network"
