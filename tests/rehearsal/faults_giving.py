"""Seeded faults in giving out and in using: what goes too far, too early, to the wrong one, or leaves no line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.rehearsal.faults import PLAIN, SEMANTIC, Fault

Patch = pytest.MonkeyPatch
WE_USE, WE_GIVE = "what-we-use-it-for", "whom-we-give-it-to"
CARRIERS, SHOPS = "for fulfil share only", "share addressee.name with parcel shops"
PERMITTED = "share customer information with anyone"
LEGAL = "share customer information with authorities, claimants for legal if "
PROCESS, TERMS, BY_LAW = LEGAL + "in scope", LEGAL + "belief written and demanded by terms", LEGAL + "demanded by law"
SUCCESSOR = "share customer information with successor"
NEVER = "never share anything with anyone for "
NEVER_REPORTING, NEVER_LEGAL, NEVER_FULFIL = NEVER + "reporting", NEVER + "legal", NEVER + "fulfil"
NEVER_MERGER, NEVER_UNTOLD = NEVER + "merger", "never share customer information with successor"
NEVER_ELSE, AFFILIATES = NEVER + "any purpose but", "never share anything with affiliates"
NAMED_ONLY, NAMED_NEVER = "use addressee.email only", "never use addressee.email"
ANY_USE, MARKETING = "never use anything for any purpose but", "never use anything for marketing"
CUSTOMISE, FULFIL, CONTACT = (f"use customer information for {one}" for one in ("customise", "fulfil", "contact"))
REPORTS = "for reporting use only"


def wrap(patch: Patch, place: str, around: Callable[..., Any]) -> None:
    """Put a function around the one that stands there: it is given that one, then the arguments."""
    original = _find(place)
    patch.setattr(place, lambda *args, **kwargs: around(original, *args, **kwargs))


def _find(place: str) -> Any:
    module, _, name = place.rpartition(".")
    return getattr(__import__(module, fromlist=[name]), name)


def let_through(patch: Patch, **asked: Any) -> Callable[..., None]:
    """The vault asks the gate about something else than what it opens: whenever `when` says so, `instead` is asked."""
    when, instead = asked["when"], asked["instead"]

    def ask(original: Any, binding: Any, *, person: str, act: Any, facts: Any, versions: Any) -> Any:
        if not when(act):
            return original(binding, person=person, act=act, facts=facts, versions=versions)
        verdict, permit = original(binding, person=person, act=instead(act), facts=facts, versions=versions)
        if permit is not None:
            object.__setattr__(permit, "act", act)
        return verdict, permit

    wrap(patch, "upheld.actions.vault.ask_permit", ask)
    return lambda: None


# ------------------------------------------------------------------------------------------------ carriers


def add_to_feed(leaf: str, like: str) -> Callable[[Patch, Any], None]:
    """The feed asks for one category more, and the vault takes it for another that may go."""

    def plant(patch: Patch, _stage: Any) -> None:
        def find(original: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(*args, **kwargs)
            return found and replace(found, data=(*found.data, leaf))

        wrap(patch, "upheld.actions.feeds.find_carrying", find)
        let_through(
            patch,
            when=lambda act: act.action == "share" and act.data == (leaf,),
            instead=lambda act: replace(act, data=(like,)),
        )

    return plant


def leave_out_of_feed(patch: Patch, _stage: Any) -> None:
    def find(original: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        return found and replace(found, data=found.data[:1])

    wrap(patch, "upheld.actions.feeds.find_carrying", find)


def feed_everybody(patch: Patch, stage: Any) -> None:
    def fetch(original: Any, binding: Any, program: Any, **kwargs: Any) -> Any:
        from upheld.actions.recipients import list_recipients

        lines = [one.id for one in list_recipients(stage.site)]
        return tuple(fed for line in lines for fed in original(binding, replace(program, carrier=line), **kwargs))

    wrap(patch, "upheld.api.programs.fetch_feed", fetch)


def feed_what_is_over(patch: Patch, _stage: Any) -> None:
    from upheld.core.shipping.states import CANCELLED, OPEN

    patch.setattr("upheld.actions.feeds.OPEN", (*OPEN, CANCELLED))


def end_nothing(patch: Patch, _stage: Any) -> None:
    from upheld.console import recipients

    patch.setattr(recipients, "end_recipient", recipients.review_recipient)


def write_no_line(patch: Patch, _stage: Any) -> None:
    def write(original: Any, site: str, kind: str, **fields: Any) -> Any:
        return "" if kind == "data.disclosed" else original(site, kind, **fields)

    wrap(patch, "upheld.actions.disclosures.write_line", write)


def take_for_asked(patch: Patch, _stage: Any) -> None:
    def know(original: Any, *args: Any, **kwargs: Any) -> Any:
        facts, permission = original(*args, **kwargs)
        return {**facts, "requested": True}, permission

    wrap(patch, "upheld.actions.disclosures._know", know)


def hand_to_anybody(patch: Patch, _stage: Any) -> None:
    def find(_binding: Any, _row: Any, carrier: str) -> str:
        from upheld.records.models import Recipient

        return str(Recipient.objects.get(id=carrier).kind)

    patch.setattr("upheld.actions.shipments._find_kind", find)


# ------------------------------------------------------------------------------------------------ permissions


def never_use_up(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.disclosures.use_permission", lambda *_args, **_kwargs: "")


def count_otherwise(patch: Patch, change: Callable[[dict[str, Any]], None]) -> None:
    def find(original: Any, *args: Any, **kwargs: Any) -> Any:
        change(kwargs)
        return original(*args, **kwargs)

    wrap(patch, "upheld.actions.disclosures.find_counting", find)


def count_a_second_longer(patch: Patch, _stage: Any) -> None:
    count_otherwise(patch, lambda asked: asked.update(now=asked["now"] - timedelta(seconds=1)))


def look_at_first_category(patch: Patch, _stage: Any) -> None:
    count_otherwise(patch, lambda asked: asked.update(data=tuple(asked["data"])[:1]))


def forget_purpose(patch: Patch, _stage: Any) -> None:
    def change(asked: dict[str, Any]) -> None:
        from upheld.records.models import Permission

        row = Permission.objects.filter(id=asked["permission"]).first()
        asked["purpose"] = row.purpose if row else asked["purpose"]

    count_otherwise(patch, change)


def forget_whose(patch: Patch, _stage: Any) -> None:
    def change(asked: dict[str, Any]) -> None:
        from upheld.records.models import Permission

        row = Permission.objects.filter(id=asked["permission"]).first()
        asked["person"] = row.person_id if row else asked["person"]

    count_otherwise(patch, change)


def withdraw_nothing(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.pages.account.releases.withdraw_release", lambda *_args, **_kwargs: object())


def withdraw_nothing_by_api(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.api.releases.withdraw_release", lambda *_args, **_kwargs: None)


def believe_whoever_says_so(patch: Patch, _stage: Any) -> None:
    def know(original: Any, binding: Any, giving: Any, facts: Any, now: Any) -> Any:
        said = dict(facts)
        known, permission = original(binding, giving, facts, now)
        return {**known, "permitted": known.get("permitted") or said.get("permitted")}, permission

    wrap(patch, "upheld.actions.disclosures._know", know)


def let_any_role_hand_over(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.handovers._check_role", lambda *_args, **_kwargs: None)


def permit_anything(patch: Patch, _stage: Any) -> None:
    from upheld.core.gate.act import Verdict

    patch.setattr("upheld.actions.releases.weigh_wish", lambda *_args, **_kwargs: Verdict("permitted"))


# ------------------------------------------------------------------------------------------------ the legal desk


def count_one_for_two(patch: Patch, _stage: Any) -> None:
    wrap(
        patch,
        "upheld.actions.demand_answers.count_approvals",
        lambda original, *args: 2 * original(*args),
    )


def agree_without_anybody(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.demand_release.check_agreed", lambda *_args: 2)


def narrow_nothing(patch: Patch, _stage: Any) -> None:
    def narrow(original: Any, words: Any, ground: Any, *, wanted: Any, scope: Any) -> Any:
        del scope
        return original(words, ground, wanted=wanted, scope=wanted)

    wrap(patch, "upheld.actions.demands.narrow_demand", narrow)


def keep_old_answers(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.demands._change", lambda _binding, row, _by, _now: row.save())
    patch.setattr("upheld.actions.demand_answers._check_unchanged", lambda *_args: None)


def miss_nothing(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.demand_answers.list_missing", lambda *_args: ())


def tell_nobody(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.demand_release.tell_people", lambda *_args: 0)


def overhear_a_no(patch: Patch, _stage: Any) -> None:
    """A no counts for a yes."""

    def answer(original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **{**kwargs, "is_yes": True})

    wrap(patch, "upheld.console.demands.answer_demand", answer)


# ------------------------------------------------------------------------------------------------ mergers


def go_a_second_early(patch: Patch, _stage: Any) -> None:
    def transfer(original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **{**kwargs, "now": kwargs["now"] + timedelta(seconds=1)})

    wrap(patch, "upheld.console.mergers.transfer_batch", transfer)


def take_all_for_told(patch: Patch, _stage: Any) -> None:
    def list_all(row: Any, _now: Any) -> Any:
        from upheld.records.models import MergerNotice

        return MergerNotice.objects.filter(site=row.site, merger=row, transferred_at__isnull=True)

    patch.setattr("upheld.actions.merger_transfer.list_ripe", list_all)
    patch.setattr("upheld.actions.merger_transfer.is_ripe", lambda *_args: True)


def call_nothing_off(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.console.mergers.cancel_merger", lambda *_args, **_kwargs: None)


def take_for_merging(patch: Patch, _stage: Any) -> None:
    def know(original: Any, *args: Any, **kwargs: Any) -> Any:
        facts, permission = original(*args, **kwargs)
        return {**facts, "merging": True}, permission

    wrap(patch, "upheld.actions.disclosures._know", know)


def give_half(patch: Patch, _stage: Any) -> None:
    """What is handed over in a merger is the first category alone."""

    def read(original: Any, binding: Any) -> Any:
        transfer, telling = original(binding)
        return replace(transfer, data=transfer.data[:1]), telling

    wrap(patch, "upheld.actions.merger_transfer.read_rules", read)


# ------------------------------------------------------------------------------------------------ everywhere


def note_no_refusal(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.disclosures.note_refusal", lambda *_args, **_kwargs: None)


def take_affiliates_for(kind: str) -> Callable[[Patch, Any], None]:
    """Companies of the group get what somebody else may get."""

    def plant(patch: Patch, _stage: Any) -> None:
        let_through(
            patch,
            when=lambda act: act.action == "share" and act.counterpart == "affiliates",
            instead=lambda act: replace(act, counterpart=kind),
        )

    return plant


def use_as_if_for(purpose: str, instead: str) -> Callable[[Patch, Any], None]:
    """What may be used for one purpose is opened for another one, too."""

    def plant(patch: Patch, _stage: Any) -> None:
        let_through(
            patch,
            when=lambda act: act.action == "use" and act.purpose == purpose,
            instead=lambda act: replace(act, purpose=instead),
        )

    return plant


def fit_to_others(patch: Patch, stage: Any) -> None:
    def suggest(original: Any, binding: Any, _person: Any, now: Any, **_kwargs: Any) -> Any:
        from upheld.records.models import Shipment

        row = Shipment.objects.filter(site=stage.site).select_related("person").first()
        return original(binding, row.person, now) if row else None

    wrap(patch, "upheld.pages.shipping_suits.suggest", suggest)


def fit_nothing(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.pages.shipping_suits.suggest", lambda *_args, **_kwargs: None)


def write_to_named(patch: Patch, _stage: Any) -> None:
    def write(original: Any, binding: Any, draft: Any, **kwargs: Any) -> Any:
        return original(binding, replace(draft, audience="account holders"), **kwargs)

    wrap(patch, "upheld.console.campaigns.write_campaign", write)


def take_silence_for_yes(patch: Patch, _stage: Any) -> None:
    def answer(original: Any, choice: str, given: str, mode: str) -> Any:
        return original(choice, "yes" if given == "unasked" else given, mode)

    wrap(patch, "upheld.core.notices.standing.answer_choice", answer)
    wrap(patch, "upheld.actions.facts.answer_choice", answer)


def count_groups_of(more: int) -> Callable[[Patch, Any], None]:
    """A report's groups are that much larger, or smaller, than the sentence says."""

    def plant(patch: Patch, _stage: Any) -> None:
        def count(original: Any, members: Any, least: int, *rest: Any) -> Any:
            return original(members, least + more, *rest)

        wrap(patch, "upheld.actions.reports.count_groups", count)

    return plant


