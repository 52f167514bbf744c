"""Telling whoever answers for privacy: of what a proof found broken, of proofs that went wrong, of what is to be vouched for.

The mails go to the contact that the policy names, as its class for running an account. Where it has no such class, or names
no address, nothing is sent, and the console alone says it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from upheld.actions.accounts import say_moment
from upheld.actions.attesting import HeldStatement, list_held
from upheld.actions.ledger import write_line
from upheld.actions.notices import POLICY_PAGE, find_trade_name, make_message
from upheld.actions.outbox import store_message
from upheld.actions.proof_standing import find_reasons
from upheld.actions.proving import BROKEN_OFF, FINISHED, RUNNING, list_runs
from upheld.core.errors import NoticeError
from upheld.core.gate.binding import Binding
from upheld.core.notices.compose import Written, write_notice
from upheld.core.policy.administration import list_administrative_classes
from upheld.core.proof.states import BROKEN
from upheld.core.rights.telling import say_day
from upheld.records.models import ProofMail, SentenceChange
from upheld.records.walls import enter_site

BROKE, MANY, FAULTS, BROKE_OFF = "proof-broken", "proof-broken-many", "proof-faults", "proof-broke-off"
DUE, LAPSED = "vouching-due", "vouching-lapsed"
MOST_MAILS = 5  # about sentences of one look; what breaks more at once has one mail for all of it
LOOK_BACK = timedelta(days=14)  # nobody is told of what is older than this, such as after a long standstill
LONGEST_SAID = 600
MOST_NAMED = 100  # sentences in one line of the ledger
RUNS_SEEN = 20
# A proof that ended with its server is begun again by the next one: nobody needs to do anything about it.
HARMLESS = frozenset({"stopped", "left"})


@dataclass(frozen=True, slots=True)
class Desk:
    """Where links lead: `home` is the address of the site's first page, `console` of the console, both with their slash.

    Without a console a link leads to the policy, where the sentence stands.
    """

    site: str
    home: str
    console: str = ""

    def find_sentence(self, ref: str) -> str:
        """The page of a sentence's proof."""
        anchor = ref.partition("#")[2]
        return f"{self.find_board()}{anchor}/" if self.console else f"{self.home}{POLICY_PAGE}#{anchor}"

    def find_board(self) -> str:
        """The page of all sentences."""
        return f"{self.console}at/{self.site}/proof/" if self.console else f"{self.home}{POLICY_PAGE}"

    def find_vouching(self) -> str:
        """The page on which people sign."""
        return f"{self.console}at/{self.site}/vouching/" if self.console else f"{self.home}{POLICY_PAGE}"


def tell_of_broken(binding: Binding, *, home: str, now: datetime, console: str = "") -> int:
    """How many mails are in the outbox now: one for each sentence that broke, for a proof with new faults, for one that broke off.

    Each once, however often this is called. Side effects: messages, and lines in the ledger (proof.told).
    """
    desk = Desk(binding.site, home, console)
    if not can_mail(binding):
        return 0
    with enter_site(binding.site):
        return (
            _tell_sentences(binding, desk, now)
            + _tell_faults(binding, desk, now)
            + _tell_broken_off(binding, desk, now)
        )


def remind(binding: Binding, *, home: str, now: datetime, console: str = "") -> int:
    """How many reminders are in the outbox now: for each statement one when it is due soon and one when its time is over.

    Side effects: messages, and lines in the ledger (attestation.due).
    """
    desk, count = Desk(binding.site, home, console), 0
    if not can_mail(binding):
        return 0
    for held in list_held(binding, now):
        if held.is_due(now):
            with enter_site(binding.site):
                count += _remind_of(binding, desk, held, now)
    return count


def can_mail(binding: Binding) -> bool:
    """Whether there is somebody to write to and a class of message that can carry it."""
    nothing = {"at": "", "why": "", "link": ""}
    return bool(binding.policy.contact.get("email")) and _write(binding, BROKE_OFF, nothing) is not None


def _tell_sentences(binding: Binding, desk: Desk, now: datetime) -> int:
    rows = SentenceChange.objects.filter(site=binding.site, state=BROKEN, at__gt=now - LOOK_BACK).order_by("id")
    told = set(ProofMail.objects.filter(site=binding.site, kind=BROKE).values_list("subject", flat=True))
    fresh = [row for row in rows if _name_change(row) not in told and _is_so(row, binding)]
    if len(fresh) > MOST_MAILS:
        return _tell_of_many(binding, desk, fresh, now)
    return sum(_tell_of_one(binding, desk, row, now) for row in fresh)


def _is_so(row: SentenceChange, binding: Binding) -> bool:
    """Whether the policy in force has the sentence in these words, and its state has not changed since."""
    sentence = binding.policy.find_sentence(row.sentence)
    if sentence is None or sentence.digest != row.digest:
        return False
    later = SentenceChange.objects.filter(site=row.site, sentence=row.sentence, digest=row.digest, id__gt=row.pk)
    return not later.exists()


def _name_change(row: SentenceChange) -> str:
    return f"change {row.pk}"


def _tell_of_one(binding: Binding, desk: Desk, row: SentenceChange, now: datetime) -> int:
    values = {
        "sentence": _shorten(_find_words(binding, row)),
        "why": _shorten(row.why),
        "at": say_moment(row.at),
        "link": desk.find_sentence(row.sentence),
    }
    return _mail(binding, BROKE, (_name_change(row),), values, now, run=row.run_id, because=(row.sentence,))


