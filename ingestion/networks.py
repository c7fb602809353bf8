"""Which machines a page may be fetched from: the public internet, and what the operator names.

A name is looked up once for each connection; the address that was checked is the one that is
connected to, so that a second answer of the name server changes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*"
)
_NUMBERS = re.compile(r"[0-9.]+|0x[0-9a-f.x]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
# Not for the public, though Python's registry calls some of them global: shared address space,
# a cloud's metadata service, relays, translation within a site, tunnels, deprecated sites.
_CLOSED = tuple(
    map(
        ipaddress.ip_network,
        ("100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
         "64:ff9b:1::/48", "100::/64", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10"),
    )
)  # fmt: skip


class AddressRefused(Exception):
    """A request leads to where none may go; the message is the end of a sentence about its URL."""


class NetworkGuard:
    """Knows which addresses may be connected to.

    Args:
        allowed: networks (CIDR), addresses and names of hosts beside the public internet.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._networks: list[Network] = []
        self._hosts: set[str] = set()
        for entry in allowed:
            place = parse_allowed(entry)
            if isinstance(place, str):
                self._hosts.add(place)
            else:
                self._networks.append(place)

    def names(self, host: str) -> bool:
        """Whether the operator has named the host itself."""
        return _plain(host) in self._hosts

    def allows(self, address: str) -> bool:
        """Whether an address may be connected to."""
        found = ipaddress.ip_address(address)
        if self._within(found):
            return True
        targets = _targets(found)
        return all(self._within(target) or _is_public(target) for target in targets)

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to connect to for a host, each of them checked.

        Raises:
            AddressRefused: one of them is not allowed.
            OSError: the name cannot be looked up.
        """
        try:
            answers = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError(f"{host!r} is not a host name") from error
        found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        if not self.names(host) and not all(map(self.allows, found)):
            raise AddressRefused(
                f"leads to {host}, which is in a private network or on this machine; if it is "
                "meant, the operator names the host or its network in sync.allowed_networks"
            )
        return found

    def _within(self, address: Address) -> bool:
        return any(
            address.version == network.version and address in network for network in self._networks
        )


def parse_allowed(entry: str) -> Network | str:
    """A network, or the name of a host in its plain form.

    Raises:
        ValueError: it is neither.
    """
    text = entry.strip()
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        pass  # no network and no address: the name of a host, or a mistake, which is raised below
    host = _plain(text)
    if not _HOST.fullmatch(host) or _NUMBERS.fullmatch(host):
        # Of a URL without its login and query, which may be secret.
        shown = entry.rpartition("@")[2].partition("?")[0]
        raise ValueError(
            f"{shown!r} is neither a network (10.1.0.0/16), an address nor the name of a host; "
            "write it without scheme, port and path"
        )
    return host


def _plain(host: str) -> str:
    """One spelling of a host's name."""
    name = host.strip().strip("[]").rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _targets(address: Address) -> list[Address]:
    """Where packets to an address end: IPv6 carries IPv4 in several ways."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    carried = address.ipv4_mapped or address.sixtofour
    if carried is not None:
        return [carried]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


def _is_public(address: Address) -> bool:
    if any(address.version == closed.version and address in closed for closed in _CLOSED):
        return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
