"""Campaigns: what may be written, to whom it may go, what has to be seen first, and that it comes by everybody once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.actions.crowds import (
    HOME,
    NEWSLETTER,
    OFFER,
    SERVICE,
    WORDS,
    bring_in,
    list_receivers,
    release_one,
    send_all,
    write_one,
)
from tests.actions.stage import Cast
from upheld.core.errors import NoticeError, RefusedError
from upheld.core.gate.binding import Binding


def list_lines(kind: str) -> list[Any]:
    from upheld.core.seal.entries import read_entry
    from upheld.records.models import Entry

    return [read_entry(row.text) for row in Entry.objects.filter(kind=kind).order_by("serial")]


def test_it_reaches_who_said_yes_and_nobody_else(databases: Any, binding: Binding, now: datetime) -> None:
    bring_in(binding, now, {"a": ("yes",), "b": ("no",), "c": (), "d": ("yes",), "e": ("yes",), "f": ("yes",)})
    made = release_one(binding, now)
    assert made.counts["reached"] == 4
    done = send_all(binding, made.id, now)
    assert done.state == "done"
    assert list_receivers(made.id) == ["a", "d", "e", "f"]
    assert done.counts["queued"] == 4
    [line] = list_lines("campaign.done")
    assert (line.body["reached"], line.body["withheld"]) == (4, 0)
    assert list_lines("campaign.begun")[0].body["reached"] == 4


def test_each_mail_has_the_foot_that_the_policy_wants(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.outbox import open_message
    from upheld.actions.stopping import STOP_PATH, open_stop_link
    from upheld.records.models import Outgoing

    people = bring_in(binding, now, {"a": ("yes",)})
    made = release_one(binding, now)
    send_all(binding, made.id, now)
    row = Outgoing.objects.exclude(person="").get()
    message = open_message(row)
    assert message is not None
    assert message.text.startswith("Until Friday the second parcel of a day travels free.\n\nBook it as always.")
    headers = dict(message.headers)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].split(",")[0].strip("<> ")
    assert address in message.text
    link = open_stop_link(binding.site, address.removeprefix(HOME + STOP_PATH))
    assert link is not None
    assert (link.person, link.mail_class, link.message) == (people["a"].id, OFFER, row.id)
    assert "Our policy says" in message.text
    assert row.subject == made.id


def test_a_no_between_the_number_and_the_sending_counts(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.choices import record_choice

    people = bring_in(binding, now, {"a": ("yes",), "b": ("yes",), "c": ("yes",), "d": ("yes",)})
    made = release_one(binding, now)
    record_choice(
        binding, person=people["b"], choice="marketing", is_yes=False, touchpoint="account", now=now + timedelta(1)
    )
    send_all(binding, made.id, now + timedelta(1), most=2)
    assert list_receivers(made.id) == ["a", "c", "d"]


def test_everybody_is_asked_anew_even_where_the_combination_is_out_of_date(
    databases: Any, binding: Binding, now: datetime
) -> None:
    from upheld.records.models import Answer

    people = bring_in(binding, now, {"a": ("yes",), "b": ("yes",)})
    made = release_one(binding, now)
    Answer.objects.create(  # behind the back of everything that keeps combinations
        site=binding.site,
        person=people["a"],
        choice="marketing",
        is_yes=False,
        at=now + timedelta(seconds=5),
        version=binding.current,
        touchpoint="account",
    )
    done = send_all(binding, made.id, now + timedelta(seconds=9))
    assert list_receivers(made.id) == ["b"]
    assert done.counts["left_out"] == {"refused": 1}


def test_killed_in_the_middle_it_goes_on_and_nobody_gets_it_twice(
    databases: Any, binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import campaign_sending
    from upheld.records.models import CampaignMail

    names = {f"p{number}": ("yes",) for number in range(11)}
    bring_in(binding, now, names)
    made = release_one(binding, now)
    real, calls = campaign_sending.queue_letters, []

    def fall_over(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        done = real(*args, **kwargs)
        if len(calls) in (1, 3, 4, 6):
            raise KeyboardInterrupt  # after the messages were written, before anything was committed
        return done

    monkeypatch.setattr(campaign_sending, "queue_letters", fall_over)
    ended = False
    for _ in range(30):
        try:
            ended = not campaign_sending.send_batch(binding, made.id, home=HOME, now=now, most=4)
        except KeyboardInterrupt:
            continue
        if ended:
            break
    assert ended
    assert list_receivers(made.id) == sorted(names)
    assert CampaignMail.objects.filter(campaign_id=made.id).count() == 11


def test_two_processes_that_send_at_once_come_by_everybody_once(
    databases: Any, binding: Binding, now: datetime
) -> None:
    from django.db import connections

    from upheld.actions.campaign_sending import send_batch
    from upheld.actions.campaigns import find_campaign

    names = {f"p{number}": ("yes",) for number in range(12)}
    bring_in(binding, now, names)
    made = release_one(binding, now)

    def work() -> None:
        try:
            for _ in range(200):
                send_batch(binding, made.id, home=HOME, now=now, most=2)
                if find_campaign(binding.site, made.id).state == "done":
                    return
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert list_receivers(made.id) == sorted(names)


def test_who_is_erased_meanwhile_is_passed_over(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.forgetting import erase_person

    people = bring_in(binding, now, {"a": ("yes",), "b": ("yes",)})
    made = release_one(binding, now)
    erase_person(binding, person=people["a"], now=now)
    assert send_all(binding, made.id, now).state == "done"
    assert list_receivers(made.id) == ["b"]


def test_nothing_of_a_campaign_leads_to_who_was_erased(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.forgetting import erase_person
    from upheld.records.models import CampaignMail, Suppression

    people = bring_in(binding, now, {"a": ("yes",), "b": ("yes",)})
    made = release_one(binding, now)
    send_all(binding, made.id, now)
    left = {"site": binding.site, "person": people["a"].id, "at": now}
    Suppression.objects.create(digest=b"0" * 16, reason="bounce", **left)
    erase_person(binding, person=people["a"], now=now)
    assert [mail.person for mail in CampaignMail.objects.all()] == [people["b"].id]
    assert [row.person for row in Suppression.objects.all()] == [""]


def test_people_whom_customers_named_get_none_and_the_sentence_says_so(
    cast: Cast, binding: Binding, now: datetime
) -> None:
    from upheld.actions.campaigns import note_refusal

    for mail_class in (OFFER, NEWSLETTER, SERVICE):
        with pytest.raises(RefusedError) as refused:
            write_one(binding, now, mail_class, audience="addressee.email")
        sentence = binding.policy.find_sentence(refused.value.because[0])
        assert sentence is not None
        assert "people you named" in sentence.text
    because = refused.value.because
    note_refusal(binding, mail_class=SERVICE, data="addressee.email", because=because, by="s_1", now=now)
    [line] = list_lines("campaign.refused")
    assert line.body == {
        "because": [because[0]],
        "by": "s_1",
        "class": SERVICE,
        "data": ["addressee.email"],
        "outcome": "refused",
    }


@pytest.mark.parametrize("audience", ["visitors", "customers", "person.email", "nobody we know"])
def test_only_the_audience_that_the_policy_sends_it_to(
    databases: Any, binding: Binding, now: datetime, audience: str
) -> None:
    with pytest.raises(RefusedError):
        write_one(binding, now, audience=audience)


@pytest.mark.parametrize("mail_class", ["proof of delivery", "birthday wishes", ""])
def test_only_classes_that_go_to_many(databases: Any, binding: Binding, now: datetime, mail_class: str) -> None:
    with pytest.raises(RefusedError):
        write_one(binding, now, mail_class)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("subject", ""),
        ("subject", "Two\nlines"),
        ("subject", "Bcc: x\r\nall"),
        ("subject", "x" * 121),
        ("subject", "Dear {name}"),
        ("text", "   "),
        ("text", "Dear [first name], hello"),
        ("text", "Dear *|FNAME|*"),
        ("text", "Hello %(name)s"),
        ("text", "Write to ada@quill.example"),
        ("text", "x" * 10_001),
        ("text", "a\x00b"),
        ("name", ""),
    ],
)
def test_a_text_that_cannot_go_to_many_is_not_taken(
    databases: Any, binding: Binding, now: datetime, field: str, words: str
) -> None:
    with pytest.raises(NoticeError) as refused:
        write_one(binding, now, **{field: words})
    assert refused.value.code == "M921"
    assert "ada@" not in str(refused.value) + str(refused.value.hint)


def test_the_businesss_own_address_may_stand_in_it(databases: Any, binding: Binding, now: datetime) -> None:
    own = binding.policy.contact["email"]
    assert write_one(binding, now, text=f"Questions go to {own}.").text.endswith(f"{own}.")


def test_untested_or_changed_since_its_test_it_is_not_sent(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.campaigns import Draft, change_campaign, find_campaign, release_campaign, test_campaign
    from upheld.core.notices.audience import Cap

    bring_in(binding, now, {"a": ("yes",)})
    made = write_one(binding, now)
    with pytest.raises(NoticeError) as refused:
        release_campaign(binding, made.id, reached=1, by="s_1", now=now)
    assert refused.value.code == "M923"
    assert test_campaign(binding, made.id, home=HOME, by="s_1", now=now).is_tested
    words = {**WORDS, "text": "Something else."}
    changed = change_campaign(
        binding, made.id, Draft(mail_class=OFFER, audience="account holders", cap=Cap(), **words), now=now
    )
    assert not changed.is_tested
    with pytest.raises(NoticeError) as refused:
        release_campaign(binding, made.id, reached=1, by="s_1", now=now)
    assert refused.value.code == "M923"
    assert find_campaign(binding.site, made.id).state == "draft"


def test_the_test_goes_to_the_businesss_own_address_and_its_link_stops_nothing(
    databases: Any, binding: Binding, now: datetime
) -> None:
    from upheld.actions.campaigns import test_campaign
    from upheld.actions.outbox import open_message
    from upheld.actions.stopping import STOP_PATH, open_stop_link
    from upheld.records.models import Outgoing

    made = write_one(binding, now)
    test_campaign(binding, made.id, home=HOME, by="s_1", now=now)
    row = Outgoing.objects.get()
    message = open_message(row)
    assert message is not None
    assert message.to == binding.policy.contact["email"]
    assert message.subject.startswith("[Test] ")
    assert (row.person, row.digest) == ("", b"")
    address = dict(message.headers)["List-Unsubscribe"].split(",")[0].strip("<> ")
    link = open_stop_link(binding.site, address.removeprefix(HOME + STOP_PATH))
    assert link is not None
    assert link.person == ""


def test_the_number_that_was_seen_has_to_be_the_number_now(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.campaigns import release_campaign, test_campaign

    bring_in(binding, now, {"a": ("yes",)})
    made = write_one(binding, now)
    test_campaign(binding, made.id, home=HOME, by="s_1", now=now)
    bring_in(binding, now, {"b": ("yes",)})
    with pytest.raises(NoticeError) as refused:
        release_campaign(binding, made.id, reached=1, by="s_1", now=now)
    assert refused.value.code == "M924"


def test_it_waits_for_its_time(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.campaign_sending import begin_campaign, list_due_campaigns, send_batch
    from upheld.actions.campaigns import release_campaign, test_campaign

    bring_in(binding, now, {"a": ("yes",)})
    made = write_one(binding, now)
    test_campaign(binding, made.id, home=HOME, by="s_1", now=now)
    with pytest.raises(NoticeError) as refused:
        release_campaign(binding, made.id, reached=1, by="s_1", now=now, send_at=now)
    assert refused.value.code == "M926"
    later = now + timedelta(hours=3)
    release_campaign(binding, made.id, reached=1, by="s_1", now=now, send_at=later)
    assert list_due_campaigns(binding.site, now) == ()
    assert not begin_campaign(binding, made.id, now=now)
    assert not send_batch(binding, made.id, home=HOME, now=now)
    assert list_due_campaigns(binding.site, later) == (made.id,)
    assert begin_campaign(binding, made.id, now=later)
    send_all(binding, made.id, later)
    assert list_receivers(made.id) == ["a"]


def test_paused_it_stays_where_it_is_and_goes_on_from_there(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.campaign_sending import send_batch
    from upheld.actions.campaigns import pause_campaign, resume_campaign

    names = {f"p{number}": ("yes",) for number in range(5)}
    bring_in(binding, now, names)
    made = release_one(binding, now)
    send_batch(binding, made.id, home=HOME, now=now, most=2)
    assert pause_campaign(binding, made.id, by="s_1", now=now).state == "paused"
    assert not send_batch(binding, made.id, home=HOME, now=now, most=2)
    assert len(list_receivers(made.id)) == 2
    resume_campaign(binding, made.id, by="s_1", now=now)
    send_all(binding, made.id, now)
    assert list_receivers(made.id) == sorted(names)


def test_called_off_it_is_over(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.actions.campaign_sending import send_batch
    from upheld.actions.campaigns import cancel_campaign, resume_campaign

    bring_in(binding, now, {f"p{number}": ("yes",) for number in range(5)})
    made = release_one(binding, now)
    send_batch(binding, made.id, home=HOME, now=now, most=2)
    assert cancel_campaign(binding, made.id, by="s_1", now=now).state == "cancelled"
    assert not send_batch(binding, made.id, home=HOME, now=now, most=2)
    for move in (resume_campaign, cancel_campaign):
        with pytest.raises(NoticeError) as refused:
            move(binding, made.id, by="s_1", now=now)
        assert refused.value.code == "M922"


def test_the_cap_holds_while_it_is_sent_and_says_whom_it_left_out(
    databases: Any, binding: Binding, now: datetime
) -> None:
    from upheld.core.notices.audience import Cap

    bring_in(binding, now, {"a": ("yes",), "b": ("yes",)})
    for number in range(2):
        made = release_one(binding, now + timedelta(minutes=number), cap=Cap(1, 7))
        done = send_all(binding, made.id, now + timedelta(minutes=number))
    assert list_receivers(made.id) == []
    assert done.counts["capped"] == 2
    assert done.counts["left_out"] == {"capped": 2}


def test_two_campaigns_at_once_keep_the_cap_between_them(
    databases: Any, binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections

    from upheld.actions import campaign_sending
    from upheld.core.notices.audience import Cap
    from upheld.records.models import CampaignMail

    bring_in(binding, now, {"a": ("yes",), "b": ("yes",)})
    campaigns = [release_one(binding, now, cap=Cap(1, 7)).id for _ in range(2)]
    count, has_counted = campaign_sending.find_capped, threading.Event()

    def count_slowly(*told: Any) -> frozenset[str]:
        found = count(*told)
        has_counted.wait(0.3)  # the other one counts meanwhile, unless it is kept from it
        has_counted.set()
        return found

    monkeypatch.setattr(campaign_sending, "find_capped", count_slowly)

    def work(campaign: str) -> None:
        try:
            campaign_sending.send_batch(binding, campaign, home=HOME, now=now)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(campaign,)) for campaign in campaigns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    came = list(CampaignMail.objects.values_list("reason", flat=True))
    assert sorted(came) == ["", "", "capped", "capped"]


def test_nobody_sets_a_looser_cap_than_the_house_has(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.core.notices.audience import USUAL_CAP, Cap

    assert write_one(binding, now).cap == USUAL_CAP
    assert write_one(binding, now, cap=Cap(99, 1)).cap == USUAL_CAP
    assert write_one(binding, now, cap=Cap(1, 30)).cap == Cap(1, 30)
    assert write_one(binding, now, SERVICE, cap=Cap(1, 30)).cap == Cap()


def test_a_version_that_no_longer_permits_it_keeps_it_from_beginning(
    databases: Any, binding: Binding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from upheld.actions import campaign_sending
    from upheld.actions.campaign_sending import begin_campaign
    from upheld.actions.campaigns import find_campaign, release_campaign, resume_campaign, test_campaign

    bring_in(binding, now, {"a": ("yes",)})
    made = write_one(binding, now)
    test_campaign(binding, made.id, home=HOME, by="s_1", now=now)
    release_campaign(binding, made.id, reached=1, by="s_1", now=now)

    def refuse(*_: Any) -> Any:
        raise RefusedError("send it", ("lasership#your-choice-about-our-messages.2",))

    monkeypatch.setattr(campaign_sending, "check_draft", refuse)
    assert not begin_campaign(binding, made.id, now=now)
    assert find_campaign(binding.site, made.id).state == "paused"
    assert resume_campaign(binding, made.id, by="s_1", now=now).state == "scheduled"
    monkeypatch.undo()
    assert begin_campaign(binding, made.id, now=now)
    assert send_all(binding, made.id, now).state == "done"


def test_what_is_kept_of_a_campaign_names_nobody(databases: Any, binding: Binding, now: datetime) -> None:
    from upheld.records.models import Campaign, Entry

    bring_in(binding, now, {"a": ("yes",), "b": ("no",)})
    made = release_one(binding, now)
    send_all(binding, made.id, now)
    row = Campaign.objects.get()
    kept = " ".join(str(getattr(row, field.attname)) for field in Campaign._meta.concrete_fields)
    kept += " ".join(Entry.objects.values_list("text", flat=True))
    assert "crowd.example" not in kept
