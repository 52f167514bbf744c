"""The form on which a legal demand is taken down: its ground, who demands, what is asked for, and the texts that are sealed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms

from upheld.actions.demands import LONGEST, HeldDemand, Taking, Written, open_details
from upheld.actions.recipients import list_recipients, name_recipients
from upheld.console.opened import say_label
from upheld.core.gate.binding import Binding
from upheld.core.policy.saying.names import capitalise, say_name
from upheld.core.rights.demanding import list_grounds


class DayInput(forms.DateInput):
    """A day, with the browser's own calendar."""

    input_type = "date"


def _ask_text(label: str, hint: str, *, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, required=required, max_length=LONGEST, widget=forms.Textarea)


def _ask_day(label: str, hint: str = "") -> forms.DateField:
    return forms.DateField(label=label, help_text=hint, required=False, widget=DayInput)


class TakeForm(forms.Form):
    """Everything that a demand rests on; what is free text is sealed."""

    ground = forms.ChoiceField(label="On which ground", help_text="The grounds of the policy; there are no others.")
    recipient = forms.ChoiceField(label="Who demands it", help_text="From the register of recipients.")
    instrument = _ask_text("What the instrument is", "The order, subpoena or claim, as it is written.", required=True)
    citation = forms.CharField(
        label="What it rests on",
        help_text="Its file number, the clause of our terms, or the article of the law.",
        required=False,
        max_length=200,
    )
    wanted = forms.MultipleChoiceField(label="They ask for")
    scope = forms.MultipleChoiceField(label="The instrument names", required=False)
    since = _ask_day("From this day", "Only what was taken from this day on.")
    until = _ask_day("To this day")
    belief = _ask_text("What we believe, and why", "With this you sign it by your name; some grounds need it.")
    barred_by = _ask_text(
        "What forbids us to tell the person", "Leave it empty, and they are told when it is given out."
    )
    barred_until = _ask_day("Until this day", "They are told by themselves when it has passed.")
    due = _ask_day("An answer is due")

    def __init__(self, *args: Any, binding: Binding, site: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words, fields = binding.policy.words, self.fields
        choices: Any = fields
        grounds = {ground.name: words.of_sort("ground")[ground.name].value for ground in list_grounds(binding.policy)}
        choices["ground"].choices = [(name, capitalise(said or name)) for name, said in grounds.items()]
        kinds = dict.fromkeys(ground.kind for ground in list_grounds(binding.policy))
        self.kinds = {one.id: one.kind for kind in kinds for one in list_recipients(site, kind=kind, with_ended=False)}
        titles = name_recipients(site)
        choices["recipient"].choices = [
            (recipient, f"{titles[recipient]} ({say_name(kind, 'recipient', words)})")
            for recipient, kind in self.kinds.items()
        ]
        leaves = [(leaf, capitalise(say_label(leaf, words))) for leaf in words.leaves("data")]
        choices["wanted"].choices = choices["scope"].choices = leaves

    @property
    def ticks(self) -> list[dict[str, Any]]:
        """Each category with whether it is asked for and named."""
        wanted, scope = self["wanted"].value() or (), self["scope"].value() or ()
        choices: Any = self.fields["wanted"]
        return [
            {"name": leaf, "label": said, "wanted": leaf in wanted, "scope": leaf in scope}
            for leaf, said in choices.choices
        ]

    def make_taking(self) -> Taking:
        """What was filled in, as the action takes it."""
        told = self.cleaned_data
        due: date | None = told["due"]
        return Taking(
            ground=told["ground"],
            kind=self.kinds[told["recipient"]],
            recipient=told["recipient"],
            wanted=tuple(told["wanted"]),
            scope=tuple(told["scope"]),
            written=Written(
                told["instrument"].strip(), told["citation"].strip(), told["belief"].strip(), told["barred_by"].strip()
            ),
            since=told["since"],
            until=told["until"],
            barred_until=told["barred_until"],
            due_at=datetime.combine(due, time(23, 59), UTC) if due else None,
        )


def fill_form(held: HeldDemand) -> dict[str, Any]:
    """What was taken down, to be changed."""
    row, written = held.row, open_details(held.row).written
    days = {"since": row.since, "until": row.until, "barred_until": row.barred_until}
    days["due"] = row.due_at.date() if row.due_at else None
    return {
        "ground": row.ground,
        "recipient": row.recipient,
        "instrument": written.instrument,
        "citation": written.citation,
        "belief": written.belief,
        "barred_by": written.barred_by,
        "wanted": row.wanted,
        "scope": row.scope,
        **{name: day.isoformat() if day else "" for name, day in days.items()},
    }
