"""The staff of this server, for the owner: who there is, a new one, a link for a first or forgotten password."""

from __future__ import annotations

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from upheld.actions.grants import name_staff
from upheld.actions.staff import add_staff, close_staff, forget_factors, list_staff, make_welcome
from upheld.console.guards import StaffRequest, for_owner
from upheld.console.moments import read_now, say_moment
from upheld.core.errors import UpheldError
from upheld.records.models import Staff


class AddForm(forms.Form):
    """The name that somebody will sign in with."""

    username = forms.CharField(
        label="Name for signing in",
        help_text="3 to 40 small letters, digits, dots and hyphens. No address.",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@for_owner
@require_safe
def show_staff(request: StaffRequest) -> HttpResponse:
    """Everybody, and the form for one more."""
    return answer_staff(request, AddForm())


def answer_staff(request: StaffRequest, form: AddForm, status: int = HTTPStatus.OK) -> HttpResponse:
    """The page of staff."""
    now = read_now()
    rows = [(one, say_moment(one.created_at, now), say_moment(one.last_login, now)) for one in list_staff()]
    return render(request, "console/staff.html", {"rows": rows, "form": form, "own": request.staff.pk}, status=status)


@for_owner
@require_POST
def add_one(request: StaffRequest) -> HttpResponse:
    """Somebody new, and the link for their password, shown once."""
    form = AddForm(request.POST)
    if not form.is_valid():
        return answer_staff(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        staff = add_staff(form.cleaned_data["username"])
    except UpheldError as error:
        form.add_error("username", f"{error.text}; {error.hint}")
        return answer_staff(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return answer_link(request, staff)


@for_owner
@require_POST
def make_link(request: StaffRequest, number: int) -> HttpResponse:
    """A new link for somebody who cannot get in; the old password works until then, and using it ends the link."""
    staff = find_one(number)
    if request.POST.get("factor") == "lost":
        forget_factors(staff)
    return answer_link(request, staff)


@for_owner
@require_POST
def close_one(request: StaffRequest, number: int) -> HttpResponse:
    """Let somebody in no longer. Nobody locks themselves out."""
    staff = find_one(number)
    if staff.pk == request.staff.pk:
        messages.error(request, "You cannot close your own account.")
    else:
        sites = [shelved.slug for shelved in request.shelf.policies]
        close_staff(staff, sites, now=read_now(), by=name_staff(request.staff.pk))
        messages.success(request, f"{staff.username} is let in no longer.")
    return redirect("console-staff")


def find_one(number: int) -> Staff:
    """Somebody who is still active; raises Http404."""
    staff = Staff.objects.filter(pk=number, is_active=True).first()
    if staff is None:
        raise Http404
    return staff


def answer_link(request: StaffRequest, staff: Staff) -> HttpResponse:
    """The page with the link. It is shown this once and written down nowhere."""
    name, token = make_welcome(staff)
    link = request.build_absolute_uri(reverse("console-welcome", args=[name, token]))
    return render(request, "console/staff_link.html", {"username": staff.username, "link": link})
