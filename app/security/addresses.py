"""Addresses of callers, and this machine's own."""

from __future__ import annotations

import ipaddress

# What one subscriber gets: whoever has one address of it has all.
IPV6_NETWORK = 64


def is_own_address(host: str) -> bool:
    """Whether a host is this machine, as only this machine calls it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def network_of(address: str) -> str:
    """What to count an address by: itself, or its IPv6 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
