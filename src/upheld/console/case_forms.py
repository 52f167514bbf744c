"""The forms of a case: who reads in which role, the answer, the kind, the no that it says, and whom it is given to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from upheld.actions.case_answers import LONGEST
from upheld.console.guards import Seat
from upheld.core.policy.model import Words
from upheld.core.policy.saying.names import say_name

# Several of these stand on one page, so each names its fields by itself.
# The kinds that our own pages give, as staff read them; a request of the policy is said by its own word.
KINDS = {
    "message": "message",
    "feedback": "feedback",
    "question": "question",
    "delivery": "order or delivery",
    "complaint": "complaint",
    "account": "account",
    "stop-request": "may be a no to our messages",
    "access": "wants to see what is held",
    "correction": "wants something corrected",
    "removal": "wants something removed",
}


def say_kind(kind: str) -> str:
    """A kind of case in words."""
    return KINDS.get(kind, kind.replace("-", " "))


class RoleForm(forms.Form):
    """In which role somebody acts; whoever holds one role is not asked."""

    role = forms.ChoiceField(label="Your role")

    def __init__(self, *args: Any, seat: Seat, words: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["role"].choices = [(role, words.label(role, "role")) for role in seat.roles]
        if len(seat.roles) == 1:
            fields["role"].initial, fields["role"].widget = seat.roles[0], forms.HiddenInput()


class ReadForm(RoleForm):
    """In which role and for which purpose the message is read; the purpose it came in for stands first."""

    purpose = forms.ChoiceField(label="What for")

    def __init__(self, *args: Any, purpose: str, words: Words, **kwargs: Any) -> None:
        super().__init__(*args, words=words, auto_id="read-%s", **kwargs)
        leaves = words.leaves("purpose")
        ordered = sorted(leaves, key=lambda leaf: leaf != purpose)
        fields: Any = self.fields
        fields["purpose"].choices = [(leaf, say_name(leaf, "purpose", words)) for leaf in ordered]


class AnswerForm(RoleForm):
    """The answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="answer-%s", **kwargs)

    text = forms.CharField(
        label="Your answer",
        max_length=LONGEST,
        widget=forms.Textarea,
        help_text="Plain words. The name of the house and the policy's sentence are put below it.",
    )


class SortForm(forms.Form):
    """What the case is about."""

    kind = forms.ChoiceField(label="What it is about")

    def __init__(self, *args: Any, kinds: Iterable[str], kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["kind"].initial = kind
        fields["kind"].choices = [(name, say_kind(name)) for name in kinds]


class StopForm(RoleForm):
    """Whose no it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="stop-%s", **kwargs)

    address = forms.CharField(
        label="The address that the message names",
        max_length=254,
        required=False,
        help_text="Leave it out when it is the sender's own.",
    )


class AssignForm(forms.Form):
    """Whom the case is given to."""

    staff = forms.ChoiceField(label="Give it to")

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["staff"].choices = [(name, name) for name in names]
