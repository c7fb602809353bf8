"""What an address is counted by, and which are this machine's."""

from __future__ import annotations

import pytest

from app.addresses import is_own_address, network_of


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:cb00:7107", "203.0.113.7"),
        ("64:ff9b::203.0.113.7", "203.0.113.7"),
        ("2002:cb00:7107:1::1", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_one_subscriber_counts_as_one(address: str, counted: str) -> None:
    assert network_of(address) == counted


def test_own_addresses() -> None:
    for own in (
        "127.0.0.1",
        "127.8.9.1",
        "::1",
        "[::1]",
        "LOCALHOST",
        "localhost.",
        "::ffff:127.0.0.1",
    ):
        assert is_own_address(own), own
    for other in ("", ".", "10.0.0.1", "0.0.0.0", "::", "localhost.example", "::ffff:10.0.0.1"):
        assert not is_own_address(other), other
