"""One visit to one site of the house that is open in this process: swept, walked, kept on record."""

from __future__ import annotations

import logging
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from upheld.actions.accounts import find_account
from upheld.actions.ledger import sequence_entries
from upheld.actions.visiting import (
    begin_walk,
    is_gone,
    keep_walk,
    remove_visitor,
    sweep_visitors,
    write_to_visitor,
)
from upheld.core.gate.binding import Binding
from upheld.core.proof.evidence import DONE
from upheld.core.proof.walks import Walk
from upheld.server.environment import Environment, is_loopback
from upheld.server.tls import FOLDER
from upheld.server.visitor.browser import NoBrowser, open_browser
from upheld.server.visitor.newcomer import Hands
from upheld.server.visitor.plan import Invented, Plan, invent_person, make_plan
from upheld.server.visitor.post import Post, open_post
from upheld.server.visitor.stranger import note
from upheld.server.visitor.walk import skip_all, walk_site

logger = logging.getLogger(__name__)

AUTHORITY = "authority.pem"
CONNECT_SECONDS = 5.0


def visit_site(environment: Environment, binding: Binding, home: str) -> Walk:
    """Walk through the site at this address as a stranger and as an invented person; the walk is on record afterwards.

    Whoever an earlier walk left is taken away first, and this one's person at the end, whatever happened.
    """
    plan, post = make_plan(binding), open_post(environment)
    sweep_visitors(binding, find_now())
    person = invent_person(find_template(environment, plan, binding))
    walk_id = begin_walk(binding, address=person.address, now=find_now())
    try:
        walk = walk_once(environment, binding, plan, home=home, post=post, person=person)
    finally:
        left = remove_visitor(binding, person.address, find_now())
        if post is not None:
            post.throw_away(person.address)
    if left:
        logger.warning("site %s: the invented visitor could not close their account; it was erased", binding.site)
    keep_walk(binding, walk_id, walk, now=find_now())
    return walk


def walk_once(
    environment: Environment, binding: Binding, plan: Plan, *, home: str, post: Post | None, person: Invented
) -> Walk:
    """The walk itself; where there is no browser, one that says so."""
    authority = find_authority(environment)
    try:
        with open_browser(environment.visitor_browser, trusts_all=authority is not None) as context:
            walk = walk_site(
                context,
                plan,
                home=home,
                post=post,
                person=person,
                hands=make_hands(binding, home),
                form_seconds=settings.FORM_SECONDS,
            )
    except NoBrowser as problem:
        return skip_all(plan, str(problem))
    if authority is None:
        return walk
    said = "the certificate of the site is held against our local authority: it is the site's own"
    step = note(plan.in_transit, DONE, said, is_kept=is_vouched_for(home, authority), saw="it is not")
    return Walk((*walk.steps, step), walk.skipped, walk.faults)


def make_hands(binding: Binding, home: str) -> Hands:
    """What this process does for the walk."""

    def place_lines() -> None:
        while sequence_entries(binding.site, find_now()):
            pass

    def find_person(address: str) -> str:
        found = find_account(binding.site, address, find_now())
        return found.id if found is not None else ""

    return Hands(
        write_letter=lambda address, mail_class: bool(
            write_to_visitor(binding, address=address, mail_class=mail_class, home=home, now=find_now())
        ),
        place_lines=place_lines,
        find_person=find_person,
        is_gone=lambda address, person: is_gone(binding, address, person, find_now()),
    )


def find_template(environment: Environment, plan: Plan, binding: Binding) -> str:
    """The address that the invented person's is made of: of the settings, or at the host of the policy's own contact."""
    host = plan.email.partition("@")[2] or str(binding.policy.site.get("host", "localhost"))
    return environment.visitor_address or f"visitor@{host}"


def find_authority(environment: Environment) -> Path | None:
    """The local authority, where the house listens with a certificate of it: no browser knows it."""
    place = environment.state / FOLDER / AUTHORITY
    return place if environment.tls and environment.tls_certificate is None and place.is_file() else None


def is_vouched_for(home: str, authority: Path) -> bool:
    """Whether whoever trusts this authority is let to the site by its certificate."""
    parts = urlsplit(home)
    host = parts.hostname or ""
    context = ssl.create_default_context(cafile=str(authority))
    try:
        with (
            socket.create_connection((find_place(host), parts.port or 443), timeout=CONNECT_SECONDS) as opened,
            context.wrap_socket(opened, server_hostname=host),
        ):
            return True
    except OSError:  # ssl.SSLError is one
        return False


def find_place(host: str) -> str:
    """Where to reach a host: a browser knows that names below localhost are this machine, other programs often do not."""
    return "127.0.0.1" if is_loopback(host) and host.endswith("localhost") else host


def find_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
