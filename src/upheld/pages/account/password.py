"""How somebody signs in: another password, another address, and an end to every other sign-in."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from django.urls import reverse

from upheld.actions.addresses import ask_new_address
from upheld.actions.entering import change_password
from upheld.actions.sessions import count_sessions
from upheld.core.errors import AccountError
from upheld.core.rights.letting import CHANGE, find_letting
from upheld.pages.account.asking import lay_out_address, lay_out_password, make_form
from upheld.pages.account.guards import Account, signed_in
from upheld.pages.account.mine import answer_mine, tells_trouble
from upheld.pages.account.sent import Sent, read_sent, refuse_method
from upheld.pages.account.sign_in import DONE, go_to
from upheld.web.form_tokens import issue_token
from upheld.web.forms import Form, check_email
from upheld.web.guards import same_origin_posts
from upheld.web.hosts import SiteRequest, find_home

FORM = "password"
OLD, NEW, KNOWN = "old", "new", "known"
DONE_WORDS = {
    "changed": "Your new password is set. Everywhere else you were signed out, and we have written to you about it.",
    "mailed": "We have sent a mail to the new address. Open the link in it; until then nothing changes.",
    "elsewhere": "You are signed out everywhere but here.",
}


@same_origin_posts
@signed_in
@tells_trouble
def show_password(request: SiteRequest, account: Account) -> HttpResponse:
    """The three forms; which one was sent stands in its address."""
    refused = refuse_method(request)
    if refused is not None:
        return refused
    if request.method != "POST":
        return show_forms(request, account)
    sent = read_sent(request, account, FORM)
    if sent.fault:
        return show_forms(request, account, fault=sent.fault, status=sent.status)
    take = take_address if request.GET.get("change") == "address" else take_password
    return take(request, account, sent)


def take_password(request: SiteRequest, account: Account, sent: Sent) -> HttpResponse:
    """The new password set; or the form again with what is wrong."""
    old, new = sent.find(OLD), sent.find(NEW)
    try:
        change_password(
            account.binding,
            person=account.person,
            old=old,
            new=new,
            home=find_home(request),
            now=account.now,
            keeping=account.token,
        )
    except AccountError as refusal:
        words = f"{refusal.text}; {refusal.hint}"
        errors = {OLD if refusal.code == "A103" else NEW: words}
        return show_forms(request, account, errors=errors, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return go_to(f"{reverse('password')}?{DONE}=changed")


def take_address(request: SiteRequest, account: Account, sent: Sent) -> HttpResponse:
    """A link on its way to the new address; or the form again with what is wrong."""
    typed = sent.find(account.entrance.address).strip()
    try:
        address = check_email(typed)
    except ValueError as problem:
        errors = {account.entrance.address: f"the new address {problem}"}
        return show_forms(request, account, errors=errors, typed=typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        ask_new_address(
            account.binding,
            person=account.person,
            address=address,
            password=sent.find(KNOWN),
            home=find_home(request),
            now=account.now,
        )
    except AccountError as refusal:
        errors = {KNOWN: f"{refusal.text}; {refusal.hint}"}
        return show_forms(request, account, errors=errors, typed=typed, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return go_to(f"{reverse('password')}?{DONE}=mailed")


def show_forms(
    request: SiteRequest,
    account: Account,
    *,
    errors: dict[str, str] | None = None,
    typed: str = "",
    fault: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The page with its forms; what was typed stays, no password does."""
    token = issue_token(account.site, FORM, account.token, account.now)
    said = errors or {}
    forms = {"password_form": make_password_form(account, token, said)}
    if account.entrance.address in find_letting(account.good.table, CHANGE).data:
        forms["address_form"] = make_address_form(account, token, said, typed)
    return answer_mine(
        request,
        account,
        "password",
        "password",
        status,
        **forms,
        problems=[problem for form in forms.values() for problem in form.problems],
        fault=fault,
        done=DONE_WORDS.get(request.GET.get(DONE, ""), "") if not (fault or said) else "",
        elsewhere=count_sessions(account.site, account.person, account.now) - 1,
        sign_out_elsewhere=reverse("sign-out-elsewhere"),
    )


def make_password_form(account: Account, token: str, errors: dict[str, str]) -> Form:
    """The form for another password."""
    inputs = (
        lay_out_password(account, name=OLD, label="Your password now", error=errors.get(OLD, "")),
        lay_out_password(account, name=NEW, label="Your new password", error=errors.get(NEW, ""), is_new=True),
    )
    return make_form(account, action=reverse("password"), button="Set this password", inputs=inputs, token=token)


def make_address_form(account: Account, token: str, errors: dict[str, str], typed: str) -> Form:
    """The form for another address."""
    error = errors.get(account.entrance.address, "")
    inputs = (
        lay_out_address(account, typed=typed, error=error, label="Your new e-mail address", autofill="email"),
        lay_out_password(account, name=KNOWN, label="Your password", error=errors.get(KNOWN, "")),
    )
    action = f"{reverse('password')}?change=address"
    return make_form(account, action=action, button="Send a link there", inputs=inputs, token=token)
