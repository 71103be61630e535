"""Who is at the other end: the address that limits are counted for, also behind a proxy."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

__all__ = ["Networks", "seen_through", "subject"]

log = logging.getLogger(__name__)
Networks = Sequence[IPv4Network | IPv6Network]


def seen_through(request: web.Request, trusted: Networks) -> web.Request:
    """The request as a trusted proxy got it: its peer's address, and whether it came by https.

    From anybody else the headers X-Forwarded-… are words that nobody has checked.
    """
    remote = request.remote or ""
    if not _is_in(remote, trusted):
        if "X-Forwarded-For" in request.headers:
            _warn()
        return request
    # Each proxy appends whom it heard it from: the last that is none of ours is the client.
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    for hop in reversed(hops):
        try:
            remote = str(ip_address(hop.strip()))
        except ValueError:
            break
        if not _is_in(remote, trusted):
            break
    scheme = request.headers.get("X-Forwarded-Proto", "")
    return request.clone(
        remote=remote, scheme=scheme if scheme in ("http", "https") else request.scheme
    )


def subject(request: web.Request) -> str:
    """What limits by address are counted for; of IPv6 the /64 that one customer has."""
    remote = request.remote or ""
    with suppress(ValueError):
        address = ip_address(remote)
        if isinstance(address, IPv6Address):
            mapped = address.ipv4_mapped
            return str(mapped or ip_network((int(address), 64), strict=False))
    return remote


@cache
def _warn() -> None:
    """Once; who says it may be anybody."""
    log.warning(
        "a request came with X-Forwarded-For from an address that is not among"
        " ATELIER_WEB__TRUSTED_PROXIES: to limits everybody behind a proxy is one address"
    )


def _is_in(address: str, networks: Networks) -> bool:
    with suppress(ValueError):
        return any(ip_address(address) in network for network in networks)
    return False
