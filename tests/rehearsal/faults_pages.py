"""Seeded faults in cookies, in what stands on pages, and in whom the policy covers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.rehearsal.faults import PLAIN, SEMANTIC, Fault, wrap

Patch = pytest.MonkeyPatch
SESSION, PREFERENCES = "set cookie session", "set cookie preferences"
EVERYWHERE = "show feedback form at every page"


# ------------------------------------------------------------------------------------------------ cookies and pages


def let_a_second_more(patch: Patch, stage: Any) -> None:
    def is_longer(_original: Any, morsel: Any, lifetime: timedelta | None) -> bool:
        age = morsel["max-age"]
        return bool(morsel["expires"]) if age == "" else age > (lifetime.total_seconds() if lifetime else 0) + 1

    wrap(patch, "upheld.web.cookies.is_longer", is_longer)


def let_other_hosts(patch: Patch, stage: Any) -> None:
    def find(original: Any, plan: Any, morsel: Any, *, is_secure: bool) -> str:
        own = morsel.copy()
        own["domain"] = ""
        return str(original(plan, own, is_secure=is_secure))

    wrap(patch, "upheld.web.cookies.find_fault", find)


def set_for_everybody(patch: Patch, stage: Any) -> None:
    """Whoever opens the first page gets the cookie of those who sign in."""

    def answer(original: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        from upheld.web.cookies import set_site_cookie

        response = original(request, *args, **kwargs)
        set_site_cookie(response, request, "session", "nobody")
        return response

    wrap(patch, "upheld.pages.home.answer_body", answer)


def keep_for_a_month(patch: Patch, stage: Any) -> None:
    def set_longer(original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **{**kwargs, "max_age": timedelta(days=30)})

    wrap(patch, "upheld.pages.account.sign_in.set_site_cookie", set_longer)
    patch.setattr("upheld.web.cookies.is_longer", lambda *_args: False)


def sign_out_for_show(patch: Patch, stage: Any) -> None:
    """The browser is told to forget the cookie; whoever has a copy of it is still signed in."""
    patch.setattr("upheld.pages.account.sign_in.end_session", lambda *_args, **_kwargs: None)


def load_from_elsewhere(patch: Patch, stage: Any) -> None:
    def answer(original: Any, *args: Any, **kwargs: Any) -> Any:
        response = original(*args, **kwargs)
        response.content = response.content.replace(
            b"</main>", b'<img src="https://tracker.example/x.gif" alt=""></main>'
        )
        return response

    wrap(patch, "upheld.pages.home.answer_body", answer)


def open_to_other_hosts(patch: Patch, stage: Any) -> None:
    from upheld.web import headers

    patch.setitem(headers.HEADERS, "Content-Security-Policy", "default-src 'self'; img-src 'self' https:")


def preset_yes(patch: Patch, stage: Any) -> None:
    def lay_out(original: Any, *args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        return replace(found, picks=tuple(replace(pick, is_chosen=pick.value == "yes") for pick in found.picks))

    wrap(patch, "upheld.web.forms.lay_out_choice", lay_out)


def take_yes_for_no(patch: Patch, stage: Any) -> None:
    def record(original: Any, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **{**kwargs, "is_yes": not kwargs["is_yes"]})

    wrap(patch, "upheld.actions.accounts.record_choice", record)


def hide_form_at(place: str) -> Callable[[Patch, Any], None]:
    """On these pages the link to the forms of every page is left out."""

    def plant(patch: Patch, stage: Any) -> None:
        wrap(patch, place, lambda original, shelved: replace(original(shelved), forms=()))

    return plant


def open_no_case(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.submissions.CASES", {})


def write_address_plainly(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.pages.policy_view.guard_email", lambda address: address)


def write_address_in_a_link(patch: Patch, stage: Any) -> None:
    """The address can be read past harvesters, and stands as a link beside it for who likes to click."""

    def answer(original: Any, *args: Any, **kwargs: Any) -> Any:
        response = original(*args, **kwargs)
        link = b'<a href="mailto:privacy%40lasership.example">Write</a></main>'
        response.content = response.content.replace(b"</main>", link)
        return response

    wrap(patch, "upheld.pages.policy.answer_body", answer)


def cut_document(patch: Patch, stage: Any) -> None:
    wrap(patch, "upheld.pages.documents.split_blocks", lambda original, text: original(text)[:2])


# ------------------------------------------------------------------------------------------------ whom it is about


def open_companies_for_anything(patch: Patch, stage: Any) -> None:
    """What is held about a company opens for staff whatever they need it for."""

    def open_items(original: Any, binding: Any, **kwargs: Any) -> Any:
        is_company = kwargs["person"].kind == "company"
        return original(binding, **{**kwargs, "purpose": "fulfil.service"} if is_company else kwargs)

    wrap(patch, "upheld.actions.staff_reading.open_items", open_items)


def show_shipments_to_all(patch: Patch, stage: Any) -> None:
    """A shipment opens to whoever is signed in and knows its number."""

    def find(original: Any, account: Any, number: str) -> Any:
        from upheld.actions.shipments import find_shipment

        return original(account, number) or find_shipment(account.site, number=number)

    wrap(patch, "upheld.pages.account.shipments.find_own", find)


def let_any_staff_in(patch: Patch, stage: Any) -> None:
    """Whoever works in the house finds the console's pages of the site, with or without a grant."""

    def find(original: Any, request: Any, site: str) -> Any:
        from upheld.console.guards import Seat

        shelved = request.shelf.find_slug(site)
        return Seat(shelved, stage.policy.words.leaves("role"))

    wrap(patch, "upheld.console.guards.find_seat", find)


