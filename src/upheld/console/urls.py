"""The addresses of the console; each view here has a guard before it, or the door refuses it."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, re_path

from upheld.console import (
    campaigns,
    case_work,
    cases,
    demands,
    find,
    grants,
    ledger,
    mergers,
    outbox,
    people,
    programs,
    publications,
    reading,
    recipients,
    releases,
    reports,
    routes,
    shipments,
    signing_in,
    staff,
    start,
    wrong,
)
from upheld.console.guards import for_anyone, for_signed_in

# Signing in: allauth's own views under our guards. What is not listed (sign-up, e-mail, reset) has no address.
SIGN_IN = [
    path("sign-in/", for_anyone(account.login), name="account_login"),
    path("sign-in/code/", for_anyone(factor.authenticate), name="mfa_authenticate"),
    path("sign-in/passkey/", signing_in.show_passkey, name="console-passkey"),
    path("sign-in/passkey/answer/", for_anyone(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/closed/", for_anyone(account.account_inactive), name="account_inactive"),
    path("sign-out/", for_anyone(account.logout), name="account_logout"),
    path("welcome/<slug:name>/<slug:token>/", signing_in.show_welcome, name="console-welcome"),
]
OWN = [
    path("me/", for_signed_in(factor.index), name="mfa_index"),
    path("me/password/", for_signed_in(account.password_change), name="account_change_password"),
    path("me/again/", for_signed_in(account.reauthenticate), name="account_reauthenticate"),
    path("me/again/code/", for_signed_in(factor.reauthenticate), name="mfa_reauthenticate"),
    path("me/again/passkey/", for_signed_in(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("me/app/", for_signed_in(app.activate_totp), name="mfa_activate_totp"),
    path("me/app/away/", for_signed_in(app.deactivate_totp), name="mfa_deactivate_totp"),
    path("me/codes/", for_signed_in(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("me/codes/new/", for_signed_in(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("me/passkeys/", for_signed_in(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("me/passkeys/add/", for_signed_in(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("me/passkeys/<int:pk>/", for_signed_in(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("me/passkeys/<int:pk>/away/", for_signed_in(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
]
SITE = "at/<slug:site>/"
WORK = [
    path("", start.show_start, name="console"),
    path("staff/", staff.show_staff, name="console-staff"),
    path("staff/add/", staff.add_one, name="console-staff-add"),
    path("staff/<int:number>/link/", staff.make_link, name="console-staff-link"),
    path("staff/<int:number>/close/", staff.close_one, name="console-staff-close"),
    path(SITE, find.show_find, name="console-seat"),
    path(SITE + "people/<slug:person>/", people.show_person, name="console-person"),
    path(SITE + "cases/", cases.show_cases, name="console-cases"),
    path(SITE + "cases/<slug:case>/", cases.show_case, name="console-case"),
    path(SITE + "cases/<slug:case>/take/", case_work.take_one, name="console-case-take"),
    path(SITE + "cases/<slug:case>/give/", case_work.assign_one, name="console-case-assign"),
    path(SITE + "cases/<slug:case>/kind/", case_work.sort_one, name="console-case-sort"),
    path(SITE + "cases/<slug:case>/answer/", case_work.answer_one, name="console-case-answer"),
    path(SITE + "cases/<slug:case>/stop/", case_work.stop_one, name="console-case-stop"),
    path(SITE + "cases/<slug:case>/close/", case_work.close_one, name="console-case-close"),
    path(SITE + "shipments/", shipments.show_shipments, name="console-shipments"),
    path(SITE + "shipments/<slug:shipment>/", shipments.show_shipment, name="console-shipment"),
    path(SITE + "shipments/<slug:shipment>/event/", shipments.note_one, name="console-shipment-event"),
    path(SITE + "shipments/<slug:shipment>/undelivered/", shipments.take_back_one, name="console-shipment-undelivered"),
    path(SITE + "shipments/<slug:shipment>/carrier/", shipments.hand_one, name="console-shipment-carrier"),
    path(SITE + "routes/", routes.show_routes, name="console-routes"),
    path(SITE + "routes/new/", routes.make_one, name="console-route-new"),
    path(SITE + "routes/<slug:route>/", routes.show_one, name="console-route"),
    path(SITE + "routes/<slug:route>/end/", routes.end_one, name="console-route-end"),
    path(SITE + "programs/", programs.show_programs, name="console-programs"),
    path(SITE + "programs/<slug:program>/end/", programs.end_one, name="console-program-end"),
    path(SITE + "campaigns/", campaigns.show_campaigns, name="console-campaigns"),
    path(SITE + "campaigns/new/", campaigns.write_one, name="console-campaign-new"),
    path(SITE + "campaigns/<slug:campaign>/", campaigns.show_campaign, name="console-campaign"),
    path(SITE + "campaigns/<slug:campaign>/change/", campaigns.change_one, name="console-campaign-change"),
    path(SITE + "campaigns/<slug:campaign>/preview/", campaigns.show_preview, name="console-campaign-preview"),
    path(SITE + "campaigns/<slug:campaign>/test/", campaigns.test_one, name="console-campaign-test"),
    path(SITE + "campaigns/<slug:campaign>/send/", campaigns.release_one, name="console-campaign-release"),
    path(SITE + "campaigns/<slug:campaign>/move/", campaigns.move_one, name="console-campaign-move"),
    path(SITE + "demands/", demands.show_demands, name="console-demands"),
    path(SITE + "demands/new/", demands.take_one, name="console-demand-new"),
    path(SITE + "demands/<slug:demand>/", demands.show_demand, name="console-demand"),
    path(SITE + "demands/<slug:demand>/change/", demands.take_one, name="console-demand-change"),
    path(SITE + "demands/<slug:demand>/package/", demands.take_package, name="console-demand-package"),
    path(SITE + "demands/<slug:demand>/do/<slug:what>/", demands.do_one, name="console-demand-do"),
    path(SITE + "mergers/", mergers.show_mergers, name="console-mergers"),
    path(SITE + "mergers/<slug:merger>/", mergers.show_merger, name="console-merger"),
    path(SITE + "mergers/<slug:merger>/do/<slug:what>/", mergers.do_one, name="console-merger-do"),
    path(SITE + "mergers/<slug:merger>/files/<int:number>/", mergers.take_batch, name="console-merger-batch"),
    path(SITE + "outbox/", outbox.show_outbox, name="console-outbox"),
    path(SITE + "outbox/<slug:message>/settle/", outbox.settle_one, name="console-outbox-settle"),
    path(SITE + "ledger/", ledger.show_ledger, name="console-ledger"),
    path(SITE + "ledger/verify/", ledger.verify_now, name="console-ledger-verify"),
    path(SITE + "ledger/<slug:entry>/receipt/", ledger.download_receipt, name="console-receipt"),
    path(SITE + "reading/", reading.show_reading, name="console-reading"),
    path(SITE + "reports/", reports.show_reports, name="console-reports"),
    path(SITE + "reports/<slug:report>/", reports.show_report, name="console-report"),
    path(SITE + "recipients/", recipients.show_recipients, name="console-recipients"),
    path(
        SITE + "recipients/<slug:recipient>/review/",
        recipients.change_one,
        {"deed": "review"},
        name="console-recipient-review",
    ),
    path(
        SITE + "recipients/<slug:recipient>/end/", recipients.change_one, {"deed": "end"}, name="console-recipient-end"
    ),
    path(SITE + "releases/", releases.show_releases, name="console-releases"),
    path(SITE + "releases/<slug:permission>/", releases.show_release, name="console-release"),
    path(SITE + "tellings/<int:telling>/told/", releases.tell_one, name="console-telling"),
    path(SITE + "policy/", publications.show_versions, name="console-publications"),
    path(SITE + "policy/<slug:day>/", publications.show_version, name="console-publication"),
    path(SITE + "policy/<slug:day>/announce/", publications.announce_one, name="console-publication-announce"),
    path(SITE + "policy/<slug:day>/withdraw/", publications.withdraw_one, name="console-publication-withdraw"),
    path(SITE + "grants/", grants.show_grants, name="console-grants"),
    path(SITE + "grants/give/", grants.give_one, name="console-grant-give"),
    path(SITE + "grants/<int:number>/review/", grants.review_one, name="console-grant-review"),
    path(SITE + "grants/<int:number>/end/", grants.end_one, name="console-grant-end"),
]
urlpatterns = [*SIGN_IN, *OWN, *WORK, re_path(r"", wrong.answer_not_here)]
