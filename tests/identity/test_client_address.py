import pytest
from starlette.requests import Request

from sentineliq.identity.client_address import client_address


def _request(peer: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return Request({"type": "http", "client": (peer, 1) if peer is not None else None, "headers": headers})


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # a stranger's header is not believed
        ("10.0.0.2", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # the proxy's own entry is the last
        ("127.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["not an address"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("testclient", ["198.51.100.1"], "unknown"),
        ("", [], "unknown"),
        (None, [], "unknown"),
        (None, ["198.51.100.1"], "198.51.100.1"),  # a proxy on a local socket
    ],
)
def test_a_client_is_its_own_network_address(peer: str | None, forwarded: list[str], client: str) -> None:
    assert client_address(_request(peer, *forwarded)) == client
