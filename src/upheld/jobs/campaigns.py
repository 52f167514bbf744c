"""Campaigns whose time has come are begun and carried on, batch after batch; what was cut short goes on where it was."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime

from django.db import close_old_connections, connections

from upheld.actions.campaign_sending import begin_campaign, is_outbox_full, list_due_campaigns, send_batch
from upheld.actions.standings import mend_standings
from upheld.core.gate.binding import Binding
from upheld.jobs.mail import name_problem
from upheld.jobs.work import Work, find_home, iter_bindings, read_clock

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
# A site does no more at a time, so that the campaigns of others are not kept waiting.
A_TURN_SECONDS = 2.0


def look_for_campaigns(ending: threading.Event) -> None:
    """Carry on all campaigns until told to end; one that fails is tried again, and its error is told by its name alone."""
    while not ending.is_set():
        close_old_connections()
        is_busy = False
        try:
            for binding in iter_bindings(read_clock()):
                is_busy |= carry_campaigns(binding, ending)
        except Exception as problem:  # noqa: BLE001 - the database is away, or busy: often gone soon
            logger.error("the campaigns cannot be read: %s", name_problem(problem))  # noqa: TRY400 - no traceback: it would show values
        ending.wait(0 if is_busy else LOOK_EVERY_SECONDS)
    connections.close_all()


def mend(_work: Work, binding: Binding, _now: datetime) -> None:
    """Look up the combinations of people who have none yet, such as those who were there before combinations were."""
    while mend_standings(binding):
        pass


def carry_campaigns(binding: Binding, ending: threading.Event) -> bool:
    """Whether there was something to do for one site, and there may be more."""
    is_busy = False
    for campaign in list_due_campaigns(binding.site, read_clock()):
        try:
            is_busy |= carry_one(binding, campaign, ending)
        except Exception as problem:  # noqa: BLE001 - one campaign must not keep the others from being sent
            logger.error("campaign %s of %s stays: %s", campaign, binding.site, name_problem(problem))  # noqa: TRY400 - the same
    return is_busy


def carry_one(binding: Binding, campaign: str, ending: threading.Event) -> bool:
    """Whether a turn of one campaign sent something and there may be more."""
    begin_campaign(binding, campaign, now=read_clock())
    home, until = find_home(binding.site), time.monotonic() + A_TURN_SECONDS
    while not ending.is_set() and time.monotonic() < until:
        if is_outbox_full(binding.site):
            return False
        if not send_batch(binding, campaign, home=home, now=read_clock()):
            return False
    return True
