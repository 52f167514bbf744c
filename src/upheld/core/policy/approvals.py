"""What a policy file may declare to stand in for a missing approval, and how that is written; knows no rule and no record."""

from __future__ import annotations

import re
from datetime import timedelta

# The parameter under `settle:` that declares it; a `state` rule under the sentence that says so is `settled` by it.
LONE_APPROVAL = "lone-approval"
_WAIT = re.compile(r"(\d{1,3}) days? without objection")
_OUTSIDE = "one outside approver"


def read_stand_in(value: str) -> tuple[timedelta | None, bool] | None:
    """A value such as `7 days without objection or one outside approver`; None when it cannot be read."""
    wait, is_outside = None, False
    for part in value.strip().split(" or "):
        match = _WAIT.fullmatch(part.strip())
        if match and int(match.group(1)) > 0:
            wait = timedelta(days=int(match.group(1)))
        elif part.strip() == _OUTSIDE:
            is_outside = True
        else:
            return None
    return wait, is_outside
