"""The cast comes in again after a while: sessions end within hours, grants within months, and rehearsals look years ahead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.module_loading import import_string

from upheld.actions.grants import give_grant, has_live_grant
from upheld.actions.seeking import find_row
from upheld.actions.sessions import open_session
from upheld.rehearsal.cast import Clerk, Customer, Undone, need_entrance

if TYPE_CHECKING:
    from upheld.rehearsal.stage import Stage

REASON = "works in this role in the rehearsal"
_METHODS = "account_authentication_methods"  # where allauth writes down how somebody signed in, and who
_METHODS_OF = f"{_METHODS}_user"


def come_in_again(stage: Stage, customer: Customer) -> Customer:
    """The customer with a new session, as if they had just signed in, without the slow password. Raises Undone."""
    person = find_row(stage.site, customer.id)
    if person is None:
        raise Undone("the customer is not on record any more")
    token = open_session(stage.binding, person=person, now=stage.now)
    return replace(customer, cookies={need_entrance(stage).cookie.name: token})


def find_token(stage: Stage, customer: Customer) -> str:
    """What a program sends to the API in this customer's name."""
    return customer.cookies.get(need_entrance(stage).cookie.name, "")


def come_back_to_work(stage: Stage, clerk: Clerk, *, with_grant: bool = True) -> Clerk:
    """The clerk with a live grant of their role and a new session of the console; without `with_grant` the session alone."""
    staff = clerk.find()
    if (
        with_grant
        and clerk.role
        and not has_live_grant(site=stage.site, staff=staff.pk, role=clerk.role, now=stage.now)
    ):
        owner = stage.cast.owner.find()
        give_grant(stage.binding, staff=staff, role=clerk.role, reason=REASON, given_by=owner, now=stage.now)
    session: Any = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    session[SESSION_KEY] = str(staff.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
    session[_METHODS] = [{"method": "password", "at": stage.now.timestamp(), "username": staff.username}]
    session[_METHODS_OF] = str(staff.pk)
    session.save()
    return replace(clerk, cookies={settings.SESSION_COOKIE_NAME: session.session_key})
