"""The addresses of the overview, on the machine's own name."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from upheld.pages import compare, mail_writing, mailbox, overview, wrong

urlpatterns = [
    path("", overview.show_overview, name="overview"),
    path("compare", compare.show_comparison, name="compare"),
    path("mail/", mailbox.show_mailbox, name="mailbox"),
    path("mail/write", mail_writing.show_writing, name="mail-write"),
    path("mail/<str:message>", mailbox.show_mail, name="mail"),
    path("console", RedirectView.as_view(url="/console/")),
    path("console/", include("upheld.console.urls")),
]

handler400 = wrong.answer_bad_request
handler404 = wrong.answer_not_found
handler500 = wrong.answer_failure