def open_without_case(patch: Patch, _stage: Any) -> None:
    patch.setattr("upheld.actions.vault.STAFF", "nobody is called so")


def tell_no_use(patch: Patch, _stage: Any) -> None:
    def write(original: Any, site: str, kind: str, **fields: Any) -> Any:
        return "" if fields.get("action") == "use" else original(site, kind, **fields)

    wrap(patch, "upheld.actions.vault.write_line", write)


def _fault(name: str, sort: str, sentence: str, rule: str, plant: Callable[[Patch, Any], None]) -> Fault:
    return Fault(name, sort, sentence, rule, plant)


FAULTS: tuple[Fault, ...] = (
    _fault("a carrier gets the e-mail address as well", SEMANTIC, f"{WE_GIVE}.4", CARRIERS, add_to_feed("person.email", "person.phone")),
    _fault("a carrier gets no address to go to", SEMANTIC, f"{WE_GIVE}.4", CARRIERS, leave_out_of_feed),
    _fault("a carrier gets the parcels of all others", SEMANTIC, f"{WE_GIVE}.4", CARRIERS, feed_everybody),
    _fault("a feed holds parcels that were called off", SEMANTIC, f"{WE_GIVE}.4", CARRIERS, feed_what_is_over),
    _fault("anybody in the register can be handed a parcel", SEMANTIC, f"{WE_GIVE}.4", CARRIERS, hand_to_anybody),
    _fault("a carrier who was ended still has a feed", PLAIN, f"{WE_GIVE}.5", SHOPS, end_nothing),
    _fault("a parcel shop gets the address as well", SEMANTIC, f"{WE_GIVE}.5", SHOPS, add_to_feed("addressee.address", "addressee.name")),
    _fault("what went leaves no line", PLAIN, f"{WE_GIVE}.5", SHOPS, write_no_line),
    _fault("everything counts as asked for", SEMANTIC, f"{WE_GIVE}.4", NEVER_FULFIL, take_for_asked),
    _fault("a permission for once is never used up", SEMANTIC, f"{WE_GIVE}.6", PERMITTED, never_use_up),
    _fault("a permission counts a second too long", SEMANTIC, f"{WE_GIVE}.6", PERMITTED, count_a_second_longer),
    _fault("a permission for one thing opens all", SEMANTIC, f"{WE_GIVE}.6", PERMITTED, look_at_first_category),
    _fault("a permission counts for any purpose", SEMANTIC, f"{WE_GIVE}.6", PERMITTED, forget_purpose),
    _fault("a permission counts for other people", SEMANTIC, f"{WE_GIVE}.6", PERMITTED, forget_whose),
    _fault("a permission is not withdrawn by the page", PLAIN, f"{WE_GIVE}.6", PERMITTED, withdraw_nothing),
    _fault("whoever says that it was permitted is believed", SEMANTIC, f"{WE_GIVE}.6", PERMITTED, believe_whoever_says_so),
    _fault("any role hands over what people permit", SEMANTIC, f"{WE_GIVE}.6", PERMITTED, let_any_role_hand_over),
    _fault("a permission is not withdrawn by the API", PLAIN, f"{WE_GIVE}.1", NEVER_ELSE, withdraw_nothing_by_api),
    _fault("people may permit what the policy keeps back", SEMANTIC, f"{WE_USE}.9", NEVER_REPORTING, permit_anything),
    _fault("one voice counts for two", SEMANTIC, f"{WE_GIVE}.9", PROCESS, count_one_for_two),
    _fault("more goes than the instrument names", SEMANTIC, f"{WE_GIVE}.9", PROCESS, narrow_nothing),
    _fault("a demand is changed and old answers count", SEMANTIC, f"{WE_GIVE}.14", BY_LAW, keep_old_answers),
    _fault("no belief is asked for", PLAIN, f"{WE_GIVE}.13", TERMS, miss_nothing),
    _fault("nobody is told what a court got", PLAIN, f"{WE_GIVE}.14", BY_LAW, tell_nobody),
    _fault("a no at the desk counts for a yes", SEMANTIC, f"{WE_GIVE}.13", TERMS, overhear_a_no),
    _fault("a demand is given out before anybody agreed", SEMANTIC, f"{WE_GIVE}.3", NEVER_LEGAL, agree_without_anybody),
    _fault("a merger goes a second early", SEMANTIC, f"{WE_GIVE}.15", SUCCESSOR, go_a_second_early),
    _fault("half of what is held goes over", SEMANTIC, f"{WE_GIVE}.15", SUCCESSOR, give_half),
    _fault("whoever was not told goes over, too", SEMANTIC, f"{WE_GIVE}.17", NEVER_UNTOLD, take_all_for_told),
    _fault("a merger is not called off", PLAIN, f"{WE_GIVE}.15", NEVER_MERGER, call_nothing_off),
    _fault("a merger is on record always", SEMANTIC, f"{WE_GIVE}.15", NEVER_MERGER, take_for_merging),
    _fault("a refusal leaves no line", PLAIN, f"{WE_USE}.9", NEVER_REPORTING, note_no_refusal),
    _fault("companies of the group get what a court may get", SEMANTIC, f"{WE_GIVE}.2", AFFILIATES, take_affiliates_for("authorities")),
    _fault("companies of the group carry parcels", SEMANTIC, f"{WE_GIVE}.2", AFFILIATES, hand_to_anybody),
    _fault("what serves may be sold", SEMANTIC, f"{WE_USE}.1", ANY_USE, use_as_if_for("sale", "fulfil.service")),
    _fault("what serves may advertise", SEMANTIC, "your-choice-about-our-messages.2", MARKETING, use_as_if_for("marketing.offer", "contact.announcement")),
    _fault("silence counts for a yes", SEMANTIC, "your-choice-about-our-messages.2", MARKETING, take_silence_for_yes),
    _fault("a page is fitted to somebody else's orders", SEMANTIC, f"{WE_USE}.2", CUSTOMISE, fit_to_others),
    _fault("a page is fitted to nothing", PLAIN, f"{WE_USE}.2", CUSTOMISE, fit_nothing),
    _fault("the vault writes no line of a use", PLAIN, f"{WE_USE}.5", CONTACT, tell_no_use),
    _fault("staff open things without a case", PLAIN, f"{WE_USE}.3", FULFIL, open_without_case),
    _fault("letters go to people whom customers named", SEMANTIC, "what-we-collect.12", NAMED_ONLY, write_to_named),
    _fault("named people's addresses serve for letters", SEMANTIC, "what-we-collect.12", NAMED_ONLY, use_as_if_for("marketing.newsletter", "fulfil.proof-of-delivery")),
    _fault("named people hear without being asked for", SEMANTIC, "what-we-collect.12", NAMED_NEVER, use_as_if_for("fulfil.proof-of-delivery", "fulfil.service")),
    _fault("a report shows a group of nine", SEMANTIC, f"{WE_USE}.7", REPORTS, count_groups_of(-1)),
    _fault("a report hides a group of ten", SEMANTIC, f"{WE_USE}.7", REPORTS, count_groups_of(1)),
)  # fmt: skip
