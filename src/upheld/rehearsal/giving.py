"""Rehearsals of giving data to somebody outside: by what a rule waits for it is known which door of the house it opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from upheld.core.policy.model import Rule
from upheld.core.proof.evidence import Step
from upheld.core.rights.demanding import DEMANDED
from upheld.core.rights.merging import MERGING
from upheld.core.rights.permitting import PERMITTED
from upheld.rehearsal.carrying import REQUESTED, rehearse_carrying, try_beyond_asking
from upheld.rehearsal.doors import list_facts
from upheld.rehearsal.legal_desk import rehearse_demand
from upheld.rehearsal.mergers import rehearse_merger
from upheld.rehearsal.permitting import rehearse_permission
from upheld.rehearsal.stage import Stage
from upheld.rehearsal.trying import Rehearsal, missing
from upheld.rehearsal.withholding import rehearse_never_share


def rehearse_share(stage: Stage, rule: Rule) -> Iterator[Step]:
    """A permission to give something out: through the door that its condition belongs to, and tried beyond each limit."""
    facts = list_facts(rule.holds)
    is_known = False
    if any(fact.startswith(DEMANDED) for fact in facts):
        is_known = True
        yield from rehearse_demand(stage, rule)
    if MERGING in facts:
        is_known = True
        yield from rehearse_merger(stage, rule)
    if PERMITTED in facts:
        is_known = True
        yield from rehearse_permission(stage, rule)
    if REQUESTED in facts:
        is_known = True
        yield from rehearse_carrying(stage, rule)
    if not is_known:
        yield from try_beyond_asking(stage, rule, stage.cast.silent)
        if rule.holds is not None or rule.unless is not None:
            yield missing("the house gives nothing out on such a condition")


REHEARSALS: Mapping[str, Rehearsal] = MappingProxyType(
    {
        **dict.fromkeys(("share", "share_one", "share_only", "for_share_only"), rehearse_share),
        "never_share": rehearse_never_share,
    }
)
