"""Pages that ask for a few things, and pages that say one thing: what registering, signing in and links have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.http import HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.core.fields import FieldError, FieldPlan
from upheld.core.policy.saying.names import capitalise
from upheld.pages.account.guards import Doorway
from upheld.pages.chrome import make_chrome
from upheld.pages.mailbox import find_mailbox
from upheld.web.forms import TOKEN, Form, Input, Problem, bans_hidden_fields, lay_out_field
from upheld.web.guards import READING
from upheld.web.hosts import SiteRequest


@dataclass(frozen=True, slots=True)
class Onward:
    """A link that leads on."""

    words: str
    href: str


def find_field(doorway: Doorway, data: str) -> FieldPlan:
    """The field of a category that everybody registers with: the address or the password."""
    return next(field for field in doorway.entrance.registration.fields if field.data == data)


def lay_out_address(
    doorway: Doorway, *, typed: str = "", error: str = "", label: str = "", autofill: str = ""
) -> Input:
    """The input for the address that one signs in with."""
    field = find_field(doorway, doorway.entrance.address)
    return _lay_out(doorway, field, typed=typed, error=error, label=label, autofill=autofill or "username")


def lay_out_password(
    doorway: Doorway, *, name: str = "", label: str = "", error: str = "", is_new: bool = False
) -> Input:
    """An input for a password that is known already, or for a new one, with what is asked of it."""
    field = find_field(doorway, doorway.entrance.password)
    shown = _lay_out(
        doorway,
        replace(field, name=name or field.name, stops=""),
        error=error,
        label=label,
        autofill="new-password" if is_new else "current-password",
    )
    return replace(
        shown, notes=(f"At least {field.shape.least} characters; a few words in a row are good.",) if is_new else ()
    )


def _lay_out(
    doorway: Doorway, field: FieldPlan, *, typed: str = "", error: str = "", label: str, autofill: str
) -> Input:
    errors = [FieldError(field.name, "", error)] if error else []
    asked = replace(
        field,
        label=label or field.label,
        is_required=True,
        reason="",
        stops="",
        purpose_words=(),
        sentences=(),
        autofill=autofill,
    )
    return lay_out_field(asked, doorway.good.policy, reverse("policy"), {field.name: typed}, errors)


def make_form(
    doorway: Doorway, *, action: str, button: str, inputs: Sequence[Input] = (), problem: str = "", token: str = ""
) -> Form:
    """A form of these inputs, with their errors summed up; `problem` is one that belongs to no input."""
    places = [(field.error, field.id) for field in inputs if field.error]
    first = inputs[0].id if inputs else "main"
    said = ([(problem, first)] if problem else []) + places
    is_hidden = token and not bans_hidden_fields(doorway.good.policy)
    return Form(
        action=action if is_hidden or not token else f"{action}{'&' if '?' in action else '?'}{TOKEN}={token}",
        title="",
        button=button,
        inputs=tuple(inputs),
        choices=(),
        problems=tuple(Problem(capitalise(words), f"#{place}") for words, place in said),
        token=token if is_hidden else "",
        has_trap=bool(is_hidden),
    )


def ask(
    request: SiteRequest,
    *,
    title: str,
    lead: Sequence[str] = (),
    form: Form,
    onward: Sequence[Onward] = (),
    notice: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """A page with a form, and where else to go."""
    context = {"title": title, "lead": lead, "form": form, "onward": onward, "notice": notice}
    return _render(request, "ask", context, status)


def say(
    request: SiteRequest,
    *,
    title: str,
    lines: Sequence[str],
    onward: Sequence[Onward] = (),
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """A page that says one thing, and where to go next."""
    return _render(request, "said", {"title": title, "lines": lines, "onward": onward}, status)


def _render(request: SiteRequest, template: str, context: Mapping[str, object], status: HTTPStatus) -> HttpResponse:
    around = {"chrome": make_chrome(request.shelved)}
    return HttpResponse(render_to_string(f"pages/account/{template}.html", {**around, **context}), status=status)


def say_link_is_over(request: SiteRequest) -> HttpResponse:
    """The answer to every link that does not work; it does not say whether it ever did."""
    return say(
        request,
        title="This link does not work",
        lines=(
            "It was used already, its time is over, or a part of it is missing. Links work once, and for a limited time.",
            "Sign in: if something is left to be confirmed, you are told there and get a new link.",
        ),
        onward=(Onward("Sign in", reverse("sign-in")), Onward("Choose a new password", reverse("forgot"))),
        status=HTTPStatus.NOT_FOUND,
    )


def point_to_mail(request: SiteRequest) -> tuple[Onward, ...]:
    """The way to the mailbox of this machine, in a demo that sends no mail out of it; else nothing."""
    mailbox = find_mailbox(request)
    return (Onward("Read the mail: it stays on this machine", mailbox),) if mailbox else ()


def refuse_method(request: SiteRequest) -> HttpResponse | None:
    """The answer to a method that pages with a form do not take, or None."""
    if request.method in (*READING, "POST"):
        return None
    return HttpResponseNotAllowed((*READING, "POST"), render_to_string("elements/only_reads.html"))


def read_text(request: SiteRequest, name: str) -> str:
    """What was posted under this name, once; else nothing."""
    values = request.POST.getlist(name)
    return values[0] if len(values) == 1 else ""
