"""Campaigns: written, looked at with everybody they would reach and would not, tested, confirmed with the number, sent."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from upheld.actions.campaigns import (
    DRAFT,
    PAUSED,
    SCHEDULED,
    SENDING,
    Draft,
    HeldCampaign,
    cancel_campaign,
    change_campaign,
    describe_draft,
    find_campaign,
    find_test_address,
    list_campaigns,
    note_refusal,
    pause_campaign,
    release_campaign,
    resume_campaign,
    survey_campaign,
    test_campaign,
    write_campaign,
    write_preview,
)
from upheld.actions.grants import name_staff
from upheld.console.campaign_sheet import (
    describe_audience,
    describe_campaigns,
    describe_progress,
    describe_reach,
    describe_row,
    link_sentence,
    say_cap,
)
from upheld.console.chrome import answer_seat
from upheld.console.guards import Seat, StaffRequest, for_seat
from upheld.console.moments import read_now, say_moment
from upheld.console.reading import name_everybody
from upheld.core.errors import NoticeError, RefusedError
from upheld.core.gate.binding import Binding
from upheld.core.notices.audience import (
    MOST_OF_A_NAME,
    MOST_OF_A_SUBJECT,
    MOST_OF_A_TEXT,
    Cap,
    digest_letter,
    find_faults,
    list_campaign_classes,
    list_other_addresses,
)
from upheld.core.policy.model import Policy
from upheld.web.binding import make_binding
from upheld.web.hosts import find_address, find_site_home

TYPED = "%Y-%m-%dT%H:%M"
LATER = "later"


class CampaignForm(forms.Form):
    """What a campaign says, to whom, and how often anybody may get such."""

    name = forms.CharField(label="Name", max_length=MOST_OF_A_NAME, help_text="For the console alone.")
    mail_class = forms.ChoiceField(label="Class of message")
    audience = forms.ChoiceField(label="To whom")
    subject = forms.CharField(label="Subject", max_length=MOST_OF_A_SUBJECT)
    text = forms.CharField(
        label="Text",
        max_length=MOST_OF_A_TEXT,
        widget=forms.Textarea(attrs={"tall": "yes"}),
        help_text="Plain words, the same for everybody; an empty line begins a new paragraph.",
    )
    cap_count = forms.IntegerField(label="At most so many to one person", min_value=1, max_value=99, required=False)
    cap_days = forms.IntegerField(
        label="in so many days",
        min_value=1,
        max_value=365,
        required=False,
        help_text="Left empty, or looser than the house has it, the house's limit holds.",
    )

    def __init__(self, *args: Any, policy: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes, words, fields = list_campaign_classes(policy), policy.words, self.fields
        named: Any = fields["mail_class"]
        named.choices = [(found.name, words.label(found.name, "mail")) for found in classes]
        audiences = dict.fromkeys(name for found in classes for name in found.audiences)
        others = [(leaf, f"other people: {words.label(leaf, 'data')}") for leaf in list_other_addresses(policy)]
        picked: Any = fields["audience"]
        picked.choices = [(name, words.label(name, "audience")) for name in audiences] + others
        self.own = (policy.contact.get("email", ""),)

    def clean(self) -> dict[str, Any]:
        """The values, with everything that stands against them going to many beside its field."""
        values: dict[str, Any] = super().clean() or {}
        texts = {field: values.get(field, "") for field in ("name", "subject", "text")}
        if all(texts.values()):
            for fault in find_faults(**texts, own=self.own):
                self.add_error(fault.field, fault.words)
        return values

    def make_draft(self) -> Draft:
        """What was written."""
        values = self.cleaned_data
        return Draft(
            values["name"],
            values["mail_class"],
            values["audience"],
            values["subject"],
            values["text"],
            Cap(values["cap_count"] or 0, values["cap_days"] or 0),
        )


@for_seat
@require_safe
def show_campaigns(request: StaffRequest, seat: Seat) -> HttpResponse:
    """All campaigns, the newest first; where the policy lets nothing go to many the page says so."""
    now = read_now()
    policy = make_binding(seat.shelved, now.date()).policy
    rows = describe_campaigns(list_campaigns(seat.site), policy.words, name_everybody(), now)
    context = {"rows": rows, "can_write": bool(list_campaign_classes(policy))}
    return answer_seat(request, seat, "console/campaigns.html", context)


@for_seat
@require_http_methods(["GET", "POST"])
def write_one(request: StaffRequest, seat: Seat) -> HttpResponse:
    """A new campaign, or why the policy does not permit it."""
    binding = make_binding(seat.shelved, read_now().date())
    if not list_campaign_classes(binding.policy):
        raise Http404
    return answer_form(request, seat, binding, None)


@for_seat
@require_http_methods(["GET", "POST"])
def change_one(request: StaffRequest, seat: Seat, campaign: str) -> HttpResponse:
    """A draft with other words."""
    binding, held = make_binding(seat.shelved, read_now().date()), access_campaign(seat, campaign)
    if not held.is_open:
        messages.error(request, "It is no draft any more, so its text stays as it is.")
        return redirect("console-campaign", site=seat.site, campaign=held.id)
    return answer_form(request, seat, binding, held)


def answer_form(request: StaffRequest, seat: Seat, binding: Binding, held: HeldCampaign | None) -> HttpResponse:
    """The form, empty or as the campaign is; a post keeps it."""
    form = CampaignForm(request.POST or None, policy=binding.policy, initial=fill_form(held))
    context: dict[str, Any] = {"form": form, "campaign": held}
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        by, now, draft = name_staff(request.staff.pk), read_now(), form.make_draft()
        try:
            if held is None:
                held = write_campaign(binding, draft, by=by, now=now)
            else:
                held = change_campaign(binding, held.id, draft, now=now)
            return redirect("console-campaign", site=seat.site, campaign=held.id)
        except RefusedError as refused:
            note_refusal(
                binding, mail_class=draft.mail_class, data=draft.audience, because=refused.because, by=by, now=now
            )
            address = find_address(request, seat.shelved)
            found = (link_sentence(binding, ref, address) for ref in refused.because[:3])
            context |= {"refusal": refused, "sentences": [one for one in found if one is not None]}
            context["wanted"] = say_wanted(binding, draft)
            status = HTTPStatus.FORBIDDEN
        except NoticeError as problem:
            form.add_error(None, f"{problem.text}: {problem.hint}")
    return answer_seat(request, seat, "console/campaign_form.html", context, status)


def say_wanted(binding: Binding, draft: Draft) -> tuple[str, str]:
    """What was to be sent and to whom, in the words of the policy."""
    words = binding.policy.words
    audience = draft.audience
    is_data = words.has("data", audience)
    return words.label(draft.mail_class, "mail"), words.label(audience, "data") if is_data else audience


def fill_form(held: HeldCampaign | None) -> dict[str, Any]:
    """What stands in the form at first."""
    if held is None:
        return {}
    draft = describe_draft(held)
    return {
        "name": draft.name,
        "mail_class": draft.mail_class,
        "audience": draft.audience,
        "subject": draft.subject,
        "text": draft.text,
        "cap_count": draft.cap.count or None,
        "cap_days": draft.cap.days or None,
    }


@for_seat
@require_safe
def show_campaign(request: StaffRequest, seat: Seat, campaign: str) -> HttpResponse:
    """One campaign: whom it reaches and why not the others, how it looks, what is next."""
    now, held = read_now(), access_campaign(seat, campaign)
    binding = make_binding(seat.shelved, now.date())
    address = find_address(request, seat.shelved)
    words = binding.policy.words
    context: dict[str, Any] = {
        "campaign": held,
        "row": describe_row(held, words, name_everybody(), now),
        "audience": words.label(held.audience, "audience"),
        "cap": say_cap(held.cap),
        "send_at": say_moment(held.send_at, now),
        "written": preview(request, seat, binding, held),
        "progress": describe_progress(held),
        "test_address": find_test_address(binding.policy),
        "may_pause": held.state == SENDING,
        "may_resume": held.state == PAUSED,
        "may_cancel": held.state in (DRAFT, SCHEDULED, SENDING, PAUSED),
    }
    if "because" in held.counts:
        context["reach"] = describe_reach(binding, held.counts, address)
    elif held.state in (DRAFT, SCHEDULED):
        context["reach"] = describe_audience(binding, survey_campaign(binding, held, now), address)
    if refused := held.counts.get("refused"):
        found = (link_sentence(binding, ref, address) for ref in refused)
        context["refused"] = [one for one in found if one is not None]
    return answer_seat(request, seat, "console/campaign.html", context)


@for_seat
@require_safe
def show_preview(request: StaffRequest, seat: Seat, campaign: str) -> HttpResponse:
    """The campaign as a mail program shows it; nothing runs on the page and nothing is loaded."""
    held = access_campaign(seat, campaign)
    written = preview(request, seat, make_binding(seat.shelved, read_now().date()), held)
    if isinstance(written, str):
        raise Http404
    return HttpResponse(written.html)


def preview(request: StaffRequest, seat: Seat, binding: Binding, held: HeldCampaign) -> Any:
    """The campaign as its mail will look; in words what keeps it from being written."""
    try:
        return write_preview(binding, held, home=find_site_home(request, seat.shelved))
    except NoticeError as problem:
        return f"{problem.text}; {problem.hint}"


@for_seat
@require_POST
def test_one(request: StaffRequest, seat: Seat, campaign: str) -> HttpResponse:
    """A test to the business's own address."""
    now = read_now()
    binding, held = make_binding(seat.shelved, now.date()), access_campaign(seat, campaign)
    home = find_site_home(request, seat.shelved)
    try:
        test_campaign(binding, held.id, home=home, by=name_staff(request.staff.pk), now=now)
    except NoticeError as problem:
        messages.error(request, f"{problem.text}; {problem.hint}")
    else:
        messages.success(request, f"A test is on its way to {find_test_address(binding.policy)}. Read it there.")
    return redirect("console-campaign", site=seat.site, campaign=held.id)


