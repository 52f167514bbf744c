"""Seeded faults in keeping, showing, correcting, answering and protecting."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.rehearsal.faults import PLAIN, SEMANTIC, Fault

Patch = pytest.MonkeyPatch
DAY = timedelta(days=1)
KEEP_ORDER, KEEP_PARCEL, KEEP_USE = "keep service.order", "keep service.shipment, addressee", "keep service.use"
KEEP_MAIL, KEEP_FEEDBACK, KEEP_ANSWER = "keep message.mail-log", "keep message.feedback", "keep answer"
KEEP_PERSON, KEEP_VISIT = "keep person, company", "keep visit"
SHOW_MAIL, SHOW_SELF = "show message.mail-log to self", "show what is on record about you to self"
SHOW_ONLY, REPORT = "show customer information, addressee identified only", "for reporting show only"
REVIEW, STORE, PASSWORDS = "review grants", "protect anything by encryption at rest", "protect what is on record"
TRANSIT, DOWNLOAD, CHANGE = (
    "protect anything by encryption in transit",
    "let customers download",
    "let customers change",
)
ANSWER = "answer access"


def wrap(patch: Patch, place: str, around: Callable[..., Any]) -> None:
    """Put a function around the one that stands there: it is given that one, then the arguments."""
    module, _, name = place.rpartition(".")
    original = getattr(__import__(module, fromlist=[name]), name)
    patch.setattr(place, lambda *args, **kwargs: around(original, *args, **kwargs))


# ------------------------------------------------------------------------------------------------ how long


def end_a_day_late(patch: Patch, stage: Any) -> None:
    """Whether the time is over is asked of yesterday."""
    wrap(patch, "upheld.actions.vault.is_expired", lambda original, *args: original(*args[:3], args[3] - DAY))


def end_never(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.vault.is_expired", lambda *_args: False)


def count_from_booking(patch: Patch, stage: Any) -> None:
    """The time runs from the booking and not from the delivery."""

    def begin(original: Any, binding: Any, row: Any) -> None:
        from upheld.records.models import Item

        original(binding, row)
        end = row.booked_at + timedelta(days=730)
        Item.objects.filter(id__in=(row.addressee, row.told)).update(keep_until=end)

    wrap(patch, "upheld.actions.shipment_events._begin_keeping", begin)


def begin_for_half(patch: Patch, stage: Any) -> None:
    """The time begins for whom the parcel went to, and not for the record of its delivery."""

    def begin(original: Any, binding: Any, row: Any) -> None:
        from upheld.records.models import Item

        original(binding, row)
        Item.objects.filter(id=row.told).update(keep_until=None)

    wrap(patch, "upheld.actions.shipment_events._begin_keeping", begin)


def keep_twice_as_long(patch: Patch, stage: Any) -> None:
    """The log of mails is kept for two years."""
    wrap(
        patch,
        "upheld.actions.mail_log.find_keeping",
        lambda original, *args: replace(original(*args), days=730),
    )


def begin_not_at_all(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.vault.STARTS_AT_COLLECTION", frozenset({"order", "sending", "visit"}))


def count_one_day_more(patch: Patch, stage: Any) -> None:
    """A limit off by one."""
    from upheld.core.rights.keeping import Keeping

    def find_end(keeping: Any, started: Any) -> Any:
        return None if keeping.days is None or started is None else started + timedelta(days=keeping.days + 1)

    patch.setattr(Keeping, "find_end", find_end)


def take_old_password(patch: Patch, stage: Any) -> None:
    """The details are withheld; the password that goes with them is taken all the same."""
    patch.setattr("upheld.actions.entering.is_lapsed", lambda *_args: False)


def write_to_the_lapsed(patch: Patch, stage: Any) -> None:
    """Letters to many look at choices, and not at how long somebody was away."""
    from upheld.core.rights.keeping import NO_END

    patch.setattr("upheld.actions.audiences.find_keeping", lambda *_args: NO_END)


def count_from_the_first_day(patch: Patch, stage: Any) -> None:
    """The time of an account runs from its first day, however often somebody comes back."""

    def judge(original: Any, item: Any, person: Any, keeping: Any, now: Any) -> bool:
        if keeping.event == "last sign-in":
            return bool(keeping.find_end(person.created_at) <= now)
        return bool(original(item, person, keeping, now))

    wrap(patch, "upheld.actions.vault.is_expired", judge)


def purge(patch: Patch, more: int) -> None:
    wrap(
        patch,
        "upheld.jobs.chores.purge_visits",
        lambda original, state, site, days, now: original(state, site, days + more, now),
    )


def keep_the_key(patch: Patch, stage: Any) -> None:
    """The file goes, the key that opens a copy of it stays."""
    patch.setattr("upheld.actions.visits.destroy_person_keys", lambda *_args: 0)


def copy_as_of_yesterday(patch: Patch, stage: Any) -> None:
    """A copy is made of what could be shown yesterday."""

    def look(original: Any, *args: Any, now: Any, **rest: Any) -> Any:
        return original(*args, now=now - DAY, **rest)

    wrap(patch, "upheld.actions.exports.open_held", look)


# ------------------------------------------------------------------------------------------------ who sees it


def leave_out_the_last(patch: Patch, stage: Any) -> None:
    """The API leaves out the last of what is held."""

    def look(original: Any, *args: Any, **rest: Any) -> Any:
        held = original(*args, **rest)
        return replace(held, values=held.values[:-1])

    wrap(patch, "upheld.api.held.open_held", look)


def sign_nobody_out(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.api.entering.end_session", lambda *_args, **_rest: True)


def show_everybody(patch: Patch, stage: Any) -> None:
    """Whoever asks is told what is held about the first customer of all."""

    def look(original: Any, binding: Any, *, person: Any, **rest: Any) -> Any:
        from upheld.actions.seeking import find_row

        return original(binding, person=find_row(stage.site, stage.cast.silent.id), **rest)

    wrap(patch, "upheld.api.held.open_held", look)


def show_no_mails(patch: Patch, stage: Any) -> None:
    wrap(
        patch,
        "upheld.pages.account.mails.open_held",
        lambda original, *args, **rest: replace(original(*args, **rest), values=()),
    )


def grant_a_day_more(patch: Patch, stage: Any) -> None:
    """A grant that has run out opens for one day more."""

    def ask(original: Any, *, now: Any, **rest: Any) -> bool:
        return bool(original(now=now - DAY, **rest))

    wrap(patch, "upheld.actions.staff_reading.has_live_grant", ask)


def grant_to_everybody(patch: Patch, stage: Any) -> None:
    """Whoever has come into the console counts as granted."""
    patch.setattr("upheld.actions.staff_reading.has_live_grant", lambda **_rest: True)


class Anybody(str):
    """An id that is the same as every other."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def take_any_case(patch: Patch, stage: Any) -> None:
    """A case is asked for, and not whom it is about."""

    def find(original: Any, *args: Any) -> Any:
        held = original(*args)
        return held and replace(held, person=Anybody(held.person))

    wrap(patch, "upheld.actions.staff_reading.find_case", find)


