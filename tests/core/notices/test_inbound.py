"""What a message that arrived is, read from its headers and its words; nobody is proved by what they say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actions.letters import CHECKED_BY, DESK, write_one, write_report
from upheld.core.notices.inbound import Sorted, is_sender_proved, sort_letter

OFFER = "m_abcdefghijkmnpqrstuv"


def sort(text: str = "Where is my parcel?", **options: Any) -> Sorted:
    answers = options.pop("answers_ours", False)
    return sort_letter(write_one(text, **options), own=(DESK,), authority=CHECKED_BY, answers_ours=answers)


def test_it_works() -> None:
    assert sort().sort == "case"
    assert sort("stop").sort == "choice"
    assert sort().may_answer


PROGRAMS = [
    ({"Auto_Submitted": "auto-replied"}, "auto-replied"),
    ({"Auto_Submitted": "auto-generated; owner=x"}, "auto-generated"),
    ({"Return_Path": "<>"}, "null-sender"),
    ({"Precedence": "Bulk"}, "list"),
    ({"Precedence": "auto_reply"}, "list"),
    ({"X_Autoreply": "yes"}, "auto-replied"),
    ({"List_Unsubscribe": "<https://elsewhere.example/stop>"}, "list"),
    ({"subject": "Out of office: Autumn offers"}, "auto-replied"),
    ({"subject": "Abwesenheitsnotiz"}, "auto-replied"),
]


@pytest.mark.parametrize(("headers", "reason"), PROGRAMS, ids=lambda value: str(value)[:30])
def test_what_a_program_wrote_is_automatic(headers: dict[str, str], reason: str) -> None:
    found = sort("stop", **headers)
    assert (found.sort, found.reason, found.may_answer) == ("automatic", reason, False)


def test_a_person_is_not_taken_for_a_program() -> None:
    assert sort(Auto_Submitted="no").sort == "case"
    assert sort(Precedence="first-class").sort == "case"
    # a list with our own address behind it brings what people write to us
    assert sort(List_Id="<privacy.lasership.example>", Precedence="list").sort == "case"


def test_our_own_messages_and_those_that_go_round_are_loops() -> None:
    assert sort(sender=DESK).reason == "own"
    assert sort(sender=DESK.upper()).reason == "own"
    assert sort(Message_ID=f"<{OFFER}@lasership.example>").reason == "own"
    letter = write_one()
    many = tuple(("received", f"from a by b; {number}") for number in range(101))
    round_letter = type(letter)(**{name: getattr(letter, name) for name in letter.__slots__} | {"headers": many})
    assert sort_letter(round_letter, own=(DESK,)).reason == "round"


def test_a_sender_whom_nobody_reads_is_not_written_back_to() -> None:
    for sender in ("no-reply@elsewhere.example", "MAILER-DAEMON@elsewhere.example", "bounces+7@elsewhere.example"):
        assert not sort(sender=sender).may_answer


@pytest.mark.parametrize("returned", ["headers", "message"])
def test_a_report_names_the_message_that_came_back(returned: str) -> None:
    found = sort_letter(write_report(OFFER, returned=returned), own=(DESK,))
    assert (found.sort, found.message, found.is_hard) == ("bounce", OFFER, True)


def test_a_report_for_the_moment_or_about_something_else_stops_nothing() -> None:
    soft = sort_letter(write_report(OFFER, status="4.2.2"), own=(DESK,))
    assert (soft.sort, soft.is_hard) == ("bounce", False)
    assert sort_letter(write_report(OFFER, action="delivered", status="2.0.0"), own=(DESK,)).sort == "automatic"
    assert sort_letter(write_report("1234"), own=(DESK,)).sort == "automatic"


PROVED = [
    f"{CHECKED_BY}; dmarc=pass (p=reject dis=none) header.from=quill.example",
    f"{CHECKED_BY} 1; dkim=pass header.d=quill.example header.s=a",
    f"{CHECKED_BY}; dkim=fail header.d=quill.example; spf=pass smtp.mailfrom=ada@quill.example",
    f"{CHECKED_BY.upper()}; dkim=pass header.i=@quill.example",
]
NOT_PROVED = [
    "",
    f"{CHECKED_BY}; none",
    f"{CHECKED_BY}; dmarc=fail header.from=quill.example",
    f"{CHECKED_BY}; dmarc=pass header.from=elsewhere.example",
    f"{CHECKED_BY}; dkim=pass header.d=example",
    f"{CHECKED_BY}; dkim=pass header.d=notquill.example",
    f"{CHECKED_BY}; dkim=pass (header.d=quill.example) header.d=elsewhere.example",
    f"{CHECKED_BY}; spf=pass smtp.mailfrom=quill.example.elsewhere.example",
    "mx.elsewhere.example; dmarc=pass header.from=quill.example",
    f"mx.elsewhere.example; x={CHECKED_BY}; dmarc=pass header.from=quill.example",
    # what stands in quotes or in comments was picked by whoever sent it
    f'{CHECKED_BY}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=quill.example ;y"@elsewhere.example',
    f'{CHECKED_BY}; spf=pass smtp.mailfrom="x\\"; dmarc=pass header.from=quill.example ;y"@elsewhere.example',
    f"{CHECKED_BY}; spf=pass (a (b) c; dmarc=pass header.from=quill.example ;) smtp.mailfrom=elsewhere.example",
    f"{CHECKED_BY}; spf=pass (; dmarc=pass header.from=quill.example",
    f'{CHECKED_BY}; dmarc=pass header.from=quill.example; spf=pass smtp.mailfrom="x',
]


@pytest.mark.parametrize("header", PROVED)
def test_our_own_server_proves_a_sender(header: str) -> None:
    assert is_sender_proved(write_one(Authentication_Results=header), CHECKED_BY)


@pytest.mark.parametrize("header", NOT_PROVED)
def test_nothing_else_proves_a_sender(header: str) -> None:
    assert not is_sender_proved(write_one(Authentication_Results=header), CHECKED_BY)


def test_without_the_name_of_our_server_nobody_is_proved() -> None:
    assert not is_sender_proved(write_one(Authentication_Results=PROVED[0]), "")


def test_only_the_topmost_result_counts() -> None:
    content = b"Authentication-Results: mx.elsewhere.example; none\n"
    content += f"Authentication-Results: {PROVED[0]}\nFrom: ada@quill.example\n\nhello".encode()
    from upheld.core.notices.letters import read_letter

    assert not is_sender_proved(read_letter(content, len(content)), CHECKED_BY)
