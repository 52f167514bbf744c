"""One person: nothing before a purpose and a case, then what the gate permits; what it withholds is quoted."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests.actions.stage import ADA
from tests.console.clerks import CLERK, ROLE, SEAT, SITE, STRANGER, Console, list_kinds, read_text
from upheld.core.gate.binding import Binding

FULFIL = "fulfil.service"


def ask(console: Console, client: Any, person: str = "", **change: str) -> Any:
    answer = {"role": ROLE, "purpose": FULFIL, "case": "new:question"} | change
    return client.post(f"{SEAT}people/{person or console.cast.ada.id}/", answer)


def find_line(kind: str = "item.opened") -> dict[str, Any]:
    from upheld.records.models import Entry

    body: dict[str, Any] = json.loads(Entry.objects.filter(kind=kind).latest("serial").text)["body"]
    return body


def test_it_works(console: Console) -> None:
    client = console.sit_down()
    response = ask(console, client)
    page = read_text(response)
    for value in ADA.values():
        assert value in page
    body = find_line()
    assert body["by"].startswith("s_")
    assert (body["purpose"], body["role"]) == (FULFIL, ROLE)
    assert body["case"].startswith("c_")
    assert list_kinds()[-2:] == ["case.opened", "item.opened"]
    assert not [value for value in ADA.values() if value in json.dumps(body)]


def test_before_a_purpose_and_a_case_nothing_is_opened(console: Console) -> None:
    page = read_text(console.sit_down().get(f"{SEAT}people/{console.cast.ada.id}/"))
    assert console.cast.ada.id in page
    assert not [value for value in ADA.values() if value in page]
    assert "item.opened" not in list_kinds()


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": ""},
        {"purpose": "curiosity"},
        {"case": ""},
        {"case": "c_" + "a" * 20},
        {"case": "new:gossip"},
        {"role": "privacy-desk"},
        {"role": "dispatch"},
        {"role": "self"},
        {"role": ""},
    ],
)
def test_without_a_purpose_a_case_or_a_role_of_ones_own_nothing_is_opened(
    console: Console, change: dict[str, str]
) -> None:
    response = ask(console, console.sit_down(), **change)
    assert response.status_code == 422
    assert "Ada Quill" not in read_text(response)
    assert not [kind for kind in list_kinds() if kind in ("item.opened", "item.withheld", "case.opened")]


def test_what_the_gate_withholds_is_quoted_with_its_sentence(console: Console) -> None:
    response = ask(console, console.sit_down(role="analysts"), role="analysts")
    page = read_text(response)
    assert "What is withheld" in page
    assert "Only staff who need it for their work get to see what we know about you" in page
    assert '#how-we-protect-it.1"' in response.content.decode()
    assert not [value for value in ADA.values() if value in page]
    assert find_line("item.withheld")["withheld"]


def test_a_purpose_that_the_policy_does_not_open_shows_nothing(console: Console) -> None:
    page = read_text(ask(console, console.sit_down(), purpose="marketing.offer"))
    assert "Nothing, in this role and for this purpose" in page
    assert not [value for value in ADA.values() if value in page]


def test_no_role_ever_sees_a_password(console: Console, binding: Binding, now: datetime) -> None:
    from upheld.actions.vault import put_items

    values = {"sign-in.password": "hash of a password"}
    put_items(binding, person=console.cast.ada, touchpoint="registration", values=values, now=now)
    for role in (ROLE, "dispatch", "analysts", "privacy-desk"):
        console.give_role(STRANGER, role)
    client = console.sign_in(STRANGER)
    for role in (ROLE, "dispatch", "analysts", "privacy-desk"):
        for purpose in (FULFIL, "reporting"):
            assert "hash of a password" not in read_text(ask(console, client, role=role, purpose=purpose))


def test_with_the_grant_ended_meanwhile_nothing_is_opened(console: Console) -> None:
    from datetime import timedelta

    from upheld.records.models import Grant

    client = console.sit_down()
    console.give_role(role="dispatch")
    Grant.objects.filter(role=ROLE).update(review_by=console.cast.ada.created_at - timedelta(days=1))
    assert ask(console, client).status_code == 422


def test_a_case_about_somebody_else_opens_nobody(console: Console, now: datetime) -> None:
    from upheld.actions.cases import open_case

    case = open_case(SITE, kind="question", person=console.cast.bo.id, now=now)
    response = ask(console, console.sit_down(), case=case.id)
    assert response.status_code == 422


def test_an_open_case_about_them_can_be_chosen(console: Console, now: datetime) -> None:
    from upheld.actions.cases import open_case

    case = open_case(SITE, kind="question", person=console.cast.ada.id, now=now)
    page = read_text(ask(console, console.sit_down(), case=case.id))
    assert "Ada Quill" in page
    assert find_line()["case"] == case.id


def test_the_action_opens_nothing_on_a_closed_case_in_a_part_that_is_no_role_or_without_a_live_grant(
    console: Console, binding: Binding, now: datetime
) -> None:
    from upheld.actions.cases import close_case, open_case
    from upheld.actions.staff import find_staff
    from upheld.actions.staff_reading import open_for_staff
    from upheld.core.errors import UpheldError
    from upheld.records.models import Grant

    case = open_case(SITE, kind="question", person=console.cast.ada.id, now=now)
    asked: dict[str, Any] = {"role": ROLE, "person": console.cast.ada.id, "purpose": FULFIL, "now": now}

    def refuse(**change: Any) -> str:
        with pytest.raises(UpheldError) as refused:
            open_for_staff(binding, staff=find_staff(STRANGER), case=case.id, **asked | change)
        return refused.value.code

    assert refuse() == "W113"
    console.give_role(STRANGER)
    assert open_for_staff(binding, staff=find_staff(STRANGER), case=case.id, **asked).values
    assert refuse(role="self") == refuse(role="") == refuse(role="-") == "W101"
    assert refuse(role="dispatch") == "W113"
    assert refuse(purpose="") == "W110"
    for change in ({"ended_at": now}, {"review_by": now}):
        before = Grant.objects.values(*change).get()
        Grant.objects.update(**change)
        assert refuse() == "W113"
        Grant.objects.update(**before)
    close_case(SITE, case.id, outcome="done", by="s_1", now=now)
    assert refuse() == "W106"


def test_nobody_of_that_id_is_not_there(console: Console) -> None:
    client = console.sit_down()
    for person in ("p_" + "a" * 20, "p_1", "x", console.cast.ada.id.upper()):
        assert client.get(f"{SEAT}people/{person}/").status_code == 404


def test_an_item_that_was_altered_is_not_shown_and_breaks_nothing(console: Console) -> None:
    from upheld.records.models import Item

    for item in Item.objects.filter(person=console.cast.ada):
        item.sealed = bytes(item.sealed)[:-1] + b"\x00"
        item.save(update_fields=["sealed"])
    response = ask(console, console.sit_down())
    assert response.status_code in (200, 409)
    assert "Ada Quill" not in read_text(response)


def test_who_read_what_can_be_seen_by_person_and_by_staff(console: Console) -> None:
    client = console.sit_down()
    ask(console, client)
    page = read_text(client.get(f"{SEAT}people/{console.cast.ada.id}/"))
    assert CLERK in page
    everything = read_text(client.get(f"{SEAT}reading/"))
    assert console.cast.ada.id in everything
    assert CLERK in everything
    body = find_line()
    assert console.cast.ada.id in read_text(client.get(f"{SEAT}reading/?staff={body['by']}"))
    assert console.cast.ada.id not in read_text(client.get(f"{SEAT}reading/?person={console.cast.bo.id}")).replace(
        "value", ""
    )
    for odd in ("?staff=x", "?before=abc", "?before=99999999999999999999", "?staff=s_999"):
        assert client.get(f"{SEAT}reading/{odd}").status_code in (200, 400)
    assert client.get(f"{SEAT}reading/?person=%00").status_code == 400


def test_who_read_what_says_which_user_of_a_company_looked(console: Console, binding: Binding, now: datetime) -> None:
    from upheld.actions.held import open_held

    ada, works = console.cast.ada, console.cast.works
    open_held(binding, person=ada, company=works, now=now)
    client = console.sit_down()
    assert f"{ada.id}, of the same company" in read_text(client.get(f"{SEAT}reading/?person={works.id}"))
    assert "themselves" in read_text(client.get(f"{SEAT}reading/?person={ada.id}"))


def test_a_company_leads_to_its_users_once_something_of_it_may_be_seen(console: Console) -> None:
    client = console.sit_down()
    before = client.get(f"{SEAT}people/{console.cast.works.id}/").content.decode()
    assert console.cast.ada.id not in before
    page = read_text(ask(console, client, console.cast.works.id))
    assert "Quill and Sons Bindery" in page
    assert console.cast.ada.id in page
    assert console.cast.works.id in read_text(ask(console, client, console.cast.ada.id))
    assert "Users of this company" not in read_text(
        ask(console, client, console.cast.works.id, purpose="marketing.offer")
    )