def ask_for_one_role(patch: Patch, stage: Any) -> None:
    """The gate is asked for the role that sees most, whoever looks."""

    def look(original: Any, *args: Any, counterpart: str, **rest: Any) -> Any:
        return original(*args, counterpart="dispatch" if counterpart else counterpart, **rest)

    wrap(patch, "upheld.actions.staff_reading.open_items", look)


def forget_the_grant(patch: Patch, stage: Any) -> None:
    """A look that is withheld leaves no line."""

    def write(original: Any, site: str, kind: str, **rest: Any) -> str:
        return "" if kind == "item.withheld" else str(original(site, kind, **rest))

    wrap(patch, "upheld.actions.vault.write_line", write)


def count_small_groups(patch: Patch, stage: Any) -> None:
    """Groups are shown from nine people on."""
    wrap(
        patch,
        "upheld.actions.reports.count_groups",
        lambda original, rows, least, *rest: original(rows, least - 1, *rest),
    )


def report_to_every_role(patch: Patch, stage: Any) -> None:
    """A report is made as somebody who may see it, whoever looks."""
    wrap(
        patch, "upheld.console.reports.plan_reports", lambda original, binding, _roles: original(binding, ("analysts",))
    )


# ------------------------------------------------------------------------------------------------ grants


def review_a_day_late(patch: Patch, stage: Any) -> None:
    """A grant has to be looked at again a day later than the sentence says."""

    def find(original: Any, *args: Any) -> Any:
        review = original(*args)
        return replace(review, period=review.period + DAY)

    wrap(patch, "upheld.actions.grants.find_review", find)


