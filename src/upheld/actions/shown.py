"""The wording that people saw, kept once for each: what they told and chose points to it by its digest. About nobody, so no line."""

from __future__ import annotations

from datetime import datetime

from upheld.core.fields import FormPlan
from upheld.core.gate.binding import Binding
from upheld.records.models import Shown
from upheld.records.walls import enter_site


def keep_shown(binding: Binding, *, plan: FormPlan, now: datetime) -> str:
    """The digest of the form's text, which is stored if it was not shown before."""
    text, digest = plan.text(), plan.digest()
    row = {"touchpoint": plan.touchpoint, "version": plan.version, "text": text, "first_at": now}
    with enter_site(binding.site):
        Shown.objects.get_or_create(site=binding.site, digest=digest, defaults=row)
    return digest


def find_shown(site: str, digest: str) -> str:
    """The wording of this digest, or nothing."""
    with enter_site(site):
        return Shown.objects.filter(site=site, digest=digest).values_list("text", flat=True).first() or ""
