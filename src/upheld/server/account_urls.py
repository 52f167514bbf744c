"""The addresses of signing in, of My Account and of the public ledger, the same on every site that has accounts."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from upheld.pages import ledger
from upheld.pages.account import (
    agreeing,
    choices,
    close,
    copy,
    correct,
    forgot,
    held,
    home,
    join,
    mails,
    password,
    people,
    receipts,
    register,
    releases,
    releasing,
    shipments,
    sign_in,
    verify,
)

SECRET = r"(?P<token>[A-Za-z0-9_-]{20,64})\Z"  # noqa: S105 - the pattern of one

# Where links in mails lead stands in actions/tokens.py as well.
ENTERING: list[URLPattern] = [
    path("account/sign-in", sign_in.show_sign_in, name="sign-in"),
    path("account/sign-out", sign_in.show_sign_out, name="sign-out"),
    path("account/sign-out/elsewhere", sign_in.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("account/registered", register.show_registered, name="registered"),
    path("account/forgot", forgot.show_forgot, name="forgot"),
    re_path(rf"^account/verify/{SECRET}", verify.show_verify, name="verify"),
    re_path(rf"^account/new-address/{SECRET}", verify.show_new_address, name="new-address"),
    re_path(rf"^account/new-password/{SECRET}", forgot.show_new_password, name="new-password"),
    re_path(rf"^account/join/{SECRET}", join.show_join, name="join"),
]

ACCOUNT: list[URLPattern] = [
    path("privacy/ledger", ledger.show_ledger, name="ledger"),
    path("privacy/ledger/checkpoint", ledger.give_checkpoint, name="ledger-checkpoint"),
    path("privacy/ledger/key", ledger.give_key, name="ledger-key"),
    path("account", home.show_account, name="account"),
    path("account/held", held.show_held, name="held"),
    path("account/correct", correct.show_correct, name="correct"),
    path("account/correct/company", correct.show_correct_company, name="correct-company"),
    path("account/copy", copy.show_copy, name="copy"),
    path("account/mails", mails.show_mails, name="mails"),
    path("account/choices", choices.show_choices, name="my-choices"),
    path("account/releases", releases.show_releases, name="releases"),
    path("account/releases/new", releasing.show_releasing, name="release-new"),
    path("account/version", agreeing.show_version, name="my-version"),
    path("account/receipts", receipts.show_receipts, name="receipts"),
    re_path(r"^account/receipts/(?P<entry>e_[a-z2-9]{20})\Z", receipts.give_receipt, name="receipt"),
    path("account/shipments", shipments.show_shipments, name="my-shipments"),
    re_path(r"^account/shipments/(?P<number>[0-9]{4}-[0-9]{6,9})\Z", shipments.show_shipment, name="my-shipment"),
    path("account/people", people.show_people, name="people"),
    path("account/password", password.show_password, name="password"),
    path("account/close", close.show_close, name="close"),
    re_path(r"^account/closed/(?P<token>[A-Za-z0-9:_-]{20,600})\Z", close.show_closed, name="closed"),
]