def _tell_of_many(binding: Binding, desk: Desk, rows: Sequence[SentenceChange], now: datetime) -> int:
    first = rows[0]
    values = {
        "count": str(len(rows)),
        "sentence": _shorten(_find_words(binding, first)),
        "why": _shorten(first.why),
        "at": say_moment(first.at),
        "link": desk.find_board(),
    }
    subjects, because = tuple(map(_name_change, rows)), tuple(row.sentence for row in rows)
    return _mail(binding, BROKE, subjects, values, now, run=first.run_id, because=because, template=MANY)


def _find_words(binding: Binding, row: SentenceChange) -> str:
    sentence = binding.policy.find_sentence(row.sentence)
    return sentence.text if sentence is not None else row.sentence


def _tell_faults(binding: Binding, desk: Desk, now: datetime) -> int:
    """Of faults that the proof before did not have: what lasts for days is told once."""
    seen = list_runs(binding.site, RUNS_SEEN)
    runs = [run for run in seen if run.state == FINISHED and run.began_at > now - LOOK_BACK][:2]
    if not runs:
        return 0
    fresh = [fault for fault in runs[0].faults if len(runs) == 1 or fault not in runs[1].faults]
    if not fresh:
        return 0
    values = {
        "why": _shorten("; ".join(fresh)),
        "at": say_moment(runs[0].ended_at or now),
        "link": desk.find_board(),
    }
    return _mail(binding, FAULTS, (runs[0].id,), values, now, run=runs[0].id)


def _tell_broken_off(binding: Binding, desk: Desk, now: datetime) -> int:
    """Of the first of the proofs that broke off since one was finished; the next ones of the row are told with it."""
    runs = [
        run for run in list_runs(binding.site, RUNS_SEEN) if run.state != RUNNING and run.began_at > now - LOOK_BACK
    ]
    row = tuple(takewhile(lambda run: run.state == BROKEN_OFF, runs))
    reasons = find_reasons(binding.site, row)
    first = next((run for run in reversed(row) if reasons.get(run.id, "") not in HARMLESS), None)
    if first is None:
        return 0
    values = {"why": reasons.get(first.id, ""), "at": say_moment(first.began_at), "link": desk.find_board()}
    return _mail(binding, BROKE_OFF, (first.id,), values, now, run=first.id)


def _remind_of(binding: Binding, desk: Desk, held: HeldStatement, now: datetime) -> int:
    statement, until = held.statement, held.until
    is_over = until is not None and until <= now
    if until is None:
        why = "Too few have signed it so far."
        # what was taken back has to be signed anew, and is told anew
        subject = f"{statement.digest} {sum(one.withdrawn_at is not None for one in held.signatures)}"
    else:
        why = f"What was signed {'counted' if is_over else 'counts'} until {say_day(until)}."
        subject = f"{statement.digest} {until.isoformat()}"
    values = {
        "statement": _shorten(statement.words),
        "role": binding.policy.words.label(statement.role, "role"),
        "why": why,
        "link": desk.find_vouching(),
    }
    return _mail(
        binding,
        LAPSED if is_over else DUE,
        (subject,),
        values,
        now,
        line="attestation.due",
        because=statement.sentences,
        role=statement.role,
        digest=statement.digest,
    )


def _mail(
    binding: Binding,
    kind: str,
    subjects: Sequence[str],
    values: Mapping[str, str],
    now: datetime,
    *,
    line: str = "proof.told",
    template: str = "",
    because: tuple[str, ...] = (),
    **fields: str,
) -> int:
    """1 when a message about these was laid into the outbox, 0 when each of them has had one."""
    kept = [
        ProofMail.objects.get_or_create(site=binding.site, kind=kind, subject=one, defaults={"at": now})
        for one in subjects
    ]
    fresh = [row.pk for row, is_new in kept if is_new]
    written = _write(binding, template or kind, values) if fresh else None
    if written is None:
        return 0
    mail_class = list_administrative_classes(binding.policy)[0]
    message = make_message(binding.policy, written, binding.policy.contact["email"], now)
    store_message(binding, message, person="", mail_class=mail_class, kind=template or kind, now=now)
    told = {"mail": message.id, "class": mail_class, "template": template or kind}
    write_line(binding.site, "mail.queued", at=now, known=binding.names, **told)
    write_line(binding.site, line, at=now, mail=message.id, because=because[:MOST_NAMED], **dict[str, Any](fields))
    ProofMail.objects.filter(pk__in=fresh).update(message=message.id)
    return 1


def _write(binding: Binding, kind: str, values: Mapping[str, str]) -> Written | None:
    """The words; None where the policy has no class of message for them, or puts something in that belongs to an account."""
    policy = binding.policy
    mail_class = next(iter(list_administrative_classes(policy)), "")
    if not mail_class:
        return None
    try:
        return write_notice(
            policy,
            service=find_trade_name(policy),
            kind=kind,
            mail_class=mail_class,
            because=(),
            policy_address="",
            values=values,
        )
    except NoticeError:
        return None


def _shorten(words: str) -> str:
    """The words on one line, and not without end."""
    said = " ".join(words.split())
    return said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID].rsplit(' ', 1)[0]} …"