def leave_out_without_source(patch: Patch, stage: Any) -> None:
    def leave_out(original: Any, binding: Any, **kwargs: Any) -> Any:
        return original(binding, **{**kwargs, "source": kwargs["source"] or "known to all"})

    wrap(patch, "upheld.rehearsal.about.leave_out_item", leave_out)


def leave_out_silently(patch: Patch, stage: Any) -> None:
    patch.setattr("upheld.actions.scope.write_line", lambda *_args, **_kwargs: "e_22222222222222222222")


def mark_before_asking(patch: Patch, stage: Any) -> None:
    """What is to be left out is marked first; only then is it looked whether there is a ground."""

    def leave_out(original: Any, binding: Any, **kwargs: Any) -> Any:
        from upheld.records.models import Item

        Item.objects.filter(id=kwargs["item"].id).update(left_out=kwargs["exclusion"])
        return original(binding, **kwargs)

    wrap(patch, "upheld.rehearsal.about.leave_out_item", leave_out)


def import_under_the_first_version(patch: Patch, stage: Any) -> None:
    def insert(original: Any, model: Any, columns: Any, rows: Any) -> Any:
        place = columns.index("version") if "version" in columns else -1
        changed = [[date(2016, 6, 13) if n == place else value for n, value in enumerate(row)] for row in rows]
        return original(model, columns, changed)

    wrap(patch, "upheld.actions.imports.insert_rows", insert)


FAULTS: tuple[Fault, ...] = (
    Fault("the guard lets a cookie last a second more", SEMANTIC, "cookies.1", PREFERENCES, let_a_second_more),
    Fault("everybody gets the cookie of signing in", SEMANTIC, "cookies.1", SESSION, set_for_everybody),
    Fault("the cookie of signing in lasts a month", PLAIN, "cookies.1", SESSION, keep_for_a_month),
    Fault("signing out only looks like it", SEMANTIC, "cookies.1", SESSION, sign_out_for_show),
    Fault("the guard lets cookies of others pass", SEMANTIC, "cookies.2", "never employ", let_other_hosts),
    Fault("a page loads a picture from elsewhere", PLAIN, "cookies.2", "never employ", load_from_elsewhere),
    Fault("pages may load from anywhere", SEMANTIC, "cookies.2", "never employ", open_to_other_hosts),
    Fault("yes is preset", SEMANTIC, "your-choice-about-our-messages.1", "show marketing question", preset_yes),
    Fault(
        "a yes is kept as a no",
        SEMANTIC,
        "your-choice-about-our-messages.1",
        "show marketing question",
        take_yes_for_no,
    ),
    Fault(
        "errors do not lead to the form",
        SEMANTIC,
        "your-choice-about-our-messages.5",
        EVERYWHERE,
        hide_form_at("upheld.pages.wrong.make_chrome"),
    ),
    Fault(
        "the account does not lead to the form",
        SEMANTIC,
        "your-choice-about-our-messages.5",
        EVERYWHERE,
        hide_form_at("upheld.pages.account.mine.make_chrome"),
    ),
    Fault("feedback opens no case", SEMANTIC, "your-choice-about-our-messages.5", EVERYWHERE, open_no_case),
    Fault(
        "our address stands plainly", PLAIN, "when-this-page-changes.5", "show guarded contact", write_address_plainly
    ),
    Fault(
        "our address stands in a link",
        SEMANTIC,
        "when-this-page-changes.5",
        "show guarded contact",
        write_address_in_a_link,
    ),
    Fault("the terms are cut", SEMANTIC, "whom-we-give-it-to.13", "show terms document", cut_document),
    Fault(
        "companies open for anything",
        SEMANTIC,
        "who-and-what-this-is-about.2",
        "covers persons, companies",
        open_companies_for_anything,
    ),
    Fault(
        "a shipment opens to who knows its number",
        SEMANTIC,
        "who-and-what-this-is-about.3",
        "covers third persons",
        show_shipments_to_all,
    ),
    Fault("staff need no grant", PLAIN, "who-and-what-this-is-about.2", "covers persons, companies", let_any_staff_in),
    Fault(
        "something is left out without saying why",
        PLAIN,
        "who-and-what-this-is-about.4",
        "leave out",
        leave_out_without_source,
    ),
    Fault(
        "something is left out without a line",
        SEMANTIC,
        "who-and-what-this-is-about.4",
        "leave out",
        leave_out_silently,
    ),
    Fault(
        "what is refused is left out all the same",
        SEMANTIC,
        "who-and-what-this-is-about.4",
        "leave out",
        mark_before_asking,
    ),
    Fault(
        "an import carries an old version",
        SEMANTIC,
        "who-and-what-this-is-about.1",
        "applies to customer information",
        import_under_the_first_version,
    ),
)
