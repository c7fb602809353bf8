"""Addresses of callers, and this machine's own."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

# What one subscriber gets: anyone who has one address of it has all.
IPV6_NETWORK = 64
# Translators between the two versions put the IPv4 address at the end of this network (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_own_address(host: str) -> bool:
    """Whether a host is this machine, as only this machine calls it.

    Case, the brackets of an IPv6 address and one dot at the end make no difference.
    """
    name = host.lower().removesuffix(".")
    try:
        return _plain(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def network_of(address: str) -> str:
    """What to count an address by: an IPv4 address as it is, an IPv6 address by its network.

    An IPv4 address that is written as an IPv6 address counts as the IPv4 address.
    """
    try:
        parsed = _plain(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed), IPV6_NETWORK), strict=False))


def _plain(address: str) -> IPv4Address | IPv6Address:
    """An address without its zone; IPv4 where it stands for an IPv4 address.

    Raises:
        ValueError: it is not an address.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv4Address):
        return parsed
    if parsed in NAT64:
        return IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.ipv4_mapped or parsed.sixtofour or parsed