@for_seat
@require_http_methods(["GET", "POST"])
def release_one(request: StaffRequest, seat: Seat, campaign: str) -> HttpResponse:
    """The second look: how many people, and the number typed again by whoever sends it."""
    now, held = read_now(), access_campaign(seat, campaign)
    binding = make_binding(seat.shelved, now.date())
    if not held.is_open or not held.is_tested:
        messages.error(request, "Only a draft that was tested as it is now can be sent.")
        return redirect("console-campaign", site=seat.site, campaign=held.id)
    fault, status = "", HTTPStatus.OK
    if request.method == "POST":
        try:
            send_at = read_moment(request)
            number = read_number(request.POST.get("people", ""))
            done = release_campaign(
                binding,
                held.id,
                reached=number,
                by=name_staff(request.staff.pk),
                now=now,
                send_at=send_at,
                seen=request.POST.get("letter", ""),
            )
        except NoticeError as problem:
            fault, status = f"{problem.text}; {problem.hint}", HTTPStatus.UNPROCESSABLE_ENTITY
        except RefusedError as refused:
            fault, status = f"{refused.text}; {refused.hint}", HTTPStatus.FORBIDDEN
        else:
            words = "It waits for its time." if send_at else "It is on its way."
            messages.success(request, words)
            return redirect("console-campaign", site=seat.site, campaign=done.id)
    address = find_address(request, seat.shelved)
    reach = describe_audience(binding, survey_campaign(binding, held, now), address)
    context = {"campaign": held, "reach": reach, "fault": fault, "typed": request.POST.get("at", "")}
    context["mail_class"] = binding.policy.words.label(held.mail_class, "mail")
    context["letter"] = digest_letter(held.mail_class, held.subject, held.text)
    return answer_seat(request, seat, "console/campaign_release.html", context, status)


