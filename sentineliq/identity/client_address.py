"""Which client a request comes from, for counting its attempts; never for deciding who someone is."""

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

UNKNOWN = "unknown"

_PRIVATE = [
    ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
]
"""Where a reverse proxy of ours may be; `is_private` of the standard library includes much more."""


def client_address(request: Request) -> str:
    """The client's IP address; of IPv6 its /64 network, which is one customer's.

    `X-Forwarded-For` counts only when the peer is on a private network or a local socket, as a reverse
    proxy of ours is, and then only its last entry, which that proxy wrote itself: what a client puts
    before it is not believed.
    """
    peer = request.client.host if request.client else ""
    return address_of(peer=peer, forwarded=",".join(request.headers.getlist("x-forwarded-for")))


def address_of(*, peer: str, forwarded: str) -> str:
    """As `client_address`, of a websocket's handshake."""
    if forwarded and (not peer or _is_private(peer)):
        return _network(forwarded.rpartition(",")[2].strip()) or _network(peer) or UNKNOWN
    return _network(peer) or UNKNOWN


def _is_private(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in _PRIVATE)


def _network(address: str) -> str | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64"
