"""People by the dozen, with every kind of answer, for tests of messages to many."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from upheld.core.gate.binding import Binding

HOME = "https://courier.example/"
OFFER, NEWSLETTER, SERVICE = "promotional offer", "newsletter", "service announcement"
WORDS = {
    "name": "Winter offer",
    "subject": "Two parcels for the price of one",
    "text": "Until Friday the second parcel of a day travels free.\n\nBook it as always.",
}


def bring_in(binding: Binding, now: datetime, said: dict[str, tuple[str, ...]], **more: Any) -> dict[str, Any]:
    """People by a name of theirs; each said these things about marketing, one a day: `yes` or `no`."""
    from upheld.actions.imports import Newcomer, Part, Said, import_people
    from upheld.records.models import Identifier, Person

    newcomers = []
    for name, answers in said.items():
        given = tuple(
            Said("marketing", is_yes=answer == "yes", touchpoint="registration", at=now - timedelta(days=9 - day))
            for day, answer in enumerate(answers)
        )
        values = {"person.name": name, "person.email": f"{name}@crowd.example"}
        part = Part("registration", values, now - timedelta(days=10))
        address = (("email", values["person.email"]),)
        newcomers.append(Newcomer((part,), now - timedelta(days=10), identifiers=address, answers=given, **more))
    import_people(binding, newcomers, now=now)
    from upheld.actions.people import digest_identifier

    found = {}
    for name in said:
        digest = digest_identifier(binding.site, "email", f"{name}@crowd.example", now)
        found[name] = Person.objects.get(id=Identifier.objects.get(digest=digest).person_id)
    return found


def write_one(binding: Binding, now: datetime, mail_class: str = OFFER, **more: Any) -> Any:
    """A campaign as a draft."""
    from upheld.actions.campaigns import Draft, write_campaign
    from upheld.core.notices.audience import Cap

    draft = Draft(**{"mail_class": mail_class, "audience": "account holders", "cap": Cap(), **WORDS, **more})
    return write_campaign(binding, draft, by="s_1", now=now)


def release_one(binding: Binding, now: datetime, mail_class: str = OFFER, **more: Any) -> Any:
    """A campaign that was tested and begins now."""
    from upheld.actions.campaign_sending import begin_campaign
    from upheld.actions.campaigns import find_campaign, release_campaign, survey_campaign, test_campaign

    made = write_one(binding, now, mail_class, **more)
    made = test_campaign(binding, made.id, home=HOME, by="s_1", now=now)
    reached = survey_campaign(binding, made, now).reached
    release_campaign(binding, made.id, reached=reached, by="s_1", now=now)
    assert begin_campaign(binding, made.id, now=now)
    return find_campaign(binding.site, made.id)


def send_all(binding: Binding, campaign: str, now: datetime, most: int = 3) -> Any:
    """The campaign after it came by everybody, in batches of so many."""
    from upheld.actions.campaign_sending import send_batch
    from upheld.actions.campaigns import find_campaign

    while send_batch(binding, campaign, home=HOME, now=now, most=most):
        pass
    return find_campaign(binding.site, campaign)


def list_receivers(campaign: str) -> list[str]:
    """To whom messages of a campaign lie in the outbox."""
    from upheld.actions.outbox import open_message
    from upheld.records.models import Outgoing

    found = []
    for row in Outgoing.objects.filter(subject=campaign).exclude(person=""):
        message = open_message(row)
        if message is not None:
            found.append(message.to.partition("@")[0])
    return sorted(found)
