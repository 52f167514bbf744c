"""What a proxy in front of the server says about a visitor, believed only from the addresses that the settings name."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")
# Left in the request's surroundings when somebody forwarded it whom the settings do not name: the peer's own address
# then says nothing of who asked, and pages that only this machine may see in the clear have to know that.
UNNAMED_PROXY = "upheld.unnamed_proxy"


def trust_proxies(application: Application, networks: Sequence[str]) -> Application:
    """The application with the visitor's own address and scheme in each request that came through a named proxy."""
    named = [ipaddress.ip_network(network) for network in networks]

    def is_named(address: str) -> bool:
        if not named:
            return False
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped  # how a socket for both kinds shows the older one
        return any(found in network for network in named)

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        peer = str(environ.get("REMOTE_ADDR", ""))
        said = {name: str(environ.pop(name)) for name in FORWARDED if name in environ}
        if is_named(peer):
            environ["REMOTE_ADDR"] = find_visitor(said.get("HTTP_X_FORWARDED_FOR", ""), is_named) or peer
            scheme = said.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
            # A named proxy that says nothing is not taken for https.
            environ["wsgi.url_scheme"] = "https" if scheme == "https" else "http"
        elif said:
            environ[UNNAMED_PROXY] = True
        return application(environ, start_response)

    return answer


def find_visitor(chain: str, is_named: Callable[[str], bool]) -> str:
    """The last address of the chain that is no named proxy; what stands left of it anybody could have written."""
    for word in reversed([word.strip() for word in chain.split(",")]):
        try:
            address = str(ipaddress.ip_address(word))
        except ValueError:
            return ""
        if not is_named(address):
            return address
    return ""
