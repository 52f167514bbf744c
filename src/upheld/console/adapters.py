"""How allauth behaves here: nobody signs up, nothing is mailed, second factors are sealed; knows no page."""

from __future__ import annotations

import base64
import secrets
import time
from typing import Any, ClassVar
from xml.etree import ElementTree as ET

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from upheld.actions.staff_sessions import find_staff_key
from upheld.core.seal.envelope import NONCE_BYTES, Label, open_sealed, seal

MINUTES_AGO = 300
LABEL = Label("", "", "", "second factor of staff")


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts of staff: made by `upheld staff add` or by the owner, without an address."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "That name and that password do not go together.",
        "too_many_login_attempts": "Too many wrong tries. Wait five minutes.",
        "incorrect_password": "That is not the password.",
        "enter_current_password": "That is not the password that you have now.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes their own account."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """After signing in one stays in the console; no link leads anywhere else."""
        return url.startswith("/console/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def is_ajax(self, request: HttpRequest) -> bool:
        """There are pages only; allauth's answers in JSON repeat more than a page shows."""
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """The password is asked for again before a change to signing in, unless it was given minutes ago."""
        request = allauth_context.request
        given = [float(record.get("at", 0)) for record in get_authentication_records(request, request.user)]
        return not given or time.time() - max(given) > MINUTES_AGO

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """No mail: staff have no address here."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail: staff have no address here."""

    def add_message(
        self, request: HttpRequest, level: int, message_template: str = "", *args: Any, message: str = "", **kwargs: Any
    ) -> None:
        """Of allauth's notices only what went wrong is told; what went well each page shows."""
        if level >= messages.ERROR and message:
            messages.error(request, message)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Second factors: their secrets are sealed under the top key, so a copy of the table opens nothing."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That code is not right. Give the one that is shown now; each works once.",
    }

    def encrypt(self, text: str) -> str:
        """The secret sealed, as text."""
        sealed = seal(find_staff_key(), secrets.token_bytes(NONCE_BYTES), text.encode(), LABEL)
        return base64.b64encode(sealed).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again. Raises SealError V801 when it was altered or sealed under another top key."""
        sealed = base64.b64decode(encrypted_text)
        return open_sealed(find_staff_key(), sealed, LABEL).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:  # noqa: A002 - allauth names it so
        """What a passkey is called before its holder gives it a name."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}"

    def get_totp_issuer(self) -> str:
        """What the authenticator app shows above the name."""
        return "Upheld"

    def build_totp_svg(self, url: str) -> str:
        """The code to scan as a drawing that can stand inside the page; the strict policy takes no data address."""
        drawing = ET.fromstring(super().build_totp_svg(url))  # noqa: S314 - we have just drawn it ourselves
        ET.register_namespace("", "http://www.w3.org/2000/svg")
        drawing.set("role", "img")
        drawing.set("aria-label", "Code to scan with an authenticator app")
        return ET.tostring(drawing, encoding="unicode")

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        """What a passkey stores of its holder: the id and the name for signing in."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        entity["display_name"] = user.get_username()
        return entity