def review_ones_own(patch: Patch, stage: Any) -> None:
    """Whoever works in the console may keep any grant, their own as well."""
    patch.setattr("upheld.actions.grants.may_review", lambda *_args: True)


def let_grants_live(patch: Patch, stage: Any) -> None:
    """A grant that nobody looked at goes on opening the console."""

    def list_roles(*, site: str, staff: int, now: Any) -> tuple[str, ...]:
        from upheld.records.models import Grant

        found = Grant.objects.filter(site=site, staff=staff, ended_at__isnull=True)
        return tuple(sorted(set(found.values_list("role", flat=True))))

    patch.setattr("upheld.console.guards.list_live_roles", list_roles)


# ------------------------------------------------------------------------------------------------ safeguards


def write_it_beside(patch: Patch, stage: Any) -> None:
    """What is sealed lies beside its seal, readable."""

    def seal(original: Any, key: bytes, values: Any, label: Any) -> bytes:
        sealed = original(key, values, label)
        return b"both" + len(sealed).to_bytes(4, "big") + bytes(sealed) + json.dumps(dict(values)).encode()

    def unseal(original: Any, key: bytes, sealed: bytes, label: Any) -> Any:
        if sealed[:4] == b"both":
            sealed = sealed[8 : 8 + int.from_bytes(sealed[4:8], "big")]
        return original(key, sealed, label)

    wrap(patch, "upheld.actions.vault.seal_values", seal)
    wrap(patch, "upheld.actions.vault.open_values", unseal)


def take_any_token(patch: Patch, stage: Any) -> None:
    def find(original: Any, site: str, token: str, now: Any) -> Any:
        from upheld.records.models import Session

        return original(site, token, now) or (token and Session.objects.select_related("person").first()) or None

    wrap(patch, "upheld.api.doorway.find_session", find)


def lock_a_minute_less(patch: Patch, stage: Any) -> None:
    """The lock ends a minute early."""
    patch.setattr("upheld.actions.locks.LOCK", timedelta(minutes=14))


def lock_the_known(patch: Patch, stage: Any) -> None:
    """Only addresses that have an account are locked, so that the lock tells who has one."""

    def note(original: Any, binding: Any, *, person: Any, **rest: Any) -> Any:
        return original(binding, person=person, **rest) if person is not None else None

    wrap(patch, "upheld.actions.entering.note_failure", note)


def name_no_case(patch: Patch, stage: Any) -> None:
    """The ledger says that somebody looked, and not on which case."""

    def write(original: Any, *args: Any, **rest: Any) -> str:
        return str(original(*args, **{name: value for name, value in rest.items() if name != "case"}))

    wrap(patch, "upheld.actions.vault.write_line", write)


