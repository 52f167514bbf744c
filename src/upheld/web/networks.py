"""From where a request comes, as coarse as counting tries needs it; keeps nothing."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest

HOME_BITS = 64  # what a household or an office gets of IPv6; behind it addresses change at will


def name_network(request: HttpRequest) -> str:
    """The IPv4 address or the IPv6 network that the request comes from; a word for what is neither."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), HOME_BITS), strict=False))
    return str(address)
