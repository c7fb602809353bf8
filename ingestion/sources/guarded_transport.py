"""Fetch pages over connections that lead nowhere but to allowed addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

from ingestion.networks import AddressRefused, NetworkGuard

if TYPE_CHECKING:
    import httpcore
    import httpx


def guarded_transport(allowed: Sequence[str]) -> httpx.BaseTransport:
    """A transport for httpx that connects to allowed addresses only, through proxies as well."""
    import httpcore
    import httpx

    guard = NetworkGuard(allowed)

    class Checked(httpcore.NetworkBackend):
        """Connects to the addresses that were checked."""

        def __init__(self) -> None:
            self._sockets = httpcore.SyncBackend()

        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.NetworkStream:
            failure: Exception = httpcore.ConnectError(f"{host} has no address")
            for address in _looked_up(guard, host, port):
                try:
                    return self._sockets.connect_tcp(
                        address, port, timeout, local_address, socket_options
                    )
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failure = error
            raise failure

        def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
            raise AddressRefused("leads to a socket of this machine")

    class Transport(httpx.BaseTransport):
        """Checks every request, the first one and each redirect."""

        def __init__(self) -> None:
            self._direct = httpx.HTTPTransport()
            self._direct._pool = httpcore.ConnectionPool(
                ssl_context=httpx.create_ssl_context(), network_backend=Checked()
            )
            self._proxies: dict[str, httpx.HTTPTransport] = {}

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            url = request.url
            if url.scheme not in ("http", "https"):
                raise AddressRefused(
                    f"leads to another protocol ({url.scheme}); only http and https are read"
                )
            if url.userinfo:
                raise AddressRefused(f"leads to {url.host} with a login in the URL; take it out")
            proxy = _proxy_for(url.scheme, url.host)
            if proxy is None:
                return self._direct.handle_request(request)
            # The proxy looks the name up again, so it must refuse private addresses as well.
            if not guard.names(url.host):
                _looked_up(guard, url.host, url.port or 0)
            if proxy not in self._proxies:
                self._proxies[proxy] = httpx.HTTPTransport(proxy=proxy)
            return self._proxies[proxy].handle_request(request)

        def close(self) -> None:
            for transport in (self._direct, *self._proxies.values()):
                transport.close()

    return Transport()


def _looked_up(guard: NetworkGuard, host: str, port: int) -> list[str]:
    import httpcore

    try:
        return guard.addresses(host, port)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error


def _proxy_for(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a request."""
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
