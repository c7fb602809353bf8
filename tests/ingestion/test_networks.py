"""Only public addresses are connected to, and what the operator names."""

from __future__ import annotations

import socket

import pytest
from pydantic import ValidationError

from ingestion.networks import AddressRefused, NetworkGuard, parse_allowed
from ingestion.settings import SyncSettings

CLOSED = [
    "127.0.0.1", "127.255.0.1", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "fe80::1", "fe80::1%1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "100::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
          "2002:808:808::1"]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_addresses_that_are_not_public_are_closed(address: str) -> None:
    assert not NetworkGuard().allows(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address: str) -> None:
    assert NetworkGuard().allows(address)


@pytest.mark.parametrize(
    ("allowed", "address"),
    [
        ("10.1.0.0/16", "10.1.2.3"),
        ("10.1.2.3", "::ffff:10.1.2.3"),
        ("10.1.0.0/16", "64:ff9b::a01:203"),
        ("fd00::/8", "fd12::1"),
        ("::1", "::1"),
    ],
)
def test_networks_are_allowed_by_name(allowed: str, address: str) -> None:
    assert NetworkGuard([allowed]).allows(address)
    assert not NetworkGuard([allowed]).allows("10.2.0.1")


# Whatever the system's resolver takes for an address is looked at as the address that it is.
@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "127.1", "2130706433", "0x7f000001", "0x7f.1",
     "0177.0.0.1", "017700000001", "0", "[::1]", "::ffff:127.0.0.1"],
)  # fmt: skip
def test_spellings_of_this_machine(host: str) -> None:
    try:
        with pytest.raises(AddressRefused, match=r"sync\.allowed_networks"):
            NetworkGuard().addresses(host, 80)
    except socket.gaierror as error:
        pytest.skip(f"this system's resolver does not know the spelling: {error}")


def test_a_host_is_allowed_by_its_name_alone() -> None:
    assert NetworkGuard(["localhost"]).addresses("LOCALHOST", 80)
    with pytest.raises(AddressRefused):
        NetworkGuard(["localhost"]).addresses("127.0.0.1", 80)


@pytest.mark.parametrize(
    "entry", ["", "*", "http://wiki", "wiki:80", "wiki/x", "10.0.0.0/99", "1.2.3", "a b"]
)
def test_entries_that_mean_nothing_are_refused(entry: str) -> None:
    with pytest.raises(ValidationError, match=r"neither a network|name of a host"):
        SyncSettings(allowed_networks=[entry])


def test_hosts_are_kept_in_one_spelling() -> None:
    assert parse_allowed("Wiki.Example.ORG.") == "wiki.example.org"
    assert parse_allowed("bücher.example") == "xn--bcher-kva.example"
