"""Writing to a business from the mailbox of this machine, as a customer would; what is written goes where its mails arrive.

Open where the mailbox is, and only while messages arrive in a maildir of this server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.channels.base import CannotDo
from upheld.channels.folder.reading import read_mail
from upheld.channels.mail import read_address
from upheld.channels.mailbox.maildir import drop_message
from upheld.channels.mailbox.writing import write_letter
from upheld.pages import wrong
from upheld.pages.mailbox import only_here
from upheld.web.forms import Input, Problem
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import find_shelf

FIELDS = (("from", "From", "email"), ("to", "To", "email"), ("subject", "Subject", "text"))
NOT_ONE = "{label} is no e-mail address such as name@example.org"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed so far, and the mail that it answers."""

    values: Mapping[str, str]
    answers: str = ""


def find_inbox() -> Path | None:
    """The maildir in which messages to the businesses arrive, or None when it is not on this machine."""
    place: Path | None = settings.ENVIRONMENT.inbox_place
    return place


@same_origin_posts
@only_here
def show_writing(request: HttpRequest, /, *, folder: Path, message: str = "") -> HttpResponse:
    """The form to write a message, with what a reply needs filled in; a post sends it."""
    inbox = find_inbox()
    if inbox is None:
        return wrong.answer_not_found(request, LookupError())
    if request.method == "POST":
        values = {name: request.POST.get(name, "").strip() for name, _, _ in FIELDS}
        draft = Draft(values | {"text": request.POST.get("text", "")}, request.POST.get("answers", ""))
        return send(draft, inbox, folder)
    return show_form(begin(request.GET.get("answers", ""), folder))


def begin(answers: str, folder: Path) -> Draft:
    """An empty message to the first business, or a reply to one of the mails."""
    mail = read_mail(folder, answers) if answers else None
    if mail is None:
        today = datetime.now(UTC).date()
        contacts = [shelved.in_force(today).policy.contact.get("email", "") for shelved in find_shelf().policies]
        return Draft({"to": next(filter(None, contacts), "")})
    values = {"from": mail.to, "to": bare(mail.sender), "subject": f"Re: {mail.subject}"}
    return Draft(values, answers)


def bare(sender: str) -> str:
    """The address in `Name <address>`."""
    return sender.rpartition("<")[2].rstrip(">") if "<" in sender else sender


def send(draft: Draft, inbox: Path, folder: Path) -> HttpResponse:
    """The message, put where mails arrive; or the form again with what is wrong."""
    values = draft.values
    mail = read_mail(folder, draft.answers) if draft.answers else None
    answered = f"{mail.id}@{bare(mail.sender).rpartition('@')[2]}" if mail else ""
    wrong_ones = find_wrong(values)
    if wrong_ones:
        return show_form(draft, wrong_ones)
    try:
        content = write_letter(
            sender=values["from"],
            to=values["to"],
            subject=values["subject"],
            text=values["text"],
            now=datetime.now(UTC).replace(microsecond=0),
            answers=answered,
        )
    except (CannotDo, ValueError) as problem:
        said = str(getattr(problem, "text", "the message cannot be sent"))
        return show_form(draft, {"text": f"{said[:1].upper()}{said[1:]}"})
    drop_message(inbox, content)
    return HttpResponseRedirect(reverse("mailbox") + "?sent", status=HTTPStatus.SEE_OTHER)


def find_wrong(values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the addresses, by field."""
    found = {}
    for name, label, kind in FIELDS:
        if kind == "email":
            try:
                read_address(values[name])
            except CannotDo:
                found[name] = NOT_ONE.format(label=label)
    return found


def show_form(draft: Draft, wrong_ones: Mapping[str, str] = MappingProxyType({})) -> HttpResponse:
    """The page with the form; what is wrong stands at its field and at the top."""
    fields = (*FIELDS, ("text", "Message", "textarea"))
    inputs = [make_input(name, label, kind, draft, wrong_ones.get(name, "")) for name, label, kind in fields]
    problems = tuple(Problem(said, f"#field-{name}") for name, said in wrong_ones.items())
    context = {"inputs": inputs, "problems": problems, "answers": draft.answers, "mailbox": reverse("mailbox")}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return HttpResponse(render_to_string("pages/mail_writing.html", context), status=status)


def make_input(name: str, label: str, kind: str, draft: Draft, error: str) -> Input:
    """One field of the form."""
    return Input(
        id=f"field-{name}",
        name=name,
        label=label,
        need="required" if name in ("from", "to") else "optional",
        notes=("Anybody can write any address here, as in every mail. Nothing shows that it is theirs.",)
        if name == "from"
        else (),
        input=kind,
        is_required=name in ("from", "to"),
        autofill="off",
        keyboard="email" if kind == "email" else "",
        rows=8,
        value=draft.values.get(name, ""),
        picks=(),
        error=error,
        whys=(),
    )
