"""Messages handed to the channel, a durable job for several: taken up again after a crash, and none handed over twice."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

from dbos import DBOS
from django.db import DatabaseError, close_old_connections

from upheld.actions.outgoing import FAILED, IN_DOUBT, SENT, STOPPED, WAITING, Outcome
from upheld.actions.sending import begin_batch, may_still_go, settle_batch
from upheld.channels.base import CannotDo, InDoubt, Line, Message, SettingsWrong, TryLater, Withdrawn
from upheld.core.errors import UpheldError
from upheld.core.gate.binding import Binding
from upheld.jobs.work import Work, find_binding, find_work, read_clock

logger = logging.getLogger(__name__)

# What came of a message must be written down: a full disk or a busy database often passes within seconds.
SETTLE_PAUSES_SECONDS = (0.2, 1.0, 5.0)
# So many are begun together at first; then as many as leave within the time below. A crash leaves no more in doubt.
FIRST_AT_ONCE, MOST_AT_ONCE = 4, 32
AT_RISK_SECONDS = 0.25
WAIT_FOR_LOOK = timedelta(minutes=1)


@dataclasses.dataclass(slots=True)
class Pace:
    """How many this process begins together, as fast as messages left last; jobs beside each other share it."""

    size: int = FIRST_AT_ONCE


_pace = Pace()


@DBOS.workflow(name="deliver_mails")
def deliver_mails(site: str, messages: list[str], run: str) -> dict[str, int]:
    """Hand over these messages; `run` is the job's own id. What is remembered of it are ids, words and numbers."""
    return hand_over(site, messages, run)


@DBOS.step(name="hand_over")
def hand_over(site: str, messages: list[str], run: str) -> dict[str, int]:
    """How many came to what, by a word. Raises nothing: an error's text could hold a value, and errors are remembered."""
    started = time.monotonic()
    close_old_connections()
    done: dict[str, int] = {}
    try:
        carry(find_work(), site, messages, run, done)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the messages stay as the outbox has them
        logger.error("mails of %s stay: %s", site, name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
        done["stays"] = len(messages) - sum(done.values())
    told = ", ".join(f"{count} {word}" for word, count in sorted(done.items()))
    logger.info("mails of %s: %s in %.2f s", site, told or "none", time.monotonic() - started)
    return done


def carry(work: Work, site: str, messages: Sequence[str], run: str, done: dict[str, int]) -> None:
    """Begin, send, settle, a few at a time, and count what came of them."""
    binding = find_binding(site, read_clock())
    if binding is None:
        count(done, "not served", len(messages))
        return
    waiting = list(messages)
    with work.channel.open() as line:
        while waiting:
            some, waiting = waiting[: _pace.size], waiting[_pace.size :]
            started = time.monotonic()
            opened = begin_batch(
                binding, messages=some, run=run, is_repeatable=work.channel.is_repeatable, now=read_clock()
            )
            count(done, "not for this run", len(some) - len(opened))
            states = settle(binding, opened, hand_to(binding, work, line, opened, run), run)
            for message in opened:
                count(done, states.get(message.id, "gone"))
            _pace.size = find_size(len(some), time.monotonic() - started, _pace.size)


def count(done: dict[str, int], word: str, number: int = 1) -> None:
    """Add to what is told at the end."""
    if number:
        done[word] = done.get(word, 0) + number


def find_size(number: int, seconds: float, size: int) -> int:
    """How many to begin together next, when this number took so long: what a crash can leave in doubt is bounded in time."""
    if seconds > AT_RISK_SECONDS:
        return max(1, min(size, number) // 2)
    is_full = number >= size  # the last few of a job say nothing about how many more would have fitted in
    return min(size * 2, MOST_AT_ONCE) if is_full and seconds < AT_RISK_SECONDS / 2 else size


def hand_to(binding: Binding, work: Work, line: Line, opened: Sequence[Message], run: str) -> dict[str, Outcome]:
    """What the channel made of each; each is asked about once more before its words go."""
    return {
        message.id: try_line(
            line,
            set_sender(message, work.sender),
            partial(may_still_go, binding, message=message.id, run=run),
        )
        for message in opened
    }


def set_sender(message: Message, sender: str) -> Message:
    """The message from the server's own address, with answers going to the business."""
    if not sender:
        return message
    return dataclasses.replace(message, sender=sender, headers=(*message.headers, ("Reply-To", message.sender)))


def try_line(line: Line, message: Message, may_go: Callable[[], bool]) -> Outcome:
    """What the channel made of the message; an error that is none of the five leaves it in doubt.

    One of the last look itself does not: the message waits, since nothing was handed over.
    """
    try:
        receipt = line.send(message, partial(look, may_go))
    except SettingsWrong as problem:
        logger.error("mail cannot be sent: %s (%s)", problem.text, problem.hint)  # noqa: TRY400 - the text says it all
        return Outcome(WAITING, problem.text, may_give_up=False)
    except TryLater as problem:
        return Outcome(WAITING, problem.text, problem.after)
    except CannotDo as problem:
        return Outcome(FAILED, problem.text)
    except Withdrawn:
        return Outcome(FAILED, STOPPED)
    except InDoubt as problem:
        return Outcome(IN_DOUBT, problem.text)
    except Exception as problem:  # noqa: BLE001 - an outsider's channel may raise anything; nobody knows what it had done
        return Outcome(IN_DOUBT, name_problem(problem))
    return Outcome(SENT, receipt.answer)


def look(may_go: Callable[[], bool]) -> bool:
    """The last look. Raises TryLater when it cannot be taken: whoever cannot ask does not send."""
    try:
        return may_go()
    except DatabaseError:
        raise TryLater("the outbox cannot be asked", WAIT_FOR_LOOK) from None


def settle(binding: Binding, opened: Sequence[Message], outcomes: Mapping[str, Outcome], run: str) -> Mapping[str, str]:
    """Write down what came of them, more than once if the database is busy.

    If it never works the messages stay in `sending`; they are found there later and are in doubt.
    """
    if not outcomes:
        return {}
    messages = {message.id: message for message in opened}
    for pause in SETTLE_PAUSES_SECONDS:
        try:
            return settle_batch(binding, outcomes, run=run, now=read_clock(), messages=messages)
        except DatabaseError:
            time.sleep(pause)
            close_old_connections()
    return settle_batch(binding, outcomes, run=run, now=read_clock(), messages=messages)


def name_problem(problem: Exception) -> str:
    """An error without its text, which could repeat a value; ours hold none."""
    return str(problem) if isinstance(problem, UpheldError) else type(problem).__name__