def take_any_password(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.entering.is_password", lambda *_args: True)


def leave_them_signed_in(patch: Patch, stage: Any) -> None:
    """A new password ends no session of the old one."""
    patch.setattr("upheld.actions.entering.end_sessions", lambda *_args, **_rest: 0)


def send_cookies_in_the_clear(patch: Patch, stage: Any) -> None:
    """The cookie of a sign-in may go by plain http."""
    patch.setattr("upheld.web.cookies.is_secure", lambda *_args: False)


def take_posts_in_the_clear(patch: Patch, stage: Any) -> None:
    """Pages are led to https; what is sent to them in the clear is taken."""
    from upheld.web.transport import TransportMiddleware

    original = TransportMiddleware.process_view

    def process(middleware: Any, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        return None if request.method == "POST" else original(middleware, request, view, args, kwargs)

    patch.setattr(TransportMiddleware, "process_view", process)


# ------------------------------------------------------------------------------------------------ people themselves


def copy_half(patch: Patch, stage: Any) -> None:
    """The page of copies gives half of it."""

    def gather(original: Any, *args: Any, **rest: Any) -> Any:
        copy = original(*args, **rest)
        return replace(copy, values=copy.values[::2])

    wrap(patch, "upheld.pages.account.copy.gather_copy", gather)


def save_no_company(patch: Patch, stage: Any) -> None:
    """What is corrected about a company is thanked for, and not kept."""

    def correct(original: Any, binding: Any, *, person: Any, **rest: Any) -> Any:
        return () if person.kind == "company" else original(binding, person=person, **rest)

    wrap(patch, "upheld.pages.account.correct.correct_values", correct)


def change_anything(patch: Patch, stage: Any) -> None:
    """Whatever is held may be changed, whatever the rule names."""

    def find(original: Any, table: Any, deed: str, *args: Any) -> Any:
        return replace(original(table, deed, *args), data=table.words.leaves("data"))

    wrap(patch, "upheld.actions.corrections.find_letting", find)


def move_at_once(patch: Patch, stage: Any) -> None:
    """A new address counts before its owner has opened the link."""

    def ask(original: Any, binding: Any, *, person: Any, address: str, now: Any, **rest: Any) -> None:
        from upheld.actions.corrections import correct_values

        original(binding, person=person, address=address, now=now, **rest)
        correct_values(binding, person=person, values={"person.email": address}, now=now, is_proved=True)

    wrap(patch, "upheld.pages.account.password.ask_new_address", ask)


def answer_a_day_late(patch: Patch, stage: Any) -> None:
    """A request is due a day later than the sentence says."""

    def find(original: Any, *args: Any) -> Any:
        answering = original(*args)
        return replace(answering, within=answering.within + DAY)

    wrap(patch, "upheld.actions.cases.find_answering", find)


def call_it_late_later(patch: Patch, stage: Any) -> None:
    """A case stands among the late ones a day after it was due."""

    def find(original: Any, *args: Any, late_at: Any = None, **rest: Any) -> Any:
        return original(*args, late_at=late_at and late_at - DAY, **rest)

    wrap(patch, "upheld.console.cases.list_cases", find)


def read_no_mail(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.inbound._open_letter_case", lambda *_args: None)


KEPT, HELD, SAFE, LEFT = "how-long-we-keep-it", "seeing-changing-and-leaving", "how-we-protect-it", "what-we-collect"

FAULTS = [
    Fault("what was ordered is shown a day too long", SEMANTIC, f"{KEPT}.1", KEEP_ORDER, end_a_day_late),
    Fault("a copy is made of what could be shown yesterday", SEMANTIC, f"{KEPT}.1", KEEP_ORDER, copy_as_of_yesterday),
    Fault("what people wrote is shown for ever", PLAIN, f"{KEPT}.3", KEEP_FEEDBACK, end_never),
    Fault("the time of a parcel runs from its booking", SEMANTIC, f"{KEPT}.2", KEEP_PARCEL, count_from_booking),
    Fault("the record of a delivery has no end", SEMANTIC, f"{KEPT}.2", KEEP_PARCEL, begin_for_half),
    Fault("the log of mails is kept twice as long", SEMANTIC, f"{KEPT}.3", KEEP_MAIL, keep_twice_as_long),
    Fault("the time of an answer never begins", PLAIN, f"{KEPT}.3", KEEP_ANSWER, begin_not_at_all),
    Fault("times are counted with one day more", SEMANTIC, f"{KEPT}.2", KEEP_USE, count_one_day_more),
    Fault("a password is taken after its time", SEMANTIC, f"{KEPT}.4", KEEP_PERSON, take_old_password),
    Fault("letters to many go to people who were away too long", SEMANTIC, f"{KEPT}.4", KEEP_PERSON, write_to_the_lapsed),
    Fault("coming back does not begin the time anew", SEMANTIC, f"{KEPT}.4", KEEP_PERSON, count_from_the_first_day),
    Fault("visits are kept a day too long", SEMANTIC, f"{KEPT}.5", KEEP_VISIT, lambda patch, _stage: purge(patch, 1)),
    Fault("visits go a day too early", SEMANTIC, f"{KEPT}.5", KEEP_VISIT, lambda patch, _stage: purge(patch, -1)),
    Fault("the key of a day of visits stays", SEMANTIC, f"{KEPT}.5", KEEP_VISIT, keep_the_key),
    Fault("the API leaves out the last of what is held", SEMANTIC, f"{HELD}.1", SHOW_SELF, leave_out_the_last),
    Fault("signing out ends nothing", PLAIN, f"{HELD}.1", SHOW_SELF, sign_nobody_out),
    Fault("everybody is shown the details of one person", SEMANTIC, f"{HELD}.1", SHOW_SELF, show_everybody),
    Fault("the page of mails stays empty", PLAIN, f"{LEFT}.10", SHOW_MAIL, show_no_mails),
    Fault("a grant opens a day after it ran out", SEMANTIC, f"{SAFE}.1", SHOW_ONLY, grant_a_day_more),
    Fault("everybody in the console counts as granted", SEMANTIC, f"{SAFE}.1", SHOW_ONLY, grant_to_everybody),
    Fault("a case about anybody opens everybody", SEMANTIC, f"{SAFE}.1", SHOW_ONLY, take_any_case),
    Fault("the gate is asked for another role than that of whoever looks", SEMANTIC, f"{SAFE}.1", SHOW_ONLY, ask_for_one_role),
    Fault("a look that is withheld leaves no line", SEMANTIC, f"{SAFE}.1", SHOW_ONLY, forget_the_grant),
    Fault("reports show groups of one too few", SEMANTIC, "what-we-use-it-for.8", REPORT, count_small_groups),
    Fault("reports are shown in every role", SEMANTIC, "what-we-use-it-for.8", REPORT, report_to_every_role),
    Fault("grants are due a day late", SEMANTIC, f"{SAFE}.1", REVIEW, review_a_day_late),
    Fault("people keep their own grants", SEMANTIC, f"{SAFE}.1", REVIEW, review_ones_own),
    Fault("a grant that nobody looked at goes on opening", SEMANTIC, f"{SAFE}.1", REVIEW, let_grants_live),
    Fault("what is sealed lies readable beside its seal", SEMANTIC, f"{SAFE}.3", STORE, write_it_beside),
    Fault("an invented token opens the API", PLAIN, f"{SAFE}.3", STORE, take_any_token),
    Fault("a lock ends a minute early", SEMANTIC, f"{SAFE}.3", STORE, lock_a_minute_less),
    Fault("only addresses with an account are locked", SEMANTIC, f"{SAFE}.3", STORE, lock_the_known),
    Fault("a look is on the ledger without its case", SEMANTIC, f"{SAFE}.3", STORE, name_no_case),
    Fault("every password is taken", PLAIN, f"{SAFE}.5", PASSWORDS, take_any_password),
    Fault("a new password signs nobody out", SEMANTIC, f"{SAFE}.5", PASSWORDS, leave_them_signed_in),
    Fault("the cookie of a sign-in may go in the clear", SEMANTIC, f"{SAFE}.6", TRANSIT, send_cookies_in_the_clear),
    Fault("what is sent in the clear is taken", SEMANTIC, f"{SAFE}.6", TRANSIT, take_posts_in_the_clear),
    Fault("the page of copies gives half of it", SEMANTIC, f"{HELD}.1", DOWNLOAD, copy_half),
    Fault("corrections of a company are thanked for and not kept", SEMANTIC, f"{HELD}.2", CHANGE, save_no_company),
    Fault("whatever is held may be changed", SEMANTIC, f"{HELD}.2", CHANGE, change_anything),
    Fault("a new address counts before its link was opened", SEMANTIC, f"{HELD}.2", CHANGE, move_at_once),
    Fault("requests are due a day late", SEMANTIC, f"{HELD}.3", ANSWER, answer_a_day_late),
    Fault("a late case stands out a day after it was due", SEMANTIC, f"{HELD}.3", ANSWER, call_it_late_later),
    Fault("requests by mail become no cases", PLAIN, f"{HELD}.3", ANSWER, read_no_mail),
]  # fmt: skip