@for_seat
@require_POST
def move_one(request: StaffRequest, seat: Seat, campaign: str) -> HttpResponse:
    """Pause it, let it go on, or call it off."""
    now, held = read_now(), access_campaign(seat, campaign)
    moves = {"pause": pause_campaign, "resume": resume_campaign, "cancel": cancel_campaign}
    said = {"pause": "It is paused.", "resume": "It goes on.", "cancel": "It is called off."}
    what = request.POST.get("do", "")
    if what not in moves:
        raise Http404
    try:
        moves[what](make_binding(seat.shelved, now.date()), held.id, by=name_staff(request.staff.pk), now=now)
    except NoticeError as problem:
        messages.error(request, f"{problem.text}; {problem.hint}")
    else:
        messages.success(request, said[what])
    return redirect("console-campaign", site=seat.site, campaign=held.id)


def access_campaign(seat: Seat, campaign: str) -> HeldCampaign:
    """The campaign; raises Http404 where this site has none of that id."""
    held = find_campaign(seat.site, campaign)
    if held is None:
        raise Http404
    return held


def read_moment(request: StaffRequest) -> datetime | None:
    """When it is to be sent, UTC; None for now. Raises NoticeError M926 for what is no moment."""
    if request.POST.get("when") != LATER:
        return None
    try:
        return datetime.strptime(request.POST.get("at", ""), TYPED).replace(tzinfo=UTC)
    except ValueError:
        raise NoticeError("M926", "that is no moment", "write a day and a time, or send it now") from None


def read_number(text: str) -> int:
    """The number that was typed; -1 for what is none."""
    plain = text.replace(",", "").replace(" ", "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else -1
