"""Seeded faults in messages, choices and telling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.rehearsal.faults import PLAIN, SEMANTIC, Fault

Patch = pytest.MonkeyPatch
ORDERS, CHOICE, MERGER, CHANGE = (
    "what-we-collect",
    "your-choice-about-our-messages",
    "whom-we-give-it-to",
    "when-this-page-changes",
)
PROOF, STOP = "send proof of delivery", "put stop link"
ACCOUNT, OFFERS = "send service announcement", "send promotional offer, newsletter to account holders if"
UNSUBSCRIBE, ASKED = "put unsubscribe link", "choice marketing is opt-in"
AT_REGISTRATION, AT_ACCOUNT = "choice marketing is changed at registration", "choice marketing is changed at account"
STOPS, SPARES = "choice marketing stops promotional offer", "choice marketing does not stop service"
TOLD, NOTICE, POSTING = "tell customers by email", "tell account holders by email", "change takes effect"


def put_in(place: str, value: Any) -> Callable[[Patch, Any], None]:
    """A name of a module (`upheld.x.y:name`) stands for something else."""

    def plant(patch: Patch, _stage: Any) -> None:
        module, _, name = place.partition(":")
        patch.setattr(f"{module}.{name}", value)

    return plant


def wrap(place: str, around: Callable[..., Any]) -> Callable[[Patch, Any], None]:
    """A function of a module is called through another one, which gets it first."""

    def plant(patch: Patch, _stage: Any) -> None:
        import importlib

        module, _, name = place.partition(":")
        real = getattr(importlib.import_module(module), name)
        patch.setattr(f"{module}.{name}", lambda *given, **named: around(real, *given, **named))

    return plant


def all_of(*plants: Callable[[Patch, Any], None]) -> Callable[[Patch, Any], None]:
    """Several at once."""

    def plant(patch: Patch, stage: Any) -> None:
        for one in plants:
            one(patch, stage)

    return plant


def nothing(*_given: Any, **_named: Any) -> Any:
    """What a handler does that does nothing."""
    return 0


# ---------------------------------------------------------------------------------------------- messages


def send_too_early(patch: Patch, stage: Any) -> None:
    from upheld.actions import proofs, shipment_events
    from upheld.core.shipping.states import ON_ITS_WAY
    from upheld.records.models import Person

    write = shipment_events.insert_rows

    def insert(model: Any, columns: Any, rows: Any) -> Any:
        done = write(model, columns, rows)
        if model is shipment_events.ShipmentEvent and rows[0][3] == ON_ITS_WAY:
            row = shipment_events.Shipment.objects.get(id=rows[0][2])
            told = {"received_by": "nobody yet", "at": rows[0][4], "home": stage.home, "now": rows[0][5]}
            proofs.queue_proofs(stage.binding, row, Person.objects.get(id=row.person_id), **told)
        return done

    patch.setattr(shipment_events, "insert_rows", insert)


def send_each_twice(real: Any, *given: Any) -> Any:
    real(*given)
    return real(*given)


def leave_out_who_was_named(real: Any, delivery: Any, own: bytes) -> Any:
    from upheld.actions.proofs import NOTHING

    assert real, own
    return NOTHING if delivery else None


def stop_by_looking(real: Any, binding: Any, token: str) -> Any:
    from datetime import UTC, datetime

    from upheld.actions.stops import stop_named

    found = real(binding, token)
    stop_named(binding, token=token, now=datetime.now(UTC))
    return found


def press_by_looking(real: Any, held: Any) -> Any:
    from upheld.actions.unsubscribing import stop_messages

    found = real(held)
    stop_messages(held.binding, person=held.person, link=held.link, is_one_click=False, now=held.now)
    return found


def skip_one_click(real: Any, binding: Any, **named: Any) -> Any:
    return None if named["is_one_click"] else real(binding, **named)


def count_anybody(real: Any, *given: Any, **named: Any) -> Any:
    from upheld.core.notices.standing import HOLDER

    found = real(*given, **named)
    return HOLDER if found == "unverified" else found


def take_silence_for_yes(real: Any, choice: str, answer: str, mode: str) -> Any:
    return real(choice, "yes" if answer == "unasked" else answer, mode)


def write_to_anybody(_real: Any, binding: Any, draft: Any) -> Any:
    from upheld.core.notices.audience import find_campaign_class

    return find_campaign_class(binding.policy, draft.mail_class)


def refuse_and_keep(real: Any, binding: Any, draft: Any, **named: Any) -> Any:
    from upheld.core.errors import RefusedError

    try:
        return real(binding, draft, **named)
    except RefusedError:
        real(binding, replace(draft, audience="account holders"), **named)
        raise


# ---------------------------------------------------------------------------------------------- choices


def stop_the_last_alone(real: Any, policy: Any, choice: str) -> Any:
    return real(policy, choice)[-1:]


def stop_everything(_real: Any, policy: Any, _choice: str = "") -> Any:
    return tuple(policy.words.of_sort("mail"))


def keep_yes_alone(real: Any, *given: Any, **named: Any) -> Any:
    return real(*given, **named) if named["is_yes"] else None


def turn_round(real: Any, *given: Any, **named: Any) -> Any:
    return real(*given, **{**named, "is_yes": not named["is_yes"]})


def look_late(patch: Patch, stage: Any) -> None:
    from upheld.jobs.inbound import Watcher

    real, since = Watcher.look, stage.now

    def look(self: Any, work: Any, now: Any) -> int:
        return real(self, work, now) if now - since > timedelta(hours=72) else 0

    patch.setattr(Watcher, "look", look)


def wait_an_hour_more(real: Any, policy: Any, kind: str) -> Any:
    found = real(policy, kind)
    return replace(found, within=found.within + timedelta(hours=1))


def preset_yes(real: Any, key: str, value: str, label: str, is_chosen: bool) -> Any:
    return real(key, value, label, value == "yes" or is_chosen)


# ---------------------------------------------------------------------------------------------- telling


def be_a_second_early(real: Any, *given: Any, **named: Any) -> Any:
    return real(*given, **{**named, "now": named["now"] + timedelta(seconds=1)})


def give_a_day_less(real: Any, policy: Any) -> Any:
    found = real(policy)
    return replace(found, days=found.days - 1)


def tell_half(real: Any, row: Any) -> Any:
    found = real(row)
    return found.exclude(id=found.order_by("-id").values_list("id", flat=True).first())


def take_all_as_told(patch: Patch, _stage: Any) -> None:
    from upheld.actions import facts, merger_transfer
    from upheld.records.models import MergerNotice

    def list_ripe(row: Any, _now: Any) -> Any:
        return MergerNotice.objects.filter(site=row.site, merger=row, transferred_at__isnull=True)

    patch.setattr(merger_transfer, "list_ripe", list_ripe)
    patch.setattr(merger_transfer, "is_ripe", lambda *_given: True)
    patch.setattr(facts, "know_of_merger", lambda *_given: {"merging": True, "told": True})


def take_the_first_time_for_all(patch: Patch, _stage: Any) -> None:
    from upheld.actions import facts, merger_transfer
    from upheld.records.models import MergerNotice

    def list_ripe(row: Any, _now: Any) -> Any:
        return MergerNotice.objects.filter(site=row.site, merger=row, state="told", transferred_at__isnull=True)

    patch.setattr(merger_transfer, "list_ripe", list_ripe)
    patch.setattr(merger_transfer, "is_ripe", lambda *_given: True)
    patch.setattr(facts, "know_of_merger", lambda *_given: {"merging": True, "told": True})


def bind_what_lies_there(patch: Patch, _stage: Any) -> None:
    from upheld.web.shelf import Shelf

    patch.setattr(Shelf, "read_posted", lambda _self, _slug: None)


def bind_at_posting(patch: Patch, _stage: Any) -> None:
    from upheld.core.rights.changing import ChangePlan

    patch.setattr(ChangePlan, "find_effective_at", lambda _self, posted_at: posted_at)


FAULTS: tuple[Fault, ...] = (
    Fault("proof of delivery goes out when the parcel leaves", SEMANTIC, f"{ORDERS}.11", PROOF, send_too_early),
    Fault(
        "proof of delivery goes to the customer alone",
        SEMANTIC,
        f"{ORDERS}.11",
        PROOF,
        wrap("upheld.actions.proofs:_queue_named", leave_out_who_was_named),
    ),
    Fault(
        "who was named gets the proof twice",
        SEMANTIC,
        f"{ORDERS}.11",
        PROOF,
        wrap("upheld.actions.proofs:_queue_one", send_each_twice),
    ),
    Fault(
        "a stop holds for one shipment alone",
        SEMANTIC,
        f"{ORDERS}.12",
        STOP,
        put_in("upheld.actions.stops:suppress", nothing),
    ),
    Fault(
        "opening a stop link stops already",
        SEMANTIC,
        f"{ORDERS}.12",
        STOP,
        wrap("upheld.pages.stops:find_named", stop_by_looking),
    ),
    Fault(
        "what the policy puts into messages is left out",
        PLAIN,
        f"{ORDERS}.12",
        STOP,
        put_in("upheld.core.notices.compose:list_parts", lambda *_given: ()),
    ),
    Fault(
        "a letter goes to addresses that nobody confirmed",
        SEMANTIC,
        f"{CHOICE}.6",
        ACCOUNT,
        wrap("upheld.actions.standings:place_person", count_anybody),
    ),
    Fault(
        "who was not asked is taken to have said yes",
        SEMANTIC,
        f"{CHOICE}.8",
        OFFERS,
        all_of(
            wrap("upheld.core.notices.standing:answer_choice", take_silence_for_yes),
            wrap("upheld.actions.facts:answer_choice", take_silence_for_yes),
        ),
    ),
    Fault(
        "a letter to people who were named is taken",
        SEMANTIC,
        f"{CHOICE}.8",
        OFFERS,
        wrap("upheld.actions.campaigns:check_draft", write_to_anybody),
    ),
    Fault(
        "a letter that was refused is kept for another audience",
        SEMANTIC,
        f"{CHOICE}.8",
        OFFERS,
        wrap("upheld.console.campaigns:write_campaign", refuse_and_keep),
    ),
    Fault(
        "a refused letter leaves no line",
        PLAIN,
        f"{CHOICE}.8",
        OFFERS,
        put_in("upheld.console.campaigns:note_refusal", nothing),
    ),
    Fault(
        "one click is answered and nothing is done",
        SEMANTIC,
        f"{CHOICE}.8",
        UNSUBSCRIBE,
        wrap("upheld.pages.stopping:stop_messages", skip_one_click),
    ),
    Fault(
        "opening an unsubscribe link says no",
        SEMANTIC,
        f"{CHOICE}.8",
        UNSUBSCRIBE,
        wrap("upheld.pages.stopping:is_stopped", press_by_looking),
    ),
    Fault(
        "mail programs are not told that one click is enough",
        PLAIN,
        f"{CHOICE}.8",
        UNSUBSCRIBE,
        put_in("upheld.core.notices.compose:_UNSUBSCRIBE", "part:another"),
    ),
    Fault(
        "the form comes with a yes",
        SEMANTIC,
        f"{CHOICE}.1",
        ASKED,
        wrap("upheld.web.forms:Pick", preset_yes),
    ),
    Fault(
        "silence on the form counts as a yes",
        SEMANTIC,
        f"{CHOICE}.2",
        ASKED,
        all_of(
            wrap("upheld.core.notices.standing:answer_choice", take_silence_for_yes),
            wrap("upheld.actions.facts:answer_choice", take_silence_for_yes),
        ),
    ),
    Fault(
        "a no on the form to register is not kept",
        SEMANTIC,
        f"{CHOICE}.3",
        AT_REGISTRATION,
        wrap("upheld.actions.accounts:record_choice", keep_yes_alone),
    ),
    Fault(
        "a no in the account leaves what waits",
        SEMANTIC,
        f"{CHOICE}.4",
        AT_ACCOUNT,
        put_in("upheld.actions.choices:stop_messages", nothing),
    ),
    Fault(
        "a program's answer is kept the wrong way round",
        PLAIN,
        f"{CHOICE}.4",
        AT_ACCOUNT,
        wrap("upheld.api.choices:record_choice", turn_round),
    ),
    Fault(
        "a no by message is written down and not carried out",
        PLAIN,
        f"{CHOICE}.4",
        AT_ACCOUNT,
        put_in("upheld.actions.inbound:carry_out_no", lambda *_given, **_named: ()),
    ),
    Fault("the mailbox is looked into after three days", SEMANTIC, f"{CHOICE}.4", AT_ACCOUNT, look_late),
    Fault(
        "staff have an hour more for a no that needs reading",
        SEMANTIC,
        f"{CHOICE}.4",
        AT_ACCOUNT,
        wrap("upheld.actions.inbound:find_answering", wait_an_hour_more),
    ),
    Fault(
        "a no that is carried out is not acknowledged",
        PLAIN,
        f"{CHOICE}.4",
        AT_ACCOUNT,
        put_in("upheld.actions.inbound:_acknowledge", lambda *_given, **_named: ""),
    ),
    Fault(
        "a no takes one of the classes out of the outbox",
        SEMANTIC,
        f"{CHOICE}.4",
        STOPS,
        wrap("upheld.actions.choices:list_stopped_classes", stop_the_last_alone),
    ),
    Fault(
        "nobody looks once more before a message leaves",
        SEMANTIC,
        f"{CHOICE}.4",
        STOPS,
        put_in("upheld.actions.sending:find_objections", lambda *_given: {}),
    ),
    Fault(
        "a no takes out messages that it does not stop",
        SEMANTIC,
        f"{CHOICE}.7",
        SPARES,
        wrap("upheld.actions.choices:list_stopped_classes", stop_everything),
    ),
    Fault(
        "an address can be stopped for what nobody can stop",
        SEMANTIC,
        f"{CHOICE}.7",
        SPARES,
        wrap("upheld.actions.suppression:list_stoppable", stop_everything),
    ),
    Fault(
        "the time between telling and handing over is a day short",
        SEMANTIC,
        f"{MERGER}.16",
        TOLD,
        wrap("upheld.actions.mergers:find_telling", give_a_day_less),
    ),
    Fault(
        "what goes in a merger goes a second early",
        SEMANTIC,
        f"{MERGER}.16",
        TOLD,
        wrap("upheld.console.mergers:transfer_batch", be_a_second_early),
    ),
    Fault(
        "one of the customers is not told of a merger",
        SEMANTIC,
        f"{MERGER}.16",
        TOLD,
        wrap("upheld.actions.mergers:list_untold", tell_half),
    ),
    Fault("who was not told goes along in a merger", SEMANTIC, f"{MERGER}.16", TOLD, take_all_as_told),
    Fault("who was told later goes with the others", SEMANTIC, f"{MERGER}.16", TOLD, take_the_first_time_for_all),
    Fault(
        "a change binds while the messages about it wait",
        SEMANTIC,
        f"{CHANGE}.2",
        NOTICE,
        put_in("upheld.actions.publications:MAIL", "never"),
    ),
    Fault(
        "a change binds whose message came back",
        SEMANTIC,
        f"{CHANGE}.2",
        NOTICE,
        put_in("upheld.actions.publication_notices:BOUNCED", "never"),
    ),
    Fault(
        "the notice on the site stands a day less",
        SEMANTIC,
        f"{CHANGE}.2",
        NOTICE,
        put_in("upheld.core.rights.changing:PROMINENT_DAYS", 29),
    ),
    Fault(
        "no page has the notice",
        PLAIN,
        f"{CHANGE}.2",
        NOTICE,
        put_in("upheld.pages.chrome:view_banner", lambda *_given: None),
    ),
    Fault("a version binds that nobody announced", SEMANTIC, f"{CHANGE}.1", POSTING, bind_what_lies_there),
    Fault("a version binds before its day", SEMANTIC, f"{CHANGE}.1", POSTING, bind_at_posting),
    Fault(
        "a new version binds nobody who was there before",
        SEMANTIC,
        f"{CHANGE}.1",
        POSTING,
        put_in("upheld.jobs.publications:move_people", nothing),
    ),
)
