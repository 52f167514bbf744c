"""How people come in under a policy: what they register with, and by which cookie they stay; told by standard keys, never by names."""

from __future__ import annotations

from dataclasses import dataclass, replace

from upheld.core.fields.cookies import CookiePlan, list_cookies
from upheld.core.fields.form import FieldPlan, FormPlan
from upheld.core.fields.plan import list_forms
from upheld.core.policy.compile import Table

SERVICE = "essential.service"
MOST_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Entrance:
    """The forms that make accounts, the category that people sign in with, the one of their password, and the cookie.

    `company` is the form that opens the account of a company, without its first user's password; `whole_company`
    asks for both.
    """

    registration: FormPlan
    company: FormPlan | None
    address: str
    password: str
    cookie: CookiePlan

    @property
    def whole_company(self) -> FormPlan | None:
        """The company's form with all that its first user registers with, each category once."""
        return None if self.company is None else join_forms(self.company, self.registration)

    def list_company_data(self) -> tuple[str, ...]:
        """The categories of the company's form that are about the company: those nobody registers with."""
        if self.company is None:
            return ()
        return tuple(leaf for leaf in self.company.data if leaf not in self.registration.data)


_found: dict[str, Entrance | None] = {}


def find_entrance(table: Table) -> Entrance | None:
    """How people sign in under this policy; None when it lets nobody register, or has no cookie to know them by.

    Every page of an account asks, so what was found is remembered by the policy's digest.
    """
    digest = table.policy.digest
    if digest not in _found:
        if len(_found) >= MOST_REMEMBERED:
            _found.clear()
        _found[digest] = _make_entrance(table)
    return _found[digest]


def _make_entrance(table: Table) -> Entrance | None:
    forms = list_forms(table)
    cookie = find_session_cookie(table)
    registration = next((form for form in forms if form.sort == "registration" and _find_kind(form, "email")), None)
    if registration is None or cookie is None:
        return None
    address, password = _find_kind(registration, "email"), _find_kind(registration, "password")
    if address is None or password is None:
        return None
    company = next((form for form in forms if form.sort == "company"), None)
    return Entrance(registration, company, address.data, password.data, cookie)


def find_session_cookie(table: Table) -> CookiePlan | None:
    """The cookie that may carry a sign-in: our own, ending with the visit, for a service that people asked for."""
    for cookie in list_cookies(table):
        purposes = table.words.of_sort("purpose")
        is_service = any(purposes[leaf].value.startswith(SERVICE) for leaf in cookie.purposes)
        if cookie.is_first_party and cookie.lifetime is None and is_service:
            return cookie
    return None


def join_forms(first: FormPlan, second: FormPlan) -> FormPlan:
    """One form that asks for everything the two ask for, each category once; the rest is the first one's.

    A category that both ask for is required when one of them says so.
    """
    needed = {field.data: field for field in second.fields if field.is_required}
    fields = tuple(needed.get(field.data, field) for field in first.fields)
    fields += tuple(field for field in second.fields if field.data not in first.data)
    asked = {choice.choice for choice in first.choices}
    choices = first.choices + tuple(choice for choice in second.choices if choice.choice not in asked)
    sentences = tuple(dict.fromkeys(first.sentences + second.sentences))
    least_age = max(first.least_age, second.least_age)
    return replace(first, fields=fields, choices=choices, sentences=sentences, least_age=least_age)


def _find_kind(form: FormPlan, kind: str) -> FieldPlan | None:
    return next((field for field in form.fields if field.kind == kind), None)
