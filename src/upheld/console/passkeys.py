"""Allauth's forms for passkeys, with a look at what was sent before anything reads it: odd JSON is an answer, not a fault."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

MOST_SIGNS = 20_000


class CredentialField(forms.JSONField):
    """What a browser says of a passkey; refused here when it does not even have the shape of that."""

    def __init__(self, shape: type[AuthenticationResponse | RegistrationResponse]) -> None:
        super().__init__(required=True, widget=forms.HiddenInput)
        self.shape = shape

    def to_python(self, value: Any) -> Any:
        """The JSON, when it can be read as an answer of this shape."""
        refused = forms.ValidationError("No passkey answered.")
        if not value or len(str(value)) > MOST_SIGNS:
            raise refused
        try:
            answer = super().to_python(value)
            self.shape.from_dict(answer)
        except Exception:  # noqa: BLE001 - the library says in many ways that something is missing
            raise refused from None
        return answer


class AddForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A new passkey."""

    name = forms.CharField(
        label="Name", help_text="So that you can tell it from others.", required=False, max_length=60
    )
    passwordless = forms.BooleanField(
        label="Sign in with it alone",
        help_text="Without name and password. It then asks for your finger, your face or a PIN.",
        required=False,
    )
    credential = CredentialField(RegistrationResponse)


class AnswerForm(AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second factor."""

    credential = CredentialField(AuthenticationResponse)


class LoginForm(LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey alone."""

    credential = CredentialField(AuthenticationResponse)


class AgainForm(ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey before a change to signing in."""

    credential = CredentialField(AuthenticationResponse)
