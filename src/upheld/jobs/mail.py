"""One message handed to the channel, as a durable job: taken up again after a crash, and never handed over twice."""

from __future__ import annotations

import dataclasses
import logging
import time

from dbos import DBOS
from django.db import DatabaseError, close_old_connections

from upheld.actions.outbox import FAILED, IN_DOUBT, SENT, WAITING, Outcome, begin_sending, settle_sending
from upheld.channels.base import CannotDo, Channel, InDoubt, Message, SettingsWrong, TryLater
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding
from upheld.jobs.work import Work, find_binding, find_work, read_clock

logger = logging.getLogger(__name__)

# What came of a message must be written down: a full disk or a busy database often passes within seconds.
SETTLE_PAUSES_SECONDS = (0.2, 1.0, 5.0)


@DBOS.workflow(name="deliver_mail")
def deliver_mail(site: str, message: str, run: str) -> str:
    """Hand over one message; `run` is the job's own id. What is remembered of it are ids and a word."""
    return hand_over(site, message, run)


@DBOS.step(name="hand_over")
def hand_over(site: str, message: str, run: str) -> str:
    """What came of it, in a word. Raises nothing: an error's text could hold a value, and errors are remembered."""
    started = time.monotonic()
    close_old_connections()
    try:
        outcome = carry(find_work(), site, message, run)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the message stays as the outbox has it
        logger.error("mail %s of %s stays: %s", message, site, name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
        return "stays"
    logger.info("mail %s of %s: %s in %.2f s", message, site, outcome, time.monotonic() - started)
    return outcome


def carry(work: Work, site: str, message: str, run: str) -> str:
    """Begin, send, settle."""
    binding = find_binding(site, read_clock())
    if binding is None:
        return "not served"
    opened = begin_sending(
        binding, message=message, run=run, is_repeatable=work.channel.is_repeatable, now=read_clock()
    )
    if opened is None:
        return "not for this run"
    outcome = try_channel(work.channel, set_sender(opened, work.sender))
    return settle(binding, message, run, outcome)


def set_sender(message: Message, sender: str) -> Message:
    """The message from the server's own address, with answers going to the business."""
    if not sender:
        return message
    return dataclasses.replace(message, sender=sender, headers=(*message.headers, ("Reply-To", message.sender)))


def try_channel(channel: Channel, message: Message) -> Outcome:
    """What the channel made of the message; an error that is none of the four leaves it in doubt."""
    try:
        receipt = channel.send(message)
    except SettingsWrong as problem:
        logger.error("mail cannot be sent: %s (%s)", problem.text, problem.hint)  # noqa: TRY400 - the text says it all
        return Outcome(WAITING, problem.text, may_give_up=False)
    except TryLater as problem:
        return Outcome(WAITING, problem.text, problem.after)
    except CannotDo as problem:
        return Outcome(FAILED, problem.text)
    except InDoubt as problem:
        return Outcome(IN_DOUBT, problem.text)
    except Exception as problem:  # noqa: BLE001 - an outsider's channel may raise anything; nobody knows what it had done
        return Outcome(IN_DOUBT, name_problem(problem))
    return Outcome(SENT, receipt.answer)


def settle(binding: Binding, message: str, run: str, outcome: Outcome) -> str:
    """Write down what came of it, more than once if the database is busy.

    If it never works the message stays in `sending`; it is found there later and is in doubt.
    """
    for pause in SETTLE_PAUSES_SECONDS:
        try:
            return settle_sending(binding, message=message, run=run, outcome=outcome, now=read_clock())
        except DatabaseError:
            time.sleep(pause)
            close_old_connections()
    return settle_sending(binding, message=message, run=run, outcome=outcome, now=read_clock())


def name_problem(problem: Exception) -> str:
    """An error without its text, which could repeat a value; ours hold none."""
    return str(problem) if isinstance(problem, UpheldError) else type(problem).__name__
