"""A no that came by message, carried out: for the person it belongs to, or for the address alone when nobody is known."""

from __future__ import annotations

import re
from datetime import datetime

from upheld.actions.choices import record_choice
from upheld.actions.suppression import MESSAGE, suppress
from upheld.core.gate.binding import Binding
from upheld.core.notices.stops import list_stoppable, list_stopped_classes
from upheld.core.policy.model import Policy
from upheld.core.rights.answering import list_stopped_by_message
from upheld.records.models import Person
from upheld.records.walls import enter_site

BY_MESSAGE = "message"  # the policy language's own word for `by message`


def carry_out_no(
    binding: Binding,
    *,
    person: Person | None,
    digest: bytes,
    words: str,
    now: datetime,
    touchpoint: str = BY_MESSAGE,
    answered: str = "",
    answered_class: str = "",
    shown: str = "",
    by: str = "",
) -> tuple[str, ...]:
    """The choices that were answered with a no; empty when only the address is stopped. Belongs inside a transaction.

    `digest` is the blind index of the address (empty: none is known), `words` what was said, by which one of several
    choices is found; `answered` the message of ours that was answered and `answered_class` its class, which is stopped at
    the address when no choice stops it. A no never needs proof of who says it: the person is told and can take it back.
    Side effects: as `record_choice` and `suppress`. Done twice, each answer stays and nothing else changes.
    """
    policy = binding.policy
    with enter_site(binding.site):
        choices = find_meant(policy, words) if person is not None else ()
        for choice in choices:
            assert person is not None  # noqa: S101 - for the type alone: there are choices only with a person
            record_choice(
                binding, person=person, choice=choice, is_yes=False, touchpoint=touchpoint, now=now, shown=shown, by=by
            )
        stopped = {mail for choice in choices for mail in list_stopped_classes(policy, choice)}
        if digest and person is None:
            suppress(binding, digest=digest, mail_class="", reason=MESSAGE, now=now, message=answered, by=by)
        elif digest and answered_class in set(list_stoppable(policy)) - stopped:
            suppress(
                binding,
                digest=digest,
                mail_class=answered_class,
                reason=MESSAGE,
                now=now,
                person=person.id if person else "",
                message=answered,
                by=by,
            )
    return choices


def find_meant(policy: Policy, words: str) -> tuple[str, ...]:
    """The choices that a no by message answers: those whose name or message it names, or all of them when it names none."""
    choices = list_stopped_by_message(policy)
    said = _plain(words)
    named = tuple(choice for choice in choices if any(name in said for name in _list_names(policy, choice)))
    return named or choices


def _list_names(policy: Policy, choice: str) -> list[str]:
    """What people call a choice: its name, and the classes of message that it stops, with their labels."""
    classes = list_stopped_classes(policy, choice)
    names = [choice, *classes, *(policy.words.label(mail, "mail") for mail in classes)]
    return [_plain(name) for name in names]


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.lower()).split())
