"""The form that is left where two policies bind what a touchpoint takes in: what both of them ask for there."""

from __future__ import annotations

from dataclasses import replace

from upheld.core.fields.form import FieldPlan, FormPlan


def meet_forms(first: FormPlan, second: FormPlan | None) -> FormPlan | None:
    """The first form with those fields that the second has as well; None where nothing is left of it.

    A field is for the purposes that both give it, and required when one of them says so; the higher age counts. The
    sentences of both stand with it. None as well where the second policy has no such form.
    """
    if second is None:
        return None
    theirs = {field.data: field for field in second.fields}
    met = (meet_fields(field, theirs[field.data]) for field in first.fields if field.data in theirs)
    fields = tuple(field for field in met if field.purposes)
    if not fields:
        return None
    older = second if second.least_age > first.least_age else first
    return replace(
        first,
        fields=fields,
        sentences=tuple(dict.fromkeys(first.sentences + second.sentences)),
        least_age=older.least_age,
        age_sentences=older.age_sentences,
    )


def meet_fields(first: FieldPlan, second: FieldPlan) -> FieldPlan:
    """One field that two policies ask for."""
    stricter = first if first.is_required or not second.is_required else second
    kept = [number for number, purpose in enumerate(first.purposes) if purpose in second.purposes]
    return replace(
        first,
        is_required=stricter.is_required,
        reason=stricter.reason,
        stops=first.stops or second.stops,
        purposes=tuple(first.purposes[number] for number in kept),
        purpose_words=tuple(first.purpose_words[number] for number in kept if number < len(first.purpose_words)),
        sentences=tuple(dict.fromkeys(first.sentences + second.sentences)),
    )
