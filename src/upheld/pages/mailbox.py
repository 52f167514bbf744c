"""The mailbox of this machine: mails that were written into a folder, for whoever looks around; open on loopback alone.

It shows the plain text, never the HTML: nothing that a mail brings along runs or loads here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from upheld.channels.folder.reading import Mail, list_mails, read_mail
from upheld.pages import wrong
from upheld.web.guards import only_reads
from upheld.web.hosts import split_host
from upheld.web.transport import is_from_here


class _View(Protocol):
    def __call__(self, request: HttpRequest, /, *, folder: Path, message: str = "") -> HttpResponse: ...


class _Guarded(Protocol):
    def __call__(self, request: HttpRequest, /, message: str = "") -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class MailView:
    """One line of the list."""

    href: str
    subject: str
    sender: str
    to: str
    moment: str


def only_here(view: _View) -> _Guarded:
    """Lets the view be one of the pages only where mails go into a folder and nobody but this machine asks for pages."""

    @wraps(view)
    def guard(request: HttpRequest, /, message: str = "") -> HttpResponse:
        folder: Path | None = settings.MAILBOX
        if folder is None or not is_from_here(request):  # through a proxy on this machine the whole world could ask
            return wrong.answer_not_found(request, LookupError())
        response = view(request, folder=folder, message=message)
        response["Cache-Control"] = "no-store"
        return response

    return guard


def find_mailbox(request: HttpRequest) -> str:
    """The address of the mailbox, for a link on a page of a site; empty where whoever asks could not open it."""
    hosts: tuple[str, ...] = settings.ENVIRONMENT.overview_hosts
    if settings.MAILBOX is None or not hosts or not is_from_here(request):
        return ""
    _, port = split_host(request) or ("", "")
    return f"http://{hosts[0]}{port}/mail/"  # where there is https, there is no mailbox


@only_reads
@only_here
def show_mailbox(request: HttpRequest, /, *, folder: Path, message: str = "") -> HttpResponse:
    """All mails, the newest first."""
    mails = tuple(view_mail(mail) for mail in list_mails(folder))
    context = {"mails": mails, "write": find_writing(), "is_sent": "sent" in request.GET}
    return HttpResponse(render_to_string("pages/mailbox.html", context))


@only_reads
@only_here
def show_mail(request: HttpRequest, /, *, folder: Path, message: str = "") -> HttpResponse:
    """One mail with its text."""
    mail = read_mail(folder, message)
    if mail is None:
        return wrong.answer_not_found(request, LookupError())
    view = view_mail(mail)
    pairs = (("From", view.sender), ("To", view.to), ("Sent", view.moment))
    context = {"mail": mail, "pairs": pairs, "mailbox": reverse("mailbox"), "write": find_writing()}
    return HttpResponse(render_to_string("pages/mail.html", context))


def find_writing() -> str:
    """The page to write to a business; empty while its messages arrive somewhere else than on this machine."""
    return reverse("mail-write") if settings.ENVIRONMENT.inbox_place is not None else ""


def view_mail(mail: Mail) -> MailView:
    """A mail as a line of the list."""
    return MailView(
        href=reverse("mail", args=[mail.id]),
        subject=mail.subject,
        sender=mail.sender,
        to=mail.to,
        moment=f"{mail.at.day} {mail.at:%B %Y, %H:%M:%S} UTC",
    )
