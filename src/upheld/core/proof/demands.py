"""Which kinds of evidence a rule demands before its sentence may be called upheld; knows verbs and forms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from upheld.core.policy.forms import is_claim
from upheld.core.policy.model import Rule
from upheld.core.policy.verbs import find_verb_entry
from upheld.core.proof.evidence import ATTESTED, FORMAL, KINDS, OBSERVED, REHEARSED

# Where a form demands other evidence than its verb does for most of its forms.
_OF_FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "state": (),
        # a permission has to be used somewhere, and refused outside of its limits (decision 0025)
        "use": (FORMAL, REHEARSED, OBSERVED),
        "use_only": (FORMAL, REHEARSED, OBSERVED),
        "for_use_only": (FORMAL, REHEARSED, OBSERVED),
        # who a recipient is stands in the register, which is looked at again: that is observed
        "share": (FORMAL, REHEARSED, OBSERVED),
        "share_one": (FORMAL, REHEARSED, OBSERVED),
        "share_only": (FORMAL, REHEARSED, OBSERVED),
        "for_share_only": (FORMAL, REHEARSED, OBSERVED),
        # a part of a page is no act: it is there or it is not
        "show_part": (REHEARSED,),
        "mark": (REHEARSED,),
        "set_cookie": (REHEARSED,),
        "allow": (REHEARSED,),
        "never_employ": (REHEARSED,),
        "choice_changed": (REHEARSED, OBSERVED),
        "choice_spares": (FORMAL, REHEARSED),
        "keep_apart": (REHEARSED, OBSERVED),
        "review": (REHEARSED, OBSERVED),
    }
)


def list_demanded(rule: Rule) -> tuple[str, ...]:
    """The kinds of evidence that this rule demands, in the order of KINDS; none for what only states."""
    if is_claim(rule.form):
        return (FORMAL,)
    found = _OF_FORMS.get(rule.form)
    if found is None:
        entry = find_verb_entry(rule.verb)
        kinds = {evidence.sort for evidence in entry.evidence} if entry else {ATTESTED}
        found = tuple(kind for kind in KINDS if kind in kinds)
    return found
