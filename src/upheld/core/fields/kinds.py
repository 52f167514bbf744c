"""What each standard key of the declarations is to a form: which input, how long, what browsers may fill in; knows no policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CREDENTIALS = "user.authorization.credentials"
ORGANISATION = "user.contact.organization"
EMAIL = "user.contact.email"
USERNAME = "user.account.username"
SURVEY = "x.survey.answer"
PROMOTION = "x.promotion.entry"
CONTENT = "user.content"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field: the HTML input, the lengths in characters, the keyboard that telephones show."""

    name: str
    input: str
    most: int
    least: int = 0
    keyboard: str = ""
    is_secret: bool = False

    @property
    def has_lines(self) -> bool:
        """Whether the text may have several lines."""
        return self.input == "textarea"


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("text", "text", 200),
            Kind("username", "text", 60),
            Kind("email", "email", 254, keyboard="email"),
            Kind("phone", "tel", 40, keyboard="tel"),
            Kind("postal", "text", 16),
            Kind("address", "textarea", 400),
            Kind("contact", "textarea", 400),
            # a slow hash takes any length; the limit keeps one request from being expensive
            Kind("password", "password", 1024, least=12, is_secret=True),
            Kind("date", "text", 10, keyboard="numeric"),
            Kind("long text", "textarea", 4000),
            Kind("answers", "textarea", 2000),  # questions of the site take its place, where there are any
            Kind("pick", "radios", 60),
            Kind("composed", "none", 0),  # made by the house out of other things; no single input can ask for it
            # It could be typed, but nothing in this program could do what it is for: a card is charged, a post is shown.
            Kind("not built", "none", 0),
        )
    }
)

# standard key -> kind and autofill token (HTML standard, autofill); a key that is not here takes the nearest above it
_KEYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "user": ("text", "off"),
        "user.name": ("text", "name"),
        "user.name.first": ("text", "given-name"),
        "user.name.last": ("text", "family-name"),
        "user.contact": ("contact", "off"),
        EMAIL: ("email", "email"),
        "user.contact.phone_number": ("phone", "tel"),
        "user.contact.fax_number": ("phone", "off"),
        "user.contact.url": ("text", "url"),
        ORGANISATION: ("text", "organization"),
        "user.contact.address": ("address", "street-address"),
        "user.contact.address.street": ("text", "address-line1"),
        "user.contact.address.city": ("text", "address-level2"),
        "user.contact.address.state": ("text", "address-level1"),
        "user.contact.address.country": ("text", "country-name"),
        "user.contact.address.postal_code": ("postal", "postal-code"),
        USERNAME: ("username", "username"),
        "user.username": ("username", "username"),
        CREDENTIALS: ("password", "new-password"),
        "user.job_title": ("text", "organization-title"),
        "user.demographic.date_of_birth": ("date", "bday"),
        CONTENT: ("long text", "off"),
        "user.health_and_medical": ("long text", "off"),
        "user.content.public": ("not built", "off"),
        "user.content.private": ("not built", "off"),
        "user.financial": ("not built", "off"),
        "x.account.community": ("not built", "off"),
        "x.content": ("not built", "off"),
        "x.download": ("not built", "off"),
        "x.event": ("not built", "off"),
        "x.order.cart": ("not built", "off"),
        "user.behavior": ("composed", "off"),
        "user.device": ("composed", "off"),
        "user.location": ("composed", "off"),
        "user.unique_id": ("composed", "off"),
        SURVEY: ("answers", "off"),
        PROMOTION: ("answers", "off"),
        "x.request": ("long text", "off"),
    }
)


def find_kind(key: str) -> tuple[Kind, str]:
    """The kind of a standard key and what a browser may fill in; the nearest key above decides for one without its own."""
    while key:
        if key in _KEYS:
            name, autofill = _KEYS[key]
            return KINDS[name], autofill
        key = key.rpartition(".")[0]
    return KINDS["composed"], "off"


def list_keys() -> tuple[tuple[str, str, str], ...]:
    """Every standard key that has a kind of its own, with the kind's name and the autofill token."""
    return tuple((key, kind, autofill) for key, (kind, autofill) in _KEYS.items())
