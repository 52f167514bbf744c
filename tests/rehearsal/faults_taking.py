"""Seeded faults in taking in: forms and records."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.rehearsal.faults import PLAIN, SEMANTIC, Fault, wrap

Patch = pytest.MonkeyPatch
COLLECT_PERSON = "collect person at registration"
COLLECT_PASSWORD = "collect sign-in.password"  # noqa: S105 - the words of a rule
COLLECT_COMPANY = "collect company, person"
COLLECT_ORDER = "collect service.order"
COLLECT_NAMED = "collect addressee.email"
COLLECT_ENTRY = "collect answer.promotion"
COLLECT_SURVEY = "collect answer.survey"
COLLECT_FEEDBACK = "collect message.feedback"
MARK_COMPANY = "mark company as required"
RECORD_SERVICE, RECORD_VISIT, RECORD_MAIL = "record service.shipment", "record visit.ip", "record message.mail-log"


# ------------------------------------------------------------------------------------------------ forms


def ask_no_gate(patch: Patch, stage: Any) -> None:
    """What comes in is kept for whatever it may be good for; the gate is not asked."""
    patch.setattr("upheld.actions.vault.find_purposes", lambda *_args: ("fulfil.service",))


def ask_gate_of_any_place(patch: Patch, stage: Any) -> None:
    """What may come in at one form may come in at every form."""

    def find(original: Any, binding: Any, leaf: str, _touchpoint: str, facts: Any) -> Any:
        places = binding.policy.words.leaves("touchpoint")
        return next((found for place in places if (found := original(binding, leaf, place, facts))), ())

    wrap(patch, "upheld.actions.vault.find_purposes", find)


def import_without_gate(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.imports.find_purposes", lambda *_args: ("fulfil.service",))


def tag(patch: Patch, **tags: Any) -> None:
    def make(original: Any, *args: Any, **kwargs: Any) -> Any:
        item = original(*args, **kwargs)
        for name, value in tags.items():
            setattr(item, name, value)
        return item

    wrap(patch, "upheld.actions.vault._make_item", make)


def keep_for_everything(patch: Patch, stage: Any) -> None:
    tag(patch, purposes=list(stage.policy.words.leaves("purpose")))


def keep_for_sale_as_well(patch: Patch, stage: Any) -> None:
    def make(original: Any, *args: Any, **kwargs: Any) -> Any:
        item = original(*args, **kwargs)
        item.purposes = [*item.purposes, "marketing.offer"] if item.touchpoint == "promotion" else item.purposes
        return item

    wrap(patch, "upheld.actions.vault._make_item", make)


def keep_for_half(patch: Patch, stage: Any) -> None:
    """Of several purposes only the first is noted, so that the rest would have to be asked for again."""

    def make(original: Any, *args: Any, **kwargs: Any) -> Any:
        item = original(*args, **kwargs)
        item.purposes = item.purposes[:1]
        return item

    wrap(patch, "upheld.actions.vault._make_item", make)


def tag_with_the_first_version(patch: Patch, stage: Any) -> None:
    tag(patch, version=date(2016, 6, 13))


def forget_wording(patch: Patch, stage: Any) -> None:
    def put(original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **{**kwargs, "shown": ""})

    wrap(patch, "upheld.actions.submissions.put_items", put)


def leave_copy_unsealed(patch: Patch, stage: Any) -> None:
    """A copy of what was typed lies beside what is sealed, in a table for something else."""

    def put(original: Any, binding: Any, **kwargs: Any) -> Any:
        from upheld.records.models import Shown

        text = json.dumps(kwargs["values"])
        Shown.objects.create(
            site=binding.site, digest="c" * 64, version=binding.current, text=text, first_at=kwargs["now"]
        )
        return original(binding, **kwargs)

    wrap(patch, "upheld.actions.submissions.put_items", put)


def tell_less(patch: Patch, stage: Any) -> None:
    """The ledger tells of all that was taken but one thing."""

    def write(original: Any, site: str, kind: str, **fields: Any) -> Any:
        if kind == "item.collected":
            fields["data"] = fields["data"][1:] or fields["data"]
        return original(site, kind, **fields)

    wrap(patch, "upheld.actions.vault.write_line", write)


def keep_first_answer(patch: Patch, stage: Any) -> None:
    """Of a form with several questions only the first answer is kept."""

    def gather(original: Any, plan: Any, submission: Any) -> Any:
        found = original(plan, submission)
        return {
            leaf: dict(list(value.items())[:1]) if isinstance(value, dict) else value for leaf, value in found.items()
        }

    wrap(patch, "upheld.actions.submissions.gather_values", gather)


def leave_visitor_behind(patch: Patch, stage: Any) -> None:
    """A form that is refused has made a visitor of whoever sent it."""

    def show(original: Any, visit: Any, submission: Any = None, *args: Any, **kwargs: Any) -> Any:
        from upheld.actions.people import create_person

        if submission is not None:
            create_person(stage.binding, now=stage.now, is_visitor=True)
        return original(visit, submission, *args, **kwargs)

    wrap(patch, "upheld.pages.touchpoints.show_form", show)


def take_what_programs_send(patch: Patch, stage: Any) -> None:
    """A program may send what it likes: it is kept with the answer."""

    def read(_original: Any, plan: Any, filled: Any) -> Any:
        from upheld.web.forms import read_posted

        known = {name: [text] for name, text in filled.values.items() if plan.find_field(name)}
        rest = [text for name, text in filled.values.items() if not plan.find_field(name)]
        found = read_posted(plan, known)
        return replace(found, values=tuple((name, " ".join([text, *rest])) for name, text in found.values))

    wrap(patch, "upheld.api.forms.read_filled", read)


def keep_password_with_the_rest(patch: Patch, stage: Any) -> None:
    def take(original: Any, binding: Any, entrance: Any, person: Any, told: Any, **kwargs: Any) -> Any:
        whole = replace(told, values={**told.values, entrance.password: told.password})
        return original(binding, entrance, person, whole, **kwargs)

    wrap(patch, "upheld.actions.accounts.take_told", take)


def keep_password_as_typed(patch: Patch, stage: Any) -> None:
    """The hash lies in its place, and the password itself in a column that nobody looks at."""

    def store(original: Any, binding: Any, **kwargs: Any) -> Any:
        found = original(binding, **kwargs)
        found.sealed = bytes(found.sealed) + b"eleven lamps along the quay"
        found.save()
        return found

    wrap(patch, "upheld.actions.accounts.store_password", store)


def drop_named(patch: Patch, stage: Any) -> None:
    """The addresses that a customer names are noted for the sending, and not kept as theirs."""

    def lay_out(original: Any, ordering: Any, *args: Any, **kwargs: Any) -> Any:
        return {leaf: value for leaf, value in original(ordering, *args, **kwargs).items() if leaf != ordering.email}

    wrap(patch, "upheld.actions.shipments._lay_out", lay_out)


def order_at_another_place(patch: Patch, stage: Any) -> None:
    """An order takes down who sends it, out of their account, without being asked for it."""

    def read(original: Any, ordering: Any, values: Any) -> Any:
        rest = {
            leaf: text for leaf, text in values.items() if leaf in (ordering.order, ordering.name, ordering.address)
        }
        given = original(ordering, rest)
        more = {leaf: text for leaf, text in values.items() if leaf not in rest}
        return replace(given, order={**given.order, **more})

    wrap(patch, "upheld.actions.shipments._read_values", read)


def let_empty_pass(patch: Patch, stage: Any) -> None:
    def read(original: Any, field: Any, sent: Any, checks: Any) -> Any:
        return original(replace(field, is_required=False), sent, checks)

    wrap(patch, "upheld.core.fields.submission._read_field", read)


def take_blanks_for_words(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.core.fields.submission.tidy_text", lambda text, **_kwargs: text)


def need_only_the_first(patch: Patch, stage: Any) -> None:
    """Of all that one rule marks only the first category is held to it."""

    def find(original: Any, table: Any, leaf: str, touchpoint: str) -> Any:
        mark = original(table, leaf, touchpoint)
        is_first = mark is not None and table.words.expand("data", mark.data)[0] == leaf
        return mark if is_first else None

    wrap(patch, "upheld.core.fields.plan._find_mark", find)


def say_no_reason(patch: Patch, stage: Any) -> None:
    def lay_out(original: Any, field: Any, *args: Any, **kwargs: Any) -> Any:
        return original(replace(field, reason=""), *args, **kwargs)

    wrap(patch, "upheld.web.forms.lay_out_field", lay_out)


# ------------------------------------------------------------------------------------------------ records


def note_whole_address(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.web.visit_log.name_page", lambda request, _response: request.get_full_path())


def note_agent(patch: Patch, stage: Any) -> None:
    def note(original: Any, request: Any, *args: Any) -> Any:
        return (*original(request, *args), ("visit.agent", request.headers.get("User-Agent", "")))

    wrap(patch, "upheld.web.visit_log.note_visit", note)


def note_good_pages_only(patch: Patch, stage: Any) -> None:
    def note(original: Any, request: Any, response: Any, *args: Any) -> Any:
        return original(request, response, *args) if response.status_code < 400 else ()

    wrap(patch, "upheld.web.visit_log.note_visit", note)


def log_visits_unsealed(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.visits.seal_line", lambda _key, _site, _day, visits: json.dumps(visits).encode())


def log_the_words(patch: Patch, stage: Any) -> None:
    def seal(original: Any, key: Any, values: Any, label: Any) -> Any:
        return original(key, {leaf: {**entry, "subject": "what it said"} for leaf, entry in values.items()}, label)

    wrap(patch, "upheld.actions.mail_log.seal_values", seal)


def log_no_mail(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.settling.note_deliveries", lambda *_args, **_kwargs: None)


def log_address_of_the_house(patch: Patch, stage: Any) -> None:
    """The log says that the mail went to the business and not to whom it went."""

    def seal(original: Any, key: Any, values: Any, label: Any) -> Any:
        own = stage.policy.contact["email"]
        return original(key, {leaf: {**entry, "to": own} for leaf, entry in values.items()}, label)

    wrap(patch, "upheld.actions.mail_log.seal_values", seal)


def note_use_twice(patch: Patch, stage: Any) -> None:
    def put(original: Any, binding: Any, **kwargs: Any) -> Any:
        if kwargs["touchpoint"] == "service":
            original(binding, **kwargs)
        return original(binding, **kwargs)

    wrap(patch, "upheld.actions.shipments.put_items", put)


def note_end_with_the_booking(patch: Patch, stage: Any) -> None:
    """What is said of the end of a shipment is noted when it is booked, before anything has happened."""

    def note(original: Any, binding: Any, row: Any, *args: Any) -> Any:
        from upheld.actions.vault import put_items

        values = {"service.shipment": f"{row.number} delivered"}
        told = {"touchpoint": "service", "values": values, "now": stage.now, "method": "automatic"}
        put_items(binding, person=row.person, **told)
        return original(binding, row, *args)

    wrap(patch, "upheld.actions.shipments._note_booking", note)


COLLECTED = "what-we-collect"
FAULTS: tuple[Fault, ...] = (
    Fault("the gate is not asked what may come in", PLAIN, f"{COLLECTED}.2", COLLECT_PERSON, ask_no_gate),
    Fault("what one form may take every form may", SEMANTIC, f"{COLLECTED}.5", COLLECT_FEEDBACK, ask_gate_of_any_place),
    Fault("an import does not ask the gate", PLAIN, f"{COLLECTED}.1", COLLECT_COMPANY, import_without_gate),
    Fault("data is kept for every purpose", SEMANTIC, f"{COLLECTED}.2", COLLECT_PERSON, keep_for_everything),
    Fault("an entry is kept for offers as well", SEMANTIC, f"{COLLECTED}.5", COLLECT_ENTRY, keep_for_sale_as_well),
    Fault("only the first of two purposes is noted", SEMANTIC, f"{COLLECTED}.5", COLLECT_SURVEY, keep_for_half),
    Fault("data is kept under an old version", SEMANTIC, f"{COLLECTED}.3", COLLECT_ORDER, tag_with_the_first_version),
    Fault("nobody can see what a form said", PLAIN, f"{COLLECTED}.5", COLLECT_FEEDBACK, forget_wording),
    Fault("a copy lies unsealed beside it", SEMANTIC, f"{COLLECTED}.5", COLLECT_FEEDBACK, leave_copy_unsealed),
    Fault("the ledger tells of all but one", SEMANTIC, f"{COLLECTED}.2", COLLECT_PERSON, tell_less),
    Fault("only the first answer is kept", SEMANTIC, f"{COLLECTED}.5", COLLECT_SURVEY, keep_first_answer),
    Fault("a refused form leaves a visitor", SEMANTIC, f"{COLLECTED}.5", COLLECT_FEEDBACK, leave_visitor_behind),
    Fault("programs may send more", SEMANTIC, f"{COLLECTED}.5", COLLECT_FEEDBACK, take_what_programs_send),
    Fault("a password lies among the rest", SEMANTIC, f"{COLLECTED}.2", COLLECT_PASSWORD, keep_password_with_the_rest),
    Fault("a password lies as typed", PLAIN, f"{COLLECTED}.2", COLLECT_PASSWORD, keep_password_as_typed),
    Fault("named addresses are not kept", PLAIN, f"{COLLECTED}.4", COLLECT_NAMED, drop_named),
    Fault("an order takes one field more", SEMANTIC, f"{COLLECTED}.3", COLLECT_ORDER, order_at_another_place),
    Fault("a required field may be empty", PLAIN, f"{COLLECTED}.1", MARK_COMPANY, let_empty_pass),
    Fault("blanks count as filled in", SEMANTIC, f"{COLLECTED}.1", MARK_COMPANY, take_blanks_for_words),
    Fault("only the first of four is required", SEMANTIC, f"{COLLECTED}.1", MARK_COMPANY, need_only_the_first),
    Fault("why a field is required is not said", PLAIN, f"{COLLECTED}.1", MARK_COMPANY, say_no_reason),
    Fault("what was searched for is noted", SEMANTIC, f"{COLLECTED}.7", RECORD_VISIT, note_whole_address),
    Fault("the browser's name is noted", SEMANTIC, f"{COLLECTED}.7", RECORD_VISIT, note_agent),
    Fault("pages that are not there are not noted", SEMANTIC, f"{COLLECTED}.7", RECORD_VISIT, note_good_pages_only),
    Fault("the log of visits is not sealed", PLAIN, f"{COLLECTED}.7", RECORD_VISIT, log_visits_unsealed),
    Fault("the log of mails has their words", SEMANTIC, f"{COLLECTED}.9", RECORD_MAIL, log_the_words),
    Fault("no mail is logged", PLAIN, f"{COLLECTED}.9", RECORD_MAIL, log_no_mail),
    Fault("mails are logged with our address", SEMANTIC, f"{COLLECTED}.9", RECORD_MAIL, log_address_of_the_house),
    Fault("one use is noted twice", SEMANTIC, f"{COLLECTED}.6", RECORD_SERVICE, note_use_twice),
    Fault("an end is noted at the booking", SEMANTIC, f"{COLLECTED}.6", RECORD_SERVICE, note_end_with_the_booking),
)
