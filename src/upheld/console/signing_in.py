"""Signing in where allauth has no page: the first password by a link, and a passkey alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from upheld.actions.staff import choose_password, find_welcomed, note_sign_in
from upheld.console.guards import for_anyone
from upheld.console.moments import read_now
from upheld.records.models import Staff
from upheld.web.hosts import find_shelf


class PasswordForm(forms.Form):
    """A password, twice."""

    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters. A sentence that only you would write is good.",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean_password(self) -> str:
        """A password that is long enough and on no list of common ones."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self.staff)
        return password

    def clean_again(self) -> str:
        """The two are the same."""
        again: str = self.cleaned_data["again"]
        if "password" in self.cleaned_data and again != self.cleaned_data["password"]:
            raise forms.ValidationError("The two differ.")
        return again


@for_anyone
@require_http_methods(["GET", "POST"])
def show_welcome(request: HttpRequest, name: str, token: str) -> HttpResponse:
    """The page behind the link that the owner gave: choose a password, once."""
    staff = find_welcomed(name, token)
    if staff is None:
        return render(request, "console/welcome_over.html", status=HTTPStatus.GONE)
    form = PasswordForm(request.POST if request.method == "POST" else None, staff=staff)
    if request.method == "POST" and form.is_valid():
        choose_password(staff, form.cleaned_data["password"])
        return redirect("account_login")
    return render(request, "console/welcome.html", {"form": form, "username": staff.username})


@for_anyone
@require_safe
def show_passkey(request: HttpRequest) -> HttpResponse:
    """The page that asks the browser for a passkey."""
    if request.user.is_authenticated:
        return redirect("console")
    return render(request, "console/passkey.html", {"options": auth.begin_authentication(user=None)})


@receiver(user_logged_in)
def tell_sign_in(sender: object, request: HttpRequest, user: Staff, **_: object) -> None:
    """Leave a line in the ledger of each site that they may open."""
    records = request.session.get("account_authentication_methods") or [{}]
    methods = [str(record.get("method", "")) for record in records]
    method = "second-factor" if "mfa" in methods else "password"
    note_sign_in(user, [shelved.slug for shelved in find_shelf().policies], method=method, now=read_now())
