"""Rehearses one rule: finds what is to be tried by the rule's form, tries it on a fresh stage, sums up what came of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import BROKE_OFF, LACKS, REHEARSED, Evidence, Step, sum_up_steps
from upheld.core.seal.entries import write_moment
from upheld.rehearsal import (
    about,
    choosing,
    cookies,
    giving,
    keeping,
    letting,
    parts,
    protecting,
    recording,
    sending,
    showing,
    taking,
    techniques,
    telling,
    using,
)
from upheld.rehearsal.cast import NotBuilt, Undone
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, missing

logger = logging.getLogger(__name__)

_ROOMS = (
    *(about, taking, recording, cookies, techniques, parts),
    *(using, showing, giving, sending, choosing, telling, keeping, letting, protecting),
)
REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {form: rehearsal for room in _ROOMS for form, rehearsal in room.REHEARSALS.items()}
)


def rehearse(stage: Stage, rule: Rule) -> Evidence:
    """The evidence of trying this rule on a stage made anew. Never raises: what breaks off says so."""
    rehearsal = REHEARSALS.get(rule.form)
    if rehearsal is None:
        return Evidence(REHEARSED, LACKS, f"no rehearsal is written for rules like `{rule.form.replace('_', ' ')}`")
    steps: list[Step] = []
    at = ""
    try:
        stage.begin_anew()
        at = write_moment(stage.now)
        for step in rehearsal(stage, rule):
            steps.append(step)  # noqa: PERF402 - what was tried before it breaks off stays
    except NotBuilt as lack:
        steps.append(missing(str(lack)))
    except Undone as undone:
        if not all(step.is_kept for step in steps):  # something went wrong before, and that is what counts
            return sum_up_steps(REHEARSED, tuple(steps), at=at)
        return Evidence(REHEARSED, BROKE_OFF, f"the rehearsal broke off: {undone}", tuple(steps), len(steps), at=at)
    except Exception as problem:
        if not all(step.is_kept for step in steps):
            return sum_up_steps(REHEARSED, tuple(steps), at=at)
        name = type(problem).__name__
        logger.warning("the rehearsal of a rule like `%s` broke off: %s", rule.form, name, exc_info=True)
        return Evidence(REHEARSED, BROKE_OFF, f"the rehearsal broke off: {name}", tuple(steps), len(steps), at=at)
    return sum_up_steps(REHEARSED, tuple(steps), at=at)
